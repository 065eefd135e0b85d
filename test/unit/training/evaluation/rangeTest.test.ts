import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { RangeTest } from '../../../../src/protocol/trainer/rangeTest.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { rangeTest } from '../../../../src/training/rangeTest/index.js';
import { Divergence, rateAt, readCurve } from '../../../../src/training/rangeTest/curve.js';
import { network, Notes, plane, rings } from '../support.js';

const test = RangeTest.parse({});

describe('the curve', () => {
  const rates = Array.from({ length: 200 }, (_, i) => rateAt(test, i));
  /** 2.3, falling around 0.01 to 0.3, lowest near 0.5, and away from 2 on. */
  const losses = rates.map((rate) => 0.3 + 2 / (1 + rate / 0.01) + Math.max(0, rate - 0.5) ** 2);

  it('rates grow by a constant factor', () => {
    expect(rates[0]).toBe(1e-7);
    expect(rates.at(-1)).toBeCloseTo(10, 9);
    expect(rates[101]! / rates[100]!).toBeCloseTo(rates[51]! / rates[50]!, 9);
  });

  it('finds the rate of the steepest descent, and a tenth of the rate at the minimum', () => {
    const { steepest, minimum, suggestion } = readCurve(rates, losses);
    // 1/(1 + r) falls most steeply over log r at r = 1.
    expect(steepest! / 0.01).toBeGreaterThan(0.8);
    expect(steepest! / 0.01).toBeLessThan(1.25);
    expect(minimum).toBeGreaterThan(0.3);
    expect(minimum).toBeLessThan(1.1);
    expect(suggestion).toBe(Number(steepest!.toPrecision(2)));
    const early = readCurve(
      rates,
      rates.map((rate, i) => (rate > 0.03 ? 5 : losses[i]!)),
    );
    expect(early.suggestion).toBe(Number((early.minimum! / 10).toPrecision(2)));
    expect(early.suggestion).toBeLessThan(early.steepest!);
  });

  it('smooths noise', () => {
    const noisy = losses.map((loss, i) => loss + 0.15 * Math.sin(12.9898 * i * i));
    const { suggestion } = readCurve(rates, noisy);
    expect(suggestion).toBeGreaterThan(0.002);
    expect(suggestion).toBeLessThan(0.06);
  });

  it('suggests nothing when nothing is learned', () => {
    expect(
      readCurve(
        rates,
        rates.map(() => 2.3),
      ).suggestion,
    ).toBeNull();
    expect(
      readCurve(
        rates,
        rates.map((_, i) => 2.3 + i),
      ).suggestion,
    ).toBeNull();
    expect(readCurve(rates, [NaN, NaN]).suggestion).toBeNull();
    expect(readCurve([], []).suggestion).toBeNull();
  });

  it('ends at a NaN loss', () => {
    const { smoothed, suggestion } = readCurve(rates, [...losses.slice(0, 180), NaN]);
    expect(smoothed).toHaveLength(180);
    expect(suggestion).not.toBeNull();
  });

  it('detects divergence: four times the lowest loss and above the first one', () => {
    const at = (values: number[]): number => {
      const watch = new Divergence(0);
      return values.findIndex((value) => watch.met(value));
    };
    expect(at([2, 1, 3.9, 4.1])).toBe(3);
    expect(at([2, 0.01, 0.5, 1.9, 2.1])).toBe(4);
    expect(at([1, Infinity])).toBe(1);
    expect(at([1, 1, 1])).toBe(-1);
  });
});

describe('a test', () => {
  beforeAll(async () => {
    await wasm.start();
    await tf.setBackend('wasm');
  });
  const mlp = {
    layers: [{ dense: { units: 16, activation: 'relu' } }, { dropout: 0.1 }, { dense: 2 }],
    loss: 'crossEntropy',
    optimizer: 'sgd',
    batchSize: 20,
  };
  const run = (section: object, data = rings(300), seed = 1, notes = new Notes()) =>
    rangeTest({ network: network({ ...mlp, ...section }), dataset: data, seed, log: notes }, { ...test, steps: 100 });

  it('logs a point per step, finds a rate that trains, and is reproducible', async () => {
    const before = tf.memory().numTensors;
    const notes = new Notes();
    const curve = (await run({}, rings(300), 1, notes))!;
    expect(notes.series('learning_rate')[0]).toBe(1e-7);
    expect(notes.series('loss')).toHaveLength(notes.series('learning_rate').length);
    expect(notes.series('smoothed_loss')).toEqual(curve.smoothed);
    expect(curve.suggestion).toBeGreaterThan(0.01);
    expect(curve.suggestion).toBeLessThan(2);
    expect(await run({})).toEqual(curve);
    expect(await run({}, rings(300), 2)).not.toEqual(curve);
    expect(tf.memory().numTensors).toBe(before);
  });

  it('ends when the loss explodes', async () => {
    const notes = new Notes();
    const curve = (await run({ layers: [{ dense: 1 }], loss: 'mse' }, plane(300), 1, notes))!;
    expect(notes.series('loss').length).toBeLessThan(100);
    expect(notes.series('learning_rate').at(-1)).toBeLessThan(9);
    expect(curve.suggestion).toBeGreaterThan(1e-3);
    expect(curve.suggestion).toBeLessThan(0.5);
  });

  it('can be stopped between two steps', async () => {
    const notes = new Notes();
    notes.onPoint = ({ step }) => {
      if (step === 5) notes.stopRequested = 'stop';
    };
    expect(await run({ accumulate: 3 }, rings(300), 1, notes)).toBeNull();
    expect(notes.series('loss')).toHaveLength(5);
  });
});
