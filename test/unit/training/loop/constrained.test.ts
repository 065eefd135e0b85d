import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  checkNetworkTemplate,
  validateNetwork,
  type ConstraintSettings,
} from '../../../../src/experiment/network/index.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { buildConstraints } from '../../../../src/training/constrained/index.js';
import type { Dataset } from '../../../../src/training/data/types.js';
import type { Weight } from '../../../../src/training/layers/types.js';
import { Random } from '../../../../src/training/random.js';
import { loadState, saveState } from '../../../../src/training/checkpoints/resume.js';
import { Training } from '../../../../src/training/loop/train.js';
import { network, Notes, rings, training } from '../support.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith bounds '));
beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
});
afterAll(() => fs.rmSync(folder, { recursive: true }));

const FEATURES = 5;
const EXAMPLES = 40;

/** Returns a linear regression with correlated features, for which L1 has no closed form. */
function regression(): { dataset: Dataset; gram: number[][]; moment: number[] } {
  const random = new Random(5);
  const inputs = new Float32Array(EXAMPLES * FEATURES);
  const targets = new Float32Array(EXAMPLES);
  const truth = [1.5, -2, 0.1, 0.8, -0.05];
  for (let i = 0; i < EXAMPLES; i++) {
    const common = random.normal();
    for (let j = 0; j < FEATURES; j++) inputs[i * FEATURES + j] = 0.9 * random.normal() + 0.4 * common;
    targets[i] = truth.reduce((sum, w, j) => sum + w * inputs[i * FEATURES + j]!, 0) + 0.3 * random.normal();
  }
  const over = (f: (i: number) => number) =>
    Array.from({ length: EXAMPLES }, (_, i) => f(i)).reduce((a, b) => a + b, 0) / EXAMPLES;
  const x = (i: number, j: number) => inputs[i * FEATURES + j]!;
  // Loss of the mean squared error: wᵀGw − 2mᵀw + …
  const gram = truth.map((_, j) => truth.map((__, k) => over((i) => x(i, j) * x(i, k))));
  const moment = truth.map((_, j) => over((i) => x(i, j) * targets[i]!));
  const part = { count: EXAMPLES, inputs, targets };
  const dataset: Dataset = {
    ...rings(2),
    name: 'line',
    task: 'regression',
    classes: null,
    outputs: 1,
    inputShape: [FEATURES],
    train: part,
    validation: part,
  };
  return { dataset, gram, moment };
}
const { dataset, gram, moment } = regression();

/** Minimizes wᵀGw − 2mᵀw + l1·Σ|w| + l2·Σw² by coordinate descent until convergence (both are convex). */
function penalized(l1: number, l2: number): number[] {
  const w = moment.map(() => 0);
  for (let round = 0; round < 5000; round++) {
    for (let j = 0; j < FEATURES; j++) {
      const rest = moment[j]! - gram[j]!.reduce((sum, g, k) => sum + (k === j ? 0 : g * w[k]!), 0);
      w[j] = (Math.sign(rest) * Math.max(0, Math.abs(rest) - l1 / 2)) / (gram[j]![j]! + l2);
    }
  }
  return w;
}
const omega = {
  l1: (w: number[]) => w.reduce((sum, v) => sum + Math.abs(v), 0),
  l2: (w: number[]) => w.reduce((sum, v) => sum + v * v, 0),
};

const section = (constraint: unknown, more: Record<string, unknown> = {}) => ({
  layers: [{ dense: { units: 1, bias: false } }],
  loss: 'mse',
  optimizer: { name: 'sgd', learningRate: 0.1 },
  // The slope of |w| jumps at 0, so a weight oscillates around 0 unless the steps become small.
  schedule: { name: 'cosine' },
  batchSize: EXAMPLES,
  epochs: 250,
  warnings: false,
  constraint,
  ...more,
});

