/**
 * What a learning curve will come to: a Bayesian mixture over forms of curves (shapes.ts) and sizes of noise. Given
 * form and noise, final value and drop are linear and normal, so likelihood and prediction are sums and a 2×2 inverse:
 * the importance sampling over a prior of curves of Adriaensen et al. (NeurIPS 2023) with that part done exactly.
 *
 * - The prior is learnt from the search: final values and drops of the trials so far, widened, and how well each
 *   form explains the trials that ended.
 * - Reports are not independent of one another given a form that is only about right: a curve counts as at most
 *   `COUNTED` of them.
 *
 * Sums are kept by trial, so a report costs the same however long the curve is. Learnt is anew whenever there are a
 * quarter more completed trials than the last time, from the latest of them: what is expected of the others then stays
 * the same for a while, and need not be worked out again. It depends on the history alone, not on when one looked.
 */
import { quickCdf } from '../maths/normal.js';
import { exp, log, quickExp } from '../maths/numeric.js';
import type { History, Trial } from '../types.js';
import { Curves, lossOf, type Curve } from './curve.js';
import { PRIORS, SHAPES } from './shapes.js';

/** Deviations of the noise, as shares of a typical drop. */
const NOISES = [0.003, 0.01, 0.03, 0.1, 0.3];
const COUNTED = 5;
const LOG_VARIANCES = NOISES.map((noise) => 2 * log(noise));
/** How much wider the prior is than the trials so far. */
const WIDER = 1.5;
/** Trials' worth of belief that all forms are as likely. */
const BELIEF = 4;
/** Steps whose forms are remembered. */
const MOST_ROWS = 4096;
/** Completed trials that are learnt from at most. */
const MOST = 64;
/** Completed trials after which a search in which nothing learns is taken for what it is. */
const PATIENCE = 10;
/** Deviations of a curve's noise by which it must have come down to count as learning. */
const LEARNING = 4;
const FORMS = SHAPES.length;
const SIZE = FORMS * NOISES.length;
const EVEN = Float64Array.from({ length: SIZE }, (_, i) => log(PRIORS[Math.floor(i / NOISES.length)]! / NOISES.length));

export interface Outlook {
  /** Of the value at the full length, as it will be reported. */
  mean: number;
  sd: number;
  /** Probability that it is below this loss. */
  below(loss: number): number;
}

interface Sums {
  curve: Curve;
  read: number;
  /** Identity of the curve's list: another one after it was thinned out. */
  of: number[];
  full: number;
  n: number;
  y: number;
  yy: number;
  /** By form: sums of h, h² and h times the loss. */
  h: Float64Array;
}

