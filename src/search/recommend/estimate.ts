/**
 * Estimates the expected value of the most promising trials if they were run again, from all trials near them: a
 * Gaussian process (gp/) over the parameters, including conditional ones.
 *
 * - Candidates are the `CANDIDATES` trials with the best measured means.
 * - First, noise is tested for: a model without noise and one with noise are fitted to the trials nearest to the
 *   candidates, and the likelier one is used. On its own that would mistake a function that is hard to model for a
 *   noisy one, and the best trial for a lucky one. Noise must therefore also be visible: in repeats that differ, or in
 *   close neighbours that differ as much as trials farther apart. The range of these trials is stretched to [0, 1],
 *   because a prior meant for the whole space takes variation within a small part of it for noise.
 * - With noise, the same number of other trials is added, because only distant trials show the overall trend. No trial
 *   is ever selected by its value: that would favour lucky ones.
 * - Values much worse than the median say nothing about the best and are clipped: to the median plus `REACH` times its
 *   distance from the best. A mean of k measurements has a k-th of the noise variance.
 *
 * The constants were tuned on a sphere, Rosenbrock's and Ackley's functions and one with an edge, with 30 to 1,000
 * trials.
 */
import { ABSENT, fitGp, type ColumnKind, type Gp } from '../gp/index.js';
import { log } from '../maths/numeric.js';
import type { Space } from '../types.js';
import { axesOf } from '../space/unit.js';
import type { Measured } from './measured.js';
import { entryOf } from '../../protocol/values/records.js';

const CANDIDATES = 30;
/** Number of trials that are all used; of more, this many near ones and as many others. */
const FEW = 150;
const NEAR = 75;
/** Minimum number of trials that can show noise. */
const LEAST = 5;
const REACH = 2;
/** Log likelihood ratio by which the model with noise must win. */
const DOUBT = 2;
/**
 * Priors (likelihood.ts): smoother than a sampler should believe, because with short length scales noise passes for
 * shape.
 */
const SMOOTH = { scaleShift: 0, noise: 1e-4, noiseSd: 3 };
const EXACT = { ...SMOOTH, noise: 1e-6, noiseSd: 0.2 };

/**
 * Number of neighbour pairs examined for noise, of rows they come from, and the share of it that their median must
 * reach.
 */
const PAIRS = 15;
const LATEST = 600;
const ALIKE = 0.6;
/** Maximum distance of neighbours that can show noise, as a share of each axis … */
const CLOSE = 0.01;
/**
 * … and the multiples of that distance at which values may differ only slightly more: by less than the multiple to this
 * power.
 */
const FARTHER = [3, 8] as const;
const GROWTH = 0.3;

export interface Estimated {
  of: Measured;
  /** Estimated mean, as a loss to minimise. */
  mean: number;
  sd: number;
}

export interface Estimates {
  /** Trials, most promising first. */
  ranked: Estimated[];
  /** Standard deviation of one measurement. */
  noise: number;
}

/** Measured trials, best means first; positions on the axes by row and column. */
interface Table {
  ranked: readonly Measured[];
  places: Float64Array;
  kinds: readonly ColumnKind[];
}

/**
 * Fits the estimates to `measured` trials with finite losses of one objective; `certain` means that noise is known to
 * exist. Returns null if the model adds nothing to the means.
 */
export function estimate(space: Space, measured: readonly Measured[], certain = false): Estimates | null {
  const table = tableOf(space, measured);
  const { ranked, kinds } = table;
  if (ranked.length < LEAST || kinds.length === 0) return null;
  if (ranked[0]!.losses[0] === ranked.at(-1)!.losses[0]) return null;
  const candidates = Math.min(CANDIDATES, ranked.length);
  const near = ranked.length <= FEW ? Array.from(ranked.keys()) : nearTo(candidates, table);
  let fitted = fit(near, table, EXACT);
  const noisy = fit(near, table);
  let exact = true;
  const shown = noisy.gp.cost < fitted.gp.cost - DOUBT && neighboursShow(Math.sqrt(noisy.gp.noise), table);
  if (certain || shown || measured.some(({ varied }) => varied)) {
    fitted = near.length < ranked.length ? fit(withOthers(near, ranked), table) : noisy;
    exact = false;
  }
  const { gp, x } = fitted;
  // The candidates are the first rows.
  const found = ranked.slice(0, candidates).map((of, i): Estimated => {
    const { mean, variance } = gp.predict(x.subarray(i * kinds.length, (i + 1) * kinds.length));
    return { of, mean: exact ? of.losses[0]! : mean, sd: Math.sqrt(variance) };
  });
  // Without noise the measured values themselves are exact.
  if (!exact) found.sort((a, b) => a.mean - b.mean || a.of.trial.id - b.of.trial.id);
  return { ranked: found, noise: Math.sqrt(gp.noise) };
}

