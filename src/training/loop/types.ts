/** Input and output of a training. */
import type { RunClient } from '../../client/index.js';
import type { Network } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import type { Confusion } from '../metrics/index.js';
import type { OwnMetric } from '../metrics/own.js';
import type { HyperState } from '../hypergradient/values.js';
import type { Tasks } from '../meta/tasks.js';
import type { Workers } from '../parallel/index.js';
import type { EarlyStoppingState } from '../regularization/earlyStopping.js';
import type { PlateauState } from '../schedules/plateau.js';
import type { Trained } from '../transfer/types.js';
import type { StepperState } from './stepper.js';
import type { NamedValues } from './weights.js';

export type TrainingLog = Pick<RunClient, 'log' | 'progress' | 'info' | 'message' | 'stopRequested'>;

export interface TrainingSetup {
  network: Network;
  dataset: Dataset;
  seed: number;
  log: TrainingLog;
  /** True when reading a value from the device is almost free (its memory is ours). */
  cheapReads: boolean;
  /** Batch size for evaluation. */
  evaluationBatch: number;
  /** Metrics of the person's own, computed with every evaluation. */
  ownMetrics?: readonly OwnMetric[];
  /** Small tasks to learn from, with `network.meta`. */
  tasks?: Tasks | null;
  /** Workers that compute parts of each batch's gradient; without them, this process computes all of it. */
  workers?: Pick<Workers, 'gradients'> | null;
  /** Trained network whose weights the training begins with; `network` has its layers already. */
  start?: Trained | null;
  /** Trained network that teaches, with `network.distil`. */
  teacher?: Trained | null;
}

/** Confusion matrix of the latest evaluation on the validation examples. */
export interface JudgedConfusion {
  confusion: Confusion;
  epoch: number;
  step: number;
}

/**
 * State from which a training resumes after an epoch exactly where it stopped. Random numbers follow from seed and
 * step.
 */
export interface TrainingState {
  epoch: number;
  step: number;
  /** Current learning rate; `setLearningRate` is the file's. */
  learningRate: number;
  setLearningRate: number;
  weights: NamedValues[];
  stepper: StepperState;
  schedule: PlateauState | null;
  earlyStopping: EarlyStoppingState | null;
  /** Layers that did not learn in the epoch; absent: all learned. */
  frozen?: number[] | undefined;
  /** Hyperparameters tuned by gradients; missing in earlier versions. */
  hypergradient?: HyperState | null;
}
