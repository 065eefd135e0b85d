/** How much each parameter matters, as shares that sum to 1. */
import type { History } from '../types.js';
import { pedAnova, type Region } from './pedAnova.js';
import type { Unknown } from './rows.js';
import { endedOf, topWeights } from './top.js';

export interface ImportanceOptions {
  method?: 'pedAnova';
  /** Which of several objectives, from 0. */
  objective?: number;
  /** Share of the trials that count as the best (0.1), but at least 5 trials. */
  quantile?: number;
  /** Over all of the space (default), or over where the trials are. */
  region?: Region;
}

export interface Importance {
  method: 'pedAnova';
  /** By parameter, in the order of the space; parameters that cannot vary are left out. */
  shares: Record<string, number>;
  /** Trials it is drawn from. */
  trials: number;
}

export const NEEDED = 16;
const LEAST_TOP = 5;

/** With failed and pruned trials, which are worse than completed ones. */
export function importance(history: History, options: ImportanceOptions = {}): Importance | Unknown {
  const { method = 'pedAnova', objective = 0, quantile = 0.1, region = 'space' } = options;
  const trials = endedOf(history);
  const unknown = (text: string): Unknown => ({ unknown: text, trials: trials.length, needed: NEEDED });
  if (trials.length < NEEDED) return unknown(`needs at least ${NEEDED} trials that have ended`);
  const size = Math.min(trials.length / 2, Math.max(LEAST_TOP, Math.ceil(quantile * trials.length)));
  const weights = topWeights(history, trials, objective, size);
  if (!weights) return unknown('all trials have the same result');
  const found = pedAnova(history, trials, weights, region);
  const total = Object.values(found).reduce((sum, value) => sum + value, 0);
  if (!(total > 0)) return unknown('no parameter stands out: try more trials');
  const shares = Object.fromEntries(Object.entries(found).map(([name, value]) => [name, value / total]));
  return { method, shares, trials: trials.length };
}
