/**
 * The acquisition function of the next trial, given what is known so far: the sum of
 *
 * - the logarithm of the expected improvement (for several objectives, of the hypervolume) upon the best posterior mean
 *   among the points tried. The posterior mean is used instead of the observed value, so that a lucky trial of a noisy
 *   objective doesn't set the mark;
 * - the log probability of meeting each measured constraint, and of not failing, each from a model of its own (Gardner,
 *   Kusner, Xu, Weinberger & Cunningham, "Bayesian Optimization with Inequality Constraints", ICML 2014, section 3).
 *   Until a trial has met all constraints, this is the only term. Constraints are first put on a logarithmic scale on
 *   both sides of 0 (Eriksson & Poloczek, "Scalable Constrained Bayesian Optimization", AISTATS 2021, section 3.3). The
 *   model of the losses treats failed trials as bad ones too; otherwise it would expect ever more of the places where
 *   they are;
 * - the user's prior (beliefs.ts);
 * - if costs count, the negative logarithm of the expected time (cost.ts).
 *
 * Running trials count as if they had turned out as expected (model.ts, `believe`).
 */
import { exp, log } from '../maths/numeric.js';
import { nonDominatedRanks, paretoFront } from '../pareto/index.js';
import type { Random } from '../types.js';
import type { Beliefs } from './beliefs.js';
import type { Coding } from './coding.js';
import { Cheapness, logSeconds, timed } from './cost.js';
import type { Row } from './data.js';
import type { Landscape } from './explore.js';
import type { Gp } from './fit.js';
import { boxesOf, FrontImprovement } from './front.js';
import type { Model } from './model.js';
import { tamed } from './outputs.js';
import { chebyshev } from './scalar.js';
import { fitRows, type Fitted } from './surrogate.js';
import { Feasibility, Improvement, Sum } from './terms.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

/** Maximum number of objectives with exact hypervolume; more are scalarized. */
const EXACT = 3;
/**
 * Distance of the reference point beyond the worst trial of each objective, as a share of its extent. A reference just
 * beyond the front would keep the front from growing at its ends (tuned on Kursawe's, Fonseca & Fleming's and Poloni's
 * problems).
 */
const BEYOND = 0.1;
/**
 * Quantile of the losses that failed trials count as (the worst), and its uncertainty as a share of its distance to the
 * best.
 */
const FAILED = 1;
const UNSURE = 0.1;
/**
 * Factor by which every second suggestion widens the model's standard deviations: a single set of hyperparameters is
 * overconfident. On twelve functions with twelve seeds each, that left 0.6 of the regret at 100 trials and the same as
 * before at 25 and 50 (Hartmann, Levy, Shekel, Michalewicz, Styblinski-Tang, Ackley, Rosenbrock, Dixon-Price, Griewank,
 * a learning rate's plateau, two with noise); a larger factor, or every suggestion, cost some of the early gains.
 */
const WIDER = 1.5;
/**
 * Share of the losses' variance below which the noise variance must lie for that; a noisy objective is doubted enough.
 */
const QUIET = 1e-3;
/**
 * Number of front points treated exactly, by number of objectives; for three, the number of boxes grows with its
 * square.
 */
const FRONT = [0, 0, 150, 40];

export interface Outlook {
  landscape: Landscape;
  /** Rows tried, most promising first. */
  around: Float64Array[];
  /** Length scales by column. */
  scales: Float64Array;
}

export class Forecast {
  /** Hyperparameters by model; this is the saved state. */
  fits: Record<string, Fitted> = {};

  constructor(
    private readonly coding: Coding,
    private readonly beliefs: Beliefs,
  ) {}

  /**
   * Prepares the acquisition. `rows` must not be empty; `age` is the number of trials so far, `cost` the weight of the
   * time that trials take.
   */
  look(rows: readonly Row[], pending: readonly Float64Array[], age: number, random: Random, cost = 0): Outlook {
    const { terms, models } = this.limits(rows, age);
    const known = rows.filter((row) => row.losses);
    const failed = rows.filter((row) => !row.losses);
    const places = known.map(({ at }) => this.here(at));
    let order = known.map((_, i) => i);
    if (known.length > 0) {
      const losses = this.losses(known, failed, age, random);
      const means = losses.map((model) => places.map((at) => model.mean(at)));
      const fine = known.map(isFine);
      const ranks = means.length === 1 ? means[0]! : ranksOf(means);
      order = order.sort((a, b) => Number(fine[b]) - Number(fine[a]) || ranks[a]! - ranks[b]! || a - b);
      const good = order.filter((i) => fine[i]).map((i) => means.map((mean) => mean[i]!));
      const isSure = age % 2 === 0 && losses[0]!.noise < QUIET;
      if (good.length) terms.unshift(improvement(losses, good, isSure ? WIDER : 1));
      models.unshift(...losses);
    }
    for (const model of models) for (const row of pending) model.believe(row);
    if (this.beliefs.any) terms.push(this.beliefs.after(age));
    const times = cost > 0 ? timed(rows) : [];
    if (times.length > 0) terms.push(new Cheapness(this.fit('cost', times, logSeconds(times), age, false), cost));
    const scales = Float64Array.from(this.coding.columns, (_, j) => exp(models[0]!.theta[j]!));
    return { landscape: new Sum(terms), around: order.map((i) => places[i]!), scales };
  }

