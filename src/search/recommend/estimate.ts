/**
 * What the most promising trials are expected to give if they were run again, from all that was tried near them: a
 * Gaussian process (gp/) over the parameters, conditional ones too.
 *
 * - Candidates are the `CANDIDATES` trials with the best measured means.
 * - First the question whether there is noise: to the trials nearest to the candidates a model without noise and one
 *   with noise are fitted, and the likelier one is right. A function that is only hard to model would else pass for a
 *   noisy one, and the best trial for a lucky one. Noise must therefore also be shown: by repeats that differ, or by
 *   close neighbours that differ as much as trials farther apart. The range of these trials is enlarged
 *   to [0, 1], since a prior made for all of the space takes what varies within a small part of it for noise.
 * - With noise, as many others are added, for how the function goes shows only from afar. No trial is ever chosen by its
 *   value: what was lucky would be believed.
 * - Values much worse than the middle say nothing about the best and are clipped: to the median plus `REACH` times its
 *   distance from the best. A mean of k measurements has a k-th of the noise's variance.
 *
 * Numbers were settled on a sphere, Rosenbrock's and Ackley's functions and one with an edge, of 30 to 1,000 trials.
 */
import { ABSENT, fitGp, type ColumnKind, type Gp } from '../gp/index.js';
import { log } from '../maths/numeric.js';
import type { Space } from '../types.js';
import { axesOf } from '../space/unit.js';
import type { Measured } from './measured.js';
import { entryOf } from '../../protocol/records.js';

const CANDIDATES = 30;
/** Trials that are all looked at, else so many near ones and as many others. */
const FEW = 150;
const NEAR = 75;
/** Fewer trials say nothing about noise. */
const LEAST = 5;
const REACH = 2;
/** So much likelier (in the logarithm) must the one with noise be. */
const DOUBT = 2;
/** Of length scales (likelihood.ts): smoother than a sampler should believe, for with short ones noise passes for shape. */
const SMOOTH = { scaleShift: 0, noise: 1e-4, noiseSd: 3 };
const EXACT = { ...SMOOTH, noise: 1e-6, noiseSd: 0.2 };

/** Pairs of neighbours that are looked at for noise, and the share of it that their median must reach. */
const PAIRS = 15;
const LATEST = 600;
const ALIKE = 0.6;
/** Neighbours show noise when no farther apart than this share of each axis … */
const CLOSE = 0.01;
/** … and when values differ hardly more at so many times the distance: by less than the distance to this power. */
const FARTHER = [3, 8] as const;
const GROWTH = 0.3;

export interface Estimated {
  of: Measured;
  /** As something to be made small. */
  mean: number;
  sd: number;
}

export interface Estimates {
  /** The most promising first. */
  ranked: Estimated[];
  /** Standard deviation of one measurement. */
  noise: number;
}

/** Best measured means first; by row and column the place on the axis. */
interface Table {
  ranked: readonly Measured[];
  places: Float64Array;
  kinds: readonly ColumnKind[];
}

/** `measured` with finite losses of one objective; `certain`: there is noise. Null: that says nothing beyond the means. */
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
  const likelier = noisy.gp.cost < fitted.gp.cost - DOUBT && !refuted(Math.sqrt(noisy.gp.noise), table);
  if (certain || (likelier && neighboursVary(table)) || measured.some(({ varied }) => varied)) {
    fitted = near.length < ranked.length ? fit(withOthers(near, ranked), table) : noisy;
    exact = false;
  }
  const { gp, x } = fitted;
  // They are the first of the rows.
  const found = ranked.slice(0, candidates).map((of, i): Estimated => {
    const { mean, variance } = gp.predict(x.subarray(i * kinds.length, (i + 1) * kinds.length));
    return { of, mean: exact ? of.losses[0]! : mean, sd: Math.sqrt(variance) };
  });
  // Without noise the values themselves are right, to the last digit.
  if (!exact) found.sort((a, b) => a.mean - b.mean || a.of.trial.id - b.of.trial.id);
  return { ranked: found, noise: Math.sqrt(gp.noise) };
}

/**
 * Whether neighbours differ too little for noise of this deviation: two trials at one place differ by at least it times
 * `√2`, their median by 0.95 of it. What the model takes for noise is then ruggedness.
 */
function refuted(noise: number, table: Table): boolean {
  const { ranked } = table;
  const pairs = closest(PAIRS, table);
  if (pairs.length < PAIRS) return false;
  const apart = pairs.map(([i, j]) => Math.abs(ranked[i]!.losses[0]! - ranked[j]!.losses[0]!));
  return apart.sort((a, b) => a - b)[apart.length >> 1]! < ALIKE * noise;
}

/**
 * Whether trials differ as much from their nearest neighbours as from others a few times as far away, which no function
 * does that is smooth at this scale. Neighbours farther apart than `CLOSE` show nothing: a function may have many minima
 * between them.
 */
function neighboursVary(table: Table): boolean {
  const { ranked, kinds } = table;
  const rows = latest(table);
  const gap = ([i, j]: [number, number]): number => Math.abs(ranked[i]!.losses[0]! - ranked[j]!.losses[0]!);
  const nearest = nearestPairs(rows, table).slice(0, PAIRS);
  if (nearest.length < PAIRS) return false;
  const near = Math.sqrt(nearest[PAIRS >> 1]!.apart);
  const vary = median(nearest.map(({ pair }) => gap(pair)));
  if (vary === 0 || near > CLOSE * Math.sqrt(kinds.length)) return false;
  if (near === 0) return true;
  const gaps: number[] = [];
  const apart: number[] = [];
  for (const [at, i] of rows.entries()) {
    for (let before = 0; before < at; before++) {
      const distance = Math.sqrt(squaredDistance(i, rows[before]!, table));
      if (distance < FARTHER[0] * near || distance > FARTHER[1] * near) continue;
      gaps.push(gap([i, rows[before]!]));
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

/** Of the latest rows, so many with their nearest neighbours, the nearest first. */
function closest(count: number, table: Table): [number, number][] {
  return nearestPairs(latest(table), table)
    .slice(0, count)
    .map(({ pair }) => pair);
}

/** Each row with the nearest of those before it, the nearest pairs first; `apart` is the squared distance. */
function nearestPairs(rows: readonly number[], table: Table): { apart: number; pair: [number, number] }[] {
  const pairs: { apart: number; pair: [number, number] }[] = [];
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

/** Of two rows on the axes of the space; beyond `enough` the sum is given up. */
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

/** The first `candidates` rows and in turn what is next nearest to each of them; in ascending order. */
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

/** Evenly from all others, in the order in which they were tried. */
function withOthers(rows: readonly number[], ranked: readonly Measured[]): number[] {
  const chosen = new Set(rows);
  const others = Array.from(ranked.keys()).filter((i) => !chosen.has(i));
  others.sort((a, b) => ranked[a]!.trial.id - ranked[b]!.trial.id);
  const wanted = Math.min(others.length, FEW - rows.length);
  for (let k = 0; k < wanted; k++) chosen.add(others[Math.floor((k * others.length) / wanted)]!);
  return [...chosen].sort((a, b) => a - b);
}

/** The rows' range becomes [0, 1]. */
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
