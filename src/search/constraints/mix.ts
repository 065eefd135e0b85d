/**
 * Randomizes an allowed point: after enough moves it is distributed like independent draws conditioned on the
 * constraints. Two kinds of moves alternate, both of which leave that distribution invariant:
 *
 * - Redraw one parameter from its own distribution, truncated to the room that the others leave (Gibbs sampling: Geman
 *   & Geman, IEEE TPAMI 1984).
 * - Move two parameters of one constraint along the line that keeps its sum, anywhere on the chord within all
 *   constraints (hit-and-run: R. L. Smith, Operations Research 32, 1984, with the acceptance of Metropolis et al.
 *   1953). These moves also traverse a narrow band, where no single parameter can move.
 *
 * Parents of conditions keep their values, and so do parameters that no constraint uses.
 */
import { entryOf, setEntry } from '../../protocol/values/records.js';
import type { Params } from '../../protocol/values/index.js';
import { isActive, nearestWithin } from '../space/dimension.js';
import { axesOf, type Axis } from '../space/unit.js';
import type { Dimension, Random, Space } from '../types.js';
import type { Linear } from './linear.js';

/** Number of rounds, each with one move of both kinds for every parameter. */
const ROUNDS = 40;

type Stepped = Extract<Dimension, { kind: 'float' | 'int' }>;

const axes = new WeakMap<readonly Dimension[], Axis[]>();
function axesFor(space: Space): Axis[] {
  let known = axes.get(space.dimensions);
  if (!known) axes.set(space.dimensions, (known = axesOf(space)));
  return known;
}

/** Returns a randomized copy of `params`, which must be allowed. */
export function mixed(space: Space, linear: Linear, params: Params, random: Random): Params {
  const moved = { ...params };
  const free = linear.dimensions.flatMap((d, i) => {
    const moves = linear.rowsOf[i]!.length > 0 && !linear.isParent[i] && d.kind !== 'constant' && isActive(d, params);
    return moves && typeof entryOf(params, d.name) === 'number' ? [i] : [];
  });
  const pairs = pairsOf(linear, free);
  const all = axesFor(space);
  for (let round = 0; round < ROUNDS; round++) {
    for (let n = 0; n < free.length; n++) moveOne(linear, all, free[random.int(free.length)]!, moved, random);
    for (let n = 0; n < Math.min(free.length, pairs.length); n++)
      movePair(linear, pairs[random.int(pairs.length)]!, moved, random);
  }
  return moved;
}

/** Returns the slack of each row; never below 0, which rounding could produce. */
function slack(linear: Linear, r: number, params: Params): number {
  const row = linear.rows[r]!;
  return Math.max(0, row.atMost - linear.sum(row, params));
}

function moveOne(linear: Linear, all: readonly Axis[], i: number, params: Params, random: Random): void {
  const { name } = linear.dimensions[i]!;
  const axis = all[i]!;
  const value = entryOf(params, name) as number;
  let [low, high] = [linear.lows[i]!, linear.highs[i]!];
  for (const [k, r] of linear.rowsOf[i]!.entries()) {
    const factor = linear.factorsOf[i]![k]!;
    const bound = value + slack(linear, r, params) / factor;
    if (factor > 0) high = Math.min(high, bound);
    else low = Math.max(low, bound);
  }
  if (!(low < high)) return;
  setEntry(params, name, axis.count > 0 ? oneOf(axis, low, high, random) : cutTo(axis, low, high, random));
  // Rounding may have left the feasible region.
  if (!linear.allows(params)) setEntry(params, name, value);
}

/** Draws one of the listed values between the two, with the probabilities of an ordinary draw. */
function oneOf(axis: Axis, low: number, high: number, random: Random): number {
  const edges = axis.edges!;
  let total = 0;
  const within: { value: number; width: number }[] = [];
  for (let v = 0; v < axis.count; v++) {
    const value = axis.fromIndex(v) as number;
    if (value < low || value > high) continue;
    const width = edges[v + 1]! - edges[v]!;
    total += width;
    within.push({ value, width });
  }
  let left = random.next() * total;
  for (const { value, width } of within) if ((left -= width) < 0) return value;
  return within.at(-1)?.value ?? NaN;
}

