/** Attention and positions as Keras layers. */
import type { Layer } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { headWidth } from '../layers/attention.js';
import { sinusoids } from '../layers/position.js';
import { weightOf, type GraphNode } from './graph.js';
import type { Dialect, KerasLayer, KerasWeight } from './kerasTypes.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

function refuse(node: GraphNode, what: Said): never {
  throw new TrainingError(
    said(
      '{0}: the layers of TensorFlow.js have no {1}: export as keras or onnx, which have it, or as safetensors',
      node.name,
      what,
    ),
  );
}

export function attention(
  node: GraphNode,
  op: Extract<Layer, { type: 'attention' }>,
  dialect: Dialect,
  inputs: string[],
): KerasLayer[] {
  if (dialect === 'tfjs') refuse(node, said('attention'));
  const { name, shape } = node;
  const features = shape[1]!;
  const { heads, bias, causal } = op;
  const width = headWidth(op, features, name);
  // Keys have no bias here: it would change nothing.
  const biasOf = (key: string, size: number): Float32Array =>
    key === 'key' ? new Float32Array(size) : weightOf(node, `${key}Bias`, size);
  const part = (key: string, kernel: number[], offset: number[]): KerasWeight[] => [
    { key: 'kernel', place: `${key}_dense`, shape: kernel, values: weightOf(node, key, features * heads * width) },
    ...(bias ? [{ key: 'bias', place: `${key}_dense`, shape: offset, values: biasOf(key, product(offset)) }] : []),
  ];
  const weights = [
    ...['query', 'key', 'value'].flatMap((key) => part(key, [features, heads, width], [heads, width])),
    ...part('output', [heads, width, features], [features]),
  ];
  const config = { num_heads: heads, key_dim: width, value_dim: width, dropout: op.rate, use_bias: bias };
  const built = { query_shape: [null, ...shape], value_shape: [null, ...shape] };
  return [
    {
      className: 'MultiHeadAttention',
      name,
      config,
      // Queries, and what they attend to.
      inputs: [...inputs, ...inputs],
      call: { kwargs: causal ? { use_causal_mask: true } : {}, build: { shapes_dict: built } },
      shape,
      weights,
    },
  ];
}

/** x + table, as the standardization of each value by the mean −table. */
export function position(
  node: GraphNode,
  op: Extract<Layer, { type: 'position' }>,
  dialect: Dialect,
  inputs: string[],
): KerasLayer[] {
  if (dialect === 'tfjs') refuse(node, said('sums with a table'));
  const { name, shape } = node;
  const [time, features] = shape as [number, number];
  const table = op.kind === 'learned' ? weightOf(node, 'table', time * features) : sinusoids(time, features);
  const rows = (value: (i: number) => number): number[][] =>
    Array.from({ length: time }, (_, row) => Array.from({ length: features }, (__, i) => value(row * features + i)));
  const config = { axis: [1, 2], invert: false, mean: rows((i) => -table[i]!), variance: rows(() => 1) };
  return [{ className: 'Normalization', name, config, inputs, shape, weights: [] }];
}

const product = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
