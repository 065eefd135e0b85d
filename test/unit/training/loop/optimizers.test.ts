import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import { normalizeOptimizer, type WrittenOptimizer } from '../../../../src/experiment/network/index.js';
import { buildOptimizer } from '../../../../src/training/optimizers/index.js';
import { Parameters } from '../../../../src/training/loop/parameters.js';
import { Stepper } from '../../../../src/training/loop/stepper.js';

const CURVATURE = [0.5, 1, 2, 4, 0.1, 8];
const CENTRE = [1, -2, 0.5, 0, 3, -1];
const START = [0, 0.5, -1.5, 2, -1, 1];
const { paths } = JSON.parse(readFileSync(join(import.meta.dirname, '../reference/optimizers.json'), 'utf8')) as {
  paths: Record<string, number[][]>;
};

type Written = Partial<Exclude<WrittenOptimizer, string>> & { name: Exclude<WrittenOptimizer, string>['name'] };
type More = { norm?: number; value?: number; accumulate?: number; ema?: number };

function start(optimizer: Written, more: More = {}) {
  // Weight decay applies only to matrices.
  const variable = tf.variable(tf.tensor2d([START]), true);
  const parameters = new Parameters([{ name: 'θ', variable, trainable: true }]);
  const clip = { norm: more.norm ?? null, value: more.value ?? null };
  const settings = { optimizer: normalizeOptimizer(optimizer), clip, accumulate: more.accumulate ?? 1 };
  const stepper = new Stepper({ ...settings, ema: more.ema ?? null }, parameters);
  const step = (last = false): number[] => {
    const gradient = [...variable.dataSync()].map(
      (x, i) => 2 * CURVATURE[i]! * (x - CENTRE[i]!) + 0.3 * Math.cos(3 * x),
    );
    tf.tidy(() => stepper.take(tf.tensor1d(gradient), last));
    return [...variable.dataSync()];
  };
  return { parameters, stepper, step, variable };
}

const CASES: [string, Written, More?][] = [
  ['sgd', { name: 'sgd', learningRate: 0.01 }],
  ['momentum', { name: 'sgd', learningRate: 0.01, momentum: 0.9 }],
  ['nesterov', { name: 'sgd', learningRate: 0.01, momentum: 0.9, nesterov: true }],
  ['adam', { name: 'adam', learningRate: 0.05 }],
  ['adamw', { name: 'adamw', learningRate: 0.05, weightDecay: 0.1 }],
  ['adamax', { name: 'adamax', learningRate: 0.05 }],
  ['adagrad', { name: 'adagrad', learningRate: 0.3 }],
  ['rmsprop', { name: 'rmsprop', learningRate: 0.02 }],
  ['rmsprop centered with momentum', { name: 'rmsprop', learningRate: 0.005, momentum: 0.8, centered: true }],
  ['adadelta', { name: 'adadelta' }],
  ['clipped by norm', { name: 'sgd', learningRate: 0.1 }, { norm: 1 }],
  ['clipped by value', { name: 'sgd', learningRate: 0.1 }, { value: 0.5 }],
];

it('gradient accumulation weighs a short last batch by its examples', () => {
  const variable = tf.variable(tf.tensor2d([[0, 0]]), true);
  const parameters = new Parameters([{ name: 'θ', variable, trainable: true }]);
  const settings = {
    optimizer: normalizeOptimizer({ name: 'sgd', learningRate: 1 }),
    clip: { norm: null, value: null },
  };
  const stepper = new Stepper({ ...settings, accumulate: 3, ema: null }, parameters);
  const take = (gradient: number[], last: boolean, mass: number) =>
    tf.tidy(() => stepper.take(tf.tensor1d(gradient), last, mass));
  take([1, 10], false, 4);
  take([3, 30], true, 1);
  expect([...variable.dataSync()].map((value) => Math.round(1e4 * value) / 1e4)).toEqual([-1.4, -14]);
  take([1, 1], false, 2);
  take([1, 1], false, 2);
  take([4, 4], false, 2);
  expect([...variable.dataSync()].map((value) => Math.round(1e4 * value) / 1e4)).toEqual([-3.4, -16]);
  stepper.dispose();
  parameters.dispose();
});

