/**
 * Gives the inputs of layers mean 0 and variance 1, or whitens them, without changing the mapping: a layer that takes
 * x → (x − μ)P is put before each, and the weights that follow become P⁻¹W with the bias b + μW (LeCun et al., "Efficient
 * BackProp", 1998, section 4.3; Desjardins et al., "Natural Neural Networks", NIPS 2015, for layers within a network). P
 * is diagonal in a batch norm, or Σ^(−1/2) in a linear layer.
 */
import * as tf from '@tensorflow/tfjs-core';
import { normalizeLayers, type Layer, type TransformSettings } from '../../experiment/network/index.js';
import type { SavedWeight } from '../checkpoints/checkpoint.js';
import { svd } from '../decompose/svd.js';
import { PlacedError } from '../errors.js';
import { toTensors } from '../loop/batches.js';
import type { Range } from '../parts.js';
import type { Examined } from '../prune/gradients.js';
import type { Reshaped, Shape } from '../prune/shrink.js';
import { Random } from '../random.js';
import { layerNames, layersNamed, namesText } from '../transfer/names.js';
import { joined, said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

type Settings = Extract<TransformSettings, { kind: 'normalise' | 'whiten' }>;
type Takes = Extract<Layer, { type: 'dense' | 'conv' | 'conv1d' }>;

/** Features whose covariance is decomposed in seconds. */
const MOST_FEATURES = 512;
/** Share of the mean variance that is added to each variance, so that constant inputs stay bounded. */
const RIDGE = 1e-4;
/** Variance of inputs that are all constant. */
const LEAST = 1e-12;

export async function insertNorms(
  shape: Shape,
  settings: Settings,
  range: Range | null,
  examined: Examined,
): Promise<Reshaped> {
  const chosen = chosenLayers(shape.layers, settings, range, examined);
  const moments = await momentsBefore(chosen, examined, settings.kind === 'whiten');
  const layers: Layer[] = [];
  const weights: SavedWeight[] = [];
  const came: number[] = [];
  for (const [i, layer] of shape.layers.entries()) {
    const was = `${i + 1}.${layer.type}`;
    const own = shape.weights.filter(({ name }) => name.startsWith(`${was}/`));
    const found = moments.get(i);
    let next = layer;
    let changed = own;
    if (found) {
      const before = await normOf(layer as Takes, found, settings.kind);
      layers.push(before.layer);
      came.push(i);
      const name = `${layers.length}.${before.layer.type}`;
      weights.push(...before.weights.map((weight) => ({ ...weight, name: `${name}/${weight.name}` })));
      changed = undone(own, was, before.inverse, found.mean);
      next = { ...(layer as Takes), bias: true };
    }
    layers.push(next);
    came.push(i);
    const name = `${layers.length}.${layer.type}`;
    weights.push(...changed.map((weight) => ({ ...weight, name: name + weight.name.slice(was.length) })));
  }
  const names = chosen.map((i) => `${i + 1}.${shape.layers[i]!.type}`);
  const news =
    settings.kind === 'whiten'
      ? said('whitened the inputs of {0}', names.join(', '))
      : said('normalised the inputs of {0}', names.join(', '));
  return { shape: { layers, weights }, came, news };
}

/** Returns the indexes of the layers whose inputs change. Throws PlacedError when one of them can't be. */
function chosenLayers(
  layers: readonly Layer[],
  { kind, layers: words }: Settings,
  range: Range | null,
  { model, inputShape }: Examined,
): number[] {
  const inputs = (i: number): number => (i === 0 ? inputShape : model.layers[i - 1]!.outputShape).at(-1)!;
  const inside = (i: number): boolean => !range || (i >= range.from && i < range.to);
  const why = (i: number): Said | null => {
    const fault = unfit(layers[i]!) ?? (inside(i) ? null : said('is outside of the part that is worked on'));
    if (fault !== null || kind === 'normalise' || inputs(i) <= MOST_FEATURES) return fault;
    return said('has {0} inputs, and more than {1} take too long to whiten: normalise them', inputs(i), MOST_FEATURES);
  };
  const named = layerNames(layers);
  const at = ['transform', kind];
  if (words === null) {
    const all = [...layers.keys()].filter((i) => why(i) === null);
    if (all.length > 0) return all;
    const reasons = [...layers.keys()].filter((i) => inside(i) && isTaking(layers[i]!));
    const each = joined(reasons.map((i) => said('{0} {1}', named[i]!.name, why(i))));
    throw new PlacedError(
      at,
      each ? said("no layer's inputs can be changed: {0}", each) : said("no layer's inputs can be changed"),
    );
  }
  const indexes = words.flatMap((word, k) => {
    const found = layersNamed(named, word);
    if (found.length === 0) {
      throw new PlacedError(
        [...at, k],
        said('there is no layer {0}; the layers are {1}', JSON.stringify(word), namesText(named)),
      );
    }
    for (const i of found) {
      const fault = why(i);
      if (fault !== null) throw new PlacedError([...at, k], said('{0} {1}', named[i]!.name, fault));
    }
    return found;
  });
  return [...new Set(indexes)].sort((a, b) => a - b);
}

const isTaking = (layer: Layer): layer is Takes =>
  layer.type === 'dense' || layer.type === 'conv' || layer.type === 'conv1d';

/** Returns why the inputs of a layer can't be changed without changing the mapping; null: they can. */
function unfit(layer: Layer): Said | null {
  if (!isTaking(layer))
    return said('is of the type {0}: only dense, conv and conv1d take linear combinations', layer.type);
  if (layer.type === 'dense' || layer.padding === 'valid') return null;
  const isPoint = [layer.kernel].flat().every((length) => length === 1);
  return isPoint
    ? null
    : said('pads its inputs with zeros, which would mean something else afterwards: use padding: valid');
}

interface Moments {
  mean: Float64Array;
  /** Variances, or the covariance row by row. */
  spread: Float64Array;
}

interface Sums {
  count: number;
  sum: Float64Array;
  products: Float64Array;
}

/** Computes mean and variances (or covariance) of the inputs of layers, over all examples and positions. */
async function momentsBefore(
  chosen: readonly number[],
  parts: Examined,
  isFull: boolean,
): Promise<Map<number, Moments>> {
  const { model, batches, inputShape } = parts;
  const sums = new Map<number, Sums>();
  for (const values of batches) {
    const found = tf.tidy(() => {
      const all: { index: number; rows: number; sum: tf.Tensor; products: tf.Tensor }[] = [];
      let x: tf.Tensor = toTensors(values, inputShape).inputs;
      for (let index = 0; index <= chosen.at(-1)!; index++) {
        if (chosen.includes(index)) {
          const width = x.shape.at(-1)!;
          const rows = tf.reshape(x, [-1, width]) as tf.Tensor2D;
          const products = isFull ? tf.matMul(rows, rows, true, false) : tf.sum(tf.square(rows), 0);
          all.push({ index, rows: rows.shape[0], sum: tf.sum(rows, 0), products });
        }
        x = model.layers[index]!.forward(x, { training: false, random: new Random(0) });
      }
      return all;
    });
    for (const { index, rows, sum, products } of found) {
      const at = sums.get(index) ?? {
        count: 0,
        sum: new Float64Array(sum.size),
        products: new Float64Array(products.size),
      };
      sums.set(index, at);
      at.count += rows;
      (await sum.data()).forEach((value, k) => (at.sum[k]! += value));
      (await products.data()).forEach((value, k) => (at.products[k]! += value));
      tf.dispose([sum, products]);
    }
  }
  return new Map([...sums].map(([index, one]) => [index, momentsOf(one, isFull)]));
}

function momentsOf({ count, sum, products }: Sums, isFull: boolean): Moments {
  const mean = sum.map((value) => value / count);
  const width = mean.length;
  const spread = products.map((value, k) => {
    const [a, b] = isFull ? [Math.floor(k / width), k % width] : [k, k];
    return value / count - mean[a]! * mean[b]!;
  });
  return { mean, spread };
}

/** P⁻¹ as a product with the rows of a matrix: `rows` has as many as there are inputs. */
type Inverse = (rows: Float64Array, columns: number) => Float64Array;

interface Inserted {
  layer: Layer;
  /** Weights by the last part of their names. */
  weights: SavedWeight[];
  inverse: Inverse;
}

async function normOf(layer: Takes, { mean, spread }: Moments, kind: Settings['kind']): Promise<Inserted> {
  return kind === 'normalise' ? diagonal(mean, spread) : whitening(layer, mean, spread);
}

function diagonal(mean: Float64Array, variances: Float64Array): Inserted {
  const [layer] = normalizeLayers(['batchNorm']) as [Extract<Layer, { type: 'batchNorm' }>];
  const width = mean.length;
  const positive = variances.map((value) => Math.max(0, value));
  const roots = positive.map((value) => Math.sqrt(Math.fround(value) + layer.epsilon));
  const weight = (name: string, values: ArrayLike<number>): SavedWeight => ({
    name,
    shape: [width],
    values: Float32Array.from(values),
  });
  return {
    layer,
    weights: [
      weight('scale', new Float32Array(width).fill(1)),
      weight('shift', new Float32Array(width)),
      weight('movingMean', mean),
      weight('movingVariance', positive),
    ],
    inverse: (rows, columns) => rows.map((value, k) => value * roots[Math.floor(k / columns)]!),
  };
}

async function whitening(layer: Takes, mean: Float64Array, covariance: Float64Array): Promise<Inserted> {
  const width = mean.length;
  // Its right vectors are orthonormal even where the singular value is 0.
  const { v, s } = await svd(covariance, width, width);
  const trace = s.reduce((sum, value) => sum + value, 0);
  const ridge = Math.max(LEAST, (RIDGE * trace) / width);
  // P = V diag(sᵖ) Vᵀ for both P and its inverse.
  const powered = (power: number): Float64Array => {
    const result = new Float64Array(width * width);
    for (const [k, value] of s.entries()) {
      const factor = (Math.max(0, value) + ridge) ** power;
      const column = v[k]!;
      for (let i = 0; i < width; i++) {
        for (let j = 0; j < width; j++) result[i * width + j]! += factor * column[i]! * column[j]!;
      }
    }
    return result;
  };
  const matrix = powered(-0.5);
  const back = powered(0.5);
  const bias = Float32Array.from({ length: width }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum -= mean[i]! * matrix[i * width + j]!;
    return sum;
  });
  const written =
    layer.type === 'dense'
      ? { dense: width }
      : layer.type === 'conv'
        ? { conv: { filters: width, kernel: 1 } }
        : { conv1d: { filters: width, kernel: 1 } };
  const ones = layer.type === 'dense' ? [] : layer.type === 'conv' ? [1, 1] : [1];
  return {
    layer: normalizeLayers([written])[0]!,
    weights: [
      { name: 'kernel', shape: [...ones, width, width], values: Float32Array.from(matrix) },
      { name: 'bias', shape: [width], values: bias },
    ],
    inverse: (rows, columns) => product(back, rows, width, columns),
  };
}

