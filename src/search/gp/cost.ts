/**
 * A model of the time that trials take: a Gaussian process over the logarithm of the seconds of completed trials. Other
 * trials ended early, so their times say little about a whole one.
 */
import { log } from '../maths/numeric.js';
import type { Params } from '../../protocol/values/index.js';
import type { History } from '../types.js';
import { Coding } from './coding.js';
import type { Row } from './data.js';
import type { Landscape } from './explore.js';
import { fitRows } from './surrogate.js';
import type { Gp } from './fit.js';
import type { Model, Moments } from './model.js';

/** Number of times that are needed for a model. */
const LEAST = 4;
/** Seconds below which times are noise of the machine. */
const SHORTEST = 1e-3;
/** Number of times, the latest, that a sampler without a state of its own learns from. */
const LATEST = 60;

/** Returns the rows whose time is known, or none if they are too few or all the same. */
export function timed(rows: readonly Row[]): Row[] {
  const known = rows.filter(({ seconds }) => seconds !== null);
  const differ = known.some(({ seconds }) => seconds !== known[0]!.seconds);
  return known.length >= LEAST && differ ? known : [];
}

/** Returns the logarithms of the times. */
export const logSeconds = (rows: readonly Row[]): Float64Array =>
  Float64Array.from(rows, ({ seconds }) => log(Math.max(SHORTEST, seconds!)));

/** The term −α log(expected seconds) of the acquisition, up to a constant. */
export class Cheapness implements Landscape {
  private readonly model: Model;
  private readonly factor: number;
  private readonly moments: Moments;

  constructor({ model, scale }: Gp, weight: number) {
    this.model = model;
    this.factor = weight * scale;
    this.moments = model.newMoments();
  }

  value(row: Float64Array): number {
    this.model.moments(row, this.moments);
    return -this.factor * this.moments.mean;
  }

  slope(row: Float64Array, gradient: Float64Array): number {
    this.model.slope(row, this.moments);
    for (let j = 0; j < gradient.length; j++) {
      gradient[j] = gradient[j]! - this.factor * this.moments.meanBy[j]!;
    }
    return -this.factor * this.moments.mean;
  }
}

/**
 * Returns the same term for params, for samplers that have no Gaussian process; null if costs do not count, or too few
 * are known. A function of the history alone.
 */
export function cheapnessOf({ space, trials, cost = 0 }: History): ((params: Params) => number) | null {
  if (cost === 0) return null;
  const coding = new Coding(space);
  const latest = trials.filter(({ state, seconds }) => state === 'completed' && seconds !== undefined).slice(-LATEST);
  const rows = timed(
    latest.map(({ params, seconds }) => ({
      ...{ at: coding.encode(params), losses: null, sd: 0, constraints: null, earlier: false },
      seconds: seconds!,
    })),
  );
  if (rows.length === 0 || coding.columns.length === 0) return null;
  const { gp } = fitRows(coding, rows, logSeconds(rows), rows.length, null, false);
  const term = new Cheapness(gp, cost);
  return (params) => term.value(coding.encode(params));
}