describe('a constrained regression', () => {
  // The bound is set to the value that this penalty leads to, so its multiplier must equal the penalty.
  it.each([
    ['l1', 'lagrangian', 0.7],
    ['l1', 'projection', 0.7],
    ['l2', 'lagrangian', 0.4],
    ['l2', 'projection', 0.4],
  ] as const)('%s by %s: weights, multiplier and complementarity are correct', async (kind, method, penalty) => {
    const wanted = kind === 'l1' ? penalized(penalty, 0) : penalized(0, penalty);
    const bound = omega[kind](wanted);
    const notes = new Notes();
    const run = training(section({ [kind]: bound, method }), dataset, notes);
    await run.run();
    const [{ values }] = (await run.weights()) as unknown as [{ values: Float32Array }];
    const exact = method === 'projection' ? 4 : 2;
    wanted.forEach((w, j) => expect(values[j]).toBeCloseTo(w, exact));
    const last = (what: string) => notes.series(`constraint/${kind}_${what}`).at(-1)!;
    expect(Math.abs(last('excess') / bound)).toBeLessThan(method === 'projection' ? 1e-6 : 2e-3);
    expect(Math.abs(last('multiplier') / penalty - 1)).toBeLessThan(method === 'projection' ? 1e-3 : 0.02);
    expect(Math.abs(last('complementarity'))).toBeLessThan(5e-3);
    expect(notes.series(`constraint/${kind}_excess`)).toHaveLength(250);
    run.dispose();
  });

  it.each(['lagrangian', 'projection'])('an inactive bound changes nothing, by %s', async (method) => {
    const free = training(section(null, { epochs: 20 }), dataset);
    await free.run();
    for (const constraint of [
      { l1: 100, method },
      { l2: 100, method },
      { maxNorm: 50, method },
    ]) {
      const notes = new Notes();
      const run = training(section(constraint, { epochs: 20 }), dataset, notes);
      await run.run();
      expect(await run.weights()).toEqual(await free.weights());
      const [kind] = Object.keys(constraint);
      expect(notes.series(`constraint/${kind}_multiplier`).at(-1)).toBe(0);
      expect(notes.series(`constraint/${kind}_complementarity`).at(-1)).toBeCloseTo(0, 12);
      run.dispose();
    }
    free.dispose();
  });

  it.each(['lagrangian', 'projection'])(
    'max-norm by %s: the norm of one column is the root of its squares',
    async (method) => {
      // ‖w‖ ≤ r is equivalent to Σw² ≤ r², and its multiplier is 2r times as large.
      const wanted = penalized(0, 0.4);
      const length = Math.sqrt(omega.l2(wanted));
      const notes = new Notes();
      const run = training(section({ maxNorm: length, method }), dataset, notes);
      await run.run();
      const [{ values }] = (await run.weights()) as unknown as [{ values: Float32Array }];
      wanted.forEach((w, j) => expect(values[j]).toBeCloseTo(w, 2));
      expect(notes.series('constraint/maxNorm_multiplier').at(-1)! / (0.4 * 2 * length)).toBeCloseTo(1, 2);
      run.dispose();
    },
  );

  it('nonzero keeps the most informative weights', async () => {
    const notes = new Notes();
    const run = training(section({ nonzero: 2, ease: 0.6 }, { epochs: 100 }), dataset, notes);
    await run.run();
    const [{ values }] = (await run.weights()) as unknown as [{ values: Float32Array }];
    expect([...values].map((value) => value !== 0)).toEqual([true, true, false, false, false]);
    const counts = notes.series('constraint/nonzero_excess');
    expect(counts.at(-1)).toBe(0);
    // The number of nonzero weights decreased during training.
    expect(counts[0]).toBeGreaterThan(0);
    expect(notes.series('constraint/nonzero_multiplier')).toEqual([]);
    run.dispose();
  });
});

