/** Registry of optimizers: a new one is one file and one case here. */
import type { OptimizerSettings } from '../../experiment/network/index.js';
import { Adam } from './adam.js';
import { Sgd } from './sgd.js';
import type { Optimizer } from './types.js';

export function buildOptimizer(settings: OptimizerSettings): Optimizer {
  switch (settings.name) {
    case 'adam':
      return new Adam(settings.learningRate, settings.beta1, settings.beta2, settings.epsilon);
    case 'sgd':
      return new Sgd(settings.learningRate, settings.momentum, settings.nesterov);
  }
}
export type { Optimizer };
