import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { loadState, saveState } from '../../../../src/training/checkpoints/resume.js';
import { Training } from '../../../../src/training/loop/train.js';
import { network, Notes, rings, stripes, training } from '../support.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith-сеть ü '));
beforeAll(async () => {
  await wasm.start();
  await tf.setBackend('wasm');
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const section = {
  layers: [{ dense: { units: 8, activation: 'relu' } }, 'batchNorm', { dropout: 0.2 }, { dense: 2 }],
  loss: 'crossEntropy',
  batchSize: 16,
  epochs: 5,
};

describe('an interrupted training', () => {
  it.each([
    ['Adam with a schedule and a moving average', { optimizer: 'adamw', schedule: { name: 'oneCycle' }, ema: 0.9 }],
    ['Nesterov', { optimizer: { name: 'sgd', momentum: 0.9, nesterov: true } }],
    ['a plateau', { optimizer: 'rmsprop', schedule: { name: 'plateau', patience: 0, factor: 0.5 }, accumulate: 2 }],
    [
      'hypergradients',
      {
        hypergradient: { tune: ['learningRate', 'weightDecay', 'labelSmoothing'], every: 3, horizon: 2, rate: 0.1 },
        optimizer: { name: 'adam', weightDecay: 0.01 },
      },
    ],
    [
      'hypergradients by the implicit function theorem',
      { hypergradient: { tune: ['weightDecayByLayer', 'classWeights'], method: 'implicit', terms: 2, every: 2 } },
    ],
    ['early stopping', { optimizer: { name: 'adam', learningRate: 0.3 }, earlyStopping: { patience: 1 } }],
    [
      'changed images, penalties and bounds',
      {
        layers: ['flatten', { dense: { units: 8, activation: 'relu', maxNorm: 1 } }, { dense: 2 }],
        augment: { shift: 1, rotate: 20, flip: 'both', elastic: 0.5, noise: 0.1, erase: 0.3, brightness: 0.1 },
        mixup: 0.4,
        regularization: { l1: 1e-4, l2: 1e-3 },
      },
      stripes(120),
    ],
  ])('resumes to the same results: %s', async (_, more, dataset = rings(120)) => {
    const whole = new Notes();
    const uninterrupted = training({ ...section, ...more }, dataset, whole);
    await uninterrupted.run();

    // The run is killed in the third epoch, so it resumes from the checkpoint after the second.
    const first = new Notes();
    const interrupted = new Training({
      network: network({ ...section, ...more }),
      dataset,
      seed: 1,
      log: first,
      cheapReads: true,
      evaluationBatch: 64,
      onEpoch: async (now, epoch) => {
        if (epoch === 2) await saveState(folder, await now.state());
      },
    });
    first.onPoint = ({ epoch }) => {
      if (epoch! > 2.5) first.stopRequested = 'stop';
    };
    expect(await interrupted.run()).toBe(false);

    const second = new Notes();
    const resumed = training({ ...section, ...more }, dataset, second);
    resumed.load(await loadState(folder));
    await resumed.run();
    const rest = (notes: Notes) =>
      notes.points
        .filter(({ epoch }) => epoch! > 2)
        .map(({ values }) =>
          Object.fromEntries(Object.entries(values).filter(([name]) => !/^(samples_per_second$|system\/)/.test(name))),
        );
    expect(rest(second)).toEqual(rest(whole));
    expect(await resumed.weights()).toEqual(await uninterrupted.weights());
    for (const each of [uninterrupted, interrupted, resumed]) each.dispose();
  });

  it('refuses a checkpoint of another network, and a truncated one', async () => {
    const small = training(section, rings(60));
    await small.run();
    await saveState(folder, await small.state());
    const other = training({ ...section, layers: [{ dense: 9 }, { dense: 2 }] }, rings(60));
    const state = await loadState(folder);
    expect(() => other.load(state)).toThrow('does not fit the network');
    fs.truncateSync(path.join(folder, 'weights.safetensors'), 100);
    await expect(loadState(folder)).rejects.toThrow(/can't be read.*cut short/);
    for (const each of [small, other]) each.dispose();
  });
});

it('a finished training satisfies its constraints without another step, too', async () => {
  const bounded = { ...section, constraint: { l2: 0.5, ease: 0.6 }, ema: 0.95 };
  const done = training(bounded, rings(60));
  expect(await done.run()).toBe(true);
  await saveState(folder, await done.state());
  const again = training(bounded, rings(60));
  again.load(await loadState(folder));
  expect(await again.weights()).toEqual(await done.weights());
  for (const each of [done, again]) each.dispose();
});

describe('early stopping', () => {
  it('stops when nothing improves and keeps the weights of the best epoch', async () => {
    const notes = new Notes();
    const run = training(
      { ...section, optimizer: { name: 'sgd', learningRate: 3 }, epochs: 60, earlyStopping: { patience: 2 } },
      rings(120),
      notes,
    );
    expect(await run.run()).toBe(true);
    const losses = notes.series('val/loss');
    expect(losses.length).toBeLessThan(60);
    const best = losses.indexOf(Math.min(...losses));
    expect(best).toBe(losses.length - 1 - 3);
    const kept = training(section, rings(120));
    kept.keep(await run.weights());
    expect(await kept.weights()).toEqual(await run.weights());
    run.dispose();
    kept.dispose();
  });
});