/** Returns A·B for a square A. */
function product(a: Float64Array, b: Float64Array, width: number, columns: number): Float64Array {
  const result = new Float64Array(width * columns);
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < width; k++) {
      const factor = a[i * width + k]!;
      for (let j = 0; j < columns; j++) result[i * columns + j]! += factor * b[k * columns + j]!;
    }
  }
  return result;
}

/** Returns the layer's weights with P⁻¹W in place of W, and b + μW in place of b. */
function undone(own: readonly SavedWeight[], name: string, inverse: Inverse, mean: Float64Array): SavedWeight[] {
  const kernel = own.find((weight) => weight.name === `${name}/kernel`)!;
  const columns = kernel.shape.at(-1)!;
  const width = mean.length;
  const taps = kernel.values.length / (width * columns);
  const values = new Float32Array(kernel.values.length);
  const bias = Float64Array.from(
    own.find((weight) => weight.name === `${name}/bias`)?.values ?? Array<number>(columns).fill(0),
  );
  for (let tap = 0; tap < taps; tap++) {
    const from = tap * width * columns;
    const rows = Float64Array.from(kernel.values.subarray(from, from + width * columns));
    values.set(inverse(rows, columns), from);
    rows.forEach((value, k) => (bias[k % columns]! += mean[Math.floor(k / columns)]! * value));
  }
  return [
    { name: kernel.name, shape: kernel.shape, values },
    { name: `${name}/bias`, shape: [columns], values: Float32Array.from(bias) },
  ];
}