describe('the projection', () => {
  const weights = (count: number): Weight[] => {
    const random = new Random(count);
    const values = Float32Array.from({ length: count }, () => random.normal());
    return [
      { name: 'kernel', variable: tf.variable(tf.tensor2d(values, [count / 4, 4])), trainable: true },
      { name: 'bias', variable: tf.variable(tf.fill([3], 9)), trainable: true },
    ];
  };
  const project = (kind: ConstraintSettings['kind'], bound: number, all: Weight[]): number[] => {
    const settings = { kind, bound, method: 'projection', penalty: 1, every: null, ease: 0 } as const;
    const constraints = buildConstraints([settings], all)!;
    const theta = tf.concat1d(all.map(({ variable }) => tf.reshape(variable, [-1]) as tf.Tensor1D));
    const point = tf.tidy(() => {
      constraints.addTo(tf.zerosLike(theta), theta);
      return constraints.project(theta);
    });
    expect([...point.dataSync().slice(-3)]).toEqual([9, 9, 9]);
    return [...point.dataSync().slice(0, -3)];
  };

  it.each([0.5, 20, 900])('onto an L1 ball of %d agrees with the algorithm of Duchi et al. by sorting', (radius) => {
    const all = weights(2000);
    const values = [...(all[0]!.variable.dataSync() as Float32Array)];
    const sorted = values.map(Math.abs).sort((a, b) => b - a);
    let [sum, cut] = [0, 0];
    sorted.forEach((size, i) => {
      sum += size;
      if (size > (sum - radius) / (i + 1)) cut = (sum - radius) / (i + 1);
    });
    const wanted = values.map((w) => Math.sign(w) * Math.max(0, Math.abs(w) - cut));
    const point = project('l1', radius, all);
    expect(omega.l1(point)).toBeLessThan(radius * (1 + 1e-5));
    wanted.forEach((w, i) => expect(point[i]).toBeCloseTo(w, 4));
  });

  it('keeps the largest weights, even with many ties', () => {
    expect(project('nonzero', 3, weights(40)).filter((w) => w !== 0)).toHaveLength(3);
    const alike: Weight[] = [
      { name: 'k', variable: tf.variable(tf.ones([10, 4])), trainable: true },
      { name: 'b', variable: tf.variable(tf.fill([3], 9)), trainable: true },
    ];
    expect(project('nonzero', 0.25, alike).filter((w) => w !== 0)).toHaveLength(10);
  });
});

