/**
 * Pauses trials that are unlikely to win, and resumes them if that changes. The idea of Swersky, Snoek & Adams,
 * "Freeze-Thaw Bayesian Optimization" (arXiv 1406.3896), with the curve model of curves/model.ts: probabilities depend
 * on a trial's own curve and those of the completed ones, but not on its params.
 *
 * - At first, nothing is known about final values: the first `start` trials pause at `grace`, and only the best
 *   continues.
 * - From then on, a trial pauses when the probability that it becomes the best falls below `threshold`. It resumes
 *   when, with more trials completed, the probability exceeds twice the threshold. Resuming takes precedence over new
 *   trials.
 * - When nothing else is left and none has completed, the best paused trial resumes.
 */
import { z } from 'zod';
import { CurvePruner, CurveSettings } from '../pruners/curve.js';
import type { History, Next, Random, Scheduler, Trial, Verdict } from '../types.js';

export const ThawSettings = CurveSettings.extend({
  threshold: CurveSettings.shape.threshold.describe('A trial less likely than this to become the best pauses.'),
  startupTrials: z.number().int().min(1).default(1).describe('Completed trials before probabilities are estimated.'),
  start: z.number().int().min(1).default(4).describe('Trials that begin before one of them runs to its end.'),
  grace: z.number().gt(0).max(1).default(0.15).describe("Share of a trial's full length before it may pause."),
});
type Settings = z.infer<typeof ThawSettings>;

const LIKELIEST = 64;

export class ThawScheduler implements Scheduler {
  readonly name = 'thaw';
  private readonly curve: CurvePruner;
  /** Chances by version of the model: within a version they only fall, because the best value improves. */
  private readonly chances = new WeakMap<Trial, { version: number; chance: number }>();

  constructor(private readonly settings: Settings) {
    this.curve = new CurvePruner(settings);
  }

  judge(history: History, trial: Trial): Verdict {
    if (history.goals.length !== 1 || trial.repeatOf !== undefined) return 'continue';
    // Its program was told, and pauses by itself.
    if (isAtBound(trial)) return 'pause';
    const chance = this.curve.chance(history, trial);
    return chance !== null && chance < this.settings.threshold ? 'pause' : 'continue';
  }

  next(history: History, _random: Random): Next {
    const more = (history.planned ?? Infinity) > history.trials.length;
    if (history.goals.length !== 1) return more ? { kind: 'begin' } : { kind: 'end' };
    const own = history.trials.filter(({ repeatOf }) => repeatOf === undefined);
    const paused = own.filter(({ state }) => state === 'paused');
    const running = own.some(({ state }) => state === 'running');
    const { model } = this.curve;
    model.update(history);
    const started = model.completed >= this.settings.startupTrials;
    const thawed = started ? this.thawed(history, paused) : null;
    if (thawed) return { kind: 'resume', trial: thawed.id };
    if (!started) {
      // Only one trial at a time runs to its end; another one only if that fails.
      const going = own.some(({ state, until }) => state === 'running' && until === undefined);
      const first = going || own.length < this.settings.start ? null : this.best(history, paused);
      if (first) return { kind: 'resume', trial: first.id };
    }
    if (more) return { kind: 'begin', ...(!started && this.until(history)) };
    if (running) return { kind: 'wait' };
    const last = model.completed === 0 ? this.best(history, paused) : null;
    return last ? { kind: 'resume', trial: last.id } : { kind: 'end' };
  }

  private until({ maxSteps }: History): { until?: number } {
    if (!maxSteps) return {};
    const until = this.settings.grace * maxSteps;
    return { until: Number.isInteger(maxSteps) ? Math.ceil(until) : until };
  }

  private thawed(history: History, paused: readonly Trial[]): Trial | null {
    const { version } = this.curve.model;
    const { threshold } = this.settings;
    let best: { trial: Trial; chance: number } | null = null;
    for (const trial of this.likeliest(history, paused)) {
      // Nothing spoke against one that paused only because it was to.
      const enough = isAtBound(trial) ? threshold : Math.min(0.5, 2 * threshold);
      const known = this.chances.get(trial);
      if (known?.version === version && known.chance < enough) continue;
      const chance = this.curve.chance(history, trial) ?? 1;
      this.chances.set(trial, { version, chance });
      if (chance >= enough && (!best || chance > best.chance)) best = { trial, chance };
    }
    return best?.trial ?? null;
  }

  /** Returns the paused trials with the smallest losses so far, because chances are expensive to compute. */
  private likeliest({ goals }: History, paused: readonly Trial[]): readonly Trial[] {
    if (paused.length <= LIKELIEST) return paused;
    const { curves } = this.curve.model;
    const losses = Float64Array.from(paused, (trial) => {
      const curve = curves.of(trial, goals[0]!);
      return curve.length > 0 ? curve.lowest : Infinity;
    });
    const bar = losses.slice().sort()[LIKELIEST - 1]!;
    return paused.filter((_, i) => losses[i]! <= bar).slice(0, 2 * LIKELIEST);
  }

  /** Returns the trial with the smallest loss, ties to the one that got furthest; null if all losses are NaN. */
  private best({ goals }: History, paused: readonly Trial[]): Trial | null {
    let best: { trial: Trial; last: number; loss: number } | null = null;
    for (const trial of paused) {
      const { length, last, lowest } = this.curve.model.curves.of(trial, goals[0]!);
      const [step, loss] = length > 0 ? [last, lowest] : [-Infinity, 0];
      if (loss === Infinity) continue;
      if (!best || loss < best.loss || (loss === best.loss && step > best.last)) best = { trial, last: step, loss };
    }
    return best?.trial ?? null;
  }
}

/** Returns whether the trial has reached the step at which it was to pause. */
const isAtBound = ({ until, reports }: Trial): boolean =>
  until !== undefined && reports.length > 0 && reports.at(-1)!.step >= until;
