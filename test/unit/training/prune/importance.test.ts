import * as tf from '@tensorflow/tfjs-core';
import { afterAll, describe, expect, it } from 'vitest';
import { startBackend } from '../../../../src/training/backends/index.js';
import type { Layer } from '../../../../src/experiment/network/index.js';
import { Feed } from '../../../../src/training/loop/batches.js';
import { Parameters } from '../../../../src/training/loop/parameters.js';
import { buildLoss } from '../../../../src/training/losses/index.js';
import { toTensors } from '../../../../src/training/loop/batches.js';
import { buildModel, withoutContained } from '../../../../src/training/model.js';
import { squaredSecondDifference } from '../../../../src/training/prune/importance/curvature.js';
import { removableLayers, layerImportance } from '../../../../src/training/prune/importance/layers.js';
import { fisher, taylor, unitsOfWeights } from '../../../../src/training/prune/importance/units.js';
import { hessianProduct, type Examined } from '../../../../src/training/prune/gradients.js';
import { unitsOf, type Units } from '../../../../src/training/prune/units.js';
import { Random } from '../../../../src/training/random.js';
import { PRESENT } from '../present.js';
import { network, rings, stripes } from '../support.js';
import type { Dataset } from '../../../../src/training/data/types.js';

const SMOOTH = [
  { conv: { filters: 3, kernel: 3, activation: 'tanh' } },
  { activation: 'sigmoid' },
  { pool: { kind: 'average' } },
  'flatten',
  { dense: { units: 5, activation: 'softplus' } },
  { dense: { units: 5, activation: 'elu' } },
  { dense: 2 },
];

interface Case {
  parts: Examined;
  layers: Layer[];
  units: Units;
  loss(): Promise<number>;
  dispose(): void;
}