describe('optimizers take the same steps as PyTorch’s', () => {
  it.each(CASES)('%s', (name, optimizer, more) => {
    const { step, stepper, parameters } = start(optimizer, more);
    for (const [n, expected] of paths[name]!.entries()) {
      const theta = step();
      for (const [i, value] of theta.entries()) {
        expect(Math.abs(value - expected[i]!), `step ${n}, value ${i}`).toBeLessThan(
          1e-5 * Math.max(1, Math.abs(value)),
        );
      }
    }
    stepper.dispose();
    parameters.dispose();
  });
});

describe('an optimizer', () => {
  it.each(CASES)('%s resumes from its saved state without a difference', async (_, optimizer, more) => {
    const whole = start(optimizer, more);
    const first = start(optimizer, more);
    for (let i = 0; i < 7; i++) {
      whole.step();
      first.step();
    }
    const second = start(optimizer, more);
    second.variable.assign(first.variable);
    second.parameters.reread();
    second.stepper.load(await first.stepper.state());
    for (let i = 0; i < 7; i++) expect(second.step()).toEqual(whole.step());
  });

  it('refuses the state of another', () => {
    const sgd = buildOptimizer(normalizeOptimizer('sgd'));
    expect(() => sgd.load({ steps: 1, vectors: { square: new Float32Array(2) } })).toThrow('of another optimizer');
  });

  it('applies a new learning rate at once', () => {
    const { step, stepper } = start({ name: 'sgd', learningRate: 0.1 });
    step();
    stepper.optimizer.learningRate = 0;
    expect(step()).toEqual(step());
  });
});

describe('a step', () => {
  it('with gradient accumulation uses the mean gradient, and the last batches of an epoch are not lost', () => {
    const one = start({ name: 'sgd', learningRate: 0.01 });
    const three = start({ name: 'sgd', learningRate: 0.01 }, { accumulate: 3 });
    expect(three.step()).toEqual(three.step());
    const after = three.step();
    const alone = one.step();
    after.forEach((value, i) => expect(value).toBeCloseTo(alone[i]!, 5));
    const before = three.step();
    expect(three.step(true)).not.toEqual(before);
  });

  it('decays kernels only', () => {
    const [kernel, bias] = [tf.variable(tf.ones([1, 2])), tf.variable(tf.ones([2]))];
    const weights = [kernel, bias].map((variable, i) => ({ name: `${i}`, variable, trainable: true }));
    const parameters = new Parameters(weights);
    const optimizer = normalizeOptimizer({ name: 'sgd', learningRate: 0.1, weightDecay: 0.5 });
    const stepper = new Stepper({ optimizer, clip: { norm: null, value: null }, accumulate: 1, ema: null }, parameters);
    tf.tidy(() => stepper.take(tf.zeros([4]), false));
    for (const value of kernel.dataSync()) expect(value).toBeCloseTo(0.95, 6);
    expect([...bias.dataSync()]).toEqual([1, 1]);
  });

  it('uses the moving average of the weights for evaluation', () => {
    const { step, stepper, variable } = start({ name: 'sgd', learningRate: 0.01 }, { ema: 0.5 });
    const first = step();
    const second = step();
    const offset = stepper.settle()!.dataSync();
    [...variable.dataSync()].forEach((value, i) => {
      expect(value + offset[i]!).toBeCloseTo((first[i]! + second[i]!) / 2, 5);
    });
  });

  it('leaks no tensors', () => {
    const { step } = start({ name: 'rmsprop', momentum: 0.5, centered: true }, { accumulate: 2, ema: 0.9, norm: 1 });
    step();
    step();
    const before = tf.memory().numTensors;
    for (let i = 0; i < 6; i++) step();
    expect(tf.memory().numTensors).toBe(before);
  });
});
