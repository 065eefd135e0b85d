/**
 * What the next trial should make great, from what is known so far: the sum of
 *
 * - the logarithm of the expected improvement (several objectives: of the hypervolume) upon the best that is expected of
 *   the points tried. That is the model's mean there, not the value observed, so a lucky trial of a noisy objective
 *   doesn't set the mark;
 * - for each constraint measured, and for not failing, the logarithm of its probability, by a model of its own (Gardner,
 *   Kusner, Xu, Weinberger & Cunningham, "Bayesian Optimization with Inequality Constraints", ICML 2014, section 3).
 *   Until some trial met all of them that is all there is. Constraints are first put on a logarithmic scale on both
 *   sides of 0 (Eriksson & Poloczek, "Scalable Constrained Bayesian Optimization", AISTATS 2021, section 3.3);
 *   To the model of the losses failed trials are bad ones too, else it expects ever more of where they are;
 * - what the person believes (beliefs.ts).
 *
 * Trials that run count as if they had come out as expected (model.ts, `believe`).
 */
import { exp, log } from '../maths/numeric.js';
import { nonDominatedRanks, paretoFront } from '../pareto/index.js';
import type { Random } from '../types.js';
import type { Beliefs } from './beliefs.js';
import type { Coding } from './coding.js';
import type { Row } from './data.js';
import type { Landscape } from './explore.js';
import type { Gp } from './fit.js';
import { boxesOf, FrontImprovement } from './front.js';
import type { Model } from './model.js';
import { tamed } from './outputs.js';
import { chebyshev } from './scalar.js';
import { fitRows, type Fitted } from './surrogate.js';
import { Feasibility, Improvement, Sum } from './terms.js';
import { entryOf, setEntry } from '../../protocol/records.js';

/** More objectives than this are made one. */
const EXACT = 3;
/**
 * The reference point lies so far beyond the worst trial of each objective, as a share of the extent. One just beyond
 * the front keeps that from growing at its ends (settled on Kursawe's, Fonseca & Fleming's and Poloni's problems). */
const BEYOND = 0.1;
/** Failed trials count as this quantile of the losses (the worst), give or take so much of its distance to the best. */
const FAILED = 1;
const UNSURE = 0.1;
/**
 * Every second suggestion takes the model's deviations for so many times what they are: one set of hyperparameters is surer
 * than it should be. Of twelve functions, twelve seeds each, that left 0.6 of the regret at 100 trials and as much as
 * before at 25 and 50 (Hartmann, Levy, Shekel, Michalewicz, Styblinski-Tang, Ackley, Rosenbrock, Dixon-Price, Griewank, a
 * learning rate's plateau, two with noise); more of it, or for every suggestion, cost some of the early gains.
 */
const WIDER = 1.5;
/** Only where the noise's variance is below this share of the losses': a noisy objective is doubted enough. */
const QUIET = 1e-3;
/** Points of the front that count exactly; of three objectives the boxes grow with their square. */
const FRONT = [0, 0, 150, 40];

export interface Outlook {
  landscape: Landscape;
  /** The rows tried, most promising first. */
  around: Float64Array[];
  /** Length scales by column. */
  scales: Float64Array;
}

export class Forecast {
  /** Hyperparameters by model; the state that is saved. */
  fits: Record<string, Fitted> = {};

  constructor(
    private readonly coding: Coding,
    private readonly beliefs: Beliefs,
  ) {}

  /** `rows` must not be empty. `age`: trials so far. */
  look(rows: readonly Row[], pending: readonly Float64Array[], age: number, random: Random): Outlook {
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
    const scales = Float64Array.from(this.coding.columns, (_, j) => exp(models[0]!.theta[j]!));
    return { landscape: new Sum(terms), around: order.map((i) => places[i]!), scales };
  }

  /**
   * One model for each objective, or one for all. Failed trials count as bad. Of several objectives the losses keep their
   * scale: the hypervolume is that of what they are, not of their logarithms.
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

  /** Of constraints, and of failing if some trial has. */
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

  /** The same place in this search, of a row of an earlier one. */
  private here(at: Float64Array): Float64Array {
    if (!this.coding.tasks) return at;
    const row = at.slice();
    row[row.length - 1] = 0;
    return row;
  }
}

/** Met all constraints, as far as was measured. */
const isFine = (row: Row) => !row.constraints?.some((c) => !(c <= 0));

/** `good`: by row, the means expected of each objective; the best of the first objective first. */
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

/** Of several objectives, by the front that a row is in. */
function ranksOf(means: readonly number[][]): ArrayLike<number> {
  return nonDominatedRanks(means[0]!.map((_, i) => means.map((mean) => mean[i]!)));
}

/** Of about one unit, and 0 where it was. Not a number counts as clearly broken. */
function leveled(values: readonly number[]): Float64Array {
  const sizes = Float64Array.from(values.filter(Number.isFinite), Math.abs).sort();
  const unit = sizes[sizes.length >> 1] || 1;
  return Float64Array.from(values, (c) => {
    if (Number.isNaN(c)) return log(2);
    const size = log(1 + Math.min(1e300, Math.abs(c)) / unit);
    return c > 0 ? size : -size;
  });
}
