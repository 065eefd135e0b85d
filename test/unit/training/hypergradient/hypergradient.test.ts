/** Hypergradients equal finite differences of a whole short training, on every backend present. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork } from '../../../../src/experiment/network/index.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { loadState, saveState } from '../../../../src/training/checkpoints/resume.js';
import type { Dataset } from '../../../../src/training/data/types.js';
import type { HyperState } from '../../../../src/training/hypergradient/values.js';
import { refusal } from '../../../../src/training/loop/liveChanges.js';
import type { Training } from '../../../../src/training/loop/train.js';
import { PRESENT } from '../present.js';
import { network, Notes, rings, stripes, training } from '../support.js';

const STEPS = 20;
const dataset: Dataset = (() => {
  const all = rings(200);
  const { inputs, targets } = all.validation;
  const validation = { count: 10, inputs: (inputs as Float32Array).slice(0, 20), targets: targets.slice(0, 10) };
  return { ...all, validation };
})();
const layers = [{ dense: { units: 6, activation: 'tanh' } }, { dense: 2 }];
const base = { layers, loss: 'crossEntropy', batchSize: 10, epochs: 1, earlyStopping: null };

const runs: Training[] = [];
afterEach(() => runs.splice(0).forEach((run) => run.dispose()));

/** Trains without changing any hyperparameter, from these values; returns the hypergradients and the validation loss. */
async function trained(
  section: Record<string, unknown>,
  settings: Record<string, unknown>,
  data: Dataset,
  values: HyperState['values'],
) {
  const notes = new Notes();
  const hypergradient = { every: STEPS, horizon: STEPS, ...settings, rate: 1e-30 };
  const run = training({ ...base, ...section, hypergradient }, data, notes, 3);
  runs.push(run);
  run.hyper!.load({ steps: 0, values });
  await run.run();
  return { slopes: run.hyper!.latest, loss: notes.series('val/loss').at(-1)! };
}

/** Returns [hypergradient, finite difference] of each value. */
async function compared(
  section: Record<string, unknown>,
  tune: unknown,
  at: Record<string, { value: number; by: number }>,
  data = dataset,
): Promise<[name: string, slope: number, difference: number][]> {
  const values = (changed?: string, by = 0): HyperState['values'] =>
    Object.fromEntries(
      Object.entries(at).map(([name, { value }]) => [
        name,
        { value: value + (name === changed ? by : 0), mean: 0, square: 0 },
      ]),
    );
  const { slopes } = await trained(section, { tune }, data, values());
  const result: [string, number, number][] = [];
  for (const [name, { by }] of Object.entries(at)) {
    const up = await trained(section, { tune }, data, values(name, by));
    const down = await trained(section, { tune }, data, values(name, -by));
    result.push([name, slopes[name]!, (up.loss - down.loss) / (2 * by)]);
  }
  return result;
}

/** Compares the hypergradients as one vector with that of the differences. */
const close = (pairs: [string, number, number][], tolerance: number) => {
  const length = (values: number[]) => Math.hypot(...values);
  const error =
    length(pairs.map(([, slope, difference]) => slope - difference)) /
    length(pairs.map(([, , difference]) => difference));
  expect(error, `relative error ${error} of ${JSON.stringify(pairs)}`).toBeLessThan(tolerance);
};

const OPTIMIZERS = [
  { name: 'sgd', learningRate: 0.2 },
  { name: 'sgd', learningRate: 0.1, momentum: 0.8 },
  { name: 'sgd', learningRate: 0.1, momentum: 0.8, nesterov: true },
  { name: 'adam', learningRate: 0.02, epsilon: 1e-3 },
];

