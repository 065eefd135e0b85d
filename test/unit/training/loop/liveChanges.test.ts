import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseExperiment, planRun } from '../../../../src/experiment/index.js';
import type { Network } from '../../../../src/experiment/network/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { EarlyStopping } from '../../../../src/training/regularization/earlyStopping.js';
import { LiveChanges, refusal } from '../../../../src/training/loop/liveChanges.js';
import { Training } from '../../../../src/training/loop/train.js';
import { network, Notes, rings } from '../support.js';

beforeAll(async () => void (await wasm.start()));

const SECTION = {
  layers: [
    { dense: { units: 8, activation: 'tanh' } },
    { dropout: 0.2 },
    { residual: [{ dropout: 0.1 }] },
    { dense: 2 },
  ],
  optimizer: { name: 'sgd', learningRate: 0.05, momentum: 0.9, nesterov: true, weightDecay: 0.01 },
  earlyStopping: { patience: 50 },
  ema: 0.9,
  loss: 'crossEntropy',
  batchSize: 20,
  epochs: 4,
};

/** Returns the losses of a training that `change` modifies after its first epoch. */
async function losses(change: (training: Training, now: Network) => void, section: object = {}) {
  const notes = new Notes();
  const now = network({ ...SECTION, ...section });
  const training = new Training({
    network: now,
    dataset: rings(200),
    seed: 3,
    log: notes,
    cheapReads: true,
    evaluationBatch: 50,
    onEpoch: (one, epoch) => Promise.resolve(epoch === 1 ? change(one, now) : undefined),
  });
  await training.run();
  training.dispose();
  return notes;
}

