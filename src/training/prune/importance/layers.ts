/**
 * Importance of whole layers and residual blocks whose outputs have the shape of their inputs. A gate a replaces such a
 * layer f by x + a·(f(x) − x): a = 1 is the layer, a = 0 is the network without it.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Layer, PruneSettings } from '../../../experiment/network/index.js';
import { toTensors, type BatchValues } from '../../loop/batches.js';
import { Random } from '../../random.js';
import type { Examined } from '../gradients.js';
import { isDegenerate, squaredSecondDifference } from './curvature.js';
import { rank, type Ranking } from './ranking.js';

const REMOVABLE: readonly Layer['type'][] = [
  'dense',
  'conv',
  'conv1d',
  'depthwiseConv',
  'recurrent',
  'attention',
  'residual',
];

/** Returns the removable layers, counted from 0. */
export function removableLayers(parts: Pick<Examined, 'model' | 'inputShape'>, settings: readonly Layer[]): number[] {
  const { layers } = parts.model;
  return settings.flatMap((layer, i) => {
    const input = i === 0 ? parts.inputShape : layers[i - 1]!.outputShape;
    const same = input.join() === layers[i]!.outputShape.join();
    // The last layer gives the predictions.
    return same && REMOVABLE.includes(layer.type) && i < settings.length - 1 ? [i] : [];
  });
}

/** Distance of the gates for the central difference. */
const STEP = 0.05;

/** Returns the importance of each removable layer, in order. */
export function layerImportance(
  parts: Examined,
  settings: readonly Layer[],
  removable: readonly number[],
  { by, probes }: Pick<PruneSettings, 'by' | 'probes'>,
  random: Random,
): Promise<Ranking> {
  const measures = {
    count: removable.length,
    taylor: () => taylor(parts, removable),
    fisher: () => fisher(parts, removable),
    magnitude: () => magnitude(parts, removable),
    curvature: () => curvature(parts, settings, removable, probes, random),
  };
  return rank(by, measures, random);
}

/** Returns the loss's derivative in each gate, at these values of the gates. */
async function gateGradient(
  parts: Examined,
  removable: readonly number[],
  gates: readonly number[],
  values: BatchValues,
): Promise<Float32Array> {
  const { model, loss, inputShape } = parts;
  const context = { training: false, random: new Random(0) };
  const gradient = tf.tidy(() => {
    const batch = toTensors(values, inputShape);
    const of = tf.grad((all: tf.Tensor) => {
      const each = gates.length > 1 ? tf.split(all, gates.length) : [all];
      const outputs = model.layers.reduce((x, layer, i) => {
        const y = layer.forward(x, context);
        const at = removable.indexOf(i);
        return at < 0 ? y : tf.add(x, tf.mul(each[at]!, tf.sub(y, x)));
      }, batch.inputs);
      return loss.of(outputs as tf.Tensor2D, batch.targets);
    });
    return of(tf.tensor1d([...gates]));
  });
  const result = Float32Array.from(await gradient.data());
  gradient.dispose();
  return result;
}

/** |−∂L/∂a + ½·∂²L/∂a²| at a = 1. */
async function taylor(parts: Examined, removable: readonly number[]): Promise<Float64Array> {
  const total = parts.batches.reduce((sum, { count }) => sum + count, 0);
  const changes = new Float64Array(removable.length);
  for (const batch of parts.batches) {
    const share = batch.count / total;
    const at = (moved: number, distance: number) =>
      gateGradient(
        parts,
        removable,
        removable.map((_, i) => 1 + (i === moved ? distance : 0)),
        batch,
      );
    for (const i of removable.keys()) {
      const [below, here, above] = [await at(i, -STEP), await at(i, 0), await at(i, STEP)];
      const second = (above[i]! - below[i]!) / (2 * STEP);
      changes[i]! += share * (second / 2 - here[i]!);
    }
  }
  return changes.map(Math.abs);
}

/** ½·mean of (∂L/∂a)² over batches. */
async function fisher(parts: Examined, removable: readonly number[]): Promise<Float64Array> {
  const scores = new Float64Array(removable.length);
  for (const batch of parts.batches) {
    const gradient = await gateGradient(
      parts,
      removable,
      removable.map(() => 1),
      batch,
    );
    gradient.forEach((value, i) => (scores[i]! += value ** 2 / (2 * parts.batches.length)));
  }
  return scores;
}

/** Curvature of each layer, over all of its outputs. */
async function curvature(
  parts: Examined,
  settings: readonly Layer[],
  removable: readonly number[],
  probes: number,
  random: Random,
): Promise<Ranking> {
  const { model, batches, inputShape } = parts;
  const context = { training: false, random: new Random(0) };
  const examples = batches.reduce((sum, { count }) => sum + count, 0);
  const scores = new Float64Array(removable.length);
  for (const batch of batches) {
    const all = tf.tidy(() => {
      const sums: tf.Tensor[] = [];
      let x = toTensors(batch, inputShape).inputs;
      model.layers.forEach((layer, i) => {
        const f = (input: tf.Tensor) => layer.forward(input, context);
        if (removable.includes(i)) {
          for (let probe = 0; probe < probes; probe++) sums.push(tf.sum(squaredSecondDifference(f, x, random)));
        }
        x = f(x);
      });
      return tf.stack(sums);
    });
    const values = await all.data();
    all.dispose();
    values.forEach((value, i) => (scores[Math.floor(i / probes)]! += value / (probes * examples)));
  }
  return {
    scores,
    degenerate: removable.filter((i) => isDegenerate([settings[i]!])).map((i) => model.layers[i]!.name),
  };
}

/** Mean |w| of each layer's kernels. */
async function magnitude({ model }: Examined, removable: readonly number[]): Promise<Float64Array> {
  const scores: number[] = [];
  for (const i of removable) {
    let [sum, count] = [0, 0];
    for (const { variable, trainable } of model.layers[i]!.weights) {
      if (!trainable || variable.rank < 2) continue;
      for (const value of await variable.data()) sum += Math.abs(value);
      count += variable.size;
    }
    scores.push(sum / Math.max(1, count));
  }
  return Float64Array.from(scores);
}
