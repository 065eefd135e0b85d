/** Registry of optimizers. To add one, write one file and add one case here. */
import type { OptimizerSettings } from '../../experiment/network/index.js';
import { Adadelta } from './adadelta.js';
import { Adagrad } from './adagrad.js';
import { Adam } from './adam.js';
import { AdaMax } from './adamax.js';
import { RmsProp } from './rmsprop.js';
import { Sgd } from './sgd.js';
import type { Optimizer, OptimizerState } from './types.js';

/**
 * Builds an optimizer. Weight decay is separate, because it is the same for all and affects only some weights (see
 * `stepper.ts`).
 */
export function buildOptimizer(s: OptimizerSettings): Optimizer {
  switch (s.name) {
    case 'adam':
    case 'adamw':
      return new Adam(s.learningRate, s.beta1, s.beta2, s.epsilon);
    case 'adamax':
      return new AdaMax(s.learningRate, s.beta1, s.beta2, s.epsilon);
    case 'sgd':
      return new Sgd(s.learningRate, s.momentum, s.nesterov);
    case 'adagrad':
      return new Adagrad(s.learningRate, s.epsilon);
    case 'rmsprop':
      return new RmsProp(s.learningRate, s.decay, s.epsilon, s.momentum, s.centered);
    case 'adadelta':
      return new Adadelta(s.learningRate, s.decay, s.epsilon);
  }
}
export type { Optimizer, OptimizerState };