/** Two rows, and the square of their distance. */
interface NearPair {
  apart: number;
  pair: [number, number];
}

/** Returns whether close neighbours show noise of this standard deviation rather than ruggedness. */
function neighboursShow(noise: number, table: Table): boolean {
  const rows = latest(table);
  const nearest = nearestPairs(rows, table).slice(0, PAIRS);
  if (nearest.length < PAIRS) return false;
  const differences = nearest.map(({ pair }) => difference(pair, table));
  return !refuted(noise, differences) && neighboursVary(rows, nearest, table);
}

/** Returns by how much the losses of two rows differ. */
function difference([i, j]: [number, number], { ranked }: Table): number {
  return Math.abs(ranked[i]!.losses[0]! - ranked[j]!.losses[0]!);
}

/**
 * Returns whether neighbours differ too little for noise with this standard deviation: the difference of two trials at
 * one place would have a standard deviation of `√2` times it, and a median of 0.95 of it. What the model takes for
 * noise is then ruggedness.
 */
function refuted(noise: number, differences: readonly number[]): boolean {
  return median([...differences]) < ALIKE * noise;
}

/**
 * Returns whether trials differ as much from their nearest neighbours as from others a few times as far away, which a
 * function that is smooth at this scale cannot do. Neighbours farther apart than `CLOSE` show nothing: a function may
 * have many minima between them.
 */
function neighboursVary(rows: readonly number[], nearest: readonly NearPair[], table: Table): boolean {
  const { kinds } = table;
  const near = Math.sqrt(nearest[PAIRS >> 1]!.apart);
  const vary = median(nearest.map(({ pair }) => difference(pair, table)));
  if (vary === 0 || near > CLOSE * Math.sqrt(kinds.length)) return false;
  if (near === 0) return true;
  const gaps: number[] = [];
  const apart: number[] = [];
  for (const [at, i] of rows.entries()) {
    for (let before = 0; before < at; before++) {
      const distance = Math.sqrt(squaredDistance(i, rows[before]!, table));
      if (distance < FARTHER[0] * near || distance > FARTHER[1] * near) continue;
      gaps.push(difference([i, rows[before]!], table));
      apart.push(distance);
    }
  }
  if (gaps.length < PAIRS) return false;
  return log(median(gaps) / vary) < GROWTH * log(median(apart) / near);
}

const latest = ({ ranked }: Table): number[] =>
  Array.from(ranked.keys())
    .sort((i, j) => ranked[j]!.trial.id - ranked[i]!.trial.id)
    .slice(0, LATEST);

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!;
}

/** Pairs each row with the nearest earlier one, nearest pairs first; `apart` is the squared distance. */
function nearestPairs(rows: readonly number[], table: Table): NearPair[] {
  const pairs: NearPair[] = [];
  for (const [at, i] of rows.entries()) {
    if (at === 0) continue;
    let [nearest, least] = [-1, Infinity];
    for (let before = 0; before < at; before++) {
      const apart = squaredDistance(i, rows[before]!, table, least);
      if (apart < least) [nearest, least] = [rows[before]!, apart];
    }
    pairs.push({ apart: least, pair: [i, nearest] });
  }
  return pairs.sort((a, b) => a.apart - b.apart);
}

/** Returns the squared distance of two rows on the axes of the space; stops summing beyond `enough`. */
function squaredDistance(i: number, j: number, { places, kinds }: Table, enough = Infinity): number {
  const d = kinds.length;
  let sum = 0;
  for (let k = 0; k < d && sum < enough; k++) {
    const [a, b] = [places[i * d + k]!, places[j * d + k]!];
    const difference = kinds[k] === 'category' || a === ABSENT || b === ABSENT ? (a === b ? 0 : 1) : a - b;
    sum += difference * difference;
  }
  return sum;
}

