import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { normalizeLoss, type LossName, type WrittenLoss } from '../../../../src/experiment/network/index.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { buildLoss } from '../../../../src/training/losses/index.js';
import { plane, rings, training } from '../support.js';

beforeAll(async () => {
  await cpu.start();
  await tf.setBackend('cpu');
});

const threeClasses = { ...rings(30), classes: ['a', 'b', 'c'], outputs: 3 };
const value = (written: WrittenLoss, outputs: number[][], targets: number[][], dataset = threeClasses): number =>
  buildLoss(normalizeLoss(written), dataset, outputs[0]!.length)
    .of(tf.tensor2d(outputs), tf.tensor2d(targets))
    .dataSync()[0]!;

const softplus = (x: number): number => Math.log1p(Math.exp(x));

describe('losses follow their formulas', () => {
  const outputs = [
    [1, 2, 0.5],
    [-0.3, 0.2, 1.4],
  ];
  const targets = [
    [0, 1, 0],
    [1, 0, 0],
  ];
  const logSum = outputs.map((row) => Math.log(row.reduce((sum, x) => sum + Math.exp(x), 0)));
  const perOutput = (f: (x: number, t: number) => number): number =>
    outputs.flatMap((row, i) => row.map((x, j) => f(x, targets[i]![j]!))).reduce((a, b) => a + b) / 6;

  it.each<[WrittenLoss, number]>([
    ['crossEntropy', (logSum[0]! - 2 + logSum[1]! + 0.3) / 2],
    ['binaryCrossEntropy', perOutput((x, t) => softplus(x) - t * x)],
    ['hinge', perOutput((x, t) => Math.max(0, 1 - (2 * t - 1) * x))],
    ['squaredHinge', perOutput((x, t) => Math.max(0, 1 - (2 * t - 1) * x) ** 2)],
    ['categoricalHinge', (Math.max(0, 1 + 1 - 2) + (1 + 1.4 + 0.3)) / 2],
    ['mse', perOutput((x, t) => (x - t) ** 2)],
    ['mae', perOutput((x, t) => Math.abs(x - t))],
    [
      { name: 'huber', delta: 0.9 },
      perOutput((x, t) => (Math.abs(x - t) <= 0.9 ? (x - t) ** 2 / 2 : 0.9 * (Math.abs(x - t) - 0.45))),
    ],
    [
      { name: 'crossEntropy', labelSmoothing: 0.3 },
      (logSum[0]! - (0.1 * 1 + 0.8 * 2 + 0.1 * 0.5) + logSum[1]! - (0.8 * -0.3 + 0.1 * 0.2 + 0.1 * 1.4)) / 2,
    ],
    [{ name: 'crossEntropy', classWeights: { a: 3 } }, (logSum[0]! - 2 + 3 * (logSum[1]! + 0.3)) / 4],
  ])('%j', (written, expected) => expect(value(written, outputs, targets)).toBeCloseTo(expected, 5));

  it('stays finite for huge logits', () => {
    expect(value('crossEntropy', [[1000, 0, -1000]], [[0, 1, 0]])).toBeCloseTo(1000, 2);
    expect(value('binaryCrossEntropy', [[500, -500, 0]], [[0, 1, 0]])).toBeCloseTo((1000 + Math.log(2)) / 3, 2);
  });

  it('supports one output for two classes', () => {
    expect(value('binaryCrossEntropy', [[0.7]], [[0, 1]], rings(4) as never)).toBeCloseTo(softplus(0.7) - 0.7, 5);
    expect(value('hinge', [[0.7]], [[1, 0]], rings(4) as never)).toBeCloseTo(1.7, 5);
  });
});

describe('gradients of losses agree with finite differences', () => {
  it.each<LossName>([
    'crossEntropy',
    'binaryCrossEntropy',
    'hinge',
    'squaredHinge',
    'categoricalHinge',
    'mse',
    'mae',
    'huber',
  ])('%s', (name) => {
    const written = name === 'crossEntropy' ? { name, labelSmoothing: 0.1, classWeights: { b: 2 } } : name;
    const loss = buildLoss(normalizeLoss(written), threeClasses, 3);
    const at = [0.31, -0.52, 1.73, 0.44, 0.95, -1.21];
    const targets = tf.tensor2d([0, 1, 0, 1, 0, 0], [2, 3]);
    const of = (x: number[]): number => loss.of(tf.tensor2d(x, [2, 3]), targets).dataSync()[0]!;
    const gradient = tf
      .grad((x) => loss.of(x as tf.Tensor2D, targets))(tf.tensor2d(at, [2, 3]))
      .dataSync();
    at.forEach((_, i) => {
      const moved = (by: number) => of(at.map((x, j) => (i === j ? x + by : x)));
      expect(gradient[i]).toBeCloseTo((moved(0.01) - moved(-0.01)) / 0.02, 3);
    });
  });
});

describe('in a network', () => {
  it.each(['binaryCrossEntropy', 'hinge', 'squaredHinge'])('one output separates two classes: %s', async (loss) => {
    const layers = [{ dense: { units: 16, activation: 'tanh' } }, { dense: 1 }];
    const run = training({ layers, loss, epochs: 8, optimizer: { name: 'adam', learningRate: 0.03 } }, rings(400));
    let accuracy = 0;
    const { log } = (
      run as unknown as { options: { log: { onPoint(point: { values: Record<string, number> }): void } } }
    ).options;
    log.onPoint = ({ values }) => (accuracy = values['val/accuracy'] ?? accuracy);
    await run.run();
    expect(accuracy).toBeGreaterThan(0.95);
    run.dispose();
  });

  it('is refused when it does not fit the data, and the message names losses that do', () => {
    const layers = [{ dense: 2 }];
    expect(() => training({ layers, loss: 'mse' }, rings(9))).toThrow('use loss: crossEntropy');
    expect(() => training({ layers, loss: 'hinge' }, plane(9))).toThrow('use loss: mse or huber');
    expect(() => training({ layers, loss: { name: 'hinge', labelSmoothing: 0.1 } }, rings(9))).toThrow(
      'no label smoothing',
    );
    expect(() => training({ layers, loss: { name: 'crossEntropy', classWeights: { cat: 1 } } }, rings(9))).toThrow(
      'names "cat"; the classes are inner, outer',
    );
  });
});
