/**
 * Synchronous successive halving and Hyperband: trials come in rounds; all trials of a round run to its first rung and
 * pause, the best 1/η of them continue to the next, and so on to the full length. Jamieson & Talwalkar, "Non-stochastic
 * Best Arm Identification" (AISTATS 2016), figure 3, with a budget by rung; Li et al., "Hyperband" (JMLR 2018),
 * algorithm 1.
 *
 * A worker that a round has no trial for begins the next round instead of waiting. A trial that fails counts as a
 * member of its round without a loss. `Trial.bracket` is the number of the round; the last round may be smaller.
 */
import type { History, Next, Random, Scheduler, Trial, Verdict } from '../types.js';
import { sizeOf } from './brackets.js';
import { Ladder } from './ladder.js';

interface Settings {
  eta: number;
  grace: number;
  graceSteps?: number | undefined;
  /** Number of trials in a round of successive halving. By default, enough that one reaches the end. */
  size?: number | undefined;
}
interface Round {
  first: number;
  size: number;
  trials: Trial[];
}

export class RoundsScheduler implements Scheduler {
  private readonly ladder: Ladder;
  /** Rounds that are finished for good, for a version of the ladder. */
  private readonly done = { version: -1, rounds: new Set<number>() };

  /** With `cycle`, the rounds cycle through Hyperband's brackets. */
  constructor(
    readonly name: string,
    private readonly settings: Settings,
    private readonly cycle: boolean,
  ) {
    this.ladder = new Ladder(settings);
  }

  judge(history: History, trial: Trial): Verdict {
    if (history.goals.length !== 1 || trial.repeatOf !== undefined || trial.bracket === undefined) return 'continue';
    this.ladder.update(history);
    return this.ladder.crossed(history, trial) >= this.firstRung(trial.bracket) ? 'pause' : 'continue';
  }

  next(history: History, _random: Random): Next {
    if (history.goals.length !== 1) return { kind: 'begin' };
    this.ladder.update(history);
    const more = (history.planned ?? Infinity) > history.trials.length;
    const rounds = this.roundsOf(history);
    const { done } = this;
    if (done.version !== this.ladder.version) {
      done.version = this.ladder.version;
      done.rounds.clear();
    }
    for (const [i, round] of rounds.entries()) {
      if (done.rounds.has(i)) continue;
      const full = round.trials.length >= round.size || (!more && i === rounds.length - 1);
      const trial = full ? this.promoted(history, round) : null;
      if (trial) return this.resume(history, trial, round);
      if (round.trials.length >= round.size && round.trials.every(({ state }) => state !== 'running'))
        done.rounds.add(i);
    }
    const last = rounds.at(-1);
    if (more) {
      const bracket = last && last.trials.length < last.size ? rounds.length - 1 : rounds.length;
      const until = this.ladder.untilAfter(history, null, this.firstRung(bracket) - 1);
      return { kind: 'begin', bracket, ...(until !== undefined && { until }) };
    }
    return history.trials.some(({ state }) => state === 'running') ? { kind: 'wait' } : { kind: 'end' };
  }

  private firstRung(round: number): number {
    return this.cycle ? round % (this.ladder.rungs.length + 1) : 0;
  }

  private sizeOf(round: number): number {
    const { rungs } = this.ladder;
    const { eta, size } = this.settings;
    if (this.cycle) return sizeOf(this.firstRung(round), rungs.length, eta);
    return size ?? sizeOf(0, rungs.length, eta);
  }

  private roundsOf({ trials }: History): Round[] {
    const rounds: Round[] = [];
    for (const trial of trials) {
      if (trial.bracket === undefined || trial.repeatOf !== undefined) continue;
      while (rounds.length <= trial.bracket) {
        rounds.push({ first: this.firstRung(rounds.length), size: this.sizeOf(rounds.length), trials: [] });
      }
      rounds[trial.bracket]!.trials.push(trial);
    }
    return rounds;
  }

  /**
   * Returns a trial that may continue because all others of its round have arrived; null while the round is waiting.
   */
  private promoted(history: History, { first, trials }: Round): Trial | null {
    let members = trials;
    let places = trials.length;
    for (let k = first; k < this.ladder.rungs.length; k++) {
      const arrived: { trial: Trial; loss: number }[] = [];
      for (const trial of members) {
        if (this.ladder.reached(history, trial) >= k) {
          arrived.push({ trial, loss: this.ladder.lossAt(history, trial, k) });
        } else if (trial.state === 'paused') return trial;
        else if (trial.state === 'running') return null;
      }
      places = Math.max(1, Math.floor(places / this.settings.eta));
      members = arrived
        .filter(({ loss }) => loss < Infinity)
        .sort((a, b) => a.loss - b.loss || a.trial.id - b.trial.id)
        .slice(0, places)
        .map(({ trial }) => trial);
      const next = members.find((trial) => trial.state === 'paused' && this.ladder.reached(history, trial) === k);
      if (next) return next;
    }
    return null;
  }

  private resume(history: History, trial: Trial, { first }: Round): Next {
    const until = this.ladder.untilAfter(history, trial, Math.max(first - 1, this.ladder.reached(history, trial)));
    return { kind: 'resume', trial: trial.id, ...(until !== undefined && { until }) };
  }
}
