/**
 * BOHB's sampler: a Parzen estimator of the trials at one budget, the largest that has enough of them. Falkner, Klein &
 * Hutter, "BOHB" (ICML 2018), section 3.2 and algorithm 2; combined with `hyperband` it is BOHB. Budgets are the steps
 * at which trials were stopped or paused, and the full length. Enough means at least d + 3 trials for d parameters.
 */
import { z } from 'zod';
import type { Params } from '../../protocol/values/index.js';
import { Curves, lossOf } from '../curves/curve.js';
import { SeenPoints } from '../space/seen.js';
import { countPoints, keyOf } from '../space/index.js';
import type { History, Random, Sampler, Space, Trial } from '../types.js';
import { RandomSampler } from './random.js';
import { TpeSampler, TpeSettings } from './tpe/index.js';

export const BohbSettings = z.strictObject({
  randomShare: z.number().min(0).max(1).default(0.33).describe('Share of trials that are drawn at random.'),
  candidates: z
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(64)
    .describe('Number of draws, of which the most promising is tried.'),
});

export class BohbSampler implements Sampler {
  readonly name = 'bohb';
  private readonly curves = new Curves();
  private readonly atRandom: RandomSampler;
  private readonly enough: number;
  private readonly seen = new SeenPoints();
  private readonly finite: boolean;

  constructor(
    private readonly settings: z.infer<typeof BohbSettings>,
    space: Space,
  ) {
    this.atRandom = new RandomSampler({}, space);
    this.finite = Number.isFinite(countPoints(space));
    this.enough = space.dimensions.filter(({ kind }) => kind !== 'constant').length + 3;
  }

  suggest(history: History, random: Random): Params | null {
    const past = history.goals.length === 1 ? this.atOneBudget(history) : history;
    if (!past || random.next() < this.settings.randomShare) return this.atRandom.suggest(history, random);
    const { candidates } = this.settings;
    const settings = TpeSettings.parse({ startupTrials: this.enough, candidates });
    const params = new TpeSampler(settings, history.space).suggest(past, random);
    if (!params || !this.finite) return params;
    this.seen.update(history);
    return this.seen.has(keyOf(history.space, params)) ? this.atRandom.suggest(history, random) : params;
  }

  /**
   * Returns the history as if trials ended at the largest such budget and those that didn't get there hadn't existed;
   * running ones are kept.
   */
  private atOneBudget(history: History): History | null {
    const goal = history.goals[0]!;
    const ended = history.trials.filter(({ state, reports }) => state === 'completed' || reports.length > 0);
    const rests = new Set<number>();
    for (const trial of ended) {
      const { state } = trial;
      if (state === 'paused' || state === 'pruned') rests.add(this.curves.of(trial, goal).last);
    }
    for (const budget of [Infinity, ...[...rests].sort((a, b) => b - a)]) {
      const losses = new Map<Trial, number>();
      for (const trial of ended) {
        const loss = this.lossAt(trial, budget, history);
        if (loss !== null && trial.state !== 'failed') losses.set(trial, loss);
      }
      if (losses.size < this.enough) continue;
      const trials = history.trials.filter((trial) => losses.has(trial) || trial.state === 'running');
      return {
        ...history,
        goals: ['minimize'],
        trials: trials.map(({ params, enqueued }, id): Trial => {
          const loss = losses.get(trials[id]!);
          const ended = loss !== undefined;
          return {
            id,
            params,
            enqueued,
            reports: [],
            state: ended ? 'completed' : 'running',
            values: ended ? [loss] : null,
          };
        }),
      };
    }
    return null;
  }

  /** Returns the loss at the budget, or null if the trial never got there. Infinity is the full length. */
  private lossAt(trial: Trial, budget: number, { goals }: History): number | null {
    if (budget === Infinity) return trial.state === 'completed' ? lossOf(trial.values![0]!, goals[0]!) : null;
    const curve = this.curves.of(trial, goals[0]!);
    return curve.length > 0 && curve.last >= budget ? curve.levelAt(budget) : null;
  }
}
