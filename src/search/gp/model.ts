/** A Gaussian process with fixed hyperparameters: posterior mean and variance at any point. */
import { invertLower, lowerTimes, lowerTransposedTimes } from '../maths/linalg.js';
import { exp } from '../maths/numeric.js';
import { bend, matern, maternSlope, separation, separationSlope, type Bent, type ColumnKind } from './kernel.js';
import { GROUP, MEAN, type Observed, type Posterior } from './likelihood.js';

/**
 * Moments of standardized values. Gradients are by column, 0 for categories and parameters that a point doesn't have.
 */
export interface Moments {
  mean: number;
  variance: number;
  meanBy: Float64Array;
  varianceBy: Float64Array;
}

export class Model {
  readonly kinds: readonly ColumnKind[];
  /** Number of observations, including points that are believed to turn out as expected. */
  private n: number;
  private stride: number;
  /** Points, row by row: bent, and divided by the length scale on ordered columns. */
  private places: Float64Array;
  private factor: Float64Array;
  private whitening: Float64Array;
  private alpha: Float64Array;
  private groups: Int32Array;
  private readonly weights: Float64Array;
  private readonly scales: Float64Array;
  private readonly bends: ([a: number, b: number] | null)[];
  private readonly plain: Int32Array;
  private readonly other: Int32Array;
  private readonly signal: number;
  private readonly constant: number;
  private readonly offset: number;
  /** Variance of the noise, in standardized units. */
  readonly noise: number;
  private readonly point: Float64Array;
  private readonly slopes: Float64Array;
  private covariance: Float64Array;
  private white: Float64Array;
  private weighted: Float64Array;
  private readonly bent: Bent = { value: 0, slope: 0, byLogA: 0, byLogB: 0 };

  /** Takes over the posterior, which must have been evaluated at `theta` last. */
  constructor(
    observed: Observed,
    posterior: Posterior,
    readonly theta: Float64Array,
  ) {
    const { n, kinds, groups } = observed;
    const d = kinds.length;
    this.kinds = kinds;
    this.n = this.stride = n;
    this.factor = posterior.factor.slice();
    this.whitening = posterior.whitening.slice();
    this.alpha = posterior.alpha.slice();
    this.groups = groups ?? new Int32Array(n);
    this.constant = MEAN;
    this.offset = groups ? GROUP : 0;
    this.scales = theta.slice(0, d).map(exp);
    this.weights = this.scales.map((scale) => 1 / (scale * scale));
    this.signal = exp(theta[d]!);
    this.noise = exp(theta[d + 1]!);
    this.bends = kinds.map(() => null);
    for (const [b, j] of observed.bent.entries()) {
      this.bends[j] = [exp(theta[d + 2 + 2 * b]!), exp(theta[d + 3 + 2 * b]!)];
    }
    const columns = Int32Array.from(kinds, (_, j) => j);
    this.plain = columns.filter((j) => kinds[j] === 'ordered');
    this.other = columns.filter((j) => kinds[j] !== 'ordered');
    this.places = posterior.places.slice();
    for (const j of this.plain) for (let i = 0; i < n; i++) this.places[i * d + j]! /= this.scales[j]!;
    this.point = new Float64Array(d);
    this.slopes = new Float64Array(d).fill(1);
    this.covariance = new Float64Array(n);
    this.white = new Float64Array(n);
    this.weighted = new Float64Array(n);
  }

  get dimensions(): number {
    return this.kinds.length;
  }

  /** Prior variance, without that of the mean. */
  get spread(): number {
    return this.signal;
  }

  private place(x: Float64Array, offset: number): void {
    const { kinds, point, slopes, bends, bent } = this;
    for (let j = 0; j < kinds.length; j++) {
      const own = bends[j];
      let at = x[offset + j]!;
      if (own) {
        bend(at, own[0], own[1], bent);
        at = bent.value;
        slopes[j] = bent.slope;
      }
      point[j] = kinds[j] === 'ordered' ? at / this.scales[j]! : at;
    }
  }

  private distance(i: number): number {
    const { point, plain, other, places, kinds, weights } = this;
    const p = i * kinds.length;
    let r2 = 0;
    for (let at = 0; at < plain.length; at++) {
      const j = plain[at]!;
      const t = point[j]! - places[p + j]!;
      r2 += t * t;
    }
    for (let at = 0; at < other.length; at++) {
      const j = other[at]!;
      r2 += weights[j]! * separation(kinds[j]!, point[j]!, places[p + j]!);
    }
    return r2;
  }

  /** Fills `covariance` with the covariances between the point and the observations. */
  private relate(group: number): void {
    const { n, covariance, signal, constant, offset, groups } = this;
    for (let i = 0; i < n; i++) {
      const shared = offset && groups[i] === group ? constant + offset : constant;
      covariance[i] = signal * matern(this.distance(i)) + shared;
    }
  }

  /** Returns the posterior mean, without noise, at the row of x that begins at `offset`. */
  mean(x: Float64Array, offset = 0, group = 0): number {
    this.place(x, offset);
    this.relate(group);
    let sum = 0;
    for (let i = 0; i < this.n; i++) sum += this.covariance[i]! * this.alpha[i]!;
    return sum;
  }