function cutTo(axis: Axis, low: number, high: number, random: Random): number {
  const [from, to] = [axis.toUnit(low), axis.toUnit(high)];
  const value = axis.fromUnit(from + (to - from) * random.next());
  return (nearestWithin(axis.dimension, value as number, low, high) ?? NaN) as number;
}

interface Pair {
  i: number;
  j: number;
  /** Change of each parameter when the pair moves by 1. */
  byI: number;
  byJ: number;
  /** Grain of the pair's moves: whole multiples of this, or any amount if 0. */
  grain: number;
}

/** Returns the pairs of parameters of one constraint that can move against each other without leaving their steps. */
function pairsOf(linear: Linear, free: readonly number[]): Pair[] {
  const pairs: Pair[] = [];
  for (const [r, row] of linear.rows.entries()) {
    const own = free.filter((i) => linear.rowsOf[i]!.includes(r) && /^(float|int)$/.test(linear.dimensions[i]!.kind));
    for (const [at, i] of own.entries()) {
      for (const j of own.slice(at + 1)) {
        const [fi, fj] = [row.factors[row.at.indexOf(i)]!, row.factors[row.at.indexOf(j)]!];
        const grain = grainOf(linear.dimensions[i] as Stepped, linear.dimensions[j] as Stepped, fi, fj);
        // Scaled so that the first parameter changes by 1.
        if (grain !== null) pairs.push({ i, j, byI: 1, byJ: -fi / fj, grain });
      }
    }
  }
  return pairs;
}

function grainOf(a: Stepped, b: Stepped, fa: number, fb: number): number | null {
  if (a.step === null && b.step === null) return 0;
  return a.step !== null && a.step === b.step && Math.abs(fa) === Math.abs(fb) ? a.step : null;
}

function movePair(linear: Linear, { i, j, byI, byJ, grain }: Pair, params: Params, random: Random): void {
  const [a, b] = [linear.dimensions[i] as Stepped, linear.dimensions[j] as Stepped];
  const [x, y] = [entryOf(params, a.name) as number, entryOf(params, b.name) as number];
  let [low, high] = [-Infinity, Infinity];
  const limit = (room: number, rate: number): void => {
    if (rate > 0) high = Math.min(high, room / rate);
    else if (rate < 0) low = Math.max(low, room / rate);
  };
  limit(linear.highs[i]! - x, byI);
  limit(x - linear.lows[i]!, -byI);
  limit(linear.highs[j]! - y, byJ);
  limit(y - linear.lows[j]!, -byJ);
  for (const r of new Set([...linear.rowsOf[i]!, ...linear.rowsOf[j]!])) {
    const factorOf = (d: number): number => linear.factorsOf[d]![linear.rowsOf[d]!.indexOf(r)] ?? 0;
    const rate = factorOf(i) * byI + factorOf(j) * byJ;
    // The pair's own row doesn't change, apart from rounding.
    if (Math.abs(rate) > 1e-12 * (Math.abs(factorOf(i)) + Math.abs(factorOf(j)))) limit(slack(linear, r, params), rate);
  }
  if (!(low <= high)) return;
  let by: number;
  if (grain > 0) {
    const [first, last] = [Math.ceil(low / grain - 1e-9), Math.floor(high / grain + 1e-9)];
    if (!(first < last)) return;
    by = grain * (first + random.int(last - first + 1));
  } else by = low + (high - low) * random.next();
  const to = (d: Stepped, value: number): number => (nearestWithin(d, value, d.low, d.high) ?? NaN) as number;
  const [nextX, nextY] = [to(a, x + by * byI), to(b, y + by * byJ)];
  const place = (atA: number, atB: number): void => {
    setEntry(params, a.name, atA);
    setEntry(params, b.name, atB);
  };
  // On a logarithmic scale the density of a draw falls as 1 / x.
  const ratio = (a.log ? x / nextX : 1) * (b.log ? y / nextY : 1);
  if (!(random.next() < ratio)) return;
  place(nextX, nextY);
  if (!linear.allows(params)) place(x, y);
}
