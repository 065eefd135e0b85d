/**
 * Extrapolates learning curves with a Bayesian mixture over curve shapes (shapes.ts) and noise levels. Given shape and
 * noise, the final value and the drop are linear and normal, so likelihood and prediction reduce to sums and a 2×2
 * inverse: the importance sampling over a prior of curves of Adriaensen et al. (NeurIPS 2023), with that part computed
 * exactly.
 *
 * - Curves of completed trials are shapes, too (own.ts).
 * - The prior is learnt from the search: final values and drops of the trials so far, widened, and how well each shape
 *   explains the trials that ended.
 * - Reports are not independent given a shape that fits only roughly, so a curve counts as at most `COUNTED` of them.
 *
 * Sums are kept by trial, so a report costs the same however long the curve is. The model is refitted from the latest
 * trials whenever the number of completed trials has grown by a quarter; until then, predictions for the others stay
 * valid and need not be recomputed. The model depends on the history alone, not on when it was queried.
 */
import { quickCdf } from '../maths/normal.js';
import { exp, log, quickExp } from '../maths/numeric.js';
import type { History, Trial } from '../types.js';
import { Curves, lossOf, type Curve } from './curve.js';
import { LEARNING, MOST_OWN, noiseOf, shapeOf, spread, type OwnShape } from './own.js';
import { PRIORS, SHAPES } from './shapes.js';

/** Standard deviations of the noise, as shares of a typical drop. */
const NOISES = [0.003, 0.01, 0.03, 0.1, 0.3];
const COUNTED = 5;
const LOG_VARIANCES = NOISES.map((noise) => 2 * log(noise));
/** Factor by which the prior is wider than the trials so far. */
const WIDER = 1.5;
/** Weight of the belief that all shapes are equally likely, in trials. */
const BELIEF = 4;
/** Number of steps whose shape values are cached. */
const MOST_ROWS = 4096;
/** Maximum number of completed trials to learn from. */
const MOST = 64;
/** Number of completed trials after which a search in which nothing learns is accepted as such. */
const PATIENCE = 10;
/** Shapes of formulas come first, then those of the search's own trials. */
const FORMS = SHAPES.length + MOST_OWN;
/** Probability that a trial's curve has the shape of an earlier one; tuned on the generated curves of the tests. */
const OWN = 0.15;
const SIZE = FORMS * NOISES.length;

export interface Outlook {
  /** Mean of the value at full length, as it will be reported. */
  mean: number;
  sd: number;
  /** Returns the probability that the value is below this loss. */
  below(loss: number): number;
}

interface Sums {
  curve: Curve;
  read: number;
  /** The curve's list, to notice when it was thinned out and replaced. */
  of: number[];
  /** The model's, whose shapes they are of. */
  version: number;
  n: number;
  y: number;
  yy: number;
  /** Sums of h, h² and h times the loss, by shape. */
  h: Float64Array;
}

export class CurveModel {
  readonly curves = new Curves();
  /** Version that grows whenever the model is refitted. */
  version = 0;
  /** Typical drop from the first report to the final value. */
  scale = 1;
  /** Step at which trainings end; 0 while unknown. */
  full = 0;
  /** Smallest final loss so far. */
  best = Infinity;
  completed = 0;
  /**
   * True if any completed trial has learnt anything. Until then a flat start is no evidence, because the search hasn't
   * shown yet how its curves come down.
   */
  informed = false;
  private read = 0;
  private open: Trial[] = [];
  private ended: Trial[] = [];
  private learnt: Trial[] = [];
  private readonly sums = new WeakMap<Trial, Sums>();
  /** Trials whose curves serve as shapes. */
  private own: { trial: Trial; shape: OwnShape }[] = [];
  /** Logarithms of the shapes' weights. */
  private weights: Float64Array = evenWeights(0);
  /** Shape values by step. */
  private readonly rows = new Map<number, Float64Array>();
  private shift = 0;
  /** Prior of final value and drop, in units of `scale` relative to `shift`. */
  private prior = { drop: 1, finalPrecision: 1, dropPrecision: 1 };
  private readonly terms = new Float64Array(SIZE);
  private readonly means = new Float64Array(SIZE);
  private readonly variances = new Float64Array(SIZE);

  update(history: History): void {
    for (; this.read < history.trials.length; this.read++) this.open.push(history.trials[this.read]!);
    const before = this.ended.length;
    let kept = 0;
    for (const trial of this.open) {
      if (trial.state === 'running' || trial.state === 'paused') this.open[kept++] = trial;
      else if (trial.state === 'completed' && trial.reports.length > 0) this.ended.push(trial);
    }
    this.open.length = kept;
    if (this.ended.length === before) return;
    // Sorted by id, not by the order of ending, which a restored search doesn't know.
    this.ended.sort((a, b) => a.id - b.id);
    for (const trial of this.ended) this.best = Math.min(this.best, lossOf(trial.values![0]!, history.goals[0]!));
    const chosen = this.ended.slice(0, milestone(this.ended.length)).slice(-MOST);
    if (chosen.length === this.learnt.length && chosen.every((trial, i) => trial === this.learnt[i])) return;
    this.learnt = chosen;
    this.version++;
    this.own = this.ownShapes(history);
    this.rows.clear();
    this.learn(history);
  }