  /** Computes mean and variance; leaves the gradients alone. */
  moments(x: Float64Array, out: Moments, offset = 0, group = 0): void {
    const { n, white } = this;
    out.mean = this.mean(x, offset, group);
    lowerTimes(this.whitening, n, this.covariance, white, this.stride);
    let explained = 0;
    for (let i = 0; i < n; i++) explained += white[i]! * white[i]!;
    const prior = this.signal + this.constant + this.offset;
    out.variance = Math.max(1e-12 * prior, prior - explained);
  }

  /** Computes mean, variance and their gradients. */
  slope(x: Float64Array, out: Moments, offset = 0, group = 0): void {
    const { n, kinds, plain, other, places, point, weights, weighted, alpha, signal, scales } = this;
    this.moments(x, out, offset, group);
    lowerTransposedTimes(this.whitening, n, this.white, weighted, this.stride);
    const { meanBy, varianceBy } = out;
    meanBy.fill(0);
    varianceBy.fill(0);
    for (let i = 0; i < n; i++) {
      const slope = signal * maternSlope(this.distance(i));
      const a = slope * alpha[i]!;
      const b = -2 * slope * weighted[i]!;
      const p = i * kinds.length;
      for (let at = 0; at < plain.length; at++) {
        const j = plain[at]!;
        const t = point[j]! - places[p + j]!;
        meanBy[j] = meanBy[j]! + a * t;
        varianceBy[j] = varianceBy[j]! + b * t;
      }
      for (let at = 0; at < other.length; at++) {
        const j = other[at]!;
        const t = separationSlope(kinds[j]!, point[j]!, places[p + j]!);
        meanBy[j] = meanBy[j]! + a * t;
        varianceBy[j] = varianceBy[j]! + b * t;
      }
    }
    for (let j = 0; j < kinds.length; j++) {
      const by = this.slopes[j]! * (kinds[j] === 'ordered' ? 2 / scales[j]! : weights[j]!);
      meanBy[j] = meanBy[j]! * by;
      varianceBy[j] = varianceBy[j]! * by;
    }
  }

  /** Returns half the squared norm of whitened standardized values: the part of the likelihood that depends on them. */
  misfit(y: Float64Array): number {
    lowerTimes(this.whitening, y.length, y, this.white, this.stride);
    let sum = 0;
    for (let i = 0; i < y.length; i++) sum += this.white[i]! * this.white[i]!;
    return sum / 2;
  }

  newMoments(): Moments {
    const d = this.kinds.length;
    return { mean: 0, variance: 0, meanBy: new Float64Array(d), varianceBy: new Float64Array(d) };
  }

  /**
   * Treats this point as observed, with exactly the expected value (the "kriging believer": Ginsbourger, Le Riche &
   * Carraro, "Kriging is well-suited to parallelize optimization", 2010, section 4.1). That leaves the mean unchanged
   * and makes the model certain here.
   */
  believe(x: Float64Array, offset = 0): void {
    const { n, kinds } = this;
    const d = kinds.length;
    if (n === this.stride) this.grow();
    this.place(x, offset);
    this.relate(0);
    const row = n * this.stride;
    this.factor.set(this.covariance.subarray(0, n), row);
    let square = 0;
    for (let i = 0; i < n; i++) {
      const p = i * this.stride;
      let sum = 0;
      for (let k = 0; k < i; k++) sum += this.factor[p + k]! * this.factor[row + k]!;
      const value = (this.factor[row + i] = (this.covariance[i]! - sum) / this.factor[p + i]!);
      square += value * value;
    }
    const own = this.signal * (1 + 1e-10) + this.constant + this.offset + this.noise;
    this.factor[row + n] = Math.sqrt(Math.max(1e-10 * own, own - square));
    invertLower(this.factor, n + 1, this.whitening, this.stride, n);
    this.places.set(this.point, n * d);
    this.alpha[n] = 0;
    this.groups[n] = 0;
    this.n++;
  }

  private grow(): void {
    const { n, kinds } = this;
    const stride = n + Math.max(8, n >> 2);
    const widen = (from: Float64Array) => {
      const to = new Float64Array(stride * stride);
      for (let i = 0; i < n; i++) to.set(from.subarray(i * this.stride, i * this.stride + n), i * stride);
      return to;
    };
    const lengthen = (from: Float64Array, length: number) => {
      const to = new Float64Array(length);
      to.set(from);
      return to;
    };
    this.factor = widen(this.factor);
    this.whitening = widen(this.whitening);
    this.places = lengthen(this.places, stride * kinds.length);
    this.alpha = lengthen(this.alpha, stride);
    const groups = new Int32Array(stride);
    groups.set(this.groups);
    this.groups = groups;
    this.covariance = new Float64Array(stride);
    this.white = new Float64Array(stride);
    this.weighted = new Float64Array(stride);
    this.stride = stride;
  }
}
