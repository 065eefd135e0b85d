/** Messages between the training and its workers. Both are the same program, so messages are not validated. */
import type { Network } from '../../experiment/network/index.js';
import type { BackendId } from '../../protocol/engine/index.js';
import type { Dataset } from '../data/types.js';
import type { Frozen } from '../transfer/learning.js';
import type { Said } from '../../protocol/said.js';

/** Data passed to a worker when it starts. */
export interface WorkerStart {
  tunesmith: 'gradient-worker';
  backend: BackendId;
  /** Rank of the worker, from 1; the training process is 0. */
  rank: number;
}

export type ToWorker =
  | { type: 'start'; start: WorkerStart }
  /** Network that later steps refer to. `dataset` has no examples. */
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
      teacher?: Float32Array;
      /** Layers that do not learn. */
      frozen: Frozen | null;
      /** Shared memory for the answer; null: the answer is sent as a message. See `Answer`. */
      answer: Float32Array | null;
    };

export type FromWorker =
  | { type: 'ready' }
  /**
   * Gradient of each trainable weight, and the new value of each weight that is measured rather than learned; then the
   * mean loss and the number of correct predictions. Null when the answer is in shared memory.
   */
  | { type: 'done'; answer: Float32Array | null }
  | { type: 'failed'; message: string; said?: Said };

/** Number of values after the weights in an answer: loss and correct predictions. */
export const EXTRA = 2;
