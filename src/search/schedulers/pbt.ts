/**
 * Population-based training: a population trains in parallel; at each interval, a member among the worst copies the
 * weights of a good one and continues with changed params. Jaderberg et al., "Population Based Training of Neural
 * Networks" (arXiv 1711.09846), section 3: exploit by truncation; explore by perturbing or redrawing.
 *
 * The contract with the program, which has to save and load checkpoints:
 * - A trial is a member. At each interval it gets verdict `pause` (or ends at `until`), saves and ends.
 * - It continues by `resume`, from its own latest checkpoint or from that of the trial named by `from`, with the params
 *   given then. Its steps continue from the checkpoint's: those of `from` may be ahead of its own.
 * - `keep` names what can't change during training (the network's shape): it comes with the checkpoint.
 *
 * Nobody waits: the paused member that is furthest behind resumes first, and is compared with the members that have
 * passed its step, by their losses at that very step. A failed member is replaced as long as more trials are planned.
 */
import { z } from 'zod';
import type { Params } from '../../protocol/values/index.js';
import { Curves } from '../curves/curve.js';
import type { History, Next, Random, Scheduler, Trial, Verdict } from '../types.js';
import type { Explore } from './explore.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';

export const PbtSettings = z.strictObject({
  population: z
    .number()
    .int()
    .min(2)
    .optional()
    .describe('Number of members. By default the number of planned trials.'),
  interval: z.number().gt(0).max(1).default(0.1).describe('Share of the full length between two comparisons.'),
  intervalSteps: z.number().gt(0).optional().describe('Steps between two comparisons; instead of interval.'),
  truncation: z
    .number()
    .gt(0)
    .max(0.5)
    .default(0.2)
    .describe('Share of the worst members, which copy members from the same share of the best.'),
  resample: z
    .number()
    .min(0)
    .max(1)
    .default(0.25)
    .describe('Probability that a parameter is redrawn instead of perturbed.'),
  factor: z.number().gt(1).default(1.2).describe('Factor by which a parameter is multiplied or divided.'),
  keep: z.array(z.string()).default([]).describe('Parameters that cannot change while training, such as widths.'),
});
export type PbtSettings = z.infer<typeof PbtSettings>;

/**
 * Default population size if the number of trials isn't given either, and the share of members needed for a comparison.
 */
const POPULATION = 10;
const ENOUGH = 0.5;

export class PbtScheduler implements Scheduler {
  private readonly curves = new Curves();

  constructor(
    readonly name: string,
    private readonly settings: Omit<PbtSettings, 'resample' | 'factor'>,
    private readonly explore: Explore,
  ) {}

  judge(history: History, trial: Trial): Verdict {
    const interval = this.intervalOf(history);
    const { reports, until } = trial;
    if (interval === null || reports.length === 0 || trial.repeatOf !== undefined) return 'continue';
    const { step } = reports.at(-1)!;
    if (step >= (history.maxSteps ?? Infinity)) return 'continue';
    if (until !== undefined) return step >= until ? 'pause' : 'continue';
    const before = reports.length > 1 ? reports.at(-2)!.step : 0;
    return Math.floor(step / interval) > Math.floor(before / interval) ? 'pause' : 'continue';
  }

  next(history: History, random: Random): Next {
    const members = history.trials.filter(({ state, repeatOf }) => {
      return (state === 'running' || state === 'paused') && repeatOf === undefined;
    });
    const stepOf = (trial: Trial) => this.lastOf(history, trial);
    const interval = this.intervalOf(history);
    const begun = members.length < this.sizeOf(history) && (history.planned ?? Infinity) > history.trials.length;
    if (begun) return { kind: 'begin', ...this.until(history, interval, 0) };
    const paused = members.filter(({ state }) => state === 'paused');
    if (paused.length === 0) return members.length > 0 ? { kind: 'wait' } : { kind: 'end' };
    const trial = paused.reduce((a, b) => (stepOf(b) < stepOf(a) ? b : a));
    const source = history.goals.length === 1 ? this.better(history, members, trial, random) : null;
    if (!source) return { kind: 'resume', trial: trial.id, ...this.until(history, interval, stepOf(trial)) };
    const params = this.changed(history, trial, source, random);
    const step = Math.max(stepOf(trial), Math.floor(stepOf(source) / interval!) * interval!);
    return { kind: 'resume', trial: trial.id, from: source.id, params, ...this.until(history, interval, step) };
  }

  /** Returns the trial whose weights this one should copy; null if it is good enough. */
  private better(history: History, members: readonly Trial[], trial: Trial, random: Random): Trial | null {
    const goal = history.goals[0]!;
    const own = this.curves.of(trial, goal);
    if (own.length === 0) return null;
    const there: { other: Trial; loss: number }[] = [];
    for (const other of history.trials) {
      if (other.state === 'failed' || other.repeatOf !== undefined || other.reports.length === 0) continue;
      const curve = this.curves.of(other, goal);
      if (curve.last >= own.last) there.push({ other, loss: curve.losses[Math.max(0, curve.placeOf(own.last))]! });
    }
    if (there.length < Math.max(2, ENOUGH * this.sizeOf(history))) return null;
    there.sort((a, b) => (a.loss === b.loss ? a.other.id - b.other.id : a.loss < b.loss ? -1 : 1));
    const cut = Math.max(1, Math.floor(there.length * this.settings.truncation));
    const place = there.findIndex(({ other }) => other === trial);
    const bar = there[cut - 1]!.loss;
    if (place < there.length - cut || there[place]!.loss <= bar) return null;
    const sources = there.slice(0, cut).filter(({ other }) => members.includes(other));
    return sources.length ? sources[random.int(sources.length)]!.other : null;
  }

  private changed(history: History, trial: Trial, source: Trial, random: Random): Params {
    const fixed: Params = {};
    for (const name of this.settings.keep) {
      const value = entryOf(source.params, name);
      if (value !== undefined) setEntry(fixed, name, value);
    }
    return this.explore.around(source.params, fixed, history, trial, random);
  }

  private sizeOf({ planned, workers }: History): number {
    return this.settings.population ?? Math.max(2, planned ?? Math.max(POPULATION, workers ?? 1));
  }

  private intervalOf({ maxSteps }: History): number | null {
    const { interval, intervalSteps } = this.settings;
    if (intervalSteps !== undefined) return intervalSteps;
    return maxSteps ? Math.max(maxSteps * interval, Number.isInteger(maxSteps) ? 1 : 0) : null;
  }

  private lastOf(history: History, trial: Trial): number {
    return trial.reports.length ? this.curves.of(trial, history.goals[0]!).last : 0;
  }

  /** Returns the end of the interval after a step; nothing if the training ends before. */
  private until({ maxSteps }: History, interval: number | null, step: number): { until?: number } {
    if (interval === null) return {};
    const end = (Math.floor(step / interval + 1e-9) + 1) * interval;
    const until = Number.isInteger(maxSteps ?? 1) && interval >= 1 ? Math.ceil(end - 1e-9) : end;
    return until < (maxSteps ?? Infinity) ? { until } : {};
  }
}
