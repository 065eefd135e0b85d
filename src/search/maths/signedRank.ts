/**
 * Wilcoxon's signed-rank test of paired differences: Wilcoxon, "Individual Comparisons by Ranking Methods" (1945).
 * Exact up to `EXACT` pairs, also with ties (by the distribution over all signs of the actual ranks); beyond that, the
 * normal approximation with the correction for ties. Zeros are ranked and then left out (Pratt, 1959).
 */
import { normalCdf } from './normal.js';

const EXACT = 50;

/**
 * Returns the probability that the positive ranks sum to at least the observed sum if both signs are equally likely; 1
 * without pairs.
 */
export function signedRank(differences: readonly number[]): number {
  const sorted = differences.filter((d) => !Number.isNaN(d)).sort((a, b) => Math.abs(a) - Math.abs(b));
  // Twice the mid-rank is an integer.
  const ranks: number[] = [];
  let observed = 0;
  for (let from = 0; from < sorted.length;) {
    const size = Math.abs(sorted[from]!);
    let to = from;
    while (to < sorted.length && Math.abs(sorted[to]!) === size) to++;
    for (let i = from; i < to; i++) {
      if (sorted[i] === 0) continue;
      ranks.push(from + to + 1);
      if (sorted[i]! > 0) observed += from + to + 1;
    }
    from = to;
  }
  if (ranks.length === 0) return 1;
  return ranks.length <= EXACT ? exactTail(ranks, observed) : normalTail(ranks, observed);
}

function exactTail(ranks: readonly number[], observed: number): number {
  const total = ranks.reduce((sum, rank) => sum + rank, 0);
  const chance = new Float64Array(total + 1);
  chance[0] = 1;
  let most = 0;
  for (const rank of ranks) {
    most += rank;
    for (let sum = most; sum >= 0; sum--) chance[sum] = (chance[sum]! + (sum >= rank ? chance[sum - rank]! : 0)) / 2;
  }
  let tail = 0;
  for (let sum = total; sum >= observed; sum--) tail += chance[sum]!;
  return Math.min(1, tail);
}

function normalTail(ranks: readonly number[], observed: number): number {
  let [sum, squares] = [0, 0];
  for (const rank of ranks) {
    sum += rank;
    squares += rank * rank;
  }
  // Continuity correction of half a rank; ranks are doubled here.
  return normalCdf(-(observed - sum / 2 - 1) / Math.sqrt(squares / 4));
}
