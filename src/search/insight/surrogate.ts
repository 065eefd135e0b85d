/**
 * A surrogate of the objective over the space: mean and uncertainty. A Gaussian process on trials far apart is the
 * default: on five functions of 4 to 9 parameters its error was several times smaller than that of a forest on all
 * trials, for histories of random search and of TPE alike. A forest copes with jumps and with hundreds of choices.
 */
import { fitGp, type ColumnKind } from '../gp/index.js';
import type { Axis } from '../space/unit.js';
import { Forest } from './forest.js';
import { INACTIVE, type Rows } from './rows.js';
import { select, spread } from './spread.js';

export type SurrogateKind = 'gp' | 'forest';

export interface Surrogate {
  kind: SurrogateKind;
  /** Standard deviation of the training values. */
  deviation: number;
  /** Returns the posterior mean, by row. */
  predict(columns: readonly Float64Array[], count: number): Float64Array;
  /** Returns the mean of the posterior mean over all rows, and its standard deviation. */
  average(columns: readonly Float64Array[], count: number): { mean: number; sd: number };
}

/** Number of trials that are all used; of more, this share is used, up to a maximum. */
const ALL_OF = 64;
const SHARE = 0.6;
const MOST = 128;
/** Number of rows over which a Gaussian process's variance is averaged. */
const VARIANCES = 24;
const EVALUATIONS = 60;
/**
 * Log length scales, signal and noise of a function with several hills along each axis. The fit starts there and at the
 * prior's mode, a far smoother function; from the latter alone it may mistake hills for noise (as on Ishigami's).
 */
export const HILLY = { scale: -1, signal: 0, noise: -5 };

export function fitSurrogate(rows: Rows, losses: Float64Array, kind: SurrogateKind = 'gp'): Surrogate {
  const apart = spread(rows, Math.max(ALL_OF, Math.min(MOST, Math.round(SHARE * rows.count))));
  const fence = fenceOf(Float64Array.from(apart, (i) => losses[i]!));
  if (kind === 'forest')
    return forestOf(
      rows,
      losses.map((loss) => Math.min(fence, loss)),
    );
  return gpOf(
    select(rows, apart),
    Float64Array.from(apart, (i) => Math.min(fence, losses[i]!)),
  );
}

/**
 * Returns the fence: values farther above the middle half than twice its width are clipped to it, so that a few failed
 * trainings don't hide all the rest. It lies between the inner and the outer fence of Tukey, "Exploratory Data
 * Analysis" (1977). With three widths, one trial in ten with an absurd value spoiled the shares of six parameters; with
 * one and a half, the corners of a saddle were cut off.
 */
function fenceOf(losses: Float64Array): number {
  const sorted = losses.slice().sort();
  const [low, high] = [sorted[Math.floor((sorted.length - 1) / 4)]!, sorted[Math.ceil((sorted.length - 1) * 0.75)]!];
  return high > low ? high + 2 * (high - low) : Infinity;
}

/** Wraps a forest; its uncertainty is the spread of the trees' averages. */
function forestOf(rows: Rows, losses: Float64Array): Surrogate {
  const forest = new Forest(rows, losses);
  return {
    kind: 'forest',
    deviation: deviationOf(losses),
    predict: (columns, count) => forest.predict(columns, count),
    average(columns, count) {
      const n = forest.trees.length;
      const said = forest.trees.map((_, t) => {
        return forest.predictOf(t, columns, count).reduce((sum, value) => sum + value / count, 0);
      });
      const mean = said.reduce((sum, one) => sum + one / n, 0);
      return { mean, sd: Math.sqrt(said.reduce((sum, one) => sum + (one - mean) ** 2 / n, 0)) };
    },
  };
}

/**
 * Wraps a Gaussian process; its uncertainty is the mean of the variances at the points, an upper bound of the variance
 * of the mean: Moosbauer, Herbinger, Casalicchio, Lindauer & Bischl, "Explaining Hyperparameter Optimization via
 * Partial Dependence Plots" (NeurIPS 2021), section 3.
 */
function gpOf(rows: Rows, y: Float64Array): Surrogate {
  const d = rows.axes.length;
  const x = placesOf(rows);
  const { model, center, scale } = fitGp({
    x,
    y,
    kinds: rows.axes.map(columnKind),
    evaluations: EVALUATIONS,
    start: Float64Array.of(...rows.axes.map(() => HILLY.scale), HILLY.signal, HILLY.noise),
  });
  const moments = model.newMoments();
  return {
    kind: 'gp',
    deviation: deviationOf(y),
    predict(columns, count) {
      const points = placesOf({ axes: rows.axes, columns, count });
      return Float64Array.from({ length: count }, (_, i) => center + scale * model.mean(points, i * d));
    },
    average(columns, count) {
      const points = placesOf({ axes: rows.axes, columns, count });
      const every = Math.max(1, Math.floor(count / VARIANCES));
      let [mean, variance, variances] = [0, 0, 0];
      for (let i = 0; i < count; i++) {
        if (i % every > 0) {
          mean += model.mean(points, i * d) / count;
          continue;
        }
        model.moments(points, moments, i * d);
        mean += moments.mean / count;
        variance += moments.variance;
        variances++;
      }
      return { mean: center + scale * mean, sd: scale * Math.sqrt(variance / Math.max(1, variances)) };
    },
  };
}

export function columnKind(axis: Axis): ColumnKind {
  return !axis.ordered ? 'category' : axis.dimension.when ? 'optional' : 'ordered';
}

/** Returns the rows as a Gaussian process expects them: ordered values in [0, 1]. */
export function placesOf({ axes, columns, count }: Rows): Float64Array {
  const places = new Float64Array(count * axes.length);
  for (const [d, { edges, ordered }] of axes.entries()) {
    const column = columns[d]!;
    for (let i = 0; i < count; i++) {
      const at = column[i]!;
      const listed = edges && ordered && at !== INACTIVE;
      places[i * axes.length + d] = listed ? (edges[at]! + edges[at + 1]!) / 2 : at;
    }
  }
  return places;
}

export function deviationOf(values: Float64Array): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value / n, 0);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0));
}
