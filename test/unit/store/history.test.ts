import { describe, expect, it } from 'vitest';
import { RunStatus, type RunQuery } from '../../../src/protocol/engine/index.js';
import type { Store } from '../../../src/store/store.js';
import { newRun, openStore, random, temporary } from './helpers.js';

/** Counts that the store keeps, compared with what a look at every run gives. */
function check(store: Store): void {
  const all = [
    ...store.runs.list({ limit: 10_000, text: 'run' }).runs,
    ...store.runs.list({ limit: 10_000, text: 'run', deleted: true }).runs,
  ];
  const queries: RunQuery[] = [{}, { deleted: true }];
  for (const experiment of ['digits', 'other']) {
    queries.push({ experiment }, { experiment, search: null }, { experiment, status: ['failed', 'completed'] });
    queries.push({ experiment, pipeline: null }, { experiment, search: 's1', deleted: true, pipeline: null });
    const candidates = all.filter(
      (run) =>
        run.experiment === experiment &&
        run.deletedAt === null &&
        run.status !== 'failed' &&
        typeof run.objective?.value === 'number',
    );
    const best = store.runs.best({ experiment });
    if (candidates.length === 0) {
      expect(best).toBeNull();
      continue;
    }
    const least = Math.min(...candidates.map(({ objective }) => objective!.value as number));
    expect(best).toMatchObject({ of: candidates.length, objective: least });
  }
  for (const query of queries) {
    const { total } = store.runs.list({ ...query, limit: 1 });
    const chosen = all.filter(
      (run) =>
        (run.deletedAt !== null) === (query.deleted ?? false) &&
        (query.experiment === undefined || run.experiment === query.experiment) &&
        (query.search === undefined || run.search === query.search) &&
        (query.pipeline === undefined || run.stage === undefined) &&
        (query.status === undefined || query.status.includes(run.status)),
    );
    expect(total, JSON.stringify(query)).toBe(chosen.length);
  }
}

describe('what grows with the history', () => {
  it('is counted as it comes, whatever happens to runs', () => {
    const next = random(2);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(next() * from.length)]!;
    const folder = temporary();
    let store = openStore(folder);
    const ids: string[] = [];
    for (let turn = 0; turn < 400; turn++) {
      const id = ids.length > 0 ? pick(ids) : '';
      const what = next();
      if (what < 0.3 || id === '') {
        const name = `r${turn}`;
        ids.push(name);
        const stage = next() < 0.1 ? { stage: { pipeline: 'p1', name: 'a', uses: [], hash: 'x' } } : {};
        store.runs.insert(
          newRun(folder, name, {
            experiment: pick(['digits', 'other']),
            search: pick([null, 's1']),
            trial: turn,
            createdAt: turn,
            ...(stage as object),
          }),
        );
      } else if (what < 0.6) {
        const value = next() < 0.1 ? '"NaN"' : String(next());
        const line = `{"time":1,"values":{"loss":${value}}}\n`;
        store.ingest.frame(id, 'a.ndjson', store.ingest.expectedOffset(id, 'a.ndjson'), Buffer.from(line));
      } else if (what < 0.8) store.runs.update(id, { status: pick(RunStatus.options) });
      else if (what < 0.86) store.runs.delete([id], turn);
      else if (what < 0.92) store.runs.restore([id]);
      else if (what < 0.96) {
        store.runs.purge([id]);
        ids.splice(ids.indexOf(id), 1);
      } else {
        store.close();
        store = openStore(folder);
      }
      if (turn % 20 === 19) check(store);
    }
    store.close();
  });
});