  /**
   * Returns one model per objective, or one for all. Failed trials count as bad. With several objectives the losses
   * keep their scale, because the hypervolume is defined on the losses themselves, not on their logarithms.
   */
  private losses(known: readonly Row[], failed: readonly Row[], age: number, random: Random): Model[] {
    const columns = known[0]!.losses!.map((_, k) => tamed(known.map((row) => row.losses![k]!)));
    const several = columns.length > EXACT;
    return (several ? [chebyshev(columns, random)] : columns).map((y, k) => {
      const sorted = y.slice().sort();
      const bad = sorted[Math.floor(FAILED * (sorted.length - 1))]!;
      const sd = UNSURE * (bad - sorted[0]!);
      const rows = failed.length ? known.concat(failed.map((row) => ({ ...row, sd }))) : known;
      const values = failed.length ? Float64Array.from(rows, (_, i) => y[i] ?? bad) : y;
      return this.fit(several ? 'scalar' : `loss ${k}`, rows, values, age, columns.length === 1).model;
    });
  }

  /** Returns the models of the constraints, and of failure if any trial has failed. */
  private limits(rows: readonly Row[], age: number): { terms: Landscape[]; models: Model[] } {
    const terms: Landscape[] = [];
    const models: Model[] = [];
    const add = (key: string, among: readonly Row[], y: Float64Array) => {
      const { model, center, scale } = this.fit(key, among, y, age, false);
      terms.push(new Feasibility(model, -center / scale));
      models.push(model);
    };
    if (rows.some((row) => !row.losses)) {
      add(
        'failure',
        rows,
        Float64Array.from(rows, (row) => (row.losses ? -1 : 1)),
      );
    }
    const count = rows.reduce((most, { constraints }) => Math.max(most, constraints?.length ?? 0), 0);
    for (let k = 0; k < count; k++) {
      const measured = rows.filter(({ constraints }) => constraints && constraints.length > k);
      add(`constraint ${k}`, measured, leveled(measured.map(({ constraints }) => constraints![k]!)));
    }
    return { terms, models };
  }

  private fit(key: string, rows: readonly Row[], y: Float64Array, age: number, transform: boolean): Gp {
    const { gp, fitted } = fitRows(this.coding, rows, y, age, entryOf(this.fits, key) ?? null, transform);
    setEntry(this.fits, key, fitted);
    return gp;
  }

  /** Returns a row of an earlier search as a row of this one. */
  private here(at: Float64Array): Float64Array {
    if (!this.coding.tasks) return at;
    const row = at.slice();
    row[row.length - 1] = 0;
    return row;
  }
}

/** Returns whether the row met all measured constraints. */
const isFine = (row: Row) => !row.constraints?.some((c) => !(c <= 0));

/**
 * Returns the improvement term. `good` holds the posterior means of each objective by row, the best of the first
 * objective first.
 */
function improvement(models: readonly Model[], good: readonly number[][], wider: number): Landscape {
  if (models.length === 1) return new Improvement(models[0]!, good[0]![0]!, wider);
  const front = paretoFront(good)
    .map((i) => good[i]!)
    .slice(0, FRONT[models.length]);
  const reference = models.map((_, k) => {
    const own = good.map((point) => point[k]!);
    const [low, high] = [Math.min(...own), Math.max(...own)];
    return high + BEYOND * (high - low) + 1e-3;
  });
  return new FrontImprovement(models, boxesOf(front, reference));
}

/** Ranks the rows; with several objectives, by their front. */
function ranksOf(means: readonly number[][]): ArrayLike<number> {
  return nonDominatedRanks(means[0]!.map((_, i) => means.map((mean) => mean[i]!)));
}

/** Scales the values to about unit size, keeping 0. NaN counts as clearly broken. */
function leveled(values: readonly number[]): Float64Array {
  const sizes = Float64Array.from(values.filter(Number.isFinite), Math.abs).sort();
  const unit = sizes[sizes.length >> 1] || 1;
  return Float64Array.from(values, (c) => {
    if (Number.isNaN(c)) return log(2);
    const size = log(1 + Math.min(1e300, Math.abs(c)) / unit);
    return c > 0 ? size : -size;
  });
}
