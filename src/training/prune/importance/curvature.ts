/**
 * Curvature of sub-mappings, E‖∇²f(x)‖²_F over the training inputs. For Gaussian directions u and v it equals
 * E[(uᵀ∇²f v)²] (from E[uuᵀ] = I), estimated by the four-point difference
 * (f(x+hu+hv) − f(x+hu) − f(x+hv) + f(x)) / h². A mapping that is linear in pieces, such as ReLU and maximum pooling, has
 * no second derivative but at the edges of the pieces: its index is degenerate, and only says how often the difference
 * crosses an edge.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Activation, Layer } from '../../../experiment/network/index.js';
import type { BuiltLayer } from '../../layers/types.js';
import { toTensors } from '../../loop/batches.js';
import { Random } from '../../random.js';
import type { Examined } from '../gradients.js';
import type { Units } from '../units.js';
import type { Ranking } from './ranking.js';

/** Length of a step, in root mean squares of the inputs. */
const STEP = 0.03;

const IN_PIECES: readonly Activation[] = ['linear', 'relu', 'relu6', 'leakyRelu', 'hardSigmoid'];

/** Sub-mapping from a layer's input to the last layer before the next one with weights. */
export interface SubMapping {
  name: string;
  layers: readonly BuiltLayer[];
  settings: readonly Layer[];
  /** Name of the last layer. */
  last: string;
}

/** Returns true if the mapping consists of linear pieces, so that its curvature says nothing. */
export const isDegenerate = (settings: readonly Layer[]): boolean =>
  settings.every((layer) => {
    if (layer.type === 'recurrent' || layer.type === 'attention' || layer.type === 'layerNorm') return false;
    if (layer.type === 'residual') return isDegenerate(layer.layers);
    if (layer.type === 'activation') return IN_PIECES.includes(layer.name);
    return 'activation' in layer ? IN_PIECES.includes(layer.activation) : true;
  });

const BEGINS: readonly Layer['type'][] = ['dense', 'conv', 'conv1d', 'recurrent', 'attention', 'embedding', 'residual'];

/**
 * Calls `visit` with each sub-mapping and its input, in order; also within residual blocks. Call it inside a tidy.
 */
export function visitMappings(
  built: readonly BuiltLayer[],
  settings: readonly Layer[],
  input: tf.Tensor,
  visit: (mapping: SubMapping, input: tf.Tensor) => void,
): void {
  const context = { training: false, random: new Random(0) };
  let x = input;
  built.forEach((layer, i) => {
    const own = settings[i]!;
    if (own.type === 'residual') visitMappings(layer.inner!, own.layers, x, visit);
    else if (BEGINS.includes(own.type)) {
      const next = settings.findIndex((other, j) => j > i && BEGINS.includes(other.type));
      const end = next < 0 ? settings.length : next;
      const layers = built.slice(i, end);
      visit({ name: layer.name, layers, settings: settings.slice(i, end), last: layers.at(-1)!.name }, x);
    }
    x = layer.forward(x, context);
  });
}

/**
 * Returns (uᵀ∇²f v)² of each output, summed over the batch and all axes but the last. Call it inside a tidy.
 *
 * @param x - [batch, …]
 */
export function squaredSecondDifference(f: (x: tf.Tensor) => tf.Tensor, x: tf.Tensor, random: Random): tf.Tensor1D {
  const scale = tf.maximum(tf.sqrt(tf.mean(tf.square(x))), 1e-6).dataSync()[0]!;
  const h = STEP * scale;
  const direction = (): tf.Tensor =>
    tf.tensor(
      Float32Array.from({ length: x.size }, () => h * random.normal()),
      x.shape,
    );
  const [u, v] = [direction(), direction()];
  const both = f(tf.add(x, tf.add(u, v)));
  const difference = tf.add(tf.sub(tf.sub(both, f(tf.add(x, u))), f(tf.add(x, v))), f(x));
  const squared = tf.square(tf.div(difference, h * h));
  const axes = squared.shape.slice(0, -1).map((_, axis) => axis);
  return tf.sum(squared, axes);
}

/** Returns the curvature of each unit, and the names of the degenerate sub-mappings that make units. */
export async function curvature(
  parts: Examined,
  settings: readonly Layer[],
  units: Units,
  probes: number,
  random: Random,
): Promise<Ranking> {
  const { model, batches, inputShape } = parts;
  const context = { training: false, random: new Random(0) };
  const scores = new Float64Array(units.count);
  const degenerate = new Set<string>();
  const examples = batches.reduce((sum, { count }) => sum + count, 0);
  for (const batch of batches) {
    const results: { owners: Int32Array; sums: tf.Tensor1D }[] = [];
    tf.tidy(() => {
      visitMappings(model.layers, settings, toTensors(batch, inputShape).inputs, (mapping, x) => {
        const made = units.made.get(mapping.name);
        // Whole numbers have no directions.
        if (!made?.some((unit) => unit >= 0) || mapping.settings[0]!.type === 'embedding') return;
        if (isDegenerate(mapping.settings)) degenerate.add(mapping.name);
        const f = (input: tf.Tensor) => mapping.layers.reduce((y, layer) => layer.forward(y, context), input);
        for (let probe = 0; probe < probes; probe++) {
          const sums = tf.keep(squaredSecondDifference(f, x, random));
          results.push({ owners: units.outputs.get(mapping.last)!, sums });
        }
      });
    });
    for (const { owners, sums } of results) {
      const values = await sums.data();
      sums.dispose();
      owners.forEach((unit, i) => {
        if (unit >= 0) scores[unit]! += values[i]! / (probes * examples);
      });
    }
  }
  return { scores, degenerate: [...degenerate] };
}
