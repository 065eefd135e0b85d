/** Which trials are the best ones, whatever became of them. */
import type { History, Trial } from '../types.js';

/** Completed trials come first, then pruned ones (those that got further first), then failed ones. */
type Key = [end: number, minusStep: number, loss: number];

/** Trials that have ended, in the order of the history. */
export function endedOf(history: History): Trial[] {
  return history.trials.filter(({ state }) => state !== 'running' && state !== 'paused');
}

/**
 * By trial the share, from 0 to 1, with which it belongs to the `size` best: equal trials at the border share what
 * is left, else the earlier ones would count as better. Null: all are alike.
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

/** Reports are the first objective's; of a trial pruned in view of another one only how far it got is known. */
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
 * By value how far, from 0 to 1, it belongs to the `share` smallest. Values within `tolerance` of the border share what
 * is left, else differences that mean nothing would decide.
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
