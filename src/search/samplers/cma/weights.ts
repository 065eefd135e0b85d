/**
 * Weights and learning rates: N. Hansen, "The CMA Evolution Strategy: A Tutorial" (arXiv 1604.00772, as revised), table
 * 1.
 */
import { log } from '../../maths/numeric.js';

export interface Rates {
  /** Weights by rank, best first. The first half sums to 1; the rest is negative or 0. */
  weights: Float64Array;
  mueff: number;
  cc: number;
  cs: number;
  c1: number;
  cmu: number;
  damps: number;
}

/** Returns 4 + ⌊3 ln n⌋. */
export function populationSize(n: number): number {
  return 4 + Math.floor(3 * log(Math.max(1, n)));
}

/** Returns the weights with ties averaged. `same(i)` tells whether members i and i + 1 are equal. */
export function shareEqually(weights: Float64Array, same: (i: number) => boolean): Float64Array {
  const shared = weights.slice();
  for (let i = 0, j = 0; i < shared.length; i = j) {
    let sum = shared[i]!;
    for (j = i + 1; j < shared.length && same(j - 1); j++) sum += shared[j]!;
    shared.fill(sum / (j - i), i, j);
  }
  return shared;
}

/** Returns the rates for n ≥ 1 dimensions and a population of size ≥ 2. */
export function ratesOf(n: number, size: number): Rates {
  const weights = new Float64Array(size);
  const mu = Math.floor(size / 2);
  let [sum, squares, minus, minusSquares] = [0, 0, 0, 0];
  for (let i = 0; i < size; i++) {
    const w = (weights[i] = log((size + 1) / 2) - log(i + 1));
    if (i < mu) [sum, squares] = [sum + w, squares + w * w];
    else [minus, minusSquares] = [minus - w, minusSquares + w * w];
  }
  const mueff = (sum * sum) / squares;
  const mueffMinus = minusSquares > 0 ? (minus * minus) / minusSquares : 0;
  const cc = (4 + mueff / n) / (n + 4 + (2 * mueff) / n);
  const cs = (mueff + 2) / (n + mueff + 5);
  const c1 = 2 / ((n + 1.3) * (n + 1.3) + mueff);
  const cmu = Math.min(1 - c1, (2 * (0.25 + mueff + 1 / mueff - 2)) / ((n + 2) * (n + 2) + mueff));
  const damps = 1 + 2 * Math.max(0, Math.sqrt((mueff - 1) / (n + 1)) - 1) + cs;
  const most = Math.min(1 + c1 / cmu, 1 + (2 * mueffMinus) / (mueff + 2), (1 - c1 - cmu) / (n * cmu));
  for (let i = 0; i < size; i++) {
    const w = weights[i]!;
    weights[i] = i < mu ? w / sum : minus > 0 ? (w / minus) * Math.max(0, most) : 0;
  }
  return { weights, mueff, cc, cs, c1, cmu, damps };
}

/** Rates for one dimension, computed once per population size. */
export class RateTable {
  private readonly known = new Map<number, Rates>();

  constructor(private readonly n: number) {}

  of(size: number): Rates {
    let rates = this.known.get(size);
    if (!rates) this.known.set(size, (rates = ratesOf(this.n, size)));
    return rates;
  }
}
