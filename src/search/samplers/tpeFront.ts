/**
 * The good trials of several objectives: Ozaki, Tanigaki, Watanabe, Nomura & Onishi, "Multiobjective Tree-Structured
 * Parzen Estimator" (JAIR 73, 2022), sections 4.2 and 4.3: front after front of non-dominated trials; of the front that
 * does not fit whole, those that together dominate the most (greedily by hypervolume); each weighs by what the others
 * don't dominate without it. Objectives are scaled to the extent of the fronts taken.
 *
 * Trials that meet all constraints are sorted before those that don't; of the latter, those that broke them least.
 */
import { crowdingDistances, hypervolume, hypervolumeContributions, nonDominatedSort } from '../pareto.js';
import { KNOWN, type Observations } from './observations.js';
import type { Weighed } from './tpeSplit.js';

/** Of a front with more points, so many of the loneliest ones are looked at. */
const LOOKED_AT = 60;
/** The reference point, in extents of the fronts taken. */
const REFERENCE = 1.1;
/** Least weight, relative to the mean. */
const LEAST_WEIGHT = 0.1;

export function goodOfFronts(observations: Observations, wanted: number): Weighed {
  const { count, kinds, violations, vectors } = observations;
  const allowed: number[] = [];
  const broken: number[] = [];
  for (let id = 0; id < count; id++) {
    if (kinds[id] === KNOWN) (violations[id]! > 0 ? broken : allowed).push(id);
  }
  const chosen: number[] = [];
  const fronts = nonDominatedSort(allowed.map((id) => vectors[id]!));
  for (const front of fronts) {
    const ids = front.map((i) => allowed[i]!);
    const left = wanted - chosen.length;
    if (left <= 0) break;
    if (ids.length <= left) chosen.push(...ids);
    else chosen.push(...mostVolume(ids, left, vectors));
  }
  broken.sort((a, b) => violations[a]! - violations[b]! || a - b);
  chosen.push(...broken.slice(0, Math.max(0, wanted - chosen.length)));
  return { rows: Int32Array.from(chosen), weights: weightsOf(chosen, vectors) };
}

/** Greedily those that add the most volume. */
function mostVolume(ids: number[], wanted: number, vectors: Observations['vectors']): number[] {
  let candidates = ids;
  if (ids.length > Math.max(LOOKED_AT, 2 * wanted)) {
    const lonely = crowdingDistances(ids.map((id) => vectors[id]!));
    const order = ids.map((_, i) => i).sort((a, b) => (lonely[a] === lonely[b] ? a - b : lonely[b]! - lonely[a]!));
    candidates = order.slice(0, Math.max(LOOKED_AT, 2 * wanted)).map((i) => ids[i]!);
    candidates.sort((a, b) => a - b);
  }
  const { points, reference } = scaled(candidates, vectors);
  const left = new Set(points.keys());
  // What a point adds only shrinks as others are taken: who was looked at last and is still ahead is the best.
  const gains = points.map((point) => hypervolume([point], reference));
  const taken: number[] = [];
  let volume = 0;
  while (taken.length < wanted) {
    const fresh = new Set<number>();
    for (;;) {
      let best = -1;
      for (const i of left) if (best < 0 || gains[i]! > gains[best]!) best = i;
      if (fresh.has(best)) {
        taken.push(best);
        left.delete(best);
        volume += gains[best]!;
        break;
      }
      gains[best] = hypervolume([...taken.map((i) => points[i]!), points[best]!], reference) - volume;
      fresh.add(best);
    }
  }
  return taken.map((i) => candidates[i]!);
}

function weightsOf(ids: number[], vectors: Observations['vectors']): Float64Array {
  const weights = new Float64Array(ids.length).fill(1);
  if (ids.length < 2) return weights;
  const { points, reference } = scaled(ids, vectors);
  const shares = hypervolumeContributions(points, reference);
  const mean = shares.reduce((sum, share) => sum + share, 0) / ids.length;
  if (!(mean > 0) || !Number.isFinite(mean)) return weights;
  return weights.map((_, i) => Math.max(LEAST_WEIGHT, Math.min(3, shares[i]! / mean)));
}

/** Each objective from 0 (the best of these) to 1 (the worst finite one); what is infinite lies beyond the reference. */
function scaled(ids: readonly number[], vectors: Observations['vectors']) {
  const k = vectors[ids[0]!]!.length;
  const lows = new Float64Array(k).fill(Infinity);
  const highs = new Float64Array(k).fill(-Infinity);
  for (const id of ids) {
    for (let j = 0; j < k; j++) {
      const value = vectors[id]![j]!;
      if (!Number.isFinite(value)) continue;
      lows[j] = Math.min(lows[j]!, value);
      highs[j] = Math.max(highs[j]!, value);
    }
  }
  const points = ids.map((id) =>
    Float64Array.from(vectors[id]!, (value, j) => {
      if (!Number.isFinite(value)) return value < 0 ? 0 : 2;
      // Halves, because the whole width may be beyond the largest number.
      const width = highs[j]! / 2 - lows[j]! / 2;
      return width > 0 ? (value / 2 - lows[j]! / 2) / width : 0;
    }),
  );
  return { points, reference: new Float64Array(k).fill(REFERENCE) };
}
