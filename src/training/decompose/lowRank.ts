/**
 * Replaces kernels by low-rank factors W ≈ A·B. A dense layer becomes two (Denil et al., "Predicting Parameters in Deep
 * Learning", NIPS 2013); a convolution becomes one with as many filters as the rank, and a 1×1 convolution (Zhang et al.,
 * "Accelerating Very Deep Convolutional Networks", TPAMI 2016, section 3.1, for the kernel itself). By Eckart & Young
 * (1936), the truncated singular value decomposition is the best approximation of its rank.
 */
import type { DecomposeSettings, Layer } from '../../experiment/network/index.js';
import type { SavedWeight } from '../checkpoints/checkpoint.js';
import type { Range } from '../parts.js';
import type { Shape } from '../prune/shrink.js';
import { svd } from './svd.js';

export interface Factored {
  /** Name of the layer before it was replaced. */
  layer: string;
  rank: number;
  /** Rank of the whole kernel, at most. */
  full: number;
  /** ‖W − AB‖_F / ‖W‖_F. */
  error: number;
}

type Splittable = Extract<Layer, { type: 'dense' | 'conv' | 'conv1d' }>;

/**
 * Returns the network with factors for each kernel for which they are smaller, and what was replaced. `range`: layers to
 * look at; null: all. `came`: for each layer, the index of the one that it came from.
 */
export async function decompose(
  from: Shape,
  settings: Pick<DecomposeSettings, 'by' | 'bound'>,
  range: Range | null = null,
): Promise<{ shape: Shape; came: number[]; factored: Factored[] }> {
  const factored: Factored[] = [];
  const weights: SavedWeight[] = [];
  const came: number[] = [];
  const chain = async (layers: readonly Layer[], old: string, prefix: string): Promise<Layer[]> => {
    const result: Layer[] = [];
    for (const [i, layer] of layers.entries()) {
      const was = `${old}${i + 1}.${layer.type}`;
      const name = `${prefix}${result.length + 1}.${layer.type}`;
      const isInside = prefix !== '' || !range || (i >= range.from && i < range.to);
      if (prefix === '') came.push(i);
      if (layer.type === 'residual' && isInside) {
        result.push({ ...layer, layers: await chain(layer.layers, `${was}/`, `${name}/`) });
        const way = from.weights.find((weight) => weight.name === `${was}/projection`);
        if (way) weights.push({ ...way, name: `${name}/projection` });
        continue;
      }
      const own = from.weights.filter((weight) => weight.name.startsWith(`${was}/`));
      const kernel = own.find((weight) => weight.name === `${was}/kernel`);
      const split = kernel && isInside && isSplittable(layer) ? await factors(kernel, settings) : null;
      if (!split || !isSplittable(layer)) {
        result.push(layer);
        weights.push(...own.map((weight) => ({ ...weight, name: name + weight.name.slice(was.length) })));
        continue;
      }
      const second = `${prefix}${result.length + 2}.${layer.type}`;
      result.push(...pair(layer, split.rank));
      if (prefix === '') came.push(i);
      weights.push({ name: `${name}/kernel`, ...split.first }, { name: `${second}/kernel`, ...split.second });
      const bias = own.find((weight) => weight.name === `${was}/bias`);
      if (bias) weights.push({ ...bias, name: `${second}/bias` });
      factored.push({ layer: was, rank: split.rank, full: split.full, error: split.error });
    }
    return result;
  };
  return { shape: { layers: await chain(from.layers, '', ''), weights }, came, factored };
}

const isSplittable = (layer: Layer): layer is Splittable =>
  layer.type === 'dense' || layer.type === 'conv' || layer.type === 'conv1d';

/** Returns the layer of the first factor and that of the second, which keeps bias and activation. */
function pair(layer: Splittable, rank: number): [Layer, Layer] {
  const plain = { bias: false, activation: 'linear' } as const;
  switch (layer.type) {
    case 'dense':
      return [{ ...layer, ...plain, units: rank }, layer];
    case 'conv':
      return [
        { ...layer, ...plain, filters: rank },
        { ...layer, kernel: [1, 1], stride: [1, 1], padding: 'valid' },
      ];
    case 'conv1d':
      return [
        { ...layer, ...plain, filters: rank },
        { ...layer, kernel: 1, stride: 1, padding: 'valid' },
      ];
  }
}

interface Split {
  rank: number;
  full: number;
  error: number;
  first: Omit<SavedWeight, 'name'>;
  second: Omit<SavedWeight, 'name'>;
}

/** Returns the factors; null when they would not be smaller than the kernel. */
async function factors(
  { shape, values }: SavedWeight,
  { by, bound }: Pick<DecomposeSettings, 'by' | 'bound'>,
): Promise<Split | null> {
  const columns = shape.at(-1)!;
  const rows = values.length / columns;
  const { u, s, v } = await svd(values, rows, columns);
  const full = s.length;
  const energies = s.map((value) => value ** 2);
  const total = energies.reduce((a, b) => a + b, 0);
  const lost = (rank: number): number => energies.slice(rank).reduce((a, b) => a + b, 0) / (total || 1);
  let rank = 1;
  if (by === 'rank') rank = Math.min(full, Math.max(1, Math.round(bound < 1 ? bound * full : bound)));
  else {
    const most = by === 'energy' ? 1 - bound : bound ** 2;
    while (rank < full && lost(rank) > most) rank++;
  }
  if (rank * (rows + columns) >= rows * columns) return null;
  const first = new Float32Array(rows * rank);
  const second = new Float32Array(rank * columns);
  for (let k = 0; k < rank; k++) {
    const root = Math.sqrt(s[k]!);
    for (let i = 0; i < rows; i++) first[i * rank + k] = u[k]![i]! * root;
    for (let j = 0; j < columns; j++) second[k * columns + j] = v[k]![j]! * root;
  }
  const ones = shape.slice(0, -2).map(() => 1);
  return {
    rank,
    full,
    error: Math.sqrt(lost(rank)),
    first: { shape: [...shape.slice(0, -1), rank], values: first },
    second: { shape: [...ones, rank, columns], values: second },
  };
}
