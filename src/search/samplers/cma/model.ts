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

/**
 * Fits `losses` at `places`. `withoutOwn(k)` is what the model would say of point k had it not been told of it
 * (leave-one-out, in closed form).
 */
export function fitModel(frame: Frame, places: readonly Place[], losses: Float64Array, weights: Float64Array) {
  const p = sizeOf(frame.centre.length, frame.counts, frame.shape);
  const rows = new Float64Array(places.length * p);
  const normal = new Float64Array(p * p);
  const right = new Float64Array(p);
  for (const [k, place] of places.entries()) {
    const phi = rows.subarray(k * p, k * p + p);
    features(frame, place, phi);
    const w = weights[k]!;
    for (let i = 0; i < p; i++) {
      const x = w * phi[i]!;
      if (x === 0) continue;
      const row = i * p;
      right[i]! += x * losses[k]!;
      for (let j = 0; j <= i; j++) normal[row + j]! += x * phi[j]!;
    }
  }
  let trace = 0;
  for (let i = 0; i < p; i++) trace += normal[i * p + i]!;
  let factor: Float64Array;
  for (let ridge = RIDGE; ; ridge *= 100) {
    factor = normal.slice();
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
    const phi = rows.subarray(k * p, k * p + p);
    let fitted = 0;
    for (let i = 0; i < p; i++) fitted += phi[i]! * coefficients[i]!;
    work.set(phi);
    solveLower(factor, p, work);
    let leverage = 0;
    for (let i = 0; i < p; i++) leverage += work[i]! * work[i]!;
    const own = losses[k]!;
    return own - (own - fitted) / Math.max(1e-6, 1 - leverage * weights[k]!);
  };
  return { coefficients, withoutOwn };
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
