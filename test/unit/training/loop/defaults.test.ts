/** Defaults that follow the data. */
import { beforeAll, describe, expect, it } from 'vitest';
import {
  checkNetworkTemplate,
  completeNetwork,
  validateNetwork,
  type Network,
} from '../../../../src/experiment/network/index.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { followData } from '../../../../src/training/loop/defaults.js';
import { LiveChanges } from '../../../../src/training/loop/liveChanges.js';
import { Training } from '../../../../src/training/loop/train.js';
import { network, Notes, plane, rings, stripes } from '../support.js';

const csv = { data: { csv: { file: 'a.csv', target: 'y' } } };
const open = (section: object): Network => network({ ...csv, loss: 'crossEntropy', ...section });

beforeAll(() => wasm.start());

describe('a small table', () => {
  it('is trained for about 2,500 steps, with a cosine schedule, by a network of a fitting width', () => {
    const { network: settled, choices } = followData(open({}), rings(640));
    expect(settled.epochs).toBe(125);
    expect(settled.schedule).toMatchObject({ name: 'cosine', warmup: 2.5 });
    expect(settled.layers.at(-1)).toMatchObject({ type: 'dense', units: 2 });
    expect(settled.layers[0]).toMatchObject({ type: 'dense', units: 32, activation: 'relu' });
    expect(choices).toHaveLength(3);
  });

  it.each([
    [10, 300],
    [640, 125],
    [100_000, 10],
  ])('of %i rows: %i epochs', (rows, epochs) => {
    const data = { ...rings(2), train: { ...rings(2).train, count: rows } };
    expect(followData(open({}), data).network.epochs).toBe(epochs);
  });

  it('explicit settings stay', () => {
    const { network: settled, choices } = followData(open({ layers: [{ dense: 2 }], epochs: 3 }), rings(640));
    expect([settled.epochs, settled.schedule.name, settled.layers.length]).toEqual([3, 'constant', 1]);
    expect(choices).toEqual([]);
    expect(followData(open({ schedule: 'constant' }), rings(640)).network.schedule.name).toBe('constant');
  });

  it('learns without a word about the network', async () => {
    for (const [data, loss, metric] of [
      [rings(200), 'crossEntropy', 'val/accuracy'],
      [plane(64), 'mse', 'val/r2'],
    ] as const) {
      const { network: settled } = followData(open({ loss }), data);
      const notes = new Notes();
      const quick = { ...settled, epochs: 200 };
      const run = new Training({
        network: quick,
        dataset: data,
        seed: 1,
        log: notes,
        cheapReads: true,
        evaluationBatch: 200,
      });
      await run.run();
      run.dispose();
      expect(notes.series(metric).at(-1)).toBeGreaterThan(0.9);
    }
  });
});

it('images keep ten epochs, and need layers', () => {
  const written = network({ layers: ['flatten', { dense: 2 }], loss: 'crossEntropy' });
  const { network: settled } = followData(written, stripes(20));
  expect([settled.epochs, settled.schedule.name]).toEqual([10, 'constant']);
  expect(() => followData(open({}), stripes(20))).toThrow(/layers is missing: only for tables/);
  for (const check of [(value: unknown) => validateNetwork(value).problems, checkNetworkTemplate]) {
    expect(check({ data: 'mnist', loss: 'crossEntropy' })).toEqual([
      { path: ['layers'], message: 'layers is missing' },
    ]);
    expect(check({ ...csv, loss: 'mse' }) ?? []).toEqual([]);
  }
});

it('a run that began before keeps its settings', () => {
  const { open: _, ...old } = network({ ...csv, layers: [{ dense: 2 }], loss: 'crossEntropy' });
  expect(followData(completeNetwork(old as Network), rings(640)).network.epochs).toBe(10);
});

it('live changes are compared with the settled network', async () => {
  const data = rings(640);
  const live = await LiveChanges.open(null, { lr: 0.001 }, open({}));
  live.complete((one) => followData(one, data).network);
  expect(live.network.epochs).toBe(125);
  expect(await live.set({ lr: 0.002 })).toMatchObject({ network: { epochs: 125, optimizer: { learningRate: 0.002 } } });
});
