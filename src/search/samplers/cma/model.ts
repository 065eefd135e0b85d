/**
 * A quadratic model of the loss in the coordinates of the search distribution, fitted by weighted least squares with a
 * small ridge. Each choice adds an offset per value. The fewer the points, the simpler the model.
 */
import { cholesky, solveLower, solveLowerTransposed } from '../../maths/linalg.js';
import type { Place } from './layout.js';

export type Shape = 'linear' | 'diagonal' | 'full';
export const SHAPES: readonly Shape[] = ['linear', 'diagonal', 'full'];

const RIDGE = 1e-6;
/** Number of columns that are multiplied at once. */
const TILE = 3;

export interface Frame {
  shape: Shape;
  /** Origin and units of the coordinates. */
  centre: Float64Array;
  unit: number;
  /** Number of values of each choice. */
  counts: readonly number[];
}

/** Returns the number of coefficients. */
export function sizeOf(n: number, counts: readonly number[], shape: Shape): number {
  const numbers = shape === 'linear' ? 1 + n : shape === 'diagonal' ? 1 + 2 * n : 1 + 2 * n + (n * (n - 1)) / 2;
  return counts.reduce((sum, count) => sum + count, numbers);
}

export class QuadraticModel {
  private readonly z: Float64Array;

  constructor(
    readonly frame: Frame,
    readonly coefficients: Float64Array,
  ) {
    this.z = new Float64Array(frame.centre.length);
  }

  predict({ at, picks }: Place): number {
    const { z, coefficients: c } = this;
    const { shape, centre, unit, counts } = this.frame;
    const n = z.length;
    let sum = c[0]!;
    let f = shape === 'linear' ? 1 + n : 1 + 2 * n;
    for (let i = 0; i < n; i++) {
      const x = (z[i] = (at[i]! - centre[i]!) / unit);
      let slope = c[1 + i]!;
      if (shape !== 'linear') slope += c[1 + n + i]! * x;
      if (shape === 'full') for (let j = 0; j < i; j++) slope += c[f++]! * z[j]!;
      sum += slope * x;
    }
    for (let k = 0; k < counts.length; k++) {
      if (picks[k]! >= 0) sum += c[f + picks[k]!]!;
      f += counts[k]!;
    }
    return sum;
  }

  /**
   * Returns the optimum of the numbers, whatever the choices, not limited to any bounds; null if the model has no
   * minimum.
   */
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

/** Reusable buffers, too large to be reallocated for each fit. */
export class FitSpace {
  rows = new Float64Array(0);
  normal = new Float64Array(0);
  factor = new Float64Array(0);
  /** Length of a row, with up to `TILE` columns of zeros at its end. */
  stride = 0;
  ensure(points: number, p: number): void {
    this.stride = Math.ceil(p / TILE) * TILE;
    if (this.rows.length < points * this.stride) this.rows = new Float64Array(points * this.stride);
    if (this.normal.length < this.stride * this.stride) {
      this.normal = new Float64Array(this.stride * this.stride);
      this.factor = new Float64Array(this.stride * this.stride);
    }
  }
}

/**
 * Fits `losses` at `places`. `withoutOwn(k)` returns the prediction for point k from a fit without it (leave-one-out,
 * in closed form); it is valid until the next fit in the same `space`.
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
  const { rows, normal, factor, stride } = space;
  const right = new Float64Array(p);
  // Scales each row by the root of its weight, so that the normal matrix is the rows' own product.
  for (let k = 0; k < m; k++) {
    const from = k * stride;
    features(frame, places[k]!, rows, from);
    rows.fill(0, from + p, from + stride);
    const root = Math.sqrt(weights[k]!);
    const loss = root * losses[k]!;
    for (let i = 0; i < p; i++) {
      const x = (rows[from + i] = rows[from + i]! * root);
      right[i]! += x * loss;
    }
  }
  products(rows, m, stride, normal);
  let trace = 0;
  for (let i = 0; i < p; i++) trace += normal[i * stride + i]!;
  for (let ridge = RIDGE; ; ridge *= 100) {
    for (let i = 0; i < p; i++) {
      for (let j = 0; j <= i; j++) factor[i * p + j] = normal[i * stride + j]!;
    }
    // The constant is hardly penalized.
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
    for (let i = 0; i < p; i++) fitted += (work[i] = rows[k * stride + i]!) * coefficients[i]!;
    solveLower(factor, p, work);
    let leverage = 0;
    for (let i = 0; i < p; i++) leverage += work[i]! * work[i]!;
    const own = losses[k]!;
    return own - (own - fitted / Math.sqrt(weights[k]!)) / Math.max(1e-6, 1 - leverage);
  };
  return { coefficients, withoutOwn };
}

/**
 * Computes the dot products of all pairs of columns into the lower triangle (and a little beyond); three by three at a
 * time, because memory is the bottleneck.
 */
function products(rows: Float64Array, m: number, stride: number, out: Float64Array): void {
  const end = m * stride;
  for (let i = 0; i < stride; i += TILE) {
    for (let j = 0; j <= i; j += TILE) {
      let [aa, ab, ac, ba, bb, bc, ca, cb, cc] = [0, 0, 0, 0, 0, 0, 0, 0, 0];
      for (let k = 0; k < end; k += stride) {
        const [a, b, c] = [rows[k + i]!, rows[k + i + 1]!, rows[k + i + 2]!];
        const [x, y, z] = [rows[k + j]!, rows[k + j + 1]!, rows[k + j + 2]!];
        aa += a * x;
        ab += a * y;
        ac += a * z;
        ba += b * x;
        bb += b * y;
        bc += b * z;
        ca += c * x;
        cb += c * y;
        cc += c * z;
      }
      const at = i * stride + j;
      [out[at], out[at + 1], out[at + 2]] = [aa, ab, ac];
      [out[at + stride], out[at + stride + 1], out[at + stride + 2]] = [ba, bb, bc];
      [out[at + 2 * stride], out[at + 2 * stride + 1], out[at + 2 * stride + 2]] = [ca, cb, cc];
    }
  }
}

function features({ shape, centre, unit, counts }: Frame, { at, picks }: Place, phi: Float64Array, from: number): void {
  const n = centre.length;
  let f = from;
  phi[f++] = 1;
  const first = f;
  for (let i = 0; i < n; i++) phi[f++] = (at[i]! - centre[i]!) / unit;
  if (shape !== 'linear') for (let i = 0; i < n; i++) phi[f++] = phi[first + i]! * phi[first + i]!;
  if (shape === 'full') {
    for (let i = 1; i < n; i++) for (let j = 0; j < i; j++) phi[f++] = phi[first + i]! * phi[first + j]!;
  }
  for (let c = 0; c < counts.length; c++) {
    for (let k = 0; k < counts[c]!; k++) phi[f++] = picks[c] === k ? 1 : 0;
  }
}

/** Returns the rank correlation of two lists of equal length (Kendall's tau-a), from -1 to 1. */
export function kendall(a: readonly number[], b: readonly number[]): number {
  let [sum, pairs] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < i; j++, pairs++) sum += Math.sign(a[i]! - a[j]!) * Math.sign(b[i]! - b[j]!);
  }
  return pairs ? sum / pairs : 0;
}
