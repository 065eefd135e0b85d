/**
 * Determines the share of free trials from how the free ones did against those in the box. The probability that a free
 * trial beats one in the box is estimated from the latest trials of both (Mann & Whitney's U, Annals of Mathematical
 * Statistics 18, 1947); while there are few trials, they are balanced by `BELIEF` trials at the given share.
 */
import { nonDominatedRanks } from '../pareto/index.js';
import type { Goal, History, Trial } from '../types.js';

const WINDOW = 40;
const BELIEF = 2;
const LEAST = 0.1;
const MOST = 0.95;

/** Returns the share. `arms` is the origin of each trial: `b` the box's sampler, `f` the free one. */
export function freeShare(given: number, { trials, goals }: History, arms: string): number {
  if (given <= 0 || given >= 1) return given;
  const boxed: Trial[] = [];
  const freed: Trial[] = [];
  for (let i = arms.length - 1; i >= 0 && (boxed.length < WINDOW || freed.length < WINDOW); i--) {
    const trial = trials[i]!;
    const arm = arms[i] === 'b' ? boxed : arms[i] === 'f' ? freed : null;
    if (arm && arm.length < WINDOW && trial.state !== 'running' && trial.state !== 'paused') arm.push(trial);
  }
  const seen = Math.min(boxed.length, freed.length);
  if (seen === 0) return given;
  const losses = lossesOf([...boxed, ...freed], goals);
  let wins = 0;
  for (let f = boxed.length; f < losses.length; f++) {
    for (let b = 0; b < boxed.length; b++) wins += losses[f]! < losses[b]! ? 1 : losses[f] === losses[b] ? 0.5 : 0;
  }
  const u = wins / (boxed.length * freed.length);
  // If free trials are twice as likely to be better, they get four times as many trials.
  const target = Math.min(MOST, Math.max(LEAST, (u * u) / (u * u + (1 - u) * (1 - u))));
  return given + (target - given) * (seen / (seen + BELIEF));
}

/** Returns the losses; Infinity for trials that failed or broke a constraint; the front for several objectives. */
function lossesOf(trials: readonly Trial[], goals: readonly Goal[]): ArrayLike<number> {
  const points = trials.map(({ state, values, constraints }) => {
    const useless = state !== 'completed' || constraints?.some((c) => !(c <= 0));
    return goals.map((goal, k) => (useless ? Infinity : goal === 'minimize' ? values![k]! : -values![k]!));
  });
  return goals.length === 1 ? points.map((point) => point[0]!) : nonDominatedRanks(points);
}
