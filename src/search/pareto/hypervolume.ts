/**
 * Hypervolume: the volume of the part of the box below a reference point that a set of points dominates (all
 * minimised). Exact.
 *
 * One objective: a length. Two: a sweep. Three: a sweep over slices, each of which changes the area of the previous one
 * (Fonseca, Paquete & López-Ibáñez, "An Improved Dimension-Sweep Algorithm for the Hypervolume Indicator", CEC 2006,
 * with a sorted list in place of the tree). More: the exclusive volumes of While, Bradstreet & Barone, "A Fast Way of
 * Calculating Exact Hypervolumes" (IEEE TEC 2012), section III, on the points sorted by their last objective.
 */
import { paretoFront, type Point } from './dominance.js';

/**
 * Returns the hypervolume. Points not below the reference in every objective add nothing; an objective of -Infinity
 * makes it Infinity.
 */
export function hypervolume(points: readonly Point[], reference: Point): number {
  const below = insideOf(points, reference);
  if (below.some((gaps) => gaps.includes(Infinity))) return Infinity;
  return volume(maximal(below));
}

/** Returns how much the volume would shrink without each point; 0 for dominated points and for duplicates. */
export function hypervolumeContributions(points: readonly Point[], reference: Point): Float64Array {
  const shares = new Float64Array(points.length);
  const gaps = points.map((point) => insideOf([point], reference)[0] ?? null);
  const inside = gaps.flatMap((own, i) => (own ? [i] : []));
  for (const i of inside) {
    const own = gaps[i]!;
    const others = inside.filter((j) => j !== i).map((j) => gaps[j]!);
    if (others.some((other) => other.every((x, k) => x >= own[k]!))) continue;
    shares[i] = own.includes(Infinity) ? Infinity : exclusive(own, others);
  }
  return shares;
}

/** Returns the points as distances below the reference, all above 0: from here on larger is better. */
function insideOf(points: readonly Point[], reference: Point): Float64Array[] {
  const inside: Float64Array[] = [];
  for (const point of points) {
    const gaps = Float64Array.from(reference, (r, k) => r - point[k]!);
    if (gaps.every((gap) => gap > 0)) inside.push(gaps);
  }
  return inside;
}

function maximal(gaps: Float64Array[]): Float64Array[] {
  return paretoFront(gaps.map((own) => own.map((x) => -x))).map((i) => gaps[i]!);
}

/** Returns the volume that `own` dominates and none of the others does. */
function exclusive(own: Float64Array, others: readonly Float64Array[]): number {
  const limited = others.map((other) => other.map((x, k) => Math.min(x, own[k]!)));
  return own.reduce((product, x) => product * x, 1) - volume(maximal(limited));
}

/** Returns the volume of non-dominated `gaps`. */
function volume(gaps: Float64Array[]): number {
  if (gaps.length === 0) return 0;
  const objectives = gaps[0]!.length;
  if (gaps.length === 1) return gaps[0]!.reduce((product, x) => product * x, 1);
  if (objectives === 1) return Math.max(...gaps.map((own) => own[0]!));
  if (objectives === 2) return area(gaps);
  if (objectives === 3) return slices(gaps);
  // Smallest last objective first: the points limited by it then share that value, which saves one dimension.
  const sorted = [...gaps].sort((a, b) => a[objectives - 1]! - b[objectives - 1]!);
  let sum = 0;
  for (const [i, own] of sorted.entries()) {
    const height = own[objectives - 1]!;
    const rest = sorted.slice(i + 1).map((other) => other.subarray(0, objectives - 1));
    sum += height * exclusive(own.subarray(0, objectives - 1), rest);
  }
  return sum;
}

function area(gaps: Float64Array[]): number {
  const sorted = [...gaps].sort((a, b) => b[0]! - a[0]!);
  let [sum, height] = [0, 0];
  for (const [x, y] of sorted as unknown as [number, number][]) {
    if (y <= height) continue;
    sum += x * (y - height);
    height = y;
  }
  return sum;
}

function slices(gaps: Float64Array[]): number {
  const sorted = [...gaps].sort((a, b) => b[2]! - a[2]!);
  // The outline of the slice: x decreases, y increases.
  const [xs, ys]: [number[], number[]] = [[], []];
  let [sum, covered] = [0, 0];
  for (const [i, own] of sorted.entries()) {
    covered += widen(xs, ys, own[0]!, own[1]!);
    const down = i + 1 < sorted.length ? sorted[i + 1]![2]! : 0;
    sum += covered * (own[2]! - down);
  }
  return sum;
}

/** Adds a point to the outline; returns the area gained. */
function widen(xs: number[], ys: number[], x: number, y: number): number {
  let at = 0;
  while (at < xs.length && xs[at]! > x) at++;
  // Points before `at` reach further in x: one of them may be as high.
  const floor = at > 0 ? ys[at - 1]! : 0;
  if (floor >= y || (at < xs.length && xs[at] === x && ys[at]! >= y)) return 0;
  let [gain, end, low] = [0, at, floor];
  while (end < xs.length && ys[end]! <= y) {
    gain += (x - xs[end]!) * (ys[end]! - low);
    low = ys[end]!;
    end++;
  }
  gain += (x - (end < xs.length ? xs[end]! : 0)) * (y - low);
  xs.splice(at, end - at, x);
  ys.splice(at, end - at, y);
  return gain;
}
