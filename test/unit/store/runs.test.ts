import { beforeAll, afterAll, describe, expect, it } from 'vitest';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LIVE_STATUSES, type Run, type RunQuery, type RunStatus } from '../../../src/protocol/engine/index.js';
import { fromWire } from '../../../src/protocol/values/index.js';
import type { Database } from '../../../src/store/database.js';
import { Store } from '../../../src/store/store.js';
import { lines, newRun, openStore, random, temporary } from './helpers.js';

describe('10,000 runs', () => {
  let folder = '';
  let store: Store;
  const all: Run[] = [];

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tunesmith-list-'));
    store = Store.open(join(folder, 'store.db'));
    const next = random(5);
    const statuses: RunStatus[] = ['completed', 'completed', 'failed', 'running', 'pruned', 'queued'];
    store.batch(() => {
      for (let i = 0; i < 10_000; i++) {
        const id = `run${String(i).padStart(5, '0')}`;
        const params: Record<string, string | number | boolean | number[]> = {
          lr: 10 ** (-5 * next()),
          optimizer: ['adam', 'sgd', 'Größe'][i % 3] as string,
          nesterov: i % 2 === 0,
        };
        if (i % 7 === 0) params.rare = i % 14 === 0 ? i : `text${i}`;
        for (let p = 0; p < 16; p++) params[`p${p}`] = Math.floor(next() * 100);
        store.runs.insert({
          ...newRun('/nowhere/that/exists'.replace('/nowhere', folder), 'shared', {
            id,
            experiment: i % 10 === 0 ? 'other' : 'digits',
            search: i % 4 === 0 ? `s${i % 8}` : null,
            trial: i % 4 === 0 ? i : null,
            params,
            createdAt: Math.floor(next() * 5000),
          }),
          name: `Run ${i % 500}`,
          status: statuses[i % statuses.length] as RunStatus,
          tags: i % 100 === 0 ? ['best', 'Käse'] : [],
        });
        if (i % 5 !== 0) store.runs.update(id, { startedAt: 10, endedAt: i % 5 === 1 ? 10 + i : 20 });
        const values = Object.fromEntries(
          Array.from({ length: 10 }, (_, m) => [m === 0 ? 'loss' : `m${m}`, next() < 0.02 ? 'NaN' : next()]),
        );
        if (i % 11 !== 0) store.ingest.frame(id, 'a.ndjson', 0, lines({ type: 'metrics', step: 1, values }));
      }
    });
    all.push(...store.runs.getMany(store.runs.ids()));
  }, 120_000);

  afterAll(() => {
    store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const key = (run: Run, sort: string): string | number | null => {
    if (sort.startsWith('param:')) {
      const value = run.params[sort.slice(6)] ?? null;
      return typeof value === 'boolean' ? Number(value) : (value as string | number | null);
    }
    if (sort.startsWith('metric:')) {
      const last = run.metrics[sort.slice(7)]?.last;
      return last === undefined || last === 'NaN' ? null : fromWire(last);
    }
    if (sort === 'objective') {
      const value = run.objective?.value ?? null;
      return value === null ? null : fromWire(value);
    }
    if (sort === 'duration') return run.startedAt === null ? null : (run.endedAt ?? 0) - run.startedAt;
    return sort === 'createdAt' ? run.createdAt : sort === 'name' ? run.name : run.status;
  };

  /** Computes the expected answer without SQL. */
  function oracle(query: RunQuery): { total: number; ids: string[] } {
    const words = (query.text ?? '').toLowerCase().split(' ').filter(Boolean);
    const found = all.filter((run) => {
      const text = [
        run.id,
        run.name,
        ...run.tags,
        ...Object.entries(run.params).map(([name, value]) => `${name}=${String(value)}`),
      ];
      const joined = text.join('\n').toLowerCase();
      return (
        (query.experiment === undefined || run.experiment === query.experiment) &&
        (query.search === undefined || run.search === query.search) &&
        (!query.status || query.status.includes(run.status)) &&
        (!query.ids || query.ids.includes(run.id)) &&
        words.every((word) => joined.includes(word))
      );
    });
    const { sort = 'createdAt', descending = true, offset = 0, limit = 100 } = query;
    const way = descending ? -1 : 1;
    const compare = (a: string | number, b: string | number): number => (a < b ? -1 : a > b ? 1 : 0);
    const at = new Map(all.map((run, i) => [run.id, i]));
    found.sort((a, b) => {
      const [x, y] = [key(a, sort), key(b, sort)];
      const tie = way * (a.createdAt - b.createdAt || (at.get(a.id) ?? 0) - (at.get(b.id) ?? 0));
      if (x === null || y === null) return x === y ? tie : x === null ? 1 : -1;
      if (typeof x !== typeof y) return typeof x === 'number' ? -1 : 1;
      return way * compare(x, y) || tie;
    });
    return { total: found.length, ids: found.slice(offset, offset + limit).map((run) => run.id) };
  }

  const queries: RunQuery[] = [
    {},
    { descending: false, offset: 9950 },
    { experiment: 'other', sort: 'name', limit: 300 },
    { search: null, sort: 'objective', descending: false },
    { search: 's4', sort: 'duration' },
    { sort: 'metric:loss', limit: 10_000 },
    { sort: 'metric:m3', descending: false, offset: 9000, limit: 500 },
    { sort: 'metric:none', limit: 5 },
    { sort: 'param:rare', limit: 2000 },
    { sort: 'param:rare', descending: false, limit: 2000 },
    { sort: 'param:lr' },
    { sort: 'param:optimizer', offset: 3000 },
    { sort: 'param:nesterov', status: ['failed', 'queued'] },
    { status: ['running'], sort: 'status' },
    { text: 'OPTIMIZER=größe käse' },
    { text: 'run 49 nesterov=true', sort: 'createdAt' },
    { text: "100%_' \\" },
    { ids: ['run00005', 'nobody', 'run09999'] },
    { experiment: "x'; DROP TABLE runs; --" },
  ];
  it.each(queries.map((query) => [JSON.stringify(query), query] as const))('are listed right: %s', (_, query) => {
    const expected = oracle(query);
    const { total, runs } = store.runs.list(query);
    expect(total).toBe(expected.total);
    expect(runs.map((run) => run.id)).toEqual(expected.ids);
  });

  it('have columns, experiments and live runs', () => {
    expect(store.runs.columns({}).metrics).toEqual(['loss', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6', 'm7', 'm8', 'm9']);
    expect(store.runs.columns({}).params).toHaveLength(20);
    expect(store.runs.columns({ ids: ['run00001'] })).toMatchObject({ params: expect.not.arrayContaining(['rare']) });
    expect(store.runs.columns({ text: 'no such thing' })).toEqual({ params: [], metrics: [] });
    const experiments = new Map(store.runs.experiments().map((row) => [row.name, row]));
    expect(experiments.get('other')).toMatchObject({ runs: 1000, searches: 0 });
    const live = all.filter((run) => LIVE_STATUSES.includes(run.status));
    expect(new Set(store.runs.live().map((run) => run.id))).toEqual(new Set(live.map((run) => run.id)));
  });

  it('refuse an unknown sort', () => {
    expect(() => store.runs.list({ sort: 'created_at; DROP TABLE runs' })).toThrow("can't be sorted by");
  });
});

describe('a run', () => {
  it('is renamed, tagged, noted and found by it', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'r1', {}, { git: { commit: 'abc', branch: null, dirty: true } }));
    store.runs.update('r1', { name: 'Über run', note: 'try again', device: 'gpu:0', params: { lr: 0.5, b: null } });
    store.runs.tag(['r1', 'nobody'], ['b', 'a', 'b'], ['c']);
    store.runs.tag(['r1'], ['d'], ['b']);
    expect(store.runs.detail('r1')).toMatchObject({
      name: 'Über run',
      note: 'try again',
      device: 'gpu:0',
      tags: ['a', 'd'],
      params: { lr: 0.5, b: null },
      git: { commit: 'abc', branch: null, dirty: true },
      command: ['python', 'train.py'],
    });
    for (const text of ['über', 'AGAIN', 'lr=0.5', 'd', 'b=null']) expect(store.runs.list({ text }).total).toBe(1);
    expect(store.runs.list({ text: 'lr=0.01' }).total).toBe(0);
    expect(store.runs.update('nobody', { name: 'x' })).toBe(false);
    store.runs.update('r1', {
      error: { kind: 'exit', message: 'm', logTail: 't' },
      progress: { fraction: 1, text: '' },
    });
    store.runs.update('r1', { error: null, progress: null });
    expect(store.runs.get('r1')).toMatchObject({ error: null, progress: null });
  });

  it('is hidden, shown again, and purged without a trace', () => {
    const folder = temporary();
    const store = openStore(folder);
    for (const id of ['r1', 'r2']) {
      store.runs.insert(newRun(folder, id));
      const many = Array.from({ length: 3000 }, (_, i) => ({ step: i, loss: i, acc: 1 }));
      store.ingest.frame(id, 'a.ndjson', 0, lines('bad', ...many));
    }
    expect(store.runs.delete(['r1', 'nobody'], 77)).toEqual(['r1']);
    expect(store.runs.delete(['r1'], 78)).toEqual([]);
    expect(store.runs.list({}).runs.map((run) => run.id)).toEqual(['r2']);
    expect(store.runs.list({ deleted: true }).runs.map((run) => [run.id, run.deletedAt])).toEqual([['r1', 77]]);
    expect(store.runs.restore(['r1'])).toEqual(['r1']);
    expect(store.runs.list({}).total).toBe(2);
    expect(store.runs.purge(['r1', 'r1'])).toEqual(['r1']);
    expect(store.runs.get('r1')).toBeNull();
    expect(store.series.read({ run: 'r2', metric: 'loss', points: 5000 }).y).toHaveLength(3000);
    while (store.series.fold());
    store.runs.purge(['r2']);
    const db = (store as unknown as { db: Database }).db;
    for (const table of [
      'runs',
      'run_text',
      'params',
      'series',
      'chunks',
      'pyramid',
      'journals',
      'messages',
      'inbox',
    ]) {
      expect([table, db.get(`SELECT count(*) n FROM ${table}`)]).toEqual([table, { n: 0 }]);
    }
    // The same id may come back (its folder was still there), from the journal's start.
    store.runs.import(newRun(folder, 'r1'));
    expect(store.ingest.expectedOffset('r1', 'a.ndjson')).toBe(0);
    store.ingest.frame('r1', 'a.ndjson', 0, lines({ step: 0, loss: 5 }));
    expect(store.series.read({ run: 'r1', metric: 'loss' }).y).toEqual([5]);
  });

  it('is purged while points of it wait in the inbox, also over a restart', () => {
    const folder = temporary();
    const store = openStore(folder);
    for (const id of ['r1', 'r2']) {
      store.runs.insert(newRun(folder, id));
      store.ingest.frame(id, 'a.ndjson', 0, lines({ step: 0, loss: 1 }));
    }
    store.runs.purge(['r1']);
    store.runs.insert(newRun(folder, 'r3'));
    store.ingest.frame('r3', 'a.ndjson', 0, lines({ step: 0, loss: 3 }));
    store.close();
    const again = openStore(folder);
    expect(again.series.read({ run: 'r3', metric: 'loss' }).y).toEqual([3]);
    expect(again.series.read({ run: 'r2', metric: 'loss' }).y).toEqual([1]);
    while (again.series.fold());
    expect(again.series.read({ run: 'r3', metric: 'loss' }).y).toEqual([3]);
  });
});

