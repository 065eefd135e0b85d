/**
 * Decides from the latest completed trials whether a quadratic model ranks a generation as well as trials would: N.
 * Hansen, "A Global Surrogate Assisted CMA-ES" (lq-CMA-ES, GECCO 2019), sections 2 and 3. Unlike there, the rank
 * correlation is that of leave-one-out predictions (see `model.ts`), which is unbiased with few points.
 *
 * Weights fall linearly from 1 for the best point to `LEAST_WEIGHT` for the worst. `TRUST`, `WINDOW`, `SPARE`, `RECENT`
 * were tuned on Rosenbrock, Ackley, Levy, Griewank, Styblinski-Tang, Rastrigin, a sum of powers and ellipsoids with
 * 2-20 dimensions, some with integers, choices or noise; `NOISY` on such functions with noise (see noise.ts).
 */
import { fitModel, FitSpace, kendall, QuadraticModel, SHAPES, sizeOf, type Frame, type Shape } from './model.js';
import type { Place } from './layout.js';

/** Minimum rank correlation over the latest `RECENT` points for the model to stand in for trials. */
const TRUST = 0.3;
const RECENT = 15;
/** Maximum share of misses among the latest `RECENT` trials for that. */
const MISSES = 0.2;
/** Points per coefficient: the maximum to fit the model to, and the minimum that it needs. */
const WINDOW = 1.5;
const SPARE = 1.1;
/** Number of additional points that the first, linear model needs. */
const FIRST = 3;
const LEAST_WEIGHT = 0.05;
/** Maximum number of coefficients: the fit of a larger model would take longer than a suggestion should. */
const LARGEST = 160;
/** Number of coefficients per new trial at which the model is refitted, so that the cost per suggestion stays even. */
const EVERY = 22;
/**
 * Settings with noise: more of everything, because each point says less, and a lower weight for the luckiest points.
 */
const NOISY = { trust: 0.1, recent: 40, window: 4, spare: 2, leastWeight: 0.3 };
const EXACT = { trust: TRUST, recent: RECENT, window: WINDOW, spare: SPARE, leastWeight: LEAST_WEIGHT };
/** Share of the differences between the latest points above which unexplained differences call for a noise test. */
const PUZZLING = 0.05;
/** Distance above the median at which losses are clipped, as a multiple of its distance from the best. */
const OUTLIER = 1000;

interface Known extends Place {
  trial: number;
  loss: number;
}

export class Surrogate {
  /** True if the model may stand in for trials. */
  trusted = false;
  /** True if the objective is noisy: more points are used, and none is followed for its luck. */
  noisy = false;
  /** Median absolute error of the model at its latest points. */
  unexplained = 0;
  /** True if that is large compared with the differences between the points. */
  private puzzled = false;
  private model: QuadraticModel | null = null;
  private points: Known[] = [];
  private fresh = 0;
  /** By recent trial: true for a miss. */
  private misses: boolean[] = [];
  private readonly sizes: number[];
  private readonly space = new FitSpace();
  private readonly largest: number;

  /** `n` is the number of numeric parameters; `counts` the number of values of each choice. */
  constructor(
    n: number,
    private readonly counts: readonly number[],
  ) {
    this.sizes = SHAPES.map((shape) => sizeOf(n, counts, shape));
    this.largest = Math.max(0, ...this.sizes.filter((size) => size <= LARGEST));
  }

  /** Returns whether there is a model that leaves something unexplained. */
  get isPuzzled(): boolean {
    return this.model !== null && this.puzzled;
  }

  /** Adds a trial. `place` is that of the params tried, not of the draw that led to them. */
  add(trial: number, place: Place, loss: number): void {
    this.note(false);
    if (!Number.isFinite(loss)) return;
    this.points.push({ ...place, trial, loss });
    this.fresh++;
    const most = Math.max(NOISY.recent, Math.ceil(NOISY.window * this.largest));
    if (this.points.length > most) this.points.shift();
  }

  /** Counts a trial that failed, was cut short or broke a constraint: the model knows nothing about those. */
  miss(): void {
    this.note(true);
  }

  /** Returns the predicted loss, or null while nothing is known. */
  predict(place: Place): number | null {
    const loss = this.model?.predict(place) ?? null;
    return Number.isNaN(loss) ? Infinity : loss;
  }

  /** Returns the model's own optimum, if it has one and is trusted. */
  bottom(): Float64Array | null {
    return this.trusted ? (this.model?.bottom() ?? null) : null;
  }

