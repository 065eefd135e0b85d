/**
 * Asynchronous successive halving: a trial passes a rung if it is among the best 1/η of all that have arrived there so
 * far; none waits for others. Li et al., "A System for Massively Parallel Hyperparameter Tuning" (MLSys 2020), section
 * 3 and algorithm 2. Trials are compared by their smallest loss up to the rung; failed ones don't count.
 *
 * - `stop`: a trial is evaluated once, on reaching a rung, and either ends there or continues. Below η trials all
 *   continue.
 * - `promote`: every trial pauses at its rung. Whenever a worker is free, the best paused trial that is among the best
 *   1/η of the highest rung resumes (from its checkpoint); only if there is none, a new one begins. When nothing else
 *   is left to do, the best paused trials resume until `finish` have completed; the others stay paused.
 *
 * With several objectives, it is always `stop`, and trials are compared by fronts (pruners/fronts.ts).
 *
 * With `brackets`, it is asynchronous Hyperband (same paper, section 3.3): bracket b has no rungs before the b-th, and
 * new trials are assigned to the brackets in the shares of Li et al., "Hyperband" (JMLR 2018), algorithm 1.
 */
import { z } from 'zod';
import type { History, Next, Random, Scheduler, Trial, Verdict } from '../types.js';
import { Ladder, LadderSettings } from './ladder.js';
import { standingAt } from '../pruners/fronts.js';
import { countBelow, RungTable } from './rungTable.js';
import { bracketFor } from './brackets.js';

const finish = z
  .number()
  .int()
  .min(0)
  .default(1)
  .describe('Minimum number of trials that run to their end once nothing else is left to do.');
export const AshaSettings = z.strictObject({
  form: z
    .enum(['stop', 'promote'])
    .optional()
    .describe('Stop trials, or pause them and promote the best later (the default if the program saves checkpoints).'),
  ...LadderSettings,
  finish,
});
type Settings = Omit<z.infer<typeof AshaSettings>, 'form'> & { form: 'stop' | 'promote' };

export class AshaScheduler implements Scheduler {
  private readonly ladder: Ladder;
  private readonly table: RungTable;

  constructor(
    readonly name: string,
    private readonly settings: Settings,
    private readonly brackets: boolean,
  ) {
    this.ladder = new Ladder(settings);
    this.table = new RungTable(this.ladder);
  }

  judge(history: History, trial: Trial): Verdict {
    if (trial.repeatOf !== undefined) return 'continue';
    this.ladder.update(history);
    const k = this.ladder.crossed(history, trial);
    const bracket = trial.bracket ?? 0;
    if (k < bracket) return 'continue';
    if (history.goals.length > 1) return this.judgeByFront(history, trial, k);
    if (this.settings.form === 'promote') return 'pause';
    this.table.update(history);
    const { losses } = this.table.rung(bracket, k);
    if (losses.length < this.settings.eta) return 'continue';
    // Ties continue together.
    const better = countBelow(losses, this.ladder.lossAt(history, trial, k));
    return better >= Math.floor(losses.length / this.settings.eta) ? 'prune' : 'continue';
  }

  /** With several objectives, trials stop at their rungs or continue; none pauses. */
  private judgeByFront(history: History, trial: Trial, k: number): Verdict {
    const bracket = trial.bracket ?? 0;
    const found = standingAt(history, trial, (other) => {
      const origin = (other.bracket ?? 0) === bracket ? this.ladder.originOf(history, other) : null;
      return origin === null ? null : origin + this.ladder.rungs[k]!;
    });
    if (!found || found.count < this.settings.eta) return 'continue';
    return found.better >= Math.floor(found.count / this.settings.eta) ? 'prune' : 'continue';
  }

  next(history: History, _random: Random): Next {
    if (history.goals.length > 1) {
      this.ladder.update(history);
      const more = (history.planned ?? Infinity) > history.trials.length;
      return more ? this.begin(history, 'stop') : { kind: 'end' };
    }
    this.table.update(history);
    const { unfinished } = this.table;
    if (this.settings.form === 'promote') {
      const promoted = this.promotable(history);
      if (promoted) return this.resume(history, promoted);
    }
    if ((history.planned ?? Infinity) > history.trials.length) return this.begin(history);
    if (this.settings.form === 'stop') return { kind: 'end' };
    if (unfinished.some(({ trial }) => trial.state === 'running')) return { kind: 'wait' };
    const last = this.lastOne(history);
    return last ? this.resume(history, last) : { kind: 'end' };
  }

  /** Returns the best promotable paused trial of the highest rung. */
  private promotable(history: History): Trial | null {
    // A trial that something else paused before its first rung resumes: nothing speaks against it yet.
    for (const { trial, rung, bracket } of this.table.unfinished) {
      if (trial.state === 'paused' && rung < bracket) return trial;
    }
    for (let k = this.ladder.rungs.length - 1; k >= 0; k--) {
      for (const bracket of this.table.bracketNumbers) {
        if (k < bracket) continue;
        const { ids, losses } = this.table.rung(bracket, k);
        const places = Math.floor(ids.length / this.settings.eta);
        for (let i = 0; i < places && losses[i]! < Infinity; i++) {
          const trial = history.trials[ids[i]!]!;
          if (trial.state === 'paused' && this.ladder.reached(history, trial) === k) return trial;
        }
      }
    }
    return null;
  }

  /**
   * Returns the paused trial that got furthest, and of these the best, while fewer than `finish` trials have completed.
   */
  private lastOne({ trials, goals }: History): Trial | null {
    let completed = 0;
    for (const { state, repeatOf } of trials) if (state === 'completed' && repeatOf === undefined) completed++;
    if (completed >= this.settings.finish) return null;
    let best: { trial: Trial; rung: number; loss: number } | null = null;
    for (const { trial, rung } of this.table.unfinished) {
      if (trial.state !== 'paused') continue;
      const curve = this.ladder.curves.of(trial, goals[0]!);
      const loss = curve.length ? curve.lowest : Infinity;
      if (loss === Infinity) continue;
      if (!best || rung > best.rung || (rung === best.rung && loss < best.loss)) best = { trial, rung, loss };
    }
    return best?.trial ?? null;
  }

  private begin(history: History, form = this.settings.form): Next {
    const bracket = this.brackets ? bracketFor(history, this.ladder.rungs.length, this.settings.eta) : undefined;
    const until = form === 'promote' ? this.ladder.untilAfter(history, null, (bracket ?? 0) - 1) : undefined;
    return { kind: 'begin', ...(bracket !== undefined && { bracket }), ...(until !== undefined && { until }) };
  }

  private resume(history: History, trial: Trial): Next {
    const rung = Math.max(this.ladder.reached(history, trial), (trial.bracket ?? 0) - 1);
    const until = this.ladder.untilAfter(history, trial, rung);
    return { kind: 'resume', trial: trial.id, ...(until !== undefined && { until }) };
  }
}
