/**
 * Chooses how to save time on unpromising trials, and gives the reason: nothing if there is little to save, else
 * stopping by learning curve (curve.ts), or, if the program can pause and resume, pausing instead (thaw.ts). With
 * several objectives, stopping by dominance (median.ts).
 */
import { z } from 'zod';
import { ThawScheduler, ThawSettings } from '../schedulers/thaw.js';
import type { History, Next, Random, Scheduler, Trial, Verdict } from '../types.js';
import { CurvePruner, CurveSettings } from './curve.js';
import { PercentilePruner, PercentileSettings } from './median.js';

export const AutoPrunerSettings = z.strictObject({});

/** Minimum numbers of planned trials and of reports per trial; below either, nothing is stopped. */
const TRIALS = 6;
const REPORTS = 5;

interface Facts {
  trials: number | null;
  goals: number;
  maxSteps: number | null;
  checkpoints: boolean;
}

export class AutoPruner implements Scheduler {
  readonly name = 'auto';
  private readonly curve = new CurvePruner(CurveSettings.parse({}));
  private readonly median = new PercentilePruner('median', PercentileSettings.parse({ percentile: 50 }));
  private readonly thaw = new ThawScheduler(ThawSettings.parse({}));

  constructor(private readonly facts: Facts) {}

  judge(history: History, trial: Trial): Verdict {
    if (this.idle()) return 'continue';
    if (this.facts.goals > 1) return this.median.judge(history, trial);
    return (this.facts.checkpoints ? this.thaw : this.curve).judge(history, trial);
  }

  next(history: History, random: Random): Next {
    if (!this.idle() && this.facts.checkpoints && this.facts.goals === 1) return this.thaw.next(history, random);
    return (history.planned ?? Infinity) > history.trials.length ? { kind: 'begin' } : { kind: 'end' };
  }

  reason(): string {
    const { trials, maxSteps, goals } = this.facts;
    if (trials !== null && trials < TRIALS) return `none: ${trials} trials are too few to stop any of them`;
    if (this.idle()) return `none: trials of ${maxSteps} steps are too short to stop early`;
    if (goals > 1) return 'median: a trial that most others dominate at the same step is stopped';
    return this.facts.checkpoints
      ? 'thaw: a trial whose learning curve leads to nothing better pauses, and resumes if that changes'
      : 'curve: a trial whose learning curve leads to nothing better is stopped';
  }

  private idle(): boolean {
    const { trials, maxSteps } = this.facts;
    return (trials !== null && trials < TRIALS) || (maxSteps !== null && maxSteps < REPORTS);
  }
}
