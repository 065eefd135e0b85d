import { describe, expect, it } from 'vitest';
import { runDuration } from '../../../src/format/times.js';
import { lines, newRun, openStore, temporary } from './helpers.js';

describe('the time that a run took', () => {
  it('is what its programs took, whatever happened to the clock', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'r1'));
    const take = (file: string, ...records: object[]): void =>
      void store.ingest.frame('r1', file, store.ingest.expectedOffset('r1', file), lines(...records));
    const exit = { type: 'exit', code: 0, signal: null, requested: null };
    // The clock was set back by a day while the program worked.
    take('supervisor.ndjson', { type: 'spawn', time: 1e12, pid: 1, started: null, supervisor: 2 });
    take('supervisor.ndjson', { ...exit, time: 1e12 - 86_400_000, ran: 5000 });
    take('supervisor.ndjson', { ...exit, time: 1e12 + 9, launch: 2, ran: 1500, stood: 200 });
    store.runs.update('r1', { status: 'completed', endedAt: 1e12 - 86_400_000 });
    const run = store.runs.get('r1')!;
    expect(run.ran).toBe(6500);
    expect(runDuration(run, 0)).toBe(6500);
    // Before its end, and where nobody has written it down, the clock must do; a negative time is none.
    expect(runDuration({ ...run, endedAt: null }, 1e12 + 70)).toBe(70);
    expect(runDuration({ startedAt: 1e12, endedAt: 1e12 - 5 }, 0)).toBe(0);
    store.runs.update('r1', { ran: null });
    expect(store.runs.get('r1')).not.toHaveProperty('ran');
  });

  it('stays a number whatever the journal says', () => {
    const folder = temporary();
    const store = openStore(folder);
    store.runs.insert(newRun(folder, 'r1'));
    const exit = { type: 'exit', time: 1, code: 0, signal: null, requested: null, ran: 1.7e308 };
    store.ingest.frame('r1', 'supervisor.ndjson', 0, lines(exit, exit, exit));
    expect(store.runs.get('r1')!.ran).toBeLessThan(1e13);
  });

  it('sorts runs, and comes from the program itself if it was started by hand', () => {
    const folder = temporary();
    const store = openStore(folder);
    for (const [id, ran] of [
      ['r2', 10],
      ['r3', 3000],
      ['r4', 20],
    ] as const) {
      store.runs.insert(newRun(folder, id));
      const finish = { type: 'finish', time: 1e12, status: 'completed', ran };
      store.ingest.frame(id, 'rank0-1.ndjson', 0, lines(finish));
      store.ingest.frame(id, 'rank1-2.ndjson', 0, lines({ ...finish, ran: 77 }));
      store.runs.update(id, { startedAt: 100, endedAt: 90, status: 'completed' });
    }
    const { runs } = store.runs.list({ sort: 'duration', descending: true, ids: ['r2', 'r3', 'r4'] });
    expect(runs.map(({ id, ran }) => [id, ran])).toEqual([
      ['r3', 3000],
      ['r4', 20],
      ['r2', 10],
    ]);
  });
});
