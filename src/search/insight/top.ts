/** Selects the best trials, whatever state they ended in. */
import type { History, Trial } from '../types.js';

/** Sort key: completed trials come first, then pruned ones (those that got further first), then failed ones. */
type Key = [end: number, minusStep: number, loss: number];

/** Returns the trials that have ended, in the order of the history. */
export function endedOf(history: History): Trial[] {
  return history.trials.filter(({ state }) => state !== 'running' && state !== 'paused');
}

/**
 * Returns each trial's degree of membership in the `size` best, from 0 to 1: ties at the border share what is left, so
 * that earlier trials get no advantage. Returns null if all trials are equal.
 */
export function topWeights({ goals }: History, trials: readonly Trial[], objective: number, size: number) {
  const keys = trials.map((trial) => keyOf(trial, goals[objective] === 'maximize' ? -1 : 1, objective));
  const order = Array.from(trials.keys()).sort((a, b) => compare(keys[a]!, keys[b]!) || a - b);
  if (order.length === 0 || compare(keys[order[0]!]!, keys[order.at(-1)!]!) === 0) return null;
  const weights = new Float64Array(trials.length);
  for (let from = 0, to = 0; from < size; from = to) {
    while (to < order.length && compare(keys[order[from]!]!, keys[order[to]!]!) === 0) to++;
    const share = Math.min(1, (size - from) / (to - from));
    for (let i = from; i < to; i++) weights[order[i]!] = share;
  }
  return weights;
}

/** Reports are of the first objective; a trial pruned on account of another one only has its last step. */
function keyOf({ state, values, reports }: Trial, sign: number, objective: number): Key {
  const loss = (value: number) => (Number.isNaN(value) ? Infinity : sign * value);
  if (state === 'completed') return [0, 0, loss(values![objective]!)];
  const last = reports.at(-1);
  if (state === 'pruned' && last) return [1, -last.step, objective === 0 ? loss(last.value) : 0];
  return [2, 0, 0];
}

function compare(a: Key, b: Key): number {
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i]! < b[i]! ? -1 : 1;
  return 0;
}

/**
 * Returns each value's degree of membership in the `share` smallest, from 0 to 1. Values within `tolerance` of the
 * border share what is left, so that meaningless differences don't decide.
 */
export function smallest(values: Float64Array, share: number, tolerance: number): Float64Array {
  const wanted = share * values.length;
  const border = values.slice().sort()[Math.min(values.length - 1, Math.floor(wanted))]!;
  let [below, near] = [0, 0];
  for (const value of values) {
    if (value < border - tolerance) below++;
    else if (value <= border + tolerance) near++;
  }
  const rest = Math.max(0, wanted - below) / Math.max(1, near);
  return values.map((value) => (value < border - tolerance ? 1 : value <= border + tolerance ? rest : 0));
}
