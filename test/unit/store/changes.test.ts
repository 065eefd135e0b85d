/** Hyperparameters that change while a run goes on, as its journal says them. */
import { writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { journal, lines, newRun, openStore, temporary } from './helpers.js';

const FILE = 'rank0-1.ndjson';
const metrics = (step: number): object => ({
  type: 'metrics',
  time: 1e12 + step,
  step,
  values: { loss: 1 / (step + 1) },
});
const params = (time: number, values: object): object => ({ type: 'params', time: 1e12 + time, params: values });
const all = [
  // Parameters stated before the first metric are not changes.
  params(0, { lr: 0.1, layers: 3 }),
  metrics(0),
  metrics(1),
  params(1.5, { lr: 0.03, layers: 3, seen: true }),
  metrics(2),
  params(2.5, { lr: 0.01 }),
  params(2.6, { lr: 0.01 }),
  params(2.7, { note: 'x'.repeat(1000) }),
  metrics(3),
];
const expected = [
  { name: 'lr', before: 0.1, after: 0.03, step: 1, time: 1e12 + 1.5 },
  { name: 'lr', before: 0.03, after: 0.01, step: 2, time: 1e12 + 2.5 },
];

it('are kept with the step after which they came, whether they are read at once or line by line', () => {
  for (const size of [1, all.length]) {
    const folder = temporary();
    const store = openStore(folder);
    const run = newRun(folder, 'r1');
    store.runs.insert(run);
    for (let at = 0; at < all.length; at += size) {
      writeFileSync(journal(run), lines(...all.slice(0, at + size)));
      store.ingest.poll('r1', FILE, { final: false });
    }
    const [read] = store.runs.getMany(['r1']);
    expect(read!.changes).toEqual(expected);
    expect(read!.params).toMatchObject({ lr: 0.01, layers: 3 });
  }
});

it('are absent from a run that had none, and bounded', () => {
  const folder = temporary();
  const store = openStore(folder);
  const run = newRun(folder, 'r1');
  store.runs.insert(run);
  expect(store.runs.getMany(['r1'])[0]).not.toHaveProperty('changes');
  const many = Array.from({ length: 300 }, (_, i) => params(i, { lr: i }));
  writeFileSync(journal(run), lines(metrics(0), ...many));
  store.ingest.poll('r1', FILE, { final: true });
  const { changes } = store.runs.getMany(['r1'])[0]!;
  expect(changes).toHaveLength(100);
  expect(changes!.at(-1)).toMatchObject({ before: 298, after: 299 });
});
