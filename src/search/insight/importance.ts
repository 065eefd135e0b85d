/**
 * Importance of each parameter, as shares that sum to 1: `pedAnova` for being among the best, `fanova` for the value.
 *
 * Over the whole space, both evaluate a model of the trials instead of the trials themselves, because a sampler that
 * has learned nearly always tries the good values of important parameters. On histories of 50 to 800 trials (random
 * search and TPE) the error of the PED-ANOVA shares (half the sum of absolute differences to 20,000 random trials) was,
 * by the model and by the trials: a weighted bowl 0.04-0.13 and 0.08-0.33; a sum of kinks and products 0.01-0.09 and
 * 0.03-0.48; a noisy bowl 0.05-0.41 and 0.09-0.53; conditions and choices 0.04-0.34 and 0.17-0.61; Hartmann 6 0.21-0.62
 * and 0.14-0.41, where the model is worse below 200 trials.
 */
import type { History } from '../types.js';
import { allowedDraws } from './draws.js';
import { effectsOf } from './fanova.js';
import { pedAnova } from './pedAnova.js';
import { completedOf, guessedLosses, lossesOf, rowsOf, type Rows, type Unknown } from './rows.js';
import { deviationOf, fitSurrogate, type SurrogateKind } from './surrogate.js';
import { endedOf, smallest, topWeights } from './top.js';

export interface ImportanceOptions {
  /** Method; `pedAnova` by default. */
  method?: 'pedAnova' | 'fanova';
  /** Index of the objective, from 0. */
  objective?: number;
  /** PED-ANOVA only: share of the space, or of the trials but at least 5, that counts as the best (0.1). */
  quantile?: number;
  /** PED-ANOVA only: over the whole space (default), or among the trials as they are. */
  region?: 'space' | 'tried';
  /** Surrogate; a Gaussian process by default. */
  model?: SurrogateKind;
}

export interface Importance {
  method: 'pedAnova' | 'fanova';
  /** Shares by parameter, in the order of the space; parameters that cannot vary are left out. */
  shares: Record<string, number>;
  /** Number of trials it is based on. */
  trials: number;
  /** fANOVA only: share of the total variance that parameters cause by themselves, of which `shares` are the parts. */
  alone?: number;
  /** fANOVA only: shares of the total variance that two parameters cause only together; greatest first, from 1 %. */
  pairs?: { names: [string, string]; share: number }[];
}

/** Minimum number of trials. */
export const IMPORTANCE_NEEDS = 16;
const LEAST_TOP = 5;
const DRAWS = 8192;
const LEAST_PAIR = 0.01;
/** Differences between predictions that count as none, in standard deviations of the trials' values. */
const ALIKE = 0.01;
const NOTHING = 1e-9;

export function importance(history: History, options: ImportanceOptions = {}): Importance | Unknown {
  return options.method === 'fanova' ? byVariance(history, options) : byTheBest(history, options);
}

/** Computes PED-ANOVA. Pruned and failed trials count as worse than completed ones. */
function byTheBest(history: History, options: ImportanceOptions): Importance | Unknown {
  const { objective = 0, quantile = 0.1, region = 'space', model } = options;
  const trials = endedOf(history);
  if (trials.length < IMPORTANCE_NEEDS)
    return tooFew(trials.length, `needs at least ${IMPORTANCE_NEEDS} trials that have ended`);
  const size = Math.min(trials.length / 2, Math.max(LEAST_TOP, Math.ceil(quantile * trials.length)));
  const weights = topWeights(history, trials, objective, size);
  if (!weights) return allAlike(trials.length);
  const rows = rowsOf(history, trials);
  if (region === 'tried' || completedOf(history).length === 0) {
    return scaled('pedAnova', rows, pedAnova(rows, weights), trials.length);
  }
  const draws = allowedDraws(history.space, DRAWS);
  const losses = guessedLosses(history, trials, objective);
  const surrogate = fitSurrogate(rows, losses, model);
  const values = surrogate.predict(draws.columns, draws.count);
  const best = smallest(values, quantile, ALIKE * surrogate.deviation);
  return scaled('pedAnova', rows, pedAnova(draws, best), trials.length);
}

/** Computes fANOVA from completed trials only, because the final values of the others are unknown. */
function byVariance(history: History, { objective = 0, model }: ImportanceOptions): Importance | Unknown {
  const trials = completedOf(history);
  if (trials.length < IMPORTANCE_NEEDS)
    return tooFew(trials.length, `needs at least ${IMPORTANCE_NEEDS} trials that have completed`);
  const losses = lossesOf(history, trials, objective);
  if (losses.every((loss) => loss === losses[0])) return allAlike(trials.length);
  const rows = rowsOf(history, trials);
  const draws = allowedDraws(history.space, DRAWS);
  const surrogate = fitSurrogate(rows, losses, model);
  const values = surrogate.predict(draws.columns, draws.count);
  if (deviationOf(values) < ALIKE * surrogate.deviation) return nothingSeen(trials.length);
  const { main, pairs } = effectsOf(draws, values);
  const result = scaled('fanova', rows, main, trials.length);
  if ('unknown' in result) return result;
  const nameOf = (d: number): string => rows.axes[d]!.dimension.name;
  const alone = Math.min(
    1,
    main.reduce((sum, share) => sum + share, 0),
  );
  const notable = pairs.filter(({ share }) => share >= LEAST_PAIR);
  return {
    ...result,
    alone,
    pairs: notable.map(({ a, b, share }) => ({ names: [nameOf(a), nameOf(b)], share })),
  };
}

function scaled(method: Importance['method'], { axes }: Rows, found: Float64Array, trials: number) {
  const total = found.reduce((sum, value) => sum + value, 0);
  if (!(total > NOTHING)) return nothingSeen(trials);
  const shares = Object.fromEntries(axes.map(({ dimension }, d) => [dimension.name, found[d]! / total]));
  return { method, shares, trials };
}

function tooFew(trials: number, end: string): Unknown {
  return { unknown: end, trials, needed: IMPORTANCE_NEEDS };
}

function allAlike(trials: number): Unknown {
  return { unknown: 'all trials have the same result', trials, needed: IMPORTANCE_NEEDS };
}

function nothingSeen(trials: number): Unknown {
  return { unknown: 'no parameter stands out in the trials so far', trials, needed: IMPORTANCE_NEEDS };
}