  /** Refits the model when it is due. */
  update(centre: Float64Array, unit: number): void {
    const shape = this.shape();
    if (shape === null) return;
    const { trust, recent, window, leastWeight } = this.settings;
    const size = this.sizes[SHAPES.indexOf(shape)]!;
    if (this.model && this.fresh < Math.max(1, Math.round(size / EVERY))) return;
    this.fresh = 0;
    const points = this.points.slice(-Math.max(recent, Math.ceil(window * size)));
    const order = Int32Array.from(points.keys()).sort((a, b) => compare(points[a]!.loss, points[b]!.loss) || a - b);
    const weights = new Float64Array(points.length);
    for (let rank = 0; rank < order.length; rank++) {
      weights[order[rank]!] = 1 + (leastWeight - 1) * (rank / points.length);
    }
    const { losses, best, half } = scaled(points, order);
    const frame: Frame = { shape, centre: centre.slice(), unit, counts: this.counts };
    const fitted = fitModel(frame, points, losses, weights, this.space);
    this.model = null;
    this.trusted = false;
    if (!fitted) return;
    const { coefficients } = fitted;
    const [measured, predicted]: [number[], number[]] = [[], []];
    for (let k = Math.max(0, points.length - recent); k < points.length; k++) {
      measured.push(losses[k]!);
      predicted.push(fitted.withoutOwn(k));
    }
    const missed = this.misses.filter(Boolean).length;
    const off = measured.map((loss, i) => Math.abs(loss - predicted[i]!)).sort(compare)[measured.length >> 1]!;
    this.puzzled = off > PUZZLING * (Math.max(...measured) - Math.min(...measured));
    this.unexplained = Math.min(Number.MAX_VALUE, off * half);
    this.trusted = kendall(measured, predicted) >= trust && missed <= MISSES * this.misses.length;
    // Transforms back to the trials' own losses, which predictions are ranked with.
    const own = coefficients.map((c, i) => (i === 0 ? c * half + best : c * half));
    if (!own.every(Number.isFinite)) this.trusted = false;
    else this.model = new QuadraticModel(frame, own);
  }

  /** Forgets everything, for a search that restarts elsewhere. */
  clear(): void {
    this.model = null;
    this.points = [];
    this.trusted = false;
    this.fresh = 0;
  }

  save() {
    const { model, trusted, fresh, misses, unexplained, puzzled } = this;
    const frame = model && { ...model.frame, centre: [...model.frame.centre] };
    return {
      trusted,
      fresh,
      unexplained,
      puzzled,
      misses: [...misses],
      trials: this.points.map(({ trial }) => trial),
      model: model && { shape: frame!.shape, centre: frame!.centre, unit: frame!.unit, is: [...model.coefficients] },
    };
  }
  /** Restores the state. `known` returns the place and loss of a completed trial. */
  load(state: ReturnType<Surrogate['save']>, known: (trial: number) => { place: Place; loss: number }): void {
    this.trusted = state.trusted;
    this.fresh = state.fresh;
    this.unexplained = state.unexplained;
    this.puzzled = state.puzzled;
    this.misses = [...state.misses];
    this.points = state.trials.map((trial) => {
      const { place, loss } = known(trial);
      return { ...place, trial, loss };
    });
    if (!state.model) return;
    const { shape, centre, unit, is } = state.model;
    const frame = { shape, centre: Float64Array.from(centre), unit, counts: this.counts };
    this.model = new QuadraticModel(frame, Float64Array.from(is));
  }

  private get settings(): typeof EXACT {
    return this.noisy ? NOISY : EXACT;
  }

  private note(missed: boolean): void {
    this.misses.push(missed);
    if (this.misses.length > RECENT) this.misses.shift();
    // Withdraws trust until the next fit, which can be far off if there are only misses.
    if (missed && this.misses.filter(Boolean).length > MISSES * this.misses.length) this.trusted = false;
  }

  /** Returns the richest model shape that there are enough points for. */
  private shape(): Shape | null {
    let found: Shape | null = null;
    for (const [i, shape] of SHAPES.entries()) {
      const size = this.sizes[i]!;
      if (size <= LARGEST && this.points.length >= this.settings.spare * size + (i === 0 ? FIRST : 0)) found = shape;
    }
    return found;
  }
}

/**
 * Returns losses as multiples of the distance from the best to the median; the best becomes 0. `order` is best first.
 */
function scaled(points: readonly Known[], order: Int32Array): { losses: Float64Array; best: number; half: number } {
  const losses = new Float64Array(points.length);
  const at = (rank: number) => points[order[rank]!]!.loss;
  const best = at(0);
  const half = at(order.length >> 1) - best || at(order.length - 1) - best;
  if (!(half > 0 && half < Infinity)) return { losses, best, half: 0 };
  for (let i = 0; i < losses.length; i++) losses[i] = Math.min(OUTLIER, (points[i]!.loss - best) / half);
  return { losses, best, half };
}

const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
