/**
 * A quadratic model of the loss around the search's own distribution, fitted by weighted least squares with a little
 * ridge. Choices take part with a level of their own each. The fewer points, the simpler the model.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../../linalg.js';
import type { Place } from './layout.js';

export type Shape = 'linear' | 'diagonal' | 'full';
export const SHAPES: readonly Shape[] = ['linear', 'diagonal', 'full'];

const RIDGE = 1e-6;

export interface Frame {
  shape: Shape;
  /** Coordinates are taken from here, in these units. */
  centre: Float64Array;
  unit: number;
  /** How many values each choice has. */
  counts: readonly number[];
}

/** Number of coefficients. */
export function sizeOf(n: number, counts: readonly number[], shape: Shape): number {
  const numbers = shape === 'linear' ? 1 + n : shape === 'diagonal' ? 1 + 2 * n : 1 + 2 * n + (n * (n - 1)) / 2;
  return counts.reduce((sum, count) => sum + count, numbers);
}

export class QuadraticModel {
  private readonly phi: Float64Array;

  constructor(
    readonly frame: Frame,
    readonly coefficients: Float64Array,
  ) {
    this.phi = new Float64Array(coefficients.length);
  }

  predict(place: Place): number {
    const { phi, coefficients } = this;
    features(this.frame, place, phi);
    let sum = 0;
    for (let i = 0; i < phi.length; i++) sum += phi[i]! * coefficients[i]!;
    return sum;
  }

  /** Where the numbers are best, whatever the choices; null where the model has no bottom. Not held to any bounds. */
  bottom(): Float64Array | null {
    const { shape, centre, unit } = this.frame;
    const n = centre.length;
    if (shape === 'linear' || n === 0) return null;
    const curvature = new Float64Array(n * n);
    const step = new Float64Array(n);
    for (let i = 0, f = 1 + 2 * n; i < n; i++) {
      step[i] = -this.coefficients[1 + i]!;
      curvature[i * n + i] = 2 * this.coefficients[1 + n + i]!;
      for (let j = 0; j < i && shape === 'full'; j++) curvature[i * n + j] = this.coefficients[f++]!;
    }
    if (!cholesky(curvature, n)) return null;
    solveLower(curvature, n, step);
    solveLowerTransposed(curvature, n, step);
    return step.map((x, i) => centre[i]! + unit * x);
  }
}

/** Kept from fit to fit: they are too large to be thrown away each time. */
export class FitSpace {
  rows = new Float64Array(0);
  normal = new Float64Array(0);
  factor = new Float64Array(0);
  ensure(points: number, p: number): void {
    // Rows come in fours.
    if (this.rows.length < (points + 3) * p) this.rows = new Float64Array((points + 3) * p);
    if (this.normal.length < p * p) {
      this.normal = new Float64Array(p * p);
      this.factor = new Float64Array(p * p);
    }
  }
}

/**
 * Fits `losses` at `places`. `withoutOwn(k)` is what the model would say of point k had it not been told of it
 * (leave-one-out, in closed form); it holds until the next fit in the same `space`.
 */
export function fitModel(
  frame: Frame,
  places: readonly Place[],
  losses: Float64Array,
  weights: Float64Array,
  space: FitSpace,
) {
  const m = places.length;
  const p = sizeOf(frame.centre.length, frame.counts, frame.shape);
  space.ensure(m, p);
  const { rows, normal, factor } = space;
  const right = new Float64Array(p);
  normal.fill(0, 0, p * p);
  // Each row times the root of its weight: then the normal matrix is the rows' own product.
  for (let k = 0; k < m; k++) {
    const phi = rows.subarray(k * p, k * p + p);
    features(frame, places[k]!, phi);
    const root = Math.sqrt(weights[k]!);
    const loss = root * losses[k]!;
    for (let i = 0; i < p; i++) {
      phi[i] = phi[i]! * root;
      right[i] = right[i]! + phi[i]! * loss;
    }
  }
  rows.fill(0, m * p, (m + 3) * p);
  for (let k = 0; k < m; k += 4) addFour(normal, rows, k * p, p);
  let trace = 0;
  for (let i = 0; i < p; i++) trace += normal[i * p + i]!;
  for (let ridge = RIDGE; ; ridge *= 100) {
    for (let i = 0; i < p * p; i++) factor[i] = normal[i]!;
    // The constant pays nothing for its size.
    for (let i = 0; i < p; i++) factor[i * p + i]! += (i === 0 ? 1e-4 : 1) * ridge * Math.max(1e-12, trace / p);
    if (cholesky(factor, p)) break;
    if (!(ridge < 1e6)) return null;
  }
  const coefficients = right.slice();
  solveLower(factor, p, coefficients);
  solveLowerTransposed(factor, p, coefficients);
  const work = new Float64Array(p);
  const withoutOwn = (k: number): number => {
    let fitted = 0;
    for (let i = 0; i < p; i++) fitted += (work[i] = rows[k * p + i]!) * coefficients[i]!;
    solveLower(factor, p, work);
    let leverage = 0;
    for (let i = 0; i < p; i++) leverage += work[i]! * work[i]!;
    const own = losses[k]!;
    return own - (own - fitted / Math.sqrt(weights[k]!)) / Math.max(1e-6, 1 - leverage);
  };
  return { coefficients, withoutOwn };
}

/** Adds the products of four rows, from index `from` on, to the lower triangle; at once, as memory is the bottleneck. */
function addFour(normal: Float64Array, rows: Float64Array, from: number, p: number): void {
  const [a, b, c, d] = [from, from + p, from + 2 * p, from + 3 * p];
  for (let i = 0; i < p; i++) {
    const [x, y, z, w] = [rows[a + i]!, rows[b + i]!, rows[c + i]!, rows[d + i]!];
    const row = i * p;
    for (let j = 0; j <= i; j++) {
      normal[row + j] =
        normal[row + j]! + (x * rows[a + j]! + y * rows[b + j]! + (z * rows[c + j]! + w * rows[d + j]!));
    }
  }
}

function features({ shape, centre, unit, counts }: Frame, { at, picks }: Place, phi: Float64Array): void {
  const n = centre.length;
  let f = 1;
  phi[0] = 1;
  for (let i = 0; i < n; i++) phi[f++] = (at[i]! - centre[i]!) / unit;
  if (shape !== 'linear') for (let i = 1; i <= n; i++) phi[f++] = phi[i]! * phi[i]!;
  if (shape === 'full') for (let i = 2; i <= n; i++) for (let j = 1; j < i; j++) phi[f++] = phi[i]! * phi[j]!;
  for (const [c, count] of counts.entries()) for (let k = 0; k < count; k++) phi[f++] = picks[c] === k ? 1 : 0;
}

/** Rank correlation of two lists of equal length (Kendall's tau-a), from -1 to 1. */
export function kendall(a: readonly number[], b: readonly number[]): number {
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++, pairs++) sum += Math.sign(a[i]! - a[j]!) * Math.sign(b[i]! - b[j]!);
  }
  return pairs ? sum / pairs : 0;
}