describe('changes during a training', () => {
  it('to the current values have no effect and leak no tensors', async () => {
    const before = tf.memory().numTensors;
    const [plain, same] = [await losses(() => undefined), await losses((one, now) => one.change(structuredClone(now)))];
    expect(same.series('loss')).toEqual(plain.series('loss'));
    expect(same.series('val/loss')).toEqual(plain.series('val/loss'));
    expect(tf.memory().numTensors).toBe(before);
  });

  it('take effect from the next epoch on: dropout rates, batch size, number of epochs, weight decay', async () => {
    const plain = await losses(() => undefined);
    const notes = await losses((one, now) => one.change({ ...structuredClone(now), batchSize: 50, epochs: 3 }));
    expect(notes.points.at(-1)!.step).toBe(10 + 4 + 4);
    const layers = network({
      ...SECTION,
      layers: [...SECTION.layers.slice(0, 1), { dropout: 0.9 }, ...SECTION.layers.slice(2)],
    });
    const dropped = await losses((one, now) => one.change({ ...structuredClone(now), layers: layers.layers }));
    const decayed = await losses((one, now) => {
      one.change({ ...structuredClone(now), optimizer: { ...now.optimizer, weightDecay: 2 } });
    });
    for (const other of [dropped, decayed]) {
      expect(other.series('loss').slice(0, 10)).toEqual(plain.series('loss').slice(0, 10));
      expect(other.series('val/loss')[0]).toBe(plain.series('val/loss')[0]);
      expect(other.series('val/loss')[1]).not.toBe(plain.series('val/loss')[1]);
    }
  });

  it('may add momentum, decay, penalties, or a moving average', async () => {
    const before = tf.memory().numTensors;
    const plain = { optimizer: { name: 'sgd', learningRate: 0.05 }, ema: null };
    const notes = await losses((one) => {
      one.change(network({ ...SECTION, ...plain, optimizer: { ...SECTION.optimizer, nesterov: false }, ema: 0.5 }));
    }, plain);
    expect(notes.series('val/loss')).toHaveLength(4);
    const rms = { optimizer: { name: 'rmsprop', learningRate: 0.001 } };
    const regularization = { l1: 0.01, l2: 0.01 };
    const other = await losses((one) => {
      one.change(
        network({ ...SECTION, optimizer: { ...rms.optimizer, momentum: 0.5, centered: true }, regularization }),
      );
    }, rms);
    expect(other.series('val/loss')).toHaveLength(4);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('may remove the moving average, and an earlier checkpoint does not restore it', async () => {
    const options = { dataset: rings(200), seed: 3, log: new Notes(), cheapReads: true, evaluationBatch: 50 };
    const averaged = new Training({ ...options, network: network(SECTION) });
    await averaged.advance();
    const state = await averaged.state();
    const plain = new Training({ ...options, network: network({ ...SECTION, ema: null }) });
    plain.load(state);
    expect((await plain.state()).stepper).toMatchObject({ average: null });
    averaged.dispose();
    plain.dispose();
  });

  it('may request restoring the best weights, from then on only', async () => {
    const stopping = (restore: boolean) =>
      new EarlyStopping(network({ ...SECTION, earlyStopping: { restore } }).earlyStopping!);
    const weights = [{ name: 'a', shape: [1], values: Float32Array.of(1) }];
    const judge = (one: EarlyStopping, epoch: number, loss: number) =>
      one.judged(epoch, { 'val/loss': loss }, () => Promise.resolve(weights));
    const before = stopping(false);
    await judge(before, 1, 0.5);
    const after = stopping(true);
    after.load(before.state());
    await judge(after, 2, 0.7);
    expect(after.state()).toEqual({ best: 0.7, bestEpoch: 2, weights });
    const again = stopping(false);
    again.load(after.state());
    expect(again.state()).toEqual({ best: 0.7, bestEpoch: 2, weights: null });
  });

  it('are refused if they require another network', () => {
    const now = network(SECTION);
    const to = (section: object) => refusal(now, network({ ...SECTION, ...section }));
    expect(to({ batchSize: 7, epochs: 9, ema: 0.5, clip: { norm: 1 }, regularization: { l2: 1 } })).toBeNull();
    expect(to({})).toContain('does not depend on it');
    expect(to({ layers: [{ dense: 2 }] })).toContain('only the rates of dropout');
    expect(to({ optimizer: 'adam' })).toContain('another optimizer');
    expect(to({ loss: 'hinge' })).toContain('loss can');
    const shared = network({ ...SECTION, workers: 4 });
    expect(refusal(shared, { ...shared, batchSize: 3 })).toContain("can't be shared by 4 workers");
    expect(refusal(shared, { ...shared, batchSize: 4 })).toBeNull();
  });
});

describe('values that a person sets', () => {
  const FILE = `name: e
network:
  data: mnist
  loss: crossEntropy
  layers: [flatten, { dropout: '{drop}' }, { dense: '{units}' }, { dense: 10 }]
  optimizer: { name: sgd, learningRate: '{rate}' }
  epochs: '{epochs}'
params: { drop: 0.1, units: 8, rate: 0.1, epochs: 5, unused: 1 }
`;

  function run(given: Params = {}) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'живые '));
    const { experiment } = parseExperiment(FILE, path.join(folder, 'e.tune.yaml'));
    const plan = planRun(experiment!, given, { dist: '/', python: null });
    fs.writeFileSync(path.join(folder, 'experiment.json'), JSON.stringify(experiment));
    return { folder, params: plan.params, network: plan.network as Network };
  }

  it('apply where the file uses them, whatever their names, and survive a restart', async () => {
    const { folder, params, network: first } = run({ epochs: 7 });
    const live = await LiveChanges.open(folder, params, first);
    expect(live.network).toEqual(first);
    const result = await live.set({ rate: 0.02, drop: 0.5 });
    expect(result).toMatchObject({ network: { optimizer: { learningRate: 0.02 }, epochs: 7 } });
    await live.set({ epochs: 9 });
    const again = await LiveChanges.open(folder, params, first);
    expect(again.network).toEqual(live.network);
    expect(again.network.layers[1]).toMatchObject({ rate: 0.5 });

    // After a start with another rate, that rate applies; the other changes remain.
    const other = { ...params, rate: 0.3 };
    const relaunched = await LiveChanges.open(folder, other, {
      ...first,
      optimizer: { ...first.optimizer, learningRate: 0.3 },
    });
    expect(relaunched.network).toMatchObject({ optimizer: { learningRate: 0.3 }, epochs: 9 });
  });

  it('are refused with the reason, and nothing changes', async () => {
    const { folder, params, network: first } = run();
    const live = await LiveChanges.open(folder, params, first);
    for (const [given, why] of [
      [{ units: 16 }, 'only the rates of dropout'],
      [{ unused: 2 }, 'does not depend on it'],
      [{ rate: -1 }, 'learningRate'],
      [{ drop: 0.5, epochs: 0 }, 'epochs'],
      [{ rate: 'fast' }, 'learningRate'],
    ] as const) {
      expect(await live.set(given)).toEqual({ problem: expect.stringContaining(why) as string });
    }
    expect(live.network).toEqual(first);
    expect(fs.existsSync(path.join(folder, 'changed.json'))).toBe(false);
  });

  it('are recognized by name without a file, for the learning rate only', async () => {
    const { network: first } = run();
    const live = await LiveChanges.open(null, {}, first);
    expect(await live.set({ 'adam.learning_rate': 0.5 })).toMatchObject({
      network: { optimizer: { learningRate: 0.5 } },
    });
    expect(await live.set({ lr: 0 })).toEqual({ problem: 'it must be a number above 0' });
    expect(await live.set({ drop: 0.5 })).toEqual({ problem: 'the trainer does not know what drop is for' });
  });

  it('leave the epochs at what there is time for', async () => {
    const { folder, params, network: first } = run({ epochs: 7 });
    const live = await LiveChanges.open(folder, params, first);
    expect(live.shorten(3).epochs).toBe(3);
    expect(await live.set({ rate: 0.02 })).toMatchObject({ network: { optimizer: { learningRate: 0.02 }, epochs: 3 } });
    expect(await live.set({ epochs: 9, drop: 0.5 })).toMatchObject({ network: { epochs: 3 } });
    expect(await live.set({ epochs: 2 })).toMatchObject({ network: { epochs: 2 } });
  });

  it('survive a restart without a file, too', async () => {
    const { network: first } = run();
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'live '));
    const live = await LiveChanges.open(folder, {}, first);
    await live.set({ lr: 0.5 });
    await live.set({ learning_rate: 0.25 });
    await live.set({ lr: 0.125 });
    const again = await LiveChanges.open(folder, {}, first);
    expect(again.network.optimizer.learningRate).toBe(0.125);
    fs.writeFileSync(path.join(folder, 'changed.json'), '{"lr":null}');
    expect((await LiveChanges.open(folder, {}, first)).network).toEqual(first);
  });
});
