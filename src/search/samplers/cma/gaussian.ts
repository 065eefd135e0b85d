/**
 * The normal distribution that CMA-ES searches with, and its updates: N. Hansen, "The CMA Evolution Strategy: A
 * Tutorial" (arXiv 1604.00772), figure 6, with negative weights. Points that it did not draw itself may take part (N.
 * Hansen, "Injecting External Solutions Into CMA-ES", arXiv 1110.4181): their steps are shortened to a likely length.
 *
 * `scales` are the factors by which CMA-ES with margin widens the axes of integers; otherwise they are 1.
 */
import { exp, log } from '../../maths/numeric.js';
import type { Random } from '../../types.js';
import { eigen } from './eigen.js';
import type { Rates } from './weights.js';

/** Maximum ratio between the standard deviations of the distribution's axes. */
const MOST_UNEVEN = 1e7;

/** Sum of learning rates over generations after which the eigenvectors are recomputed. */
const LEARNED = 0.1;

export interface Member {
  at: Float64Array;
  /** True if the point was not drawn from this very distribution. */
  foreign: boolean;
}

export class Gaussian {
  generation = 0;
  readonly scales: Float64Array;
  readonly covariance: Float64Array;
  readonly pathSigma: Float64Array;
  readonly pathC: Float64Array;
  private readonly axes: Float64Array;
  private readonly deviations: Float64Array;
  private readonly typical: number;
  private readonly work: Float64Array;
  private readonly shift: Float64Array;
  private readonly white: Float64Array;
  /** Steps of a generation, row by row. */
  private steps = new Float64Array(0);
  /** Generations since the last eigendecomposition. */
  private stale = 0;

