/** Recommends the trial with the best expected value, not the luckiest one (see recommend/estimate.ts). */
import { paretoFront } from '../pareto/index.js';
import { estimate, type Estimated, type Estimates } from './estimate.js';
import { feasible, measure, type Measured } from './measured.js';
import type { Goal, Noise, Recommendation, Space, Trial } from '../types.js';

/** Error of an estimate that counts as exact, as a share of the spread between the candidates. */
const NO_NOISE = 0.01;

/** Recommends trials and caches its last answers: models are refitted only when a trial has completed. */
export class Recommender {
  private whole: Known | null = null;
  private single: Known | null = null;

  constructor(private readonly noise: Noise = 'auto') {}

  /** Returns the ids of completed trials, most promising first; with several objectives, of the front only. */
  ranked(space: Space, trials: readonly Trial[], goals: readonly Goal[]): number[] {
    if (goals.length > 1) return compromises(feasible(measure(trials, goals)));
    this.whole = this.answerTo(this.whole, space, trials, goals);
    return this.whole.answer.ranked.map(({ of }) => of.trial.id);
  }

  /**
   * Returns the same while trials are being repeated, without refitting after each: combines the predictions of the
   * model of the trials before with the repeats' measurements, each weighted by its precision.
   */
  rankedByRepeats(space: Space, trials: readonly Trial[], goals: readonly Goal[]): number[] {
    if (goals.length > 1) return this.ranked(space, trials, goals);
    const singles = trials.filter(({ repeatOf }) => repeatOf === undefined);
    this.single = this.answerTo(this.single, space, singles, goals);
    const { ranked, estimates } = this.single.answer;
    const sums = new Map<number, { sum: number; count: number }>();
    for (const { repeatOf, state, values } of trials) {
      if (repeatOf === undefined || state !== 'completed') continue;
      const { sum, count } = sums.get(repeatOf) ?? { sum: 0, count: 0 };
      sums.set(repeatOf, { sum: sum + (goals[0] === 'minimize' ? values![0]! : -values![0]!), count: count + 1 });
    }
    const means = ranked.map(({ of, mean, sd }) => {
      const repeats = sums.get(of.trial.id);
      if (!repeats) return mean;
      // Without a model, the trial counts as one more repeat.
      const trust = estimates && sd > 0 ? (estimates.noise / sd) ** 2 : 1;
      return (trust * mean + repeats.sum) / (trust + repeats.count);
    });
    const order = Array.from(ranked.keys()).sort((a, b) => compare(means[a]!, means[b]!) || a - b);
    return order.map((i) => ranked[i]!.of.trial.id);
  }

  recommend(space: Space, trials: readonly Trial[], goals: readonly Goal[]): Recommendation | null {
    if (goals.length > 1) return null;
    this.whole = this.answerTo(this.whole, space, trials, goals);
    const { ranked, estimates, measured } = this.whole.answer;
    const first = ranked[0];
    if (!first) return null;
    const sign = goals[0] === 'maximize' ? -1 : 1;
    const mean = estimates ? sign * first.mean : sign * first.of.losses[0]!;
    const reason = this.noise === 'none' ? 'the best value' : reasonOf(first, estimates, measured, sign);
    return { trial: first.of.trial, mean, sd: estimates ? first.sd : Infinity, reason };
  }

  private answerTo(known: Known | null, space: Space, all: readonly Trial[], goals: readonly Goal[]): Known {
    const trials = all.filter(({ state }) => state === 'completed');
    const same = known?.space === space && known.trials.length === trials.length;
    if (same && trials.every((trial, i) => trial === known.trials[i])) return known;
    return { space, trials, answer: answerFor(space, feasible(measure(trials, goals)), this.noise) };
  }
}

/** A cached answer and its inputs. */
interface Known {
  space: Space;
  /** Completed trials, which never change. */
  trials: readonly Trial[];
  answer: Answer;
}

interface Answer {
  ranked: Estimated[];
  /** Estimates, or null if the measured means are all that is known. */
  estimates: Estimates | null;
  /** Measured trials, best means first. */
  measured: Measured[];
}

function answerFor(space: Space, candidates: readonly Measured[], noise: Noise): Answer {
  const measured = [...candidates].sort((a, b) => compare(a.losses[0]!, b.losses[0]!) || a.trial.id - b.trial.id);
  const plain = (of: Measured): Estimated => ({ of, mean: of.losses[0]!, sd: 0 });
  // Nothing can beat minus infinity, and an infinite loss says nothing about its neighbours.
  const estimates =
    noise === 'none' || measured[0]?.losses[0] === -Infinity
      ? null
      : estimate(
          space,
          measured.filter(({ losses }) => Number.isFinite(losses[0])),
          noise === 'some',
        );
  if (!estimates) return { ranked: measured.map(plain), estimates, measured };
  const known = new Set(estimates.ranked.map(({ of }) => of));
  return {
    ranked: [...estimates.ranked, ...measured.filter((one) => !known.has(one)).map(plain)],
    estimates,
    measured,
  };
}

function reasonOf(first: Estimated, estimates: Estimates | null, measured: readonly Measured[], sign: number): string {
  const [best] = measured;
  if (!estimates || !best) return 'the best value; there are too few trials to tell luck from skill';
  const spread = measured.at(-1)!.losses[0]! - best.losses[0]!;
  if (estimates.noise <= NO_NOISE * spread && first.of === best)
    return 'the best value; the same params give about the same value';
  const noise = `single values vary by ${short(estimates.noise)}`;
  const often = first.of.count > 1 ? `, measured ${first.of.count} times` : '';
  if (first.of === best) return `the best value, and the best expected${often}; ${noise}`;
  return (
    `expected ${short(sign * first.mean)} ± ${short(first.sd)}${often}; ` +
    `trial ${best.trial.id} has the best value (${short(sign * best.losses[0]!)}), but ${noise}`
  );
}

/**
 * Returns the front, starting with the point nearest to the ideal point; each objective is scaled by the front's
 * extent.
 */
function compromises(candidates: readonly Measured[]): number[] {
  const front = paretoFront(candidates.map(({ losses }) => losses)).map((i) => candidates[i]!);
  const [first] = front;
  if (!first) return [];
  const least = first.losses.map((_, k) => Math.min(...front.map(({ losses }) => losses[k]!)));
  const most = first.losses.map((_, k) => Math.max(...front.map(({ losses }) => losses[k]!)));
  const distance = ({ losses }: Measured) =>
    losses.reduce((sum, loss, k) => {
      const share = (loss - least[k]!) / (most[k]! - least[k]!);
      return sum + (Number.isFinite(share) ? share * share : loss > least[k]! ? 1 : 0);
    }, 0);
  const far = new Map(front.map((one) => [one, distance(one)]));
  front.sort((a, b) => far.get(a)! - far.get(b)! || a.trial.id - b.trial.id);
  return front.map(({ trial }) => trial.id);
}

const short = (value: number): string => String(Number(value.toPrecision(4)));
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
