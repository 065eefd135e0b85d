import { describe, expect, it, vi } from 'vitest';
import { RunsModel, type Asks, type ModelChange } from '../../../src/editor/model/runsModel.js';
import type { Run, Search } from '../../../src/protocol/engine/index.js';
import { run, search } from './samples.js';

/** An engine with rows in memory that answers as the real one does. */
class Rows implements Asks {
  readonly asked: string[] = [];
  constructor(
    readonly runs: Run[],
    readonly searches: Search[] = [],
  ) {}
  request = (async (name: string, params: { [key: string]: unknown }) => {
    this.asked.push(name);
    if (name === 'experiments/list') {
      const names = [...new Set(this.runs.map((each) => each.experiment))];
      return { experiments: names.map((each) => ({ name: each, runs: 1, live: 0, searches: 0, lastActivity: 0 })) };
    }
    if (name === 'searches/list') return { searches: this.searches };
    const status = params.status as string[] | undefined;
    const all = this.runs
      .filter((each) => params.experiment === undefined || each.experiment === params.experiment)
      .filter((each) => params.search === undefined || each.search === params.search)
      .filter((each) => !status || status.includes(each.status))
      .sort((a, b) => b.createdAt - a.createdAt);
    const offset = Number(params.offset ?? 0);
    return { total: all.length, runs: all.slice(offset, offset + Number(params.limit ?? 100)) };
  }) as Asks['request'];
}

const many = (count: number) =>
  Array.from({ length: count }, (_, at) => run({ id: `r${String(at).padStart(6, '0')}`, createdAt: at }));
const KEY = { experiment: 'digits', search: null };
const nothing = { runs: [], searches: [], removedRuns: [], removedSearches: [] };

describe('the editor’s model of the runs', () => {
  it('reads pages, never everything', async () => {
    const engine = new Rows(many(10_000));
    const model = new RunsModel(engine);
    await model.refresh();
    const list = await model.list(KEY);
    expect(list.runs).toHaveLength(50);
    expect(list.left).toBe(9950);
    await model.more(KEY);
    expect(list.runs).toHaveLength(100);
    expect(new Set(list.runs.map(({ id }) => id)).size).toBe(100);
    expect(list.runs[99]!.createdAt).toBe(9900);
    model.dispose();
  });

  it('lays changes in without asking again', async () => {
    const engine = new Rows(many(200));
    const model = new RunsModel(engine);
    await model.refresh();
    const list = await model.list(KEY);
    const asked = engine.asked.length;
    const changes: ModelChange[] = [];
    model.onChange((change) => changes.push(change));
    const row = list.runs[3]!;
    model.apply({ ...nothing, runs: [{ ...row, status: 'running' }] });
    expect(list.runs[3]!.status).toBe('running');
    expect(model.liveRuns).toHaveLength(1);
    expect(changes.at(-1)).toMatchObject({ lists: [], experiments: false });
    model.apply({ ...nothing, runs: [run({ id: 'new', createdAt: 1_000_000, status: 'queued' })] });
    expect(list.runs[0]!.id).toBe('new');
    expect(list.total).toBe(201);
    expect(changes.at(-1)!.lists).toEqual([KEY]);
    // One that is older than what is loaded is not pulled in.
    model.apply({ ...nothing, runs: [{ ...engine.runs[10]!, note: 'x' }] });
    expect(list.runs.some(({ id }) => id === engine.runs[10]!.id)).toBe(false);
    expect(list.total).toBe(201);
    expect(engine.asked.length).toBe(asked);
    model.dispose();
  });

  it('drops deleted runs and keeps pages full', async () => {
    const engine = new Rows(many(120));
    const model = new RunsModel(engine);
    await model.refresh();
    const list = await model.list(KEY);
    model.apply({ ...nothing, runs: [{ ...list.runs[0]!, deletedAt: 5 }] });
    model.apply({ ...nothing, removedRuns: [list.runs[0]!.id] });
    expect(list.runs).toHaveLength(48);
    expect(list.left).toBe(70);
    engine.runs.splice(118, 2);
    await model.more(KEY);
    expect(list.runs).toHaveLength(98);
    expect(new Set(list.runs.map(({ id }) => id)).size).toBe(98);
    model.dispose();
  });

  it('reads the experiments again, once, when strangers come', async () => {
    vi.useFakeTimers();
    const engine = new Rows(many(3));
    const model = new RunsModel(engine);
    await model.refresh();
    const before = engine.asked.filter((name) => name === 'experiments/list').length;
    for (let at = 0; at < 20; at++) {
      model.apply({ ...nothing, runs: [run({ id: `s${at}`, experiment: 'other', status: 'running', endedAt: null })] });
    }
    await vi.advanceTimersByTimeAsync(2000);
    expect(engine.asked.filter((name) => name === 'experiments/list').length).toBe(before + 1);
    expect(model.liveIn('other')).toBe(20);
    vi.useRealTimers();
    model.dispose();
  });

  it('tells a search that came from one that changed', async () => {
    const model = new RunsModel(new Rows([], [search()]));
    await model.refresh();
    expect(await model.searchesIn('digits')).toHaveLength(1);
    const changes: ModelChange[] = [];
    model.onChange((change) => changes.push(change));
    model.apply({ ...nothing, searches: [search({ status: 'completed' }), search({ id: 's2', createdAt: 9 })] });
    expect(changes[0]!.searchLists).toEqual(['digits']);
    expect(changes[0]!.searches[0]!.before!.status).toBe('running');
    expect((await model.searchesIn('digits')).map(({ id }) => id)).toEqual(['s1', 's2']);
    model.apply({ ...nothing, removedSearches: ['s1'] });
    expect(model.search('s1')).toBeUndefined();
    model.dispose();
  });

  it('believes a change that comes while it is still reading', async () => {
    const live = run({ id: 'ending', createdAt: 1, status: 'running' });
    const engine = new Rows([live]);
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow: Asks = {
      request: (async (name: 'experiments/list', params: Record<string, never>) => {
        const answer = await engine.request(name, params);
        if (name === 'experiments/list') await held;
        return answer;
      }) as Asks['request'],
    };
    const model = new RunsModel(slow);
    const reading = model.refresh();
    await new Promise((resolve) => setImmediate(resolve));
    model.apply({ ...nothing, runs: [{ ...live, status: 'completed' }] });
    release();
    await reading;
    expect(model.liveIn('digits')).toBe(0);
    model.dispose();
  });

  it('shows after a reconnection what changed meanwhile', async () => {
    const engine = new Rows(many(5));
    const model = new RunsModel(engine);
    await model.refresh();
    await model.list(KEY);
    engine.runs.push(run({ id: 'late', createdAt: 99, status: 'running' }));
    await model.refresh();
    expect((await model.list(KEY)).runs[0]!.id).toBe('late');
    expect(model.liveRuns.map(({ id }) => id)).toEqual(['late']);
    model.dispose();
  });
});
