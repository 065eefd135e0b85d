/** Attention and positions as products and sums, as in `layers/attention.ts`. */
import type { Layer } from '../../../experiment/network/index.js';
import { causalMask, headWidth } from '../../layers/attention.js';
import { sinusoids } from '../../layers/position.js';
import { weightOf, type GraphNode } from '../graph.js';
import type { Ops } from './ops.js';

export function attention(ops: Ops, node: GraphNode, op: Extract<Layer, { type: 'attention' }>, x: string): string {
  const { name } = node;
  const [time, features] = node.shape as [number, number];
  const width = headWidth(op, features, name);
  const all = op.heads * width;
  const linear = (key: string, from: string, shape: [number, number], isBiased = op.bias): string => {
    const values = weightOf(node, key, shape[0] * shape[1]);
    const kernel = ops.weight(`${name}.${key}`, shape, values, node.weights.get(key), 1);
    const y = ops.do('MatMul', [from, kernel]);
    if (!isBiased) return y;
    return ops.do('Add', [y, ops.constant(`${name}.${key}Bias`, [shape[1]], weightOf(node, `${key}Bias`, shape[1]))]);
  };
  // [batch, heads, time, width], or with the last two axes swapped.
  const split = (y: string, perm: number[]): string =>
    ops.do('Transpose', [ops.do('Reshape', [y, ops.whole([0, time, op.heads, width])])], { perm });
  const query = ops.do('Mul', [linear('query', x, [features, all]), ops.scalar(1 / Math.sqrt(width))]);
  const key = split(linear('key', x, [features, all], false), [0, 2, 3, 1]);
  let scores = ops.do('MatMul', [split(query, [0, 2, 1, 3]), key]);
  if (op.causal) scores = ops.do('Add', [scores, ops.constant(`${name}.mask`, [time, time], causalMask(time))]);
  const shares = ops.do('Softmax', [scores], { axis: -1 });
  const mixed = ops.do('MatMul', [shares, split(linear('value', x, [features, all]), [0, 2, 1, 3])]);
  const joined = ops.do('Transpose', [mixed], { perm: [0, 2, 1, 3] });
  return linear('output', ops.do('Reshape', [joined, ops.whole([0, time, all])]), [all, features]);
}

export function position(ops: Ops, node: GraphNode, op: Extract<Layer, { type: 'position' }>, x: string): string {
  const [time, features] = node.shape as [number, number];
  const table = op.kind === 'learned' ? weightOf(node, 'table', time * features) : sinusoids(time, features);
  return ops.do('Add', [x, ops.constant(`${node.name}.table`, [time, features], table)]);
}