function tableOf(space: Space, measured: readonly Measured[]): Table {
  const ranked = [...measured].sort((a, b) => a.losses[0]! - b.losses[0]! || a.trial.id - b.trial.id);
  const axes = axesOf(space).filter((axis) => axis.count !== 1);
  const kinds = axes.map(({ ordered, dimension }): ColumnKind => {
    return !ordered ? 'category' : dimension.when ? 'optional' : 'ordered';
  });
  const places = new Float64Array(ranked.length * axes.length);
  for (const [i, { trial }] of ranked.entries()) {
    for (const [j, axis] of axes.entries()) {
      const value = entryOf(trial.params, axis.dimension.name);
      const at = value === undefined ? ABSENT : axis.ordered ? axis.toUnit(value) : axis.indexOf(value);
      places[i * axes.length + j] = at;
    }
  }
  return { ranked, places, kinds };
}

function fit(rows: readonly number[], { ranked, places, kinds }: Table, prior = SMOOTH): { gp: Gp; x: Float64Array } {
  const d = kinds.length;
  const x = new Float64Array(rows.length * d);
  for (const [r, i] of rows.entries()) x.set(places.subarray(i * d, (i + 1) * d), r * d);
  enlarge(x, kinds);
  const losses = rows.map((i) => ranked[i]!.losses[0]!);
  const [best, median] = [losses[0]!, losses[losses.length >> 1]!];
  const worst = median > best ? median + REACH * (median - best) : Infinity;
  const y = Float64Array.from(losses, (loss) => Math.min(loss, worst));
  const noisier = Float64Array.from(rows, (i) => 1 / ranked[i]!.count);
  return { gp: fitGp({ x, y, kinds, noisier, prior }), x };
}

/** Returns the first `candidates` rows and, in turn, the next nearest row to each of them; in ascending order. */
function nearTo(candidates: number, table: Table): number[] {
  const { ranked } = table;
  const chosen = new Set<number>(Array.from({ length: candidates }, (_, i) => i));
  const distances = new Float64Array(ranked.length);
  for (let c = 0; c < candidates; c++) {
    for (let i = 0; i < ranked.length; i++) distances[i] = squaredDistance(c, i, table);
    const wanted = candidates + Math.round(((NEAR - candidates) * (c + 1)) / candidates);
    while (chosen.size < wanted) {
      let nearest = -1;
      for (let i = 0; i < distances.length; i++) {
        if (chosen.has(i) || (nearest >= 0 && distances[i]! >= distances[nearest]!)) continue;
        nearest = i;
      }
      chosen.add(nearest);
    }
  }
  return [...chosen].sort((a, b) => a - b);
}

/** Adds rows evenly from all others, in the order in which they were tried. */
function withOthers(rows: readonly number[], ranked: readonly Measured[]): number[] {
  const chosen = new Set(rows);
  const others = Array.from(ranked.keys()).filter((i) => !chosen.has(i));
  others.sort((a, b) => ranked[a]!.trial.id - ranked[b]!.trial.id);
  const wanted = Math.min(others.length, FEW - rows.length);
  for (let k = 0; k < wanted; k++) chosen.add(others[Math.floor((k * others.length) / wanted)]!);
  return [...chosen].sort((a, b) => a - b);
}

/** Stretches the rows' range to [0, 1]. */
function enlarge(x: Float64Array, kinds: readonly ColumnKind[]): void {
  const d = kinds.length;
  for (const [j, kind] of kinds.entries()) {
    if (kind === 'category') continue;
    let [low, high] = [Infinity, -Infinity];
    for (let p = j; p < x.length; p += d) {
      if (x[p] === ABSENT) continue;
      low = Math.min(low, x[p]!);
      high = Math.max(high, x[p]!);
    }
    if (!(high > low)) continue;
    for (let p = j; p < x.length; p += d) if (x[p] !== ABSENT) x[p] = (x[p]! - low) / (high - low);
  }
}
