/**
 * Among the trials that run or rest there may be one that will clearly be better than any that has completed: with pauses
 * and several at a time, the newest ones always are unfinished. What they will come to is told by their learning
 * curves and by what became of others like them (curves/fidelityRank.ts).
 *
 * One is preferred when even `DOUBT` standard errors above what is expected it is better. Settled on the generated
 * curves of the tests and a table of digits networks, 48 searches by `auto` with pauses, four trials at a time: regret
 * after 5, 10 and 20 full trainings' worth of steps was 0.66, 0.74 and 0.84 times that of the best completed one; without
 * doubt 0.62, 0.71 and 0.99 times, with twice as much 0.78, 0.79 and 0.96 times.
 */
import { lossOf } from '../curves/curve.js';
import { FidelityLosses } from '../curves/fidelityRank.js';
import type { History, Recommendation } from '../types.js';

const DOUBT = 1;

export class Unfinished {
  private readonly fidelity = new FidelityLosses();

  /** `completed` itself where none is better. Black-box constraints of unfinished trials are not known, so none is then. */
  orBetter(history: History, completed: Recommendation): Recommendation {
    const { trials, goals, maxSteps } = history;
    if (completed.trial.constraints?.length) return completed;
    const { fidelity } = this;
    fidelity.update(history);
    let best: { id: number; loss: number } | null = null;
    let bar = lossOf(completed.mean, goals[0]!);
    for (const { id, state, reports, repeatOf } of trials) {
      if ((state !== 'running' && state !== 'paused') || reports.length === 0 || repeatOf !== undefined) continue;
      const loss = fidelity.losses[id]!;
      const bound = loss + DOUBT * fidelity.sd[id]!;
      // Without an error it is only the loss so far: no trial went on from there.
      if (!Number.isFinite(bound) || bound >= bar || fidelity.sd[id] === 0) continue;
      bar = bound;
      best = { id, loss };
    }
    if (!best) return completed;
    const trial = trials[best.id]!;
    const mean = goals[0] === 'maximize' ? -best.loss : best.loss;
    const sd = fidelity.sd[best.id]!;
    const step = `${trial.reports.at(-1)!.step}${maxSteps ? ` of ${maxSteps}` : ''}`;
    const reason =
      `at step ${step} it is on its way to ${short(mean)} ± ${short(sd)}; ` +
      `of those that have completed, trial ${completed.trial.id} is the best (${short(completed.mean)})`;
    return { trial, mean, sd, reason };
  }
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