  /** Returns null if nothing can be predicted. The trial's latest reports must be finite numbers. */
  outlook(history: History, trial: Trial): Outlook | null {
    if (this.ended.length === 0 || !(this.full > 0)) return null;
    const sums = this.sumsOf(history, trial);
    if (sums.n === 0) return null;
    this.explain(sums, this.weights);
    const { terms, means, variances, shift, scale } = this;
    const weights = Float64Array.from(terms);
    let [mean, square] = [0, 0];
    for (let i = 0; i < SIZE; i++) {
      mean += weights[i]! * means[i]!;
      square += weights[i]! * (means[i]! * means[i]! + variances[i]!);
    }
    return {
      mean: shift + scale * mean,
      sd: scale * Math.sqrt(Math.max(0, square - mean * mean)),
      below(loss) {
        const at = (loss - shift) / scale;
        let sum = 0;
        for (let i = 0; i < SIZE; i++) {
          if (weights[i]! > 1e-9) sum += weights[i]! * quickCdf((at - means[i]!) / Math.sqrt(variances[i]!));
        }
        return sum;
      },
    };
  }

  private learn(history: History): void {
    const goal = history.goals[0]!;
    const finals: number[] = [];
    const drops: number[] = [];
    let longest = 0;
    for (const trial of this.learnt) {
      const curve = this.curves.of(trial, goal);
      const final = lossOf(trial.values![0]!, goal);
      longest = Math.max(longest, curve.last);
      if (!Number.isFinite(final)) continue;
      finals.push(final);
      const start = curve.losses.find(Number.isFinite);
      if (start !== undefined) drops.push(start - final);
      this.informed ||= hasLearnt(curve);
    }
    this.completed = finals.length;
    this.informed ||= finals.length >= PATIENCE;
    const full = history.maxSteps ?? longest;
    this.full = full;
    if (finals.length === 0) return;
    const [final, drop] = [moments(finals), moments(drops)];
    this.shift = final.mean;
    this.scale = Math.max(Math.abs(drop.mean), drop.sd, final.sd) || Math.abs(final.mean) || 1;
    // Prior belief, worth two trials: finals and drops vary by half a typical drop.
    const sdOf = ({ sd }: { sd: number }, n: number) => {
      const own = sd / this.scale;
      return WIDER * Math.sqrt((2 * 0.25 + n * own * own) / (2 + n));
    };
    const [finalSd, dropSd] = [sdOf(final, finals.length), sdOf(drop, drops.length)];
    this.prior = {
      drop: drop.mean / this.scale,
      finalPrecision: 1 / (finalSd * finalSd),
      dropPrecision: 1 / (dropSd * dropSd),
    };
    this.weigh(history);
  }

  /** Returns the shapes of some of the learnt trials, from the best to the worst. */
  private ownShapes(history: History): CurveModel['own'] {
    const goal = history.goals[0]!;
    const found = this.learnt.flatMap((trial) => {
      const shape = shapeOf(this.curves.of(trial, goal));
      return shape ? [{ trial, shape, final: lossOf(trial.values![0]!, goal) }] : [];
    });
    return spread(found.sort((a, b) => a.final - b.final || a.trial.id - b.trial.id));
  }

  /** Runs one EM step from even weights, regularized towards these. */
  private weigh(history: History): void {
    const even = evenWeights(this.own.length);
    const counts = even.map((weight) => (weight === -Infinity ? 0 : BELIEF * exp(weight)));
    for (const trial of this.learnt) {
      const sums = this.sumsOf(history, trial);
      if (sums.n === 0) continue;
      // No curve is explained by itself.
      const itself = this.own.findIndex((one) => one.trial === trial);
      const weights = even.slice();
      if (itself >= 0) weights.fill(-Infinity, ...rangeOf(SHAPES.length + itself));
      this.explain(sums, weights);
      for (let i = 0; i < SIZE; i++) counts[i]! += this.terms[i]!;
    }
    // The share of both kinds stays: each trial's own reports decide between them.
    const split = SHAPES.length * NOISES.length;
    const sumOf = (part: Float64Array): number => part.reduce((sum, count) => sum + count, 0);
    const [formulas, own] = [sumOf(counts.subarray(0, split)), sumOf(counts.subarray(split))];
    const share = own > 0 ? OWN : 0;
    this.weights = counts.map((count, i) =>
      log(i < split ? ((1 - share) * count) / formulas : (share * count) / (own || 1)),
    );
  }