describe('best', () => {
  it('of a file follows its newest objective and leaves failed runs out', () => {
    const folder = temporary();
    const store = openStore(folder);
    const file = '/work/a b.tune.yaml';
    const add = (
      id: string,
      createdAt: number,
      goal: 'minimize' | 'maximize',
      loss: number,
      status: RunStatus,
    ): void => {
      store.runs.insert(newRun(folder, id, { file, createdAt, objective: { metric: 'loss', goal } }, { status }));
      store.ingest.frame(id, 'a.ndjson', 0, lines({ step: 3, loss }, { step: 4, loss: 'NaN' }));
    };
    expect(store.runs.best({ file })).toBeNull();
    add('old', 1, 'maximize', -1000, 'completed');
    add('a', 2, 'minimize', 5, 'completed');
    add('b', 3, 'minimize', 3, 'running');
    add('c', 4, 'minimize', 1, 'failed');
    add('d', 5, 'minimize', Infinity, 'completed');
    expect(store.runs.best({ file })).toEqual({
      run: 'b',
      name: 'run b',
      params: { lr: 0.01 },
      objective: 3,
      metric: 'loss',
      goal: 'minimize',
      of: 2,
    });
    store.runs.delete(['b'], 1);
    expect(store.runs.best({ file })).toMatchObject({ run: 'a', of: 1 });
  });
});

