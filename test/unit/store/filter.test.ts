import { expect, it } from 'vitest';
import { lines, newRun, openStore, temporary } from './helpers.js';

it('filters and groups runs by parameters, metrics and facts', () => {
  const folder = temporary();
  const store = openStore(folder);
  for (let n = 0; n < 40; n++) {
    const params = { lr: n / 1000, opt: n % 2 ? 'sgd' : 'adam', amp: n % 4 === 0, ...(n === 3 && { rare: 'yes' }) };
    const spec = { params, createdAt: n, objective: { metric: 'acc', goal: 'maximize' as const } };
    store.runs.insert(newRun(folder, `r${n}`, spec, { status: n % 5 === 0 ? 'failed' : 'completed' }));
    store.ingest.frame(
      `r${n}`,
      'a.ndjson',
      0,
      lines({ step: 1, acc: n === 7 ? 'NaN' : n / 100 }, { step: 2, loss: 40 - n }),
    );
  }
  store.runs.tag(['r1', 'r2'], ['base line'], []);
  const ids = (filter: string) => store.runs.list({ filter, descending: false }).runs.map(({ id }) => id);
  expect(ids('lr < 0.003')).toEqual(['r0', 'r1', 'r2']);
  expect(ids('lr < 0.003 and opt = sgd')).toEqual(['r1']);
  expect(ids('tag : "base*" and acc > 0.01')).toEqual(['r2']);
  expect(ids('rare = yes or (amp = true and lr > 0.035)')).toEqual(['r3', 'r36']);
  expect(ids('status = failed and objective >= 0.3')).toEqual(['r30', 'r35']);
  expect(ids('acc = nan')).toEqual(['r7']);
  expect(ids('min:loss < 2.5 and not name ~ "38"')).toEqual(['r39']);
  expect(ids('opt=adam rare is not missing')).toEqual([]);
  expect(store.runs.list({ filter: 'opt = adam', limit: 3 })).toMatchObject({ total: 20 });
  expect(store.runs.columns({ filter: 'rare = yes' }).params).toContain('rare');
  expect(() => ids('lr <')).toThrow('A value is expected here.');

  const { total, groups } = store.runs.groups(
    { filter: 'lr < 0.01' },
    ['param:opt'],
    ['metric:acc', 'objective', 'param:lr'],
  );
  expect(total).toBe(2);
  const sgd = groups.find(({ values }) => values[0] === 'sgd')!;
  expect(sgd.runs).toBe(5);
  // The mean is that of r1, r3, r5 and r9; the value of r7 is NaN.
  expect(sgd.columns[0]).toMatchObject({
    n: 4,
    mean: expect.closeTo(0.045),
    min: 0.01,
    max: 0.09,
    sd: expect.closeTo(0.03416, 5),
  });
  expect(sgd.columns[2]).toMatchObject({ n: 5, mean: expect.closeTo(0.005) });
  expect(
    store.runs.groups({}, ['status', 'tags'], []).groups.map(({ values, runs }) => [...values, runs]),
  ).toContainEqual([...['completed', 'base line'], 2]);
});