  constructor(
    readonly mean: Float64Array,
    public sigma: number,
    covariance?: Float64Array,
  ) {
    const n = mean.length;
    this.scales = new Float64Array(n).fill(1);
    this.covariance = covariance ?? identity(n);
    this.pathSigma = new Float64Array(n);
    this.pathC = new Float64Array(n);
    this.axes = identity(n);
    this.deviations = new Float64Array(n).fill(1);
    this.work = new Float64Array(n);
    this.shift = new Float64Array(n);
    this.white = new Float64Array(n);
    this.typical = Math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n));
    if (covariance) this.decompose();
  }

  draw(random: Random, at: Float64Array): void {
    const { mean, sigma, axes, deviations, scales, work } = this;
    const n = mean.length;
    drawNormals(random, work);
    for (let i = 0; i < n; i++) work[i]! *= deviations[i]!;
    for (let i = 0; i < n; i++) {
      let y = 0;
      for (let j = 0; j < n; j++) y += axes[i * n + j]! * work[j]!;
      at[i] = mean[i]! + sigma * scales[i]! * y;
    }
  }

  /** Returns the standard deviation along a coordinate. */
  deviation(i: number): number {
    return this.sigma * this.scales[i]! * Math.sqrt(this.covariance[i * this.mean.length + i]!);
  }
  /** Largest standard deviation along the distribution's own axes. */
  get extent(): number {
    let longest = 0;
    for (const d of this.deviations) longest = Math.max(longest, d);
    return longest * this.sigma;
  }

  /**
   * Updates the distribution. `members` come best first; `weights` are `rates.weights`, averaged among equal members.
   */
  learn(members: readonly Member[], weights: Float64Array, rates: Rates): void {
    const { mean, pathSigma, pathC, scales, shift, white, sigma } = this;
    const n = mean.length;
    const { cs, cc, c1, cmu, mueff, damps } = rates;
    const steps = this.stepsOf(members);
    shift.fill(0);
    for (let k = 0; k < members.length; k++) {
      if (weights[k]! <= 0) continue;
      for (let i = 0; i < n; i++) shift[i]! += weights[k]! * steps[k * n + i]!;
    }
    for (let i = 0; i < n; i++) mean[i]! += sigma * scales[i]! * shift[i]!;

    this.whiten(shift, 0, white);
    const keepSigma = Math.sqrt(cs * (2 - cs) * mueff);
    for (let i = 0; i < n; i++) pathSigma[i] = (1 - cs) * pathSigma[i]! + keepSigma * white[i]!;
    const length = Math.sqrt(squared(pathSigma));
    this.generation++;
    const begun = Math.sqrt(1 - power((1 - cs) * (1 - cs), this.generation));
    const h = length / begun < (1.4 + 2 / (n + 1)) * this.typical ? 1 : 0;
    const keepC = h * Math.sqrt(cc * (2 - cc) * mueff);
    for (let i = 0; i < n; i++) pathC[i] = (1 - cc) * pathC[i]! + keepC * shift[i]!;

    let sum = 0;
    for (let k = 0; k < members.length; k++) sum += weights[k]!;
    this.scaleCovariance(1 + c1 * (1 - h) * cc * (2 - cc) - c1 - cmu * sum);
    this.addToCovariance(c1, pathC, 0);
    for (let k = 0; k < members.length; k++) {
      const w = weights[k]!;
      if (w === 0) continue;
      const share = w > 0 ? w : (w * n) / Math.max(1e-12, squared(this.whiten(steps, k * n, white)));
      this.addToCovariance(cmu * share, steps, k * n);
    }
    this.mirrorCovariance();
    this.sigma *= exp(Math.min(1, (cs / damps) * (length / this.typical - 1)));
    this.stale++;
    // The covariance hardly changes in between (tutorial, section B.2).
    if (this.stale * (c1 + cmu) >= LEARNED) this.decompose();
  }

  /** Moves a point towards the mean until it is no farther away than a typical draw. */
  approach(at: Float64Array): void {
    const { mean, sigma, scales } = this;
    const y = at.map((x, i) => (x - mean[i]!) / (sigma * scales[i]!));
    this.shorten(y, 0);
    for (let i = 0; i < y.length; i++) at[i] = mean[i]! + sigma * scales[i]! * y[i]!;
  }

  /** Widens the distribution on a plateau (tutorial, section B.3). */
  widen({ cs, damps }: Rates): void {
    this.sigma = Math.min(1, this.sigma * exp(0.2 + cs / damps));
  }

  /** Restores the earlier width if the distribution is narrower now. */
  keepReach(before: number): void {
    const { extent } = this;
    if (extent > 0 && extent < before) this.sigma *= before / extent;
  }

  save() {
    const { generation, sigma, stale } = this;
    const lists = [this.mean, this.scales, this.covariance, this.pathSigma, this.pathC, this.axes, this.deviations];
    return { generation, sigma, stale, lists: lists.map((list) => [...list]) };
  }
  static load(state: ReturnType<Gaussian['save']>): Gaussian {
    const made = new Gaussian(Float64Array.from(state.lists[0]!), state.sigma);
    const lists = [made.mean, made.scales, made.covariance, made.pathSigma, made.pathC, made.axes, made.deviations];
    for (const [i, list] of lists.entries()) list.set(state.lists[i]!);
    made.generation = state.generation;
    made.stale = state.stale;
    return made;
  }

  /** Returns each member's step from the mean, in units of sigma and scale. */
  private stepsOf(members: readonly Member[]): Float64Array {
    const { mean, scales, sigma } = this;
    const n = mean.length;
    if (this.steps.length < members.length * n) this.steps = new Float64Array(members.length * n);
    const { steps } = this;
    for (const [k, { at, foreign }] of members.entries()) {
      for (let i = 0; i < n; i++) steps[k * n + i] = (at[i]! - mean[i]!) / (sigma * scales[i]!);
      if (foreign) this.shorten(steps, k * n);
    }
    return steps;
  }

  private shorten(y: Float64Array, from: number): void {
    const n = this.mean.length;
    const most = Math.sqrt(n) + (2 * n) / (n + 2);
    const length = Math.sqrt(squared(this.whiten(y, from, this.white)));
    if (length > most) for (let i = 0; i < n; i++) y[from + i]! *= most / length;
  }

  /** Computes C^(-1/2) y. */
  private whiten(y: Float64Array, from: number, out: Float64Array): Float64Array {
    const { axes, deviations, work } = this;
    const n = out.length;
    work.fill(0);
    for (let i = 0; i < n; i++) {
      const x = y[from + i]!;
      for (let j = 0; j < n; j++) work[j]! += axes[i * n + j]! * x;
    }
    for (let j = 0; j < n; j++) work[j]! /= deviations[j]!;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += axes[i * n + j]! * work[j]!;
      out[i] = sum;
    }
    return out;
  }

  private scaleCovariance(factor: number): void {
    const { covariance } = this;
    for (let i = 0; i < covariance.length; i++) covariance[i]! *= factor;
  }
  /** Adds `share` times y yᵀ to the lower triangle. */
  private addToCovariance(share: number, y: Float64Array, from: number): void {
    const { covariance } = this;
    const n = this.mean.length;
    for (let i = 0; i < n; i++) {
      const x = share * y[from + i]!;
      for (let j = 0; j <= i; j++) covariance[i * n + j]! += x * y[from + j]!;
    }
  }
  private mirrorCovariance(): void {
    const { covariance } = this;
    const n = this.mean.length;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) covariance[j * n + i] = covariance[i * n + j]!;
  }

  private decompose(): void {
    const n = this.mean.length;
    this.stale = 0;
    eigen(this.covariance, n, this.axes, this.deviations);
    let largest = 0;
    for (const value of this.deviations) largest = Math.max(largest, value);
    const least = largest / (MOST_UNEVEN * MOST_UNEVEN);
    let raise = 0;
    for (const value of this.deviations) raise = Math.max(raise, least - value);
    for (let i = 0; i < n; i++) {
      if (raise > 0) this.covariance[i * n + i]! += raise;
      this.deviations[i] = Math.sqrt(this.deviations[i]! + raise);
    }
  }
}

/** Draws standard normal numbers, two at a time, by Marsaglia's polar method. */
function drawNormals(random: Random, out: Float64Array): void {
  for (let i = 0; i < out.length;) {
    const u = 2 * random.next() - 1;
    const v = 2 * random.next() - 1;
    const s = u * u + v * v;
    if (!(s > 0 && s < 1)) continue;
    const factor = Math.sqrt((-2 * log(s)) / s);
    out[i++] = u * factor;
    if (i < out.length) out[i++] = v * factor;
  }
}
function identity(n: number): Float64Array {
  const matrix = new Float64Array(n * n);
  for (let i = 0; i < n; i++) matrix[i * n + i] = 1;
  return matrix;
}
function squared(y: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) sum += y[i]! * y[i]!;
  return sum;
}
/** Computes a power with an integer exponent; returns 0 once it is negligible. */
function power(base: number, exponent: number): number {
  let product = 1;
  for (let i = 0; i < exponent && product > 1e-18; i++) product *= base;
  return product;
}
