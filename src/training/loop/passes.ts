/** Passes over training examples, of which an epoch consists: one over all, or those of several clients. */

import type { Random } from '../random.js';

/** One pass over some of the training examples. */
export interface Pass {
  /** Indexes of the examples, in the order in which they are taken. */
  order: Int32Array;
  /** Called before the first step. */
  begin?: (() => void) | undefined;
  /** Called after the last step. */
  end?: (() => void) | undefined;
}

/** One batch of a pass. */
export interface PassStep {
  pass: Pass;
  /** Examples `pass.order[from] … pass.order[to − 1]`. */
  from: number;
  to: number;
  /** True for the pass's last batch. */
  ends: boolean;
}

/** Returns the steps of all passes, in order. */
export function stepsOf(passes: readonly Pass[], batchSize: number): PassStep[] {
  return passes.flatMap((pass) => {
    const { length } = pass.order;
    const size = Math.min(batchSize, length);
    return Array.from({ length: Math.ceil(length / size) }, (_, i) => {
      const to = Math.min((i + 1) * size, length);
      return { pass, from: i * size, to, ends: to === length };
    });
  });
}

/** Returns the pass over all `count` examples of an epoch, in an order of its own if they are shuffled. */
export function passOver({ count }: { count: number }, shuffled: boolean, random: Random, epoch: number): Pass {
  const order = Int32Array.from({ length: count }, (_, i) => i);
  if (shuffled) random.fork(`order ${epoch}`).shuffle(order);
  return { order };
}
