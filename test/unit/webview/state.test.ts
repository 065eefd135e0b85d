import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Experiment, Run, Search } from '../../../src/protocol/engine/index.js';
import type { FileForm, PanelState } from '../../../src/protocol/panel/index.js';
import { Catalogue } from '../../../webview/model/catalogue.js';
import { Connection } from '../../../webview/model/connection.js';
import { Selection } from '../../../webview/model/selection.js';
import type { Topic } from '../../../webview/model/signal.js';

const run = (id: string, change: Partial<Run> = {}): Run =>
  ({ id, experiment: 'e', status: 'completed', createdAt: 0, deletedAt: null, ...change }) as Run;
const search = (id: string): Search => ({ id, experiment: 'e', status: 'running' }) as Search;

/** A small generator of its own, so that a failure can be repeated. */
const draws = (seed: number) => (n: number) => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return Math.floor((seed / 2 ** 31) * n);
};

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('Connection', () => {
  it('tells of a change once, with the states before and after it', () => {
    const told: [boolean, boolean][] = [];
    const connection = new Connection(true, (now, before) => told.push([before.connected, now.connected]));
    connection.set({ connected: false, message: 'gone' });
    connection.set({ connected: false, message: 'gone' });
    connection.set({ connected: true, message: '' });
    expect(told).toEqual([
      [true, false],
      [false, true],
    ]);
  });
});

describe('Selection', () => {
  const make = () => {
    const topics: Topic[] = [];
    const saved: PanelState[] = [];
    const selection = new Selection({
      emit: (...told) => topics.push(...told),
      onState: () => {},
      save: (state) => saved.push(state),
      looks: () => ({ r1: 3 }),
      restoreLooks: () => {},
    });
    return { selection, topics, saved };
  };

  it('persists state, view and looks once the person rests', () => {
    const { selection, saved } = make();
    selection.setState({ experiment: 'digits' });
    selection.setView({ smoothing: 0.5 });
    expect(saved).toEqual([]);
    vi.runAllTimers();
    expect(saved).toHaveLength(1);
    expect(saved[0]).toMatchObject({ experiment: 'digits', view: { smoothing: 0.5, looks: { r1: 3 } } });
  });

  it('forgets deleted runs; an empty selection becomes the newest runs', () => {
    const { selection, topics, saved } = make();
    selection.restore({ selected: ['a', 'b'], pinned: ['b', 'c'] });
    topics.length = 0;
    selection.forget(new Set(['a', 'b']));
    expect(selection.state).toMatchObject({ selected: null, pinned: ['c'] });
    expect(topics).toContain('state');
    vi.runAllTimers();
    expect(saved[0]).toMatchObject({ selected: null, pinned: ['c'] });
  });

  it('neither changes without telling nor tells without a reason, in any order of calls', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { selection, topics, saved } = make();
      const draw = draws(seed);
      const id = () => `r${draw(4)}`;
      const calls: (() => void)[] = [
        () => selection.setState({ selected: draw(2) ? [id(), id()] : null }),
        () => selection.setView({ search: id() }),
        () => selection.toggle(draw(2) ? 'hidden' : 'pinned', id()),
        () => selection.forget(new Set(draw(2) ? [id()] : [])),
        () => selection.highlight(draw(2) ? id() : null),
        () => selection.restore({ pinned: [id()] }),
      ];
      for (let turn = 0; turn < 40; turn++) {
        const shown = () => JSON.stringify([selection.state, selection.view, selection.highlighted]);
        const before = shown();
        topics.length = 0;
        calls[draw(calls.length)]!();
        if (shown() !== before) expect(topics.length, `seed ${seed}, turn ${turn}`).toBeGreaterThan(0);
      }
      vi.runAllTimers();
      expect(saved.at(-1)).toMatchObject({ selected: selection.state.selected, pinned: selection.state.pinned });
    }
  });
});

describe('Catalogue', () => {
  const make = (drawn: string[] = []) => {
    const topics: Topic[] = [];
    const removed: string[] = [];
    const catalogue = new Catalogue({
      emit: (...told) => topics.push(...told),
      onRuns: () => {},
      onRemoved: (id) => removed.push(id),
      onRow: () => {},
      drawn: () => new Set(drawn),
    });
    return { catalogue, topics, removed };
  };

  it('removes a deleted run and tells who held its points', () => {
    const { catalogue, removed } = make();
    catalogue.take([run('a'), run('b')]);
    catalogue.take([run('a', { deletedAt: 5 })]);
    expect([...catalogue.runs.keys()]).toEqual(['b']);
    expect(removed).toEqual(['a']);
  });

  it('keeps drawn and live runs and the newest 2,000 others', () => {
    const { catalogue } = make(['r0']);
    catalogue.take([run('live', { status: 'running', createdAt: -1 })]);
    catalogue.take(Array.from({ length: 4100 }, (_, i) => run(`r${i}`, { createdAt: i })));
    expect(catalogue.runs.size).toBe(2002);
    for (const id of ['live', 'r0', 'r4099', 'r2100']) expect(catalogue.runs.has(id), id).toBe(true);
    expect(catalogue.runs.has('r2099')).toBe(false);
  });

  it('lists experiments by their last activity without changing the answer', () => {
    const { catalogue } = make();
    const answer = [
      { name: 'old', lastActivity: 1 },
      { name: 'new', lastActivity: 2 },
    ] as Experiment[];
    catalogue.setExperiments(answer);
    expect(catalogue.experiments.map(({ name }) => name)).toEqual(['new', 'old']);
    expect(answer[0]!.name).toBe('old');
  });

  it('changes nothing without telling, in any order of calls', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const { catalogue, topics } = make();
      const draw = draws(seed);
      const id = () => `x${draw(4)}`;
      const calls: (() => void)[] = [
        () => catalogue.take([run(id(), { deletedAt: draw(3) ? null : 1 })]),
        () => catalogue.take([]),
        () => catalogue.remove(draw(2) ? [id()] : []),
        () => catalogue.setExperiments([{ name: id(), lastActivity: 1 } as Experiment]),
        () => catalogue.setSearches([search(id())]),
        () => catalogue.takeSearches(draw(2) ? [search(id())] : [], draw(2) ? [id()] : []),
        () => catalogue.setFiles([{ file: id(), name: 'n' }]),
        () => catalogue.setForm(draw(2) ? ({ file: id() } as FileForm) : null),
        () => catalogue.setDevices([]),
        () => catalogue.setLoaded(draw(2) === 1 ? null : 'out of reach'),
      ];
      const shown = () =>
        JSON.stringify([
          [...catalogue.runs],
          [...catalogue.searches],
          catalogue.experiments,
          catalogue.files,
          catalogue.form,
          catalogue.devices,
          catalogue.loaded,
          catalogue.snapshot,
        ]);
      for (let turn = 0; turn < 60; turn++) {
        const before = shown();
        topics.length = 0;
        calls[draw(calls.length)]!();
        if (shown() !== before) expect(topics.length, `seed ${seed}, turn ${turn}`).toBeGreaterThan(0);
      }
    }
  });
});