describe.each(PRESENT.map((backend) => [backend.id, backend] as const))('on %s', (_, backend) => {
  let id: string;
  beforeAll(async () => {
    await backend.start();
    id = tf.getBackend();
  });

  describe('reverse mode through a whole training agrees with differences', () => {
    it.each(OPTIMIZERS)('for weight decay by layer with %j', async (optimizer) => {
      await tf.setBackend(id);
      const pairs = await compared({ optimizer }, 'weightDecayByLayer', {
        'weight_decay/1.dense': { value: 0.1, by: 0.01 },
        'weight_decay/2.dense': { value: 0.2, by: 0.01 },
      });
      close(pairs, 0.003);
    });

    it.each(OPTIMIZERS)('for weight decay and label smoothing of a perceptron with %j', async (optimizer) => {
      await tf.setBackend(id);
      for (const loss of ['crossEntropy', 'binaryCrossEntropy']) {
        const pairs = await compared({ optimizer, loss }, ['weightDecay', 'labelSmoothing'], {
          weight_decay: { value: 0.1, by: 0.01 },
          label_smoothing: { value: 0.1, by: 0.01 },
        });
        close(pairs, 0.005);
      }
    });

    it.each(OPTIMIZERS)('for weight decay, label smoothing and class weights with %j', async (optimizer) => {
      await tf.setBackend(id);
      const pairs = await compared({ optimizer }, ['weightDecay', 'labelSmoothing', 'classWeights'], {
        weight_decay: { value: 0.1, by: 0.01 },
        label_smoothing: { value: 0.1, by: 0.01 },
        'class_weight/inner': { value: 1.5, by: 0.01 },
        'class_weight/outer': { value: 0.8, by: 0.01 },
      });
      close(pairs, 0.003);
    });

    it('through convolutions and dropout, for the strength of the augmentation', async () => {
      await tf.setBackend(id);
      const all = stripes(200);
      const { inputs, targets } = all.validation;
      // The validation gradient is that of one batch, so all examples are in it.
      const validation = { count: 10, inputs: (inputs as Uint8Array).slice(0, 360), targets: targets.slice(0, 10) };
      const images = { ...all, validation };
      const section = {
        optimizer: { name: 'sgd', learningRate: 0.02, momentum: 0.5 },
        regularization: { l2: 0.01 },
        augment: { shift: 0.6, brightness: 0.2, noise: 0.3 },
        layers: [
          { conv: { filters: 3, kernel: 3, activation: 'softplus' } },
          'flatten',
          { dropout: 0.2 },
          { dense: 2 },
        ],
      };
      const pairs = await compared(
        section,
        ['augment', 'weightDecay'],
        { augment: { value: 1, by: 0.02 }, weight_decay: { value: 0.1, by: 0.01 } },
        images,
      );
      close(pairs, 0.05);
    });
  });

  it('the implicit function theorem agrees with differences of converged trainings', async () => {
    await tf.setBackend(id);
    const small = { ...dataset, train: rings(40).train };
    const optimizer = { name: 'sgd', learningRate: 1 };
    const section = { ...base, layers: [{ dense: 2 }], optimizer, batchSize: 40 };
    const tuned = (epochs: number, every: number) => {
      const hypergradient = { tune: ['weightDecay', 'labelSmoothing'], method: 'implicit', terms: 100, every };
      const notes = new Notes();
      const run = training(
        { ...section, epochs, hypergradient: { ...hypergradient, scale: 1, rate: 1e-30 } },
        small,
        notes,
      );
      runs.push(run);
      return { run, notes };
    };
    const converged = async (weight_decay: number, label_smoothing: number) => {
      const { run, notes } = tuned(100, 1000);
      const values = { weight_decay, label_smoothing };
      const state = Object.entries(values).map(([name, value]) => [name, { value, mean: 0, square: 0 }]);
      run.hyper!.load({ steps: 0, values: Object.fromEntries(state) as HyperState['values'] });
      await run.run();
      return { run, loss: notes.series('val/loss').at(-1)! };
    };
    const { run: first } = await converged(0.1, 0.1);
    const { run } = tuned(101, 1);
    run.load(await first.state());
    await run.run();
    const { weight_decay, label_smoothing } = run.hyper!.latest;
    const slope = async (by: [number, number]) =>
      ((await converged(0.1 + by[0], 0.1 + by[1])).loss - (await converged(0.1 - by[0], 0.1 - by[1])).loss) / 0.02;
    const pairs: [string, number, number][] = [
      ['weight_decay', weight_decay!, await slope([0.01, 0])],
      ['label_smoothing', label_smoothing!, await slope([0, 0.01])],
    ];
    close(pairs, 0.01);
  });

  it.each(OPTIMIZERS)('the learning rate has the slope of the next loss with %j', async (optimizer) => {
    await tf.setBackend(id);
    const second = async (learningRate: number) => {
      const notes = new Notes();
      const learning = { rule: 'additive', rate: 1e-30 };
      const section = { ...base, batchSize: 100, logEvery: 1, optimizer: { ...optimizer, learningRate } };
      const run = training(
        { ...section, hypergradient: { tune: 'learningRate', learningRate: learning } },
        rings(200),
        notes,
      );
      runs.push(run);
      await run.run();
      return { slope: run.hyper!.latest.learning_rate!, loss: notes.series('loss')[1]! };
    };
    const { learningRate: rate } = optimizer;
    const [at, up, down] = [await second(rate), await second(rate * 1.05), await second(rate * 0.95)];
    close([['learningRate', at.slope, (up.loss - down.loss) / (0.1 * rate)]], 0.02);
  });
});

describe('the quick way through a perceptron', () => {
  it('tunes the label smoothing at every step as the general one', async () => {
    const curves: number[][] = [];
    for (const backend of [cpu, wasm]) {
      await backend.start();
      const notes = new Notes();
      const hypergradient = { tune: ['weightDecay', 'labelSmoothing'], every: 1, rate: 0.05 };
      const run = training(
        { ...base, optimizer: { name: 'adam', learningRate: 0.01 }, hypergradient },
        dataset,
        notes,
        3,
      );
      await run.run();
      curves.push(Object.values(run.hyper!.latest));
      run.dispose();
    }
    const [general, quick] = curves as [number[], number[]];
    expect(quick).toHaveLength(2);
    quick.forEach((value, i) => expect(Math.abs(value / general[i]! - 1)).toBeLessThan(0.01));
  });
});

