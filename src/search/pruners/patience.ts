/**
 * Stops a trial that has not improved for a number of reports (early stopping: Prechelt, "Early Stopping - But When?",
 * 1998, criterion UP). Wrapped around another pruner it acts as a brake: that pruner may stop a trial only once the
 * trial has stopped improving.
 */
import { z } from 'zod';
import { Curves } from '../curves/curve.js';
import type { History, Next, Pruner, Random, Scheduler, Trial, Verdict } from '../types.js';

const Inner = z.union([z.string(), z.looseObject({ name: z.string() })]);
export const PatienceSettings = z.strictObject({
  patience: z.number().int().min(1).default(10).describe('Number of reports without improvement before a trial stops.'),
  minDelta: z.number().min(0).default(0).describe('Minimum change that counts as an improvement.'),
  pruner: Inner.optional().describe(
    'Another pruner, with its settings, that then decides. Without one, the trial stops.',
  ),
});

export class PatiencePruner implements Pruner {
  readonly name = 'patience';
  /** Present only around a scheduler. */
  readonly next?: Scheduler['next'];
  private readonly curves = new Curves();

  constructor(
    private readonly settings: { patience: number; minDelta: number },
    private readonly inner: Pruner | Scheduler | null,
  ) {
    if (inner && 'next' in inner) this.next = (history: History, random: Random): Next => inner.next(history, random);
  }

  judge(history: History, trial: Trial): Verdict {
    // The inner pruner is always asked: it may keep count, and a pause is its decision alone.
    const verdict = this.inner?.judge(history, trial) ?? 'prune';
    if (verdict !== 'prune' || history.goals.length !== 1) return verdict === 'prune' ? 'continue' : verdict;
    const { best } = this.curves.of(trial, history.goals[0]!);
    const before = best.length - 1 - this.settings.patience;
    if (before < 0) return 'continue';
    const last = best.at(-1)!;
    // Infinity: all values so far are NaN.
    return last < best[before]! - this.settings.minDelta && last < Infinity ? 'continue' : 'prune';
  }

  save(): unknown {
    return this.inner?.save?.() ?? null;
  }
  load(state: unknown): void {
    if (state !== null && state !== undefined) this.inner?.load?.(state);
  }
}
