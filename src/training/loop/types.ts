/** What a training is given, and what it leaves. */
import type { RunClient } from '../../client/index.js';
import type { Network } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import type { Confusion } from '../metrics/index.js';
import type { Workers } from '../parallel/index.js';
import type { EarlyStoppingState } from '../regularization/earlyStopping.js';
import type { PlateauState } from '../schedules/plateau.js';
import type { StepperState } from './stepper.js';
import type { NamedValues } from './weights.js';

export type TrainingLog = Pick<RunClient, 'log' | 'progress' | 'info' | 'message' | 'stopRequested'>;

export interface TrainingSetup {
  network: Network;
  dataset: Dataset;
  seed: number;
  log: TrainingLog;
  /** Whether reading a value from the device is as good as free (its memory is ours). */
  cheapReads: boolean;
  /** Examples a batch while evaluating. */
  evaluationBatch: number;
  /** Who computes parts of each batch's gradient beside this process; without them, it is alone. */
  workers?: Pick<Workers, 'gradients'> | null;
}

/** Which classes were taken for which, when the validation examples were last judged. */
export interface JudgedConfusion {
  confusion: Confusion;
  epoch: number;
  step: number;
}

/** All that a training needs to go on after an epoch as if it had never stopped. Random numbers follow from seed and step. */
export interface TrainingState {
  epoch: number;
  step: number;
  /** In force, and as the file had set it. */
  learningRate: number;
  setLearningRate: number;
  weights: NamedValues[];
  stepper: StepperState;
  schedule: PlateauState | null;
  earlyStopping: EarlyStoppingState | null;
}
