/** Rows of runs that log thousands of metrics: small, and nothing is lost. */
import { describe, expect, it } from 'vitest';
import { ROW_METRICS } from '../../../src/protocol/engine/index.js';
import type { Store } from '../../../src/store/store.js';
import { lines, newRun, openStore, temporary } from './helpers.js';

const FILE = 'rank0-1.ndjson';
const named = (n: number): Record<string, number> =>
  Object.fromEntries(Array.from({ length: n }, (_, i) => [`m${i}`, i]));

function storeWith(runs: Record<string, Record<string, number>>): Store {
  const folder = temporary();
  const store = openStore(folder);
  Object.entries(runs).forEach(([id, values], i) => {
    store.runs.insert(newRun(folder, id, { createdAt: i }));
    store.ingest.frame(id, FILE, 0, lines({ type: 'metrics', time: 1, step: 7, values }));
  });
  return store;
}

describe('rows', () => {
  it('have all metrics of a run that logs few', () => {
    const store = storeWith({ a: { loss: 1, acc: 2 } });
    const [row] = store.runs.list({}).runs;
    expect([Object.keys(row!.metrics), row!.more]).toEqual([['loss', 'acc'], undefined]);
  });

  it.each([100, 1000, 2000])('have the objective, the first few and what was asked for, of %i metrics', (n) => {
    const store = storeWith({ few: { m0: 1, other: 2 }, many: { ...named(n), loss: 0.5 } });
    const asked = [`m${n - 1}`, 'm50', 'm3', 'unknown', 'other'];
    const { runs } = store.runs.list({ metrics: asked, sort: 'createdAt', descending: false });
    const [few, many] = runs;
    expect([Object.keys(few!.metrics).sort(), few!.more]).toEqual([['m0', 'other'], undefined]);
    const names = Object.keys(many!.metrics);
    // The objective and two of those asked for are beyond the first few.
    expect(names.length).toBe(ROW_METRICS.own + 3);
    expect(names).toEqual(expect.arrayContaining(['loss', `m${n - 1}`, 'm50', 'm3']));
    expect(many!.metrics[`m${n - 1}`]).toMatchObject({ last: n - 1, lastStep: 7, count: 1 });
    expect(many!.more).toBe(n + 1 - names.length);
    expect(many!.objective).toMatchObject({ metric: 'loss', value: 0.5 });
    expect(store.runs.getMany(['many'], [])[0]!.more).toBe(n + 1 - ROW_METRICS.own - 1);
  });

  it('have all where all are asked for, and in the run itself', () => {
    const store = storeWith({ a: named(1500) });
    const [row] = store.runs.list({ metrics: 'all' }).runs;
    for (const run of [row!, store.runs.detail('a')!, store.runs.get('a')!]) {
      expect([Object.keys(run.metrics).length, run.more]).toEqual([1500, undefined]);
    }
  });

  it('have metrics of the machine besides those of the program', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'a'));
    const system = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`system/${i}`, i]));
    store.ingest.frame('a', 'system.ndjson', 0, lines({ type: 'metrics', time: 1, step: 0, values: system }));
    store.ingest.frame('a', FILE, 0, lines({ type: 'metrics', time: 1, step: 0, values: named(50) }));
    const { metrics, more } = store.runs.list({}).runs[0]!;
    const names = Object.keys(metrics);
    const others = names.filter((name) => name.startsWith('system/')).length;
    expect([others, names.length - others, more]).toEqual([ROW_METRICS.others, ROW_METRICS.own, 86]);
    const set = store.runs.metricSet('a')!;
    expect([set.logged.length, set.output.length, set.system.length]).toEqual([50, 0, 100]);
    expect(store.runs.metricSet('none')).toBe(null);
  });

  it('are current while rows are written late', () => {
    const store = storeWith({ a: { loss: 3 }, b: { loss: 2 } });
    store.ingest.frame('a', FILE, store.ingest.expectedOffset('a', FILE), lines({ step: 8, loss: 1 }));
    const { runs } = store.runs.list({ sort: 'name', descending: false });
    expect(runs.map(({ metrics, objective }) => [metrics.loss!.last, objective!.value])).toEqual([
      [1, 1],
      [2, 2],
    ]);
    expect(store.runs.list({ sort: 'objective', descending: false }).runs.map(({ id }) => id)).toEqual(['a', 'b']);
  });
});
