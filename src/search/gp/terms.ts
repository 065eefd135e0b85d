/** The terms of the acquisition function, a sum of logarithms. */
import { log } from '../maths/numeric.js';
import { logImprovement, logProbability, type Slope } from './acquisition.js';
import type { Landscape } from './explore.js';
import type { Model, Moments } from './model.js';

/**
 * Expected improvement upon `best` (in the model's units), with the model's standard deviation multiplied by `wider`,
 * times the share of the point's uncertainty that one noisy trial would remove. Without that factor all trials would go
 * to where the best seems to be: Huang, Allen, Notz & Zeng, "Global Optimization of Stochastic Black-Box Systems via
 * Sequential Kriging Meta-Models" (2006), section 4.2, equation 12: 1 - σₙ / √(σ² + σₙ²).
 */
export class Improvement implements Landscape {
  private readonly moments: Moments;
  private readonly out: Slope = { value: 0, slope: 0 };

  constructor(
    private readonly model: Model,
    private readonly best: number,
    private readonly wider = 1,
  ) {
    this.moments = model.newMoments();
  }

  value(row: Float64Array): number {
    this.model.moments(row, this.moments);
    return this.judge();
  }

  slope(row: Float64Array, gradient: Float64Array): number {
    const { moments, out } = this;
    this.model.slope(row, moments);
    const value = this.judge();
    const sd = this.wider * Math.sqrt(moments.variance);
    const z = (this.best - moments.mean) / sd;
    const q = Math.sqrt(this.model.noise / (moments.variance + this.model.noise));
    const byMean = -out.slope / sd;
    const byVariance = (1 - out.slope * z + q * (1 + q)) / (2 * moments.variance);
    for (let j = 0; j < gradient.length; j++) {
      gradient[j] = gradient[j]! + byMean * moments.meanBy[j]! + byVariance * moments.varianceBy[j]!;
    }
    return value;
  }

  private judge(): number {
    const { mean, variance } = this.moments;
    const sd = this.wider * Math.sqrt(variance);
    logImprovement((this.best - mean) / sd, this.out);
    const { noise } = this.model;
    const q = Math.sqrt(noise / (variance + noise));
    // 1 - q, without cancellation.
    return this.out.value + log(sd) + log(variance / ((variance + noise) * (1 + q)));
  }
}

/** Probability that the value is at most `limit` (in the model's units). */
export class Feasibility implements Landscape {
  private readonly moments: Moments;
  private readonly out: Slope = { value: 0, slope: 0 };

  constructor(
    private readonly model: Model,
    private readonly limit: number,
  ) {
    this.moments = model.newMoments();
  }

  value(row: Float64Array): number {
    const { model, moments, out } = this;
    model.moments(row, moments);
    logProbability((this.limit - moments.mean) / Math.sqrt(moments.variance), out);
    return out.value;
  }

  slope(row: Float64Array, gradient: Float64Array): number {
    const { model, moments, out } = this;
    model.slope(row, moments);
    const sd = Math.sqrt(moments.variance);
    const z = (this.limit - moments.mean) / sd;
    logProbability(z, out);
    const byMean = -out.slope / sd;
    const byVariance = (-out.slope * z) / (2 * moments.variance);
    for (let j = 0; j < gradient.length; j++) {
      gradient[j] = gradient[j]! + byMean * moments.meanBy[j]! + byVariance * moments.varianceBy[j]!;
    }
    return out.value;
  }
}

/** A sum of terms, which is a landscape too. */
export class Sum implements Landscape {
  constructor(private readonly terms: readonly Landscape[]) {}

  value(row: Float64Array): number {
    let sum = 0;
    for (const term of this.terms) sum += term.value(row);
    return sum;
  }

  slope(row: Float64Array, gradient: Float64Array): number {
    gradient.fill(0);
    let sum = 0;
    for (const term of this.terms) sum += term.slope(row, gradient);
    return sum;
  }
}