  private sumsOf(history: History, trial: Trial): Sums {
    const curve = this.curves.of(trial, history.goals[0]!);
    let sums = this.sums.get(trial);
    if (!sums || sums.of !== curve.losses || sums.read > curve.length || sums.version !== this.version) {
      sums = {
        curve,
        read: 0,
        of: curve.losses,
        version: this.version,
        n: 0,
        y: 0,
        yy: 0,
        h: new Float64Array(3 * FORMS),
      };
      this.sums.set(trial, sums);
    }
    for (; sums.read < curve.length; sums.read++) {
      const y = curve.losses[sums.read]!;
      if (!Number.isFinite(y)) continue;
      const row = this.rowOf(curve.steps[sums.read]!);
      sums.n++;
      sums.y += y;
      sums.yy += y * y;
      for (let m = 0; m < this.forms; m++) {
        const h = row[m]!;
        sums.h[3 * m]! += h;
        sums.h[3 * m + 1]! += h * h;
        sums.h[3 * m + 2]! += h * y;
      }
    }
    return sums;
  }

  private get forms(): number {
    return SHAPES.length + this.own.length;
  }

  private rowOf(step: number): Float64Array {
    let row = this.rows.get(step);
    if (row) return row;
    if (this.rows.size >= MOST_ROWS) this.rows.clear();
    this.rows.set(step, (row = new Float64Array(FORMS)));
    for (let m = 0; m < SHAPES.length; m++) row[m] = SHAPES[m]!(step / this.full);
    for (let m = 0; m < this.own.length; m++) row[SHAPES.length + m] = this.own[m]!.shape.at(step);
    return row;
  }

  /**
   * Fills `terms` with the probabilities of shapes and noise levels and the prediction of each, in units of `scale`.
   */
  private explain({ n, y, yy, h }: Sums, weights: Float64Array): void {
    const { shift, scale, terms, means, variances } = this;
    const { drop, finalPrecision: pf, dropPrecision: pd } = this.prior;
    const tempered = Math.min(1, COUNTED / n);
    const sy = (y - n * shift) / scale;
    const syy = (yy - 2 * shift * y + n * shift * shift) / (scale * scale);
    let most = -Infinity;
    terms.fill(-Infinity);
    for (let m = 0; m < this.forms; m++) {
      if (weights[m * NOISES.length] === -Infinity) continue;
      const [sh, shh] = [h[3 * m]!, h[3 * m + 1]!];
      const shy = (h[3 * m + 2]! - shift * sh) / scale;
      for (let s = 0; s < NOISES.length; s++) {
        const i = m * NOISES.length + s;
        const noise = NOISES[s]! * NOISES[s]!;
        const k = tempered / noise;
        const [aa, ab, bb] = [pf + k * n, k * sh, pd + k * shh];
        const [ra, rb] = [k * sy, pd * drop + k * shy];
        const det = aa * bb - ab * ab;
        const final = (bb * ra - ab * rb) / det;
        const fall = (aa * rb - ab * ra) / det;
        const misfit = k * syy + pd * drop * drop - (ra * final + rb * fall);
        terms[i] = weights[i]! - 0.5 * (tempered * n * LOG_VARIANCES[s]! + log(det) + misfit);
        means[i] = final;
        variances[i] = bb / det + noise;
        if (terms[i]! > most) most = terms[i]!;
      }
    }
    let total = 0;
    for (let i = 0; i < SIZE; i++) total += terms[i] = terms[i] === -Infinity ? 0 : quickExp(terms[i]! - most);
    for (let i = 0; i < SIZE; i++) terms[i]! /= total;
  }
}

/** Returns logarithms of the weights before anything is known; −Infinity for shapes of trials that are not there. */
function evenWeights(own: number): Float64Array {
  const share = own === 0 ? 0 : OWN;
  const weights = new Float64Array(SIZE).fill(-Infinity);
  for (let m = 0; m < SHAPES.length + own; m++) {
    const prior = m < SHAPES.length ? (1 - share) * PRIORS[m]! : share / own;
    weights.fill(log(prior / NOISES.length), ...rangeOf(m));
  }
  return weights;
}

/** Returns the places of a shape's noise levels. */
const rangeOf = (shape: number): [from: number, to: number] => [shape * NOISES.length, (shape + 1) * NOISES.length];

/** Returns the largest of 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, … that does not exceed the count. */
function milestone(count: number): number {
  let at = 1;
  for (let next = 2; next <= count; next = Math.floor(next * 1.25) + (next < 8 ? 1 : 0)) at = next;
  return at;
}

/** Returns whether the curve has dropped by more than its noise. */
function hasLearnt({ losses, lowest }: Curve): boolean {
  const finite = losses.filter(Number.isFinite);
  return finite.length >= 2 && finite[0]! - lowest > LEARNING * noiseOf(finite);
}

function moments(values: readonly number[]): { mean: number; sd: number } {
  if (values.length === 0) return { mean: 0, sd: 0 };
  let [sum, squares] = [0, 0];
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (const value of values) squares += (value - mean) * (value - mean);
  return { mean, sd: Math.sqrt(squares / values.length) };
}
