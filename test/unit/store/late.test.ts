import { copyFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../../src/store/store.js';
import { lines, newRun, openStore, temporary } from './helpers.js';

const FILE = 'rank0-1.ndjson';
const loss = (step: number, value: number) => ({ type: 'metrics', time: 5, step, values: { loss: value, acc: step } });

/** The files as a kill of the process would leave them. */
function killed(folder: string): Store {
  const copy = temporary();
  for (const end of ['', '-wal']) {
    const file = join(folder, `store.db${end}`);
    if (existsSync(file)) copyFileSync(file, join(copy, `store.db${end}`));
  }
  return openStore(copy);
}

function seen(store: Store) {
  const run = store.runs.get('r1')!;
  return {
    loss: run.metrics.loss,
    objective: run.objective,
    offset: store.ingest.expectedOffset('r1', FILE),
    points: store.series.points('r1', 'loss').points.map(({ value }) => value),
  };
}

describe('rows that are written late', () => {
  it('are visible to every reader, and after a kill at any moment', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'r1'));
    let offset = 0;
    for (let step = 0; step < 6; step++) {
      const data = lines(loss(step, 10 - step));
      expect(store.ingest.frame('r1', FILE, offset, data)).not.toBeNull();
      offset += data.length;
      const expected = {
        loss: { last: 10 - step, lastStep: step, min: 10 - step, max: 10, count: step + 1 },
        objective: { metric: 'loss', goal: 'minimize', value: 10 - step, step },
        offset,
        points: Array.from({ length: step + 1 }, (_, i) => 10 - i),
      };
      expect(seen(killed(folder))).toEqual(expected);
      // Every other time the rows are written by a look at them.
      if (step % 2) expect(seen(store)).toEqual(expected);
    }
  });

  it('cost one transaction of one or two rows, however many runs log', () => {
    const folder = temporary();
    const store = openStore(folder);
    const ids = Array.from({ length: 50 }, (_, i) => `r${i}`);
    for (const id of ids) store.runs.insert(newRun(folder, id));
    const log = (step: number, offset: number): number => {
      const data = lines(loss(step, 1));
      store.batch(() => ids.forEach((id) => store.ingest.frame(id, FILE, offset, data)));
      return offset + data.length;
    };
    const at = log(0, 0);
    const rows = (table: string): number => {
      const db = new DatabaseSync(join(folder, 'store.db'), { readOnly: true });
      const { n } = db.prepare(`SELECT count(*) n FROM ${table}`).get() as { n: number };
      db.close();
      return n;
    };
    const before = rows('inbox');
    log(1, at);
    expect(rows('inbox') - before).toBe(1);
    expect(rows('late')).toBeGreaterThan(0);
    expect(rows('journals')).toBe(0);
    // A list by age needs none of them; one by a value does.
    store.runs.list({});
    expect(rows('journals')).toBe(0);
    store.runs.list({ sort: 'objective' });
    expect([rows('late'), rows('journals')]).toEqual([0, 50]);
  });

  it('are as before when the transaction is rolled back', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'r1'));
    const first = lines(loss(0, 3));
    const second = lines(loss(1, 1));
    store.ingest.frame('r1', FILE, 0, first);
    const fails = (): void =>
      store.batch(() => {
        store.ingest.frame('r1', FILE, first.length, second);
        throw new Error('not now');
      });
    expect(fails).toThrow('not now');
    expect(seen(store)).toMatchObject({
      offset: first.length,
      points: [3],
      objective: { value: 3 },
      loss: { count: 1 },
    });
    store.ingest.frame('r1', FILE, first.length, second);
    expect(seen(store)).toMatchObject({ points: [3, 1], objective: { value: 1 }, loss: { count: 2, min: 1 } });
  });

  it('know nothing of a run that was purged', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'r1'));
    store.ingest.frame('r1', FILE, 0, lines(loss(0, 3)));
    store.runs.purge(['r1']);
    store.runs.insert(newRun(folder, 'r1'));
    expect(seen(store)).toMatchObject({ offset: 0, points: [], objective: { value: null } });
    expect(seen(killed(folder))).toMatchObject({ offset: 0, points: [] });
  });
});

describe('counts of runs', () => {
  it('are those of the rows, whatever happens to them', () => {
    const folder = temporary();
    const store = openStore(folder);
    const search = { search: 's1', trial: 0 };
    for (const id of ['a', 'b', 'c']) store.runs.insert(newRun(folder, id, { createdAt: id.charCodeAt(0) }));
    for (const id of ['d', 'e']) store.runs.insert(newRun(folder, id, { ...search, createdAt: 50 }));
    expect(store.runs.countAlone('digits')).toBe(3);
    expect(store.runs.experiments()).toEqual([{ name: 'digits', runs: 5, live: 5, searches: 0, lastActivity: 99 }]);
    store.runs.update('a', { status: 'completed', endedAt: 500 });
    store.runs.delete(['b'], 7);
    store.runs.purge(['d']);
    expect(store.runs.experiments()).toEqual([{ name: 'digits', runs: 3, live: 2, searches: 0, lastActivity: 500 }]);
    expect(store.runs.countAlone('digits')).toBe(3);
    store.runs.restore(['b']);
    expect(store.runs.experiments()[0]).toMatchObject({ runs: 4, live: 3 });
    expect([store.runs.status('a'), store.runs.status('x')]).toEqual(['completed', null]);
  });
});

it('names ended runs whose journals are unread, but none whose end is only assumed', () => {
  const folder = temporary();
  const store = openStore(folder);
  const assumed = { kind: 'not-started', message: 'It was never started here.', logTail: '' } as const;
  for (const [i, id] of ['old', 'new', 'read', 'assumed', 'live'].entries()) {
    store.runs.insert(newRun(folder, id, { createdAt: i }, { status: id === 'live' ? 'running' : 'completed' }));
  }
  store.runs.update('assumed', { status: 'stopped', error: assumed });
  store.ingest.frame('read', FILE, 0, lines(loss(0, 3)));
  expect(store.runs.unreadJournals()).toEqual(['new', 'old']);
});
