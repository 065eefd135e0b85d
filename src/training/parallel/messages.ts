/** What passes between the training and its workers. Both are the same program, so that nothing is parsed. */
import type { Network } from '../../experiment/network/index.js';
import type { BackendId } from '../../protocol/engine.js';
import type { Dataset } from '../data/types.js';

/** Told to a worker when it starts. */
export interface WorkerStart {
  tunesmith: 'gradient-worker';
  backend: BackendId;
  /** From 1; the training itself is 0. */
  rank: number;
}

export type ToWorker =
  | { type: 'start'; start: WorkerStart }
  /** A network that steps will be about. `dataset` has no examples. */
  | { type: 'network'; id: number; network: Network; dataset: Dataset; seed: number }
  | { type: 'forget'; id: number }
  | {
      type: 'step';
      id: number;
      step: number;
      /** Values of all weights, one after the other. */
      weights: Float32Array;
      count: number;
      inputs: Float32Array;
      targets: Float32Array;
      /** Memory that both see; null: the answer is sent. See `Answer`. */
      answer: Float32Array | null;
    };

export type FromWorker =
  | { type: 'ready' }
  /**
   * For each weight its gradient, or, of one that is measured rather than learned, its value after the step; then the
   * mean loss and the number of right answers. Null when it is in the memory that both see.
   */
  | { type: 'done'; answer: Float32Array | null }
  | { type: 'failed'; message: string };

/** Behind the weights in an answer: loss and right answers. */
export const EXTRA = 2;
