import { expect, it } from 'vitest';
import { listWithCurves } from '../../../src/store/series/firstCurves.js';
import { lines, newRun, openStore, temporary } from './helpers.js';

it('gives a list the curves of the objective of its first runs, as a reading of them would', () => {
  const folder = temporary();
  const store = openStore(folder);
  for (const [n, id] of [
    '00000000000000000000000001',
    '00000000000000000000000002',
    '00000000000000000000000003',
  ].entries()) {
    store.runs.insert(newRun(folder, id, { createdAt: n, objective: { metric: 'loss', goal: 'minimize' } }));
    if (n > 0)
      store.ingest.frame(
        id,
        'a.ndjson',
        0,
        lines({ step: 0, values: { loss: n, acc: 1 } }, { step: 1, values: { loss: n + 1 } }),
      );
  }
  const query = { experiment: 'digits', limit: 10 };
  const plain = store.runs.list(query);
  expect(listWithCurves(store as never, query as never)).toEqual(plain);
  const { series, ...list } = listWithCurves(
    store as never,
    { ...query, curves: { runs: 3, x: 'step', points: 100 } } as never,
  );
  expect(list).toEqual(plain);
  // The oldest has logged nothing.
  const ids = plain.runs.slice(0, 2).map(({ id }) => id);
  const queries = ids.map((run) => ({ run, metric: 'loss', x: 'step' as const, points: 100, packed: true }));
  expect(series).toEqual(store.series.readSome(queries));
  expect(
    listWithCurves(store as never, { ...query, curves: { runs: 1, x: 'step', points: 100 } } as never).series,
  ).toHaveLength(1);
});
