/** Changes of a trained network before it is pruned: low-rank factors, normalised or whitened inputs, rounded weights. */
import { isReshaping, type Network } from '../../experiment/network/index.js';
import { decompose } from '../decompose/lowRank.js';
import type { Range } from '../parts.js';
import { quantise } from '../quantise/quantise.js';
import { insertNorms } from '../transform/insert.js';
import type { Examined } from './gradients.js';
import type { Reshaped, Shape } from './shrink.js';
import { joined, said } from '../../format/said.js';

export interface Reshape {
  /** Words for it, in place of an importance. */
  name: string;
  /** Epochs of retraining afterwards. */
  retrain: number;
  /** Training examples that it looks at; 0: none. */
  examples: number;
  /** `range`: layers that may change; null: all. `examined`: the network with examples. */
  apply(shape: Shape, range: Range | null, examined: () => Promise<Examined>): Promise<Reshaped>;
}

/** Training examples from which means and covariances are computed. */
const EXAMPLES = 2048;

/** Returns what the section asks for; null: the network keeps its form. */
export function reshapeOf({ decompose: factors, transform, quantise: rounding }: Network): Reshape | null {
  if (factors) {
    return {
      name: 'low rank',
      retrain: factors.retrain,
      examples: 0,
      async apply(shape, range) {
        const { factored, ...result } = await decompose(shape, factors, range);
        const each = factored.map(({ layer, rank, full, error }) =>
          said('{0} rank {1} of {2}, error {3} %', layer, rank, full, (100 * error).toPrecision(2)),
        );
        const all = joined(each);
        const news = all ? said('low-rank factors: {0}', all) : said('no kernel has smaller low-rank factors');
        return { ...result, news };
      },
    };
  }
  if (isReshaping(transform)) {
    return {
      name: transform.kind,
      retrain: transform.retrain,
      examples: EXAMPLES,
      apply: async (shape, range, examined) => insertNorms(shape, transform, range, await examined()),
    };
  }
  if (!rounding) return null;
  return {
    name: `${rounding.bits} bits`,
    retrain: 0,
    examples: 0,
    apply: (shape, range) => Promise.resolve(quantise(shape, rounding, range)),
  };
}