/** Returns a network that has not been trained, with all its examples in two batches. */
async function prepared(layers: unknown[], dataset: Dataset, seed = 5): Promise<Case> {
  const whole = network({ layers, loss: 'crossEntropy' });
  const model = buildModel(whole, dataset, new Random(seed));
  const parameters = new Parameters(model.weights);
  const loss = buildLoss(whole.loss, dataset, model.outputs);
  const { count } = dataset.train;
  const order = Int32Array.from({ length: count }, (_, i) => i);
  const feed = new Feed(dataset, dataset.train, order, count / 2);
  const batches = [await feed.batch(0, count / 2), await feed.batch(count / 2, count)];
  const plain = withoutContained(whole);
  return {
    parts: { ...dataset, model, parameters, loss, batches },
    layers: plain,
    units: unitsOf(plain, dataset.inputShape),
    async loss() {
      let sum = 0;
      for (const values of batches) {
        const value = tf.tidy(() => {
          const batch = toTensors(values, dataset.inputShape);
          const outputs = model.forward(batch.inputs, { training: false, random: new Random(0) });
          return loss.plain(outputs, batch.targets);
        });
        sum += (await value.data())[0]! / batches.length;
        value.dispose();
      }
      return sum;
    },
    dispose() {
      parameters.dispose();
      loss.dispose();
      model.dispose();
    },
  };
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Adds a vector to θ, runs, and takes it away again. */
async function moved(parts: Examined, by: Float32Array, work: () => Promise<number>): Promise<number> {
  const kept = parts.parameters.variables.map((variable) => tf.clone(variable));
  tf.tidy(() => parts.parameters.add(tf.tensor1d(by)));
  const value = await work();
  parts.parameters.variables.forEach((variable, i) => variable.assign(kept[i]!));
  parts.parameters.reread();
  tf.dispose(kept);
  return value;
}

describe.each(PRESENT)('second derivatives on $id', (backend) => {
  it('agree with finite differences of the loss', async () => {
    await startBackend(backend);
    const one = await prepared(SMOOTH, stripes(32));
    const tensors = tf.memory().numTensors;
    const random = new Random(1);
    const theta = Float32Array.from(await one.parts.parameters.vector.data());
    for (let trial = 0; trial < 3; trial++) {
      const v = theta.map((value) => value * (random.bits() & 1 ? 1 : -1));
      const product = await hessianProduct(one.parts, v);
      const h = 0.1;
      const above = await moved(
        one.parts,
        v.map((value) => h * value),
        () => one.loss(),
      );
      const below = await moved(
        one.parts,
        v.map((value) => -h * value),
        () => one.loss(),
      );
      const expected = (above - 2 * (await one.loss()) + below) / h ** 2;
      expect(Math.abs(dot(v, product) - expected)).toBeLessThan(0.02 * Math.abs(expected) + 0.002);
      // The weights are exactly what they were.
      expect(Float32Array.from(await one.parts.parameters.vector.data())).toEqual(theta);
    }
    expect(tf.memory().numTensors).toBe(tensors);
    one.dispose();
  });
});

describe.each(PRESENT)('importance on $id', (backend) => {
  afterAll(() => tf.disposeVariables());

  it('by taylor agrees with the change of the loss when a unit is removed', async () => {
    await startBackend(backend);
    const one = await prepared([{ dense: { units: 8, activation: 'tanh' } }, { dense: 2 }], rings(128));
    const owned = unitsOfWeights(one.parts, one.units, 'takes');
    const theta = Float32Array.from(await one.parts.parameters.vector.data());
    const scores = await taylor(one.parts, one.units, 400, new Random(2));
    const before = await one.loss();
    for (let unit = 0; unit < one.units.count; unit++) {
      const off = theta.map((value, i) => (owned[i] === unit ? -value : 0));
      const change = (await moved(one.parts, off, () => one.loss())) - before;
      expect(Math.abs(scores[unit]! - Math.abs(change))).toBeLessThan(0.012);
    }
    const scored = await fisher(one.parts, one.units);
    expect(scored.every((score) => score >= 0)).toBe(true);
    one.dispose();
  });
  it('by curvature is E‖∇²f‖² of tanh', async () => {
    await startBackend(backend);
    const random = new Random(4);
    const kernel = tf.tensor2d([0.5, -0.2, 0.3, 0.4], [2, 2]);
    const x = tf.tensor2d(
      Float32Array.from({ length: 400 }, () => random.normal()),
      [200, 2],
    );
    const f = (input: tf.Tensor) => tf.tanh(tf.matMul(input as tf.Tensor2D, kernel));
    const sums = [0, 0];
    const probes = 100;
    for (let probe = 0; probe < probes; probe++) {
      const result = tf.tidy(() => squaredSecondDifference(f, x, random));
      (await result.data()).forEach((value, i) => (sums[i]! += value / (probes * 200)));
      result.dispose();
    }
    // The Hessian of tanh(w·x) is tanh″·wwᵀ, whose squared Frobenius norm is tanh″²·‖w‖⁴.
    const z = await tf.matMul(x, kernel).data();
    const norms = [0.5 ** 2 + 0.3 ** 2, 0.2 ** 2 + 0.4 ** 2];
    const exact = norms.map((norm, i) => {
      let sum = 0;
      for (let j = 0; j < 200; j++) {
        const t = Math.tanh(z[2 * j + i]!);
        sum += (2 * t * (1 - t * t) * norm) ** 2 / 200;
      }
      return sum;
    });
    sums.forEach((sum, i) => expect(Math.abs(sum / exact[i]! - 1)).toBeLessThan(0.1));
    tf.dispose([kernel, x]);
  });
  it('of layers agrees with the change of the loss without them', async () => {
    await startBackend(backend);
    const small = { dense: { units: 6, activation: 'tanh' } };
    const one = await prepared(
      [small, { residual: [small] }, { residual: [small, { dense: 6 }] }, { dense: 2 }],
      rings(64),
    );
    const removable = removableLayers(one.parts, one.layers);
    expect(removable).toEqual([1, 2]);
    const { scores } = await layerImportance(
      one.parts,
      one.layers,
      removable,
      { by: 'taylor', probes: 1 },
      new Random(1),
    );
    const before = await one.loss();
    for (const [i, layer] of removable.entries()) {
      const rest = one.parts.model.layers.filter((_, at) => at !== layer);
      const whole = one.parts.model.forward;
      one.parts.model.forward = (x, context) => rest.reduce((y, each) => each.forward(y, context), x) as tf.Tensor2D;
      const change = Math.abs((await one.loss()) - before);
      one.parts.model.forward = whole;
      expect(Math.abs(scores[i]! - change)).toBeLessThan(0.35 * change + 0.01);
    }
    one.dispose();
  });
});