export class CurveModel {
  readonly curves = new Curves();
  /** Grows whenever something was learnt. */
  version = 0;
  /** A typical drop from the first report to the final value. */
  scale = 1;
  /** The step at which trainings end; 0 while it isn't known. */
  full = 0;
  /** Smallest final loss so far. */
  best = Infinity;
  completed = 0;
  /**
   * False while no completed trial has learnt anything: a flat beginning then says nothing yet, because how a curve of
   * this search comes down was never seen.
   */
  informed = false;
  private read = 0;
  private open: Trial[] = [];
  private ended: Trial[] = [];
  private learnt: Trial[] = [];
  private readonly sums = new WeakMap<Trial, Sums>();
  /** Logarithms. */
  private readonly weights = EVEN.slice();
  /** The forms at a step. */
  private readonly rows = new Map<number, Float64Array>();
  private shift = 0;
  /** Prior of final value and drop, in units of `scale` from `shift`. */
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
    // Not the order in which they ended, which a restored search does not know.
    this.ended.sort((a, b) => a.id - b.id);
    for (const trial of this.ended) this.best = Math.min(this.best, lossOf(trial.values![0]!, history.goals[0]!));
    const chosen = this.ended.slice(0, milestone(this.ended.length)).slice(-MOST);
    if (chosen.length === this.learnt.length && chosen.every((trial, i) => trial === this.learnt[i])) return;
    this.learnt = chosen;
    this.version++;
    this.learn(history);
  }

  /** Null: nothing can be said. The trial's latest reports must be numbers. */
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
    if (full !== this.full) this.rows.clear();
    this.full = full;
    if (finals.length === 0) return;
    const [final, drop] = [moments(finals), moments(drops)];
    this.shift = final.mean;
    this.scale = Math.max(Math.abs(drop.mean), drop.sd, final.sd) || Math.abs(final.mean) || 1;
    // Two trials' worth of belief that finals and drops differ by half a typical drop.
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

  /** One step of expectation and maximisation from even weights, with a belief in these. */
  private weigh(history: History): void {
    const even = EVEN;
    const counts = EVEN.map((weight) => BELIEF * exp(weight));
    for (const trial of this.learnt) {
      const sums = this.sumsOf(history, trial);
      if (sums.n === 0) continue;
      this.explain(sums, even);
      for (let i = 0; i < SIZE; i++) counts[i]! += this.terms[i]!;
    }
    let total = 0;
    for (let i = 0; i < SIZE; i++) total += counts[i]!;
    for (let i = 0; i < SIZE; i++) this.weights[i] = log(counts[i]! / total);
  }

  private sumsOf(history: History, trial: Trial): Sums {
    const curve = this.curves.of(trial, history.goals[0]!);
    let sums = this.sums.get(trial);
    if (!sums || sums.of !== curve.losses || sums.read > curve.length || sums.full !== this.full) {
      sums = { curve, read: 0, of: curve.losses, full: this.full, n: 0, y: 0, yy: 0, h: new Float64Array(3 * FORMS) };
      this.sums.set(trial, sums);
    }
    for (; sums.read < curve.length; sums.read++) {
      const y = curve.losses[sums.read]!;
      if (!Number.isFinite(y)) continue;
      const row = this.rowOf(curve.steps[sums.read]!);
      sums.n++;
      sums.y += y;
      sums.yy += y * y;
      for (let m = 0; m < FORMS; m++) {
        const h = row[m]!;
        sums.h[3 * m]! += h;
        sums.h[3 * m + 1]! += h * h;
        sums.h[3 * m + 2]! += h * y;
      }
    }
    return sums;
  }

  private rowOf(step: number): Float64Array {
    let row = this.rows.get(step);
    if (row) return row;
    if (this.rows.size >= MOST_ROWS) this.rows.clear();
    this.rows.set(step, (row = Float64Array.from(SHAPES, (shape) => shape(step / this.full))));
    return row;
  }

  /** Fills `terms` with the probabilities of form and noise, and what each predicts, in units of `scale`. */
  private explain({ n, y, yy, h }: Sums, weights: Float64Array): void {
    const { shift, scale, terms, means, variances } = this;
    const { drop, finalPrecision: pf, dropPrecision: pd } = this.prior;
    const tempered = Math.min(1, COUNTED / n);
    const sy = (y - n * shift) / scale;
    const syy = (yy - 2 * shift * y + n * shift * shift) / (scale * scale);
    let most = -Infinity;
    for (let m = 0; m < FORMS; m++) {
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
    for (let i = 0; i < SIZE; i++) total += terms[i] = quickExp(terms[i]! - most);
    for (let i = 0; i < SIZE; i++) terms[i]! /= total;
  }
}

/** The largest of 1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 15, … that is not above the count. */
function milestone(count: number): number {
  let at = 1;
  for (let next = 2; next <= count; next = Math.floor(next * 1.25) + (next < 8 ? 1 : 0)) at = next;
  return at;
}

/** True when the curve has come down by more than its noise, which is told from the differences of neighbouring reports. */
function hasLearnt({ losses, lowest }: Curve): boolean {
  const finite = losses.filter(Number.isFinite);
  if (finite.length < 2) return false;
  const steps = finite.slice(1).map((loss, i) => Math.abs(loss - finite[i]!));
  // The median, because a smooth curve's few large first steps are no noise; normal: 0.954 deviations.
  const noise = steps.sort((a, b) => a - b)[steps.length >> 1]! / 0.954;
  return finite[0]! - lowest > LEARNING * noise;
}

function moments(values: readonly number[]): { mean: number; sd: number } {
  if (values.length === 0) return { mean: 0, sd: 0 };
  let [sum, squares] = [0, 0];
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (const value of values) squares += (value - mean) * (value - mean);
  return { mean, sd: Math.sqrt(squares / values.length) };
}