describe('a network under several bounds', () => {
  const layers = [{ dense: { units: 12, activation: 'relu' } }, { dense: 2 }];
  const several = {
    layers,
    loss: 'crossEntropy',
    optimizer: { name: 'adam', learningRate: 0.02 },
    batchSize: 25,
    epochs: 8,
    ema: 0.8,
    warnings: false,
    constraint: [
      { l1: 12, method: 'lagrangian', every: 3, penalty: 2 },
      { l2: 9, ease: 0 },
      { maxNorm: 1.5 },
      { nonzero: 0.5 },
    ],
  };

  it('satisfies all of them when evaluated, and learns', async () => {
    const before = tf.memory().numTensors;
    const notes = new Notes();
    const run = training({ ...several, epochs: 20 }, rings(300), notes);
    await run.run();
    const kernels = (await run.weights()).filter(({ shape }) => shape.length > 1);
    const all = kernels.flatMap(({ values }) => [...values]);
    expect(omega.l2(all)).toBeLessThan(9 * (1 + 1e-5));
    expect(all.filter((w) => w !== 0).length).toBeLessThanOrEqual(24);
    for (const { values, shape } of kernels) {
      const columns = tf.tidy(() => tf.sqrt(tf.sum(tf.square(tf.tensor(values, shape)), 0)).dataSync());
      expect(Math.max(...columns)).toBeLessThan(1.5 * (1 + 1e-5));
    }
    expect(omega.l1(all)).toBeLessThan(12 * 1.1);
    expect(notes.series('val/accuracy').at(-1)).toBeGreaterThan(0.9);
    run.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('resumes to the same results after an interruption', async () => {
    const whole = new Notes();
    const uninterrupted = training(several, rings(100), whole);
    await uninterrupted.run();
    const first = new Notes();
    const interrupted = new Training({
      network: network(several),
      dataset: rings(100),
      seed: 1,
      log: first,
      cheapReads: true,
      evaluationBatch: 64,
      onEpoch: async (now, epoch) => {
        if (epoch === 3) await saveState(folder, await now.state());
        if (epoch === 4) first.stopRequested = 'stop';
      },
    });
    await interrupted.run();
    const second = new Notes();
    const resumed = training(several, rings(100), second);
    resumed.load(await loadState(folder));
    await resumed.run();
    for (const name of [
      'loss',
      'val/loss',
      'constraint/l1_multiplier',
      'constraint/l1_excess',
      'constraint/l2_multiplier',
    ]) {
      const values = second.series(name);
      expect(values.length).toBeGreaterThan(0);
      expect(values).toEqual(whole.series(name).slice(-values.length));
    }
    expect(await resumed.weights()).toEqual(await uninterrupted.weights());
    for (const each of [uninterrupted, interrupted, resumed]) each.dispose();
  });

  it('early stopping never keeps weights from epochs in which the bounds still decreased', async () => {
    const notes = new Notes();
    const run = training(
      { ...several, ema: null, constraint: { l2: 0.01, ease: 0.5 }, earlyStopping: { patience: 50 } },
      rings(100),
      notes,
    );
    await run.run();
    const all = (await run.weights()).filter(({ shape }) => shape.length > 1).flatMap(({ values }) => [...values]);
    // The loss was better in earlier epochs.
    const losses = notes.series('val/loss');
    expect(Math.min(...losses.slice(0, 3))).toBeLessThan(Math.min(...losses.slice(4)));
    expect(omega.l2(all)).toBeLessThan(0.0101);
    run.dispose();
  });
});

describe('how it is written', () => {
  const base = { data: 'mnist', layers: [{ dense: 10 }], loss: 'crossEntropy' };

  it('one or several, with defaults', () => {
    const normal = (constraint: unknown) => validateNetwork({ ...base, constraint }).network!.constraints;
    expect(normal(undefined)).toEqual([]);
    expect(normal({ l1: 50 })).toEqual([
      { kind: 'l1', bound: 50, method: 'projection', penalty: 1, every: null, ease: 0.3 },
    ]);
    expect(
      normal([
        { l2: 3, method: 'lagrangian', ease: 0, every: 10, penalty: 2 },
        { nonzero: 0.1, l1: null },
      ]),
    ).toEqual([
      { kind: 'l2', bound: 3, method: 'lagrangian', penalty: 2, every: 10, ease: 0 },
      { kind: 'nonzero', bound: 0.1, method: 'projection', penalty: 1, every: null, ease: 0.3 },
    ]);
  });

  it('every word and number may be a hyperparameter', () => {
    const constraint = [
      { l1: '{eps}', method: '{method}', ease: '{ease}', penalty: '{p}', every: '{n}' },
      { nonzero: '{k}' },
    ];
    expect(checkNetworkTemplate({ ...base, constraint })).toEqual([]);
    expect(checkNetworkTemplate({ ...base, constraint: { l1: '{eps}', l2: '{other}' } })).toHaveLength(1);
  });

  it.each([
    [{ l1: 0 }, 'l1 must be above 0'],
    [{ l1: 1, l2: 2 }, 'a constraint bounds one of l1, l2, maxNorm, nonzero'],
    [{ method: 'projection' }, 'a constraint bounds one of'],
    [{ nonzero: 0.5, method: 'lagrangian' }, 'nonzero has no gradient'],
    [[{ l1: 5 }, { l1: 6 }], 'l1 already has a bound'],
    [{ l1: 5, methd: 'x' }, 'unknown key "methd"; did you mean "method"?'],
    [{ l1: 5, method: 'magic' }, 'unknown method "magic"'],
    [5, 'constraint must be one bound, such as { l1: 50 }, or a list of them'],
  ])('%j: %s', (constraint, message) => {
    const { problems } = validateNetwork({ ...base, constraint });
    expect(problems!.map((problem) => problem.message).join('; ')).toContain(message);
  });
});
