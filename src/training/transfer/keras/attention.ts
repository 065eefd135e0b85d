/** Converts attention of Keras 3. */
import type { Array32, Converted } from '../chain.js';
import type { Arrays } from './arrays.js';
import type { Settings } from './config.js';
import { said } from '../../../format/said.js';

export function attention(settings: Settings, arrays: Arrays): Converted {
  const heads = settings.whole('num_heads');
  const width = settings.whole('key_dim');
  settings.only('value_dim', width);
  settings.only('output_shape', null);
  settings.only('attention_axes', [1]);
  settings.only('use_gate', false);
  settings.only('sliding_window', null);
  settings.only('return_attention_scores', false);
  const bias = settings.flag('use_bias', true);
  const weights: Converted['weights'] = [];
  let features: number | null = null;
  for (const part of ['query', 'key', 'value', 'output']) {
    const isOutput = part === 'output';
    const kernel: Array32 = isOutput ? arrays.take(heads, width, features) : arrays.take(features, heads, width);
    features = kernel.shape[isOutput ? 2 : 0]!;
    const all = heads * width;
    weights.push([part, { ...kernel, shape: isOutput ? [all, features] : [features, all] }]);
    if (!bias) continue;
    const offset = isOutput ? arrays.take(features) : arrays.take(heads, width);
    // A bias of the keys adds the same to all scores of a query, which the softmax ignores.
    if (part !== 'key') weights.push([`${part}Bias`, { ...offset, shape: [isOutput ? features : all] }]);
  }
  const causal = settings.flag('use_causal_mask', false);
  const rate = settings.number('dropout', 0);
  return { layer: { type: 'attention', heads, width, rate, causal, bias, init: 'glorotUniform' }, weights };
}

/** A sum with a table of its own for each position, which Keras has as the standardization by a mean of each value. */
export function positions(settings: Settings): Converted {
  const mean = settings.table('mean');
  const variance = settings.table('variance');
  settings.only('invert', false);
  if (variance.values.some((value) => value !== 1)) {
    settings.refuse(said('standardizes each position by a variance of its own, which is not supported here'));
  }
  const table = { shape: mean.shape, values: mean.values.map((value) => -value) };
  return { layer: { type: 'position', kind: 'learned' }, weights: [['table', table]] };
}
