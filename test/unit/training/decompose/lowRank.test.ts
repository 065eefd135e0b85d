import { beforeAll, describe, expect, it } from 'vitest';
import * as tf from '@tensorflow/tfjs-core';
import { PRUNING } from '../../../../src/protocol/trainer/pruning.js';
import { backendById, startBackend } from '../../../../src/training/backends/index.js';
import { decompose } from '../../../../src/training/decompose/lowRank.js';
import { svd } from '../../../../src/training/decompose/svd.js';
import { buildLayers } from '../../../../src/training/model.js';
import { Pruning } from '../../../../src/training/prune/pruning.js';
import { reshapeOf } from '../../../../src/training/prune/reshape.js';
import { Random } from '../../../../src/training/random.js';
import { network, Notes, stripes } from '../support.js';

beforeAll(async () => void (await startBackend(backendById('wasm'))));

describe('the singular value decomposition', () => {
  it.each([
    [7, 4],
    [4, 7],
    [5, 5],
  ])('of %i×%i puts the matrix together again, with orthonormal vectors', async (rows, columns) => {
    const random = new Random(rows);
    const a = Float64Array.from({ length: rows * columns }, () => random.normal());
    const { u, s, v } = await svd(a, rows, columns);
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < s.length; k++) sum += u[k]![i]! * s[k]! * v[k]![j]!;
        expect(sum).toBeCloseTo(a[i * columns + j]!, 9);
      }
    }
    for (const vectors of [u, v]) {
      for (let k = 0; k < s.length; k++) {
        for (let l = 0; l < s.length; l++) {
          const product = vectors[k]!.reduce((sum, value, i) => sum + value * vectors[l]![i]!, 0);
          expect(product).toBeCloseTo(k === l ? 1 : 0, 9);
        }
      }
    }
    expect(Array.from(s)).toEqual([...s].sort((x, y) => y - x));
  });
});

const LAYERS = [
  { conv: { filters: 24, kernel: 3, stride: 2, padding: 'same', activation: 'relu' } },
  'batchNorm',
  { residual: [{ conv: { filters: 24, kernel: 3, padding: 'same', activation: 'tanh' } }] },
  { residual: [{ conv: { filters: 8, kernel: 3, padding: 'same' } }] },
  'flatten',
  { dense: { units: 24, activation: 'relu' } },
  { dense: { units: 2, activation: 'softmax' } },
];

/** Returns a built network with random weights, and its weights as values. */
async function built(layers: unknown[]) {
  const settings = network({ layers, loss: 'mse' }).layers;
  const model = buildLayers(settings, [6, 6, 1], new Random(3));
  const weights = [];
  for (const { name, variable } of model.weights) {
    weights.push({ name, shape: variable.shape, values: Float32Array.from(await variable.data()) });
  }
  return { settings, model, weights };
}

async function outputsOf(
  settings: Parameters<typeof buildLayers>[0],
  weights: { name: string; shape: number[]; values: Float32Array }[],
) {
  const model = buildLayers(settings, [6, 6, 1], new Random(0));
  expect(model.weights.map(({ name }) => name).sort()).toEqual(weights.map(({ name }) => name).sort());
  for (const { name, variable } of model.weights) {
    const given = weights.find((weight) => weight.name === name)!;
    tf.tidy(() => variable.assign(tf.tensor(given.values, given.shape)));
  }
  const inputs = tf.randomNormal([5, 6, 6, 1], 0, 1, 'float32', 4);
  const outputs = tf.tidy(() => model.forward(inputs, { training: false, random: new Random(0) }));
  const values = Float32Array.from(await outputs.data());
  tf.dispose([inputs, outputs]);
  model.dispose();
  return values;
}

