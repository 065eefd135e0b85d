/** Costs of a network: weights, multiply-adds, and the measured time per example. */
import { performance } from 'node:perf_hooks';
import * as tf from '@tensorflow/tfjs-core';
import type { Layer } from '../../experiment/network/index.js';
import { outputShape } from '../export/graph.js';
import { headWidth } from '../layers/attention.js';
import { BLOCKS } from '../layers/recurrent.js';
import type { Model } from '../model.js';
import { Random } from '../random.js';

export interface Cost {
  /** Number of weights, moving averages included. */
  weights: number;
  /** Multiplications, each with an addition, for one example. */
  multiplyAdds: number;
  /** Median time of one example in microseconds, in batches of `BATCH`. */
  microseconds: number;
}

const BATCH = 64;
const WARM_UP = 3;
const TIMED = 15;

/** Measures a built network. `layers` are its settings. */
export async function costOf(
  model: Pick<Model, 'weights' | 'forward'>,
  layers: readonly Layer[],
  inputShape: readonly number[],
): Promise<Cost> {
  return {
    weights: model.weights.reduce((sum, { variable }) => sum + variable.size, 0),
    multiplyAdds: multiplyAdds(layers, inputShape),
    microseconds: await timed(model, inputShape),
  };
}

async function timed(model: Pick<Model, 'forward'>, inputShape: readonly number[]): Promise<number> {
  // Zeros are valid inputs for embeddings, too.
  const inputs = tf.zeros([BATCH, ...inputShape]);
  const random = new Random(0);
  const times: number[] = [];
  for (let i = 0; i < WARM_UP + TIMED; i++) {
    const before = performance.now();
    const outputs = tf.tidy(() => model.forward(inputs, { training: false, random }));
    await outputs.data();
    outputs.dispose();
    if (i >= WARM_UP) times.push(performance.now() - before);
  }
  inputs.dispose();
  return (1000 * times.sort((a, b) => a - b)[Math.floor(TIMED / 2)]!) / BATCH;
}

/** Counts the multiply-adds of kernels for one example; norms, activations and pooling are not counted. */
export function multiplyAdds(layers: readonly Layer[], inputShape: readonly number[]): number {
  return chain(layers, '', inputShape).count;
}

interface Counted {
  shape: readonly number[];
  count: number;
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

function chain(layers: readonly Layer[], prefix: string, start: readonly number[]): Counted {
  let shape = start;
  let count = 0;
  layers.forEach((layer, i) => {
    const next = one(layer, `${prefix}${i + 1}.${layer.type}`, shape);
    count += next.count;
    shape = next.shape;
  });
  return { shape, count };
}

function one(layer: Layer, name: string, input: readonly number[]): Counted {
  if (layer.type === 'residual') {
    const inner = chain(layer.layers, `${name}/`, input);
    const projected = layer.projection || inner.shape.join() !== input.join();
    return { ...inner, count: inner.count + (projected ? size(inner.shape) * input.at(-1)! : 0) };
  }
  const shape = outputShape(layer, name, input);
  switch (layer.type) {
    case 'dense':
      return { shape, count: input[0]! * layer.units };
    case 'conv':
      return { shape, count: size(shape) * size(layer.kernel) * input[2]! };
    case 'depthwiseConv':
      return { shape, count: size(shape) * size(layer.kernel) };
    case 'conv1d':
      return { shape, count: size(shape) * layer.kernel * input[1]! };
    case 'recurrent': {
      const { units, cell, bidirectional } = layer;
      const step = (input[1]! + units) * BLOCKS[cell] * units;
      return { shape, count: input[0]! * step * (bidirectional ? 2 : 1) };
    }
    case 'attention': {
      const [time, features] = input as [number, number];
      const all = layer.heads * headWidth(layer, features, name);
      // Queries, keys, values and outputs; scores and the mixture of the values.
      return { shape, count: 4 * time * features * all + 2 * time * time * all };
    }
    default:
      return { shape, count: 0 };
  }
}