describe('a search', () => {
  const search = {
    id: 's1',
    experiment: 'digits',
    file: '/work/digits.tune.yaml',
    name: 'search 1',
    status: 'running' as const,
    sampler: 'random',
    pruner: null,
    reason: null,
    trials: 10,
    parallel: 2,
    objective: { metric: 'loss', goal: 'minimize' as const },
    space: { lr: { log: [1e-5, 0.1] } },
    createdAt: 5,
    plan: { seed: 3 },
  };

  it('counts its trials and knows its best', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.searches.insert(search);
    expect(() => store.searches.insert(search)).toThrow();
    const statuses: RunStatus[] = ['completed', 'failed', 'pruned', 'starting', 'paused', 'queued', 'stopped'];
    statuses.forEach((status, trial) => {
      const id = `t${trial}`;
      store.runs.insert(newRun(folder, id, { search: 's1', trial, params: { lr: trial } }, { status }));
      if (trial < 3) store.ingest.frame(id, 'a.ndjson', 0, lines({ step: 0, loss: trial === 1 ? -5 : 9 - trial }));
    });
    expect(store.searches.get('s1')).toMatchObject({
      counts: { total: 7, queued: 1, running: 2, completed: 1, pruned: 1, failed: 1, stopped: 1 },
      best: { run: 't2', trial: 2, params: { lr: 2 }, objective: 7 },
      space: search.space,
      endedAt: null,
    });
    expect(store.searches.trials('s1').map((run) => run.trial)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(store.runs.experiments()).toMatchObject([{ name: 'digits', runs: 7, live: 3, searches: 1 }]);
    expect(store.searches.delete('s1')).toBe(true);
    expect(store.searches.delete('s1')).toBe(false);
    expect(store.runs.list({ search: null }).total).toBe(7);
  });

  it('keeps its plan and its study', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.searches.insert(search);
    store.searches.insert({ ...search, id: 's2', createdAt: 6, file: null });
    expect(store.searches.plan('s1')).toEqual({ seed: 3 });
    expect(store.searches.loadStudy('s1')).toBeNull();
    store.searches.saveStudy('s1', '{"trials":[1]}');
    store.searches.update('s1', { status: 'completed', endedAt: 9, plan: { seed: 4 }, error: 'none' });
    store.close();
    const again = openStore(folder);
    expect(again.searches.loadStudy('s1')).toEqual({ trials: [1] });
    expect(again.searches.plan('s1')).toEqual({ seed: 4 });
    expect(again.searches.list().map((row) => row.id)).toEqual(['s2', 's1']);
    expect(again.searches.list({ file: '/work/digits.tune.yaml', status: ['completed'] })).toMatchObject([
      { id: 's1', endedAt: 9, error: 'none' },
    ]);
    expect(again.searches.list({ status: ['failed'] })).toEqual([]);
    expect(again.searches.update('nobody', { name: 'x' })).toBe(false);
    expect(again.searches.get('nobody')).toBeNull();
  });
});
