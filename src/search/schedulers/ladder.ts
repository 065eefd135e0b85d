/**
 * The rungs of successive halving: steps at which trials are compared, each η times the previous one, the first at a
 * share of the full length. An unknown full length is taken from the longest completed trial.
 */
import { z } from 'zod';
import { Curves } from '../curves/curve.js';
import type { History, Trial } from '../types.js';

export const LadderSettings = {
  eta: z.number().min(2).max(100).default(3).describe('One in this many trials continues at each rung.'),
  grace: z.number().gt(0).max(1).default(0.15).describe("Share of a trial's full length before the first rung."),
  graceSteps: z.number().gt(0).optional().describe('Steps before the first rung; instead of grace.'),
};
interface Settings {
  eta: number;
  grace: number;
  graceSteps?: number | undefined;
}

/** Share of the full length beyond which there are no rungs, because a trial that continues has little left to run. */
const NEAR_END = 0.85;
const MOST = 40;

export class Ladder {
  readonly curves = new Curves();
  /** Rungs in steps after a trial's origin, ascending; empty while the full length is unknown. */
  rungs: readonly number[] = [];
  /** Version that grows whenever the rungs change. */
  version = 0;
  private read = 0;
  private open: Trial[] = [];
  private longest = 0;
  private full: number | null = null;

  constructor(private readonly settings: Settings) {}

  update(history: History): void {
    const known = history.maxSteps ?? null;
    if (known === null) this.readLengths(history);
    const full = known ?? this.longest;
    if (full === this.full) return;
    this.full = full;
    const rungs = rungsOf(this.settings, full, known !== null);
    if (rungs.length === this.rungs.length && rungs.every((rung, i) => rung === this.rungs[i])) return;
    this.rungs = rungs;
    this.version++;
  }

  /** Returns the origin of a trial's steps: its first report, or 0 if the final step is known. */
  originOf({ maxSteps }: History, trial: Trial): number | null {
    return maxSteps !== undefined && maxSteps !== null ? 0 : (trial.reports[0]?.step ?? null);
  }

  /** Returns the last rung that the trial has reached; -1 if none. */
  reached(history: History, trial: Trial): number {
    const origin = this.originOf(history, trial);
    if (origin === null || trial.reports.length === 0) return -1;
    const { last } = this.curves.of(trial, history.goals[0]!);
    let k = -1;
    while (k + 1 < this.rungs.length && this.rungs[k + 1]! <= last - origin) k++;
    return k;
  }

  /** Returns the smallest loss up to the rung. */
  lossAt(history: History, trial: Trial, rung: number): number {
    const origin = this.originOf(history, trial) ?? 0;
    return this.curves.of(trial, history.goals[0]!).bestOnReaching(origin + this.rungs[rung]!) ?? Infinity;
  }

  /** Returns the step of the next rung; undefined if there is none, or if it is unknown before the first report. */
  untilAfter(history: History, trial: Trial | null, rung: number): number | undefined {
    const steps = this.rungs[rung + 1];
    if (steps === undefined) return undefined;
    const origin = trial
      ? this.originOf(history, trial)
      : history.maxSteps !== null && history.maxSteps !== undefined
        ? 0
        : null;
    return origin === null ? undefined : origin + steps;
  }

  /** Returns the rung that the latest report was the first to reach; -1 if none. */
  crossed(history: History, trial: Trial): number {
    const { reports } = trial;
    const origin = this.originOf(history, trial);
    const latest = reports.at(-1);
    if (!latest || origin === null) return -1;
    const before = reports.length > 1 ? reports.at(-2)!.step - origin : -Infinity;
    for (let k = this.rungs.length - 1; k >= 0; k--) {
      if (latest.step - origin >= this.rungs[k]!) return before < this.rungs[k]! ? k : -1;
    }
    return -1;
  }

  private readLengths({ trials, goals }: History): void {
    for (; this.read < trials.length; this.read++) this.open.push(trials[this.read]!);
    this.open = this.open.filter((trial) => {
      if (trial.state === 'running' || trial.state === 'paused') return true;
      if (trial.state === 'completed' && trial.reports.length > 0) {
        const { first, last } = this.curves.of(trial, goals[0]!);
        this.longest = Math.max(this.longest, last - first);
      }
      return false;
    });
  }
}

function rungsOf({ eta, grace, graceSteps }: Settings, full: number, known: boolean): number[] {
  const rungs: number[] = [];
  // Without a known end there is always one more rung.
  const end = full > 0 && (known || graceSteps === undefined) ? full * NEAR_END : Infinity;
  // Rounds up to whole steps if the full length is one, so that no rung is before its share.
  const whole = known && Number.isInteger(full) && full > 1;
  for (let at = graceSteps ?? grace * full; at > 0 && at <= end && rungs.length < MOST; at *= eta) {
    const step = whole ? Math.ceil(at - 1e-9) : at;
    if (step !== rungs.at(-1) && (!whole || step < full)) rungs.push(step);
  }
  return rungs;
}
