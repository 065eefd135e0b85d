/**
 * Selects the good trials with several objectives: Ozaki, Tanigaki, Watanabe, Nomura & Onishi, "Multiobjective
 * Tree-Structured Parzen Estimator" (JAIR 73, 2022), sections 4.2 and 4.3: front after front of non-dominated trials;
 * of the front that does not fit whole, those that together dominate the most (greedily by hypervolume); each is
 * weighted by the volume that only it dominates. Objectives are scaled to the extent of the selected fronts.
 *
 * Trials that meet all constraints come before those that don't; the latter are sorted by violation. Each trial is
 * inserted once, by Li, Deb, Zhang & Zhang, "Efficient non-domination level update" (IEEE TEVC 2017), section III, and
 * trials behind more fronts than are ever needed are dropped for good.
 */
import { crowdingDistances, dominates, hypervolume, hypervolumeContributions } from '../../pareto/index.js';
import { KNOWN, type Observations, PENDING } from '../observations.js';
import type { Weighed } from './weighed.js';

/** Number of trials up to which fronts are kept: more than are ever wanted. */
const KEPT = 40;
/** For larger fronts, only this many points with the largest crowding distance are considered. */
const LOOKED_AT = 60;
/** Reference point, in extents of the selected fronts. */
const REFERENCE = 1.1;
/** Minimum weight, relative to the mean. */
const LEAST_WEIGHT = 0.1;
const MOST_WEIGHT = 3;

export class Fronts {
  private fronts: number[][] = [];
  /** Trials that broke a constraint, least violation first. */
  private broken: number[] = [];
  private read = 0;
  private open: number[] = [];
  private chosen: Weighed | null = null;

  /** Returns the good trials, at most `KEPT`. */
  good(observations: Observations, wanted: number): Weighed {
    this.update(observations);
    if (this.chosen?.rows.length === wanted) return this.chosen;
    const rows: number[] = [];
    for (const front of this.fronts) {
      const left = wanted - rows.length;
      if (left <= 0) break;
      const ids = [...front].sort((a, b) => a - b);
      rows.push(...(ids.length <= left ? ids : mostVolume(ids, left, observations.vectors)));
    }
    rows.push(...this.broken.slice(0, Math.max(0, wanted - rows.length)));
    return (this.chosen = { rows: Int32Array.from(rows), weights: weightsOf(rows, observations.vectors) });
  }

  private update(observations: Observations): void {
    const { kinds, violations, count } = observations;
    while (this.read < count) this.open.push(this.read++);
    this.open = this.open.filter((id) => {
      if (kinds[id] === PENDING) return true;
      if (kinds[id] !== KNOWN) return false;
      if (violations[id] === 0) this.insert(id, observations.vectors);
      else this.insertBroken(id, violations);
      return false;
    });
  }

  private insert(id: number, vectors: Observations['vectors']): void {
    const own = vectors[id]!;
    let k = 0;
    while (k < this.fronts.length && this.fronts[k]!.some((other) => dominates(vectors[other]!, own))) k++;
    const before = this.fronts.slice(0, k).reduce((sum, front) => sum + front.length, 0);
    if (this.chosen && before < this.chosen.rows.length) this.chosen = null;
    let moved = [id];
    for (; moved.length > 0; k++) {
      const front = this.fronts[k];
      if (!front) {
        this.fronts.push(moved);
        break;
      }
      const stays: number[] = [];
      const falls: number[] = [];
      for (const other of front) {
        (moved.some((one) => dominates(vectors[one]!, vectors[other]!)) ? falls : stays).push(other);
      }
      this.fronts[k] = stays.concat(moved);
      moved = falls;
    }
    let held = 0;
    const enough = this.fronts.findIndex((front) => (held += front.length) >= KEPT);
    if (enough >= 0) this.fronts.length = enough + 1;
  }

  private insertBroken(id: number, violations: Float64Array): void {
    const at = this.broken.findIndex((other) => {
      return violations[id]! < violations[other]! || (violations[id] === violations[other] && id < other);
    });
    this.broken.splice(at < 0 ? this.broken.length : at, 0, id);
    if (this.broken.length > KEPT) this.broken.length = KEPT;
    this.chosen = null;
  }
}

/** Selects greedily the trials that add the most volume. */
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
  // A point's contribution only shrinks as others are taken: one re-evaluated last and still ahead is the best.
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
  return weights.map((_, i) => Math.max(LEAST_WEIGHT, Math.min(MOST_WEIGHT, shares[i]! / mean)));
}

/**
 * Scales each objective from 0 (the best of these) to 1 (the worst finite one); infinite values lie beyond the
 * reference.
 */
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
      // Halved, because the full width may exceed the largest number.
      const width = highs[j]! / 2 - lows[j]! / 2;
      return width > 0 ? (value / 2 - lows[j]! / 2) / width : 0;
    }),
  );
  return { points, reference: new Float64Array(k).fill(REFERENCE) };
}