describe('during a training', () => {
  beforeAll(async () => {
    await cpu.start();
  });
  const all = {
    ...base,
    epochs: 4,
    optimizer: { name: 'adam', learningRate: 0.001 },
    hypergradient: { tune: ['learningRate', 'weightDecay', 'labelSmoothing'], every: 3, horizon: 2 },
  };

  it('a learning rate that is too small grows, and the network learns faster than without', async () => {
    const lossOf = async (more: object) => {
      const notes = new Notes();
      const run = training(
        { ...base, epochs: 4, optimizer: { name: 'sgd', learningRate: 0.002 }, ...more },
        dataset,
        notes,
      );
      runs.push(run);
      await run.run();
      return { loss: notes.series('val/loss').at(-1)!, rates: notes.series('learning_rate') };
    };
    const tuned = await lossOf({ hypergradient: 'learningRate' });
    expect(tuned.rates.at(-1)).toBeGreaterThan(0.0023);
    expect(tuned.loss).toBeLessThan((await lossOf({})).loss);
  });

  it('the values are logged as curves, and stay within their ranges', async () => {
    const notes = new Notes();
    const run = training({ ...all, hypergradient: { ...all.hypergradient, rate: 5 } }, dataset, notes);
    runs.push(run);
    await run.run();
    const smoothing = notes.series('hyper/label_smoothing');
    expect(new Set(smoothing).size).toBeGreaterThan(1);
    for (const value of smoothing) expect(value >= 0 && value <= 0.5).toBe(true);
    for (const value of notes.series('hyper/weight_decay')) expect(value > 0 && value <= 1).toBe(true);
  });

  it('a training that was interrupted ends exactly as one that was not', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith hyper '));
    const whole = training(all, dataset);
    runs.push(whole);
    await whole.run();
    const first = training(all, dataset);
    runs.push(first);
    for (let epoch = 0; epoch < 2; epoch++) await first.advance();
    await saveState(folder, await first.state());
    const second = training(all, dataset);
    runs.push(second);
    second.load(await loadState(folder));
    fs.rmSync(folder, { recursive: true });
    await second.run();
    expect(second.hyper!.logged()).toEqual(whole.hyper!.logged());
    expect(second.learningRate).toBe(whole.learningRate);
    expect(await second.weights()).toEqual(await whole.weights());
  });

  it('the step size can change live, but not the tuned hyperparameters', async () => {
    const now = network(all);
    const other = network({ ...all, hypergradient: { ...all.hypergradient, rate: 0.5 } });
    expect(refusal(now, other)).toBeNull();
    expect(refusal(now, network({ ...all, hypergradient: 'weightDecay' }))).toContain('tuned by hypergradient');
    const run = training(all, dataset);
    runs.push(run);
    await run.advance();
    run.change({ ...other, optimizer: { ...other.optimizer, weightDecay: 0.3 } });
    await run.advance();
    expect(run.hyper!.logged()['hyper/weight_decay']).toBeGreaterThan(0.02);
  });
});

describe('settings', () => {
  const problem = (more: object) => {
    const { problems } = validateNetwork({ data: 'mnist', ...base, ...more });
    return problems ? `${problems[0]!.path.join('.')}: ${problems[0]!.message}` : null;
  };
  it.each([
    [{ hypergradient: 'weightDecay' }, null],
    [
      { hypergradient: 'weigtDecay' },
      'hypergradient: unknown hyperparameter "weigtDecay"; did you mean "weightDecay"?',
    ],
    [
      { hypergradient: { tune: 'augment' } },
      'hypergradient: augment tunes the strength of the augmentation: add augment to the network',
    ],
    [{ hypergradient: { tune: 'weightDecay', rate: 0 } }, 'hypergradient.rate: rate must be above 0'],
    [
      { hypergradient: { tune: 'weightDecay', horizon: 5, every: 2 } },
      'hypergradient: horizon must be at most every, which is 2',
    ],
    [
      { hypergradient: 'weightDecay', optimizer: 'rmsprop' },
      'hypergradient: method truncated supports sgd, adam and adamw: for rmsprop use method: implicit',
    ],
    [{ hypergradient: { tune: 'weightDecay', method: 'implicit' }, optimizer: 'rmsprop' }, null],
    [{ hypergradient: 'learningRate', optimizer: 'rmsprop' }, null],
    [{ hypergradient: 'learningRate', workers: 2 }, 'hypergradient: hypergradients need one worker: remove workers'],
    [
      { hypergradient: 'labelSmoothing', loss: 'hinge' },
      'hypergradient: labelSmoothing needs loss crossEntropy or binaryCrossEntropy',
    ],
  ])('%j: %s', (more, message) => {
    expect(problem(more)).toBe(message);
  });
});