describe('low-rank factors', () => {
  it('give the same outputs when the kernels have that rank, through residual blocks', async () => {
    const { settings, model, weights } = await built(LAYERS);
    model.dispose();
    // Kernels of rank 3, from random factors.
    const random = new Random(8);
    for (const weight of weights) {
      if (!weight.name.endsWith('/kernel')) continue;
      const columns = weight.shape.at(-1)!;
      const rows = weight.values.length / columns;
      const left = Array.from({ length: rows * 3 }, () => 0.3 * random.normal());
      const right = Array.from({ length: 3 * columns }, () => 0.3 * random.normal());
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          weight.values[i * columns + j] = [0, 1, 2].reduce(
            (sum, k) => sum + left[i * 3 + k]! * right[k * columns + j]!,
            0,
          );
    }
    const { shape, factored } = await decompose({ layers: settings, weights }, { by: 'error', bound: 1e-3 });
    // A kernel of two columns has no smaller factors, nor has one of nine rows and 24 columns too few.
    expect(factored.map(({ layer, rank }) => [layer, rank])).toEqual([
      ['1.conv', 3],
      ['3.residual/1.conv', 3],
      ['4.residual/1.conv', 3],
      ['6.dense', 3],
    ]);
    expect(factored.every(({ error }) => error < 1e-3)).toBe(true);
    const [before, after] = [await outputsOf(settings, weights), await outputsOf(shape.layers, shape.weights)];
    after.forEach((value, i) => expect(value).toBeCloseTo(before[i]!, 4));
    const size = (all: { values: Float32Array }[]) => all.reduce((sum, { values }) => sum + values.length, 0);
    expect(size(shape.weights)).toBeLessThan(0.5 * size(weights));
  });
  it('satisfy a bound on the error and a share of the energy with the least rank', async () => {
    const { settings, model, weights } = await built([{ conv: { filters: 24, kernel: 5 } }, 'flatten', { dense: 30 }]);
    model.dispose();
    for (const [by, bound, least] of [
      ['error', 0.6, 0.36],
      ['energy', 0.7, 0.3],
    ] as const) {
      const { factored } = await decompose({ layers: settings, weights }, { by, bound });
      for (const { error } of factored) expect(error ** 2).toBeLessThanOrEqual(least);
      expect(factored.length).toBeGreaterThan(0);
      const one = factored.at(-1)!;
      const { factored: lower } = await decompose({ layers: settings, weights }, { by: 'rank', bound: one.rank - 1 });
      expect(lower.at(-1)!.error ** 2).toBeGreaterThan(least);
    }
  });
  it('are trained on, and pruned after that', async () => {
    const notes = new Notes();
    const whole = network({
      layers: LAYERS,
      loss: 'crossEntropy',
      epochs: 4,
      optimizer: { name: 'adam', learningRate: 0.01 },
      decompose: { rank: 4, retrain: 2 },
      prune: { by: 'fisher', remove: 0.3, retrain: 1, examples: 32 },
    });
    const run = new Pruning({
      ...{ network: whole, prune: whole.prune, reshape: reshapeOf(whole), dataset: stripes(64) },
      ...{ seed: 2, log: notes, cheapReads: true, evaluationBatch: 20 },
    });
    expect(await run.run()).toBe(true);
    const [first, factors, , cut] = notes.series(PRUNING.weights);
    expect(factors).toBeLessThan(first! / 2);
    expect(cut).toBeLessThan(factors!);
    expect(notes.series('val/accuracy')).toHaveLength(4 + 2 + 1);
    expect(notes.series(PRUNING.final)[0]).toBeGreaterThan(0.7);
    run.dispose();
  });
  it('need exactly one bound', () => {
    const section = (decompose: unknown) =>
      network({ layers: ['flatten', { dense: 10 }], loss: 'crossEntropy', decompose: decompose as never });
    expect(() => section({ rank: 3, energy: 0.5 })).toThrow('decompose needs one of rank, energy, error and parts');
    expect(() => section({ retrain: 1 })).toThrow('decompose needs one of rank, energy, error and parts');
    expect(() => section({ energy: 2 })).toThrow('energy must be below 1');
  });
});
