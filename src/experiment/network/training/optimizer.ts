/** Schema and normal form of the optimizers. */
import { z } from 'zod';
import { flag, number, oneOf, type Kit } from '../kit.js';
import { entryOf } from '../../../protocol/values/records.js';

type Moments = { learningRate: number; beta1: number; beta2: number; epsilon: number };
type Squares = { learningRate: number; decay: number; epsilon: number };
/** Settings of each optimizer, apart from weight decay. */
interface Settings {
  sgd: { learningRate: number; momentum: number; nesterov: boolean };
  adam: Moments;
  adamw: Moments;
  adamax: Moments;
  adagrad: { learningRate: number; epsilon: number };
  rmsprop: Squares & { momentum: number; centered: boolean };
  adadelta: Squares;
}
interface Decay {
  /** Decoupled weight decay: θ ← θ − α·λ·θ at every step. It applies to weights, not to biases and norms. */
  weightDecay: number;
}
export type OptimizerName = keyof Settings;
export type OptimizerSettings = { [N in OptimizerName]: { name: N } & Settings[N] & Decay }[OptimizerName];

/** Settings of each optimizer with their defaults, from the paper, or from PyTorch where the paper gives none. */
const KNOWN = {
  sgd: { learningRate: 0.01, momentum: 0, nesterov: false, weightDecay: 0 },
  adam: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  adamw: { learningRate: 0.001, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  adamax: { learningRate: 0.002, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  adagrad: { learningRate: 0.01, epsilon: 1e-10, weightDecay: 0 },
  rmsprop: { learningRate: 0.01, decay: 0.99, epsilon: 1e-8, momentum: 0, centered: false, weightDecay: 0 },
  adadelta: { learningRate: 1, decay: 0.9, epsilon: 1e-6, weightDecay: 0 },
} satisfies { [N in OptimizerName]: Settings[N] & Decay };
export const OPTIMIZERS = Object.keys(KNOWN) as [OptimizerName, ...OptimizerName[]];

const users = (setting: string): string => {
  const list = OPTIMIZERS.filter((name) => setting in KNOWN[name]);
  const defaults = list.map((name) => `${name} ${String(entryOf(KNOWN[name] as Record<string, unknown>, setting))}`);
  return `Default: ${defaults.join(', ')}.`;
};

export function optimizerSchema({ p, optional }: Kit) {
  const rateOf = number('learningRate').positive('learningRate must be above 0');
  const unit = (what: string) => number(what).min(0, `${what} must be at least 0`).lt(1, `${what} must be below 1`);
  const name = oneOf('optimizer', OPTIMIZERS);
  const settings = z.strictObject({
    name: p(name),
    learningRate: optional(rateOf).describe(users('learningRate')),
    momentum: optional(unit('momentum')).describe(users('momentum')),
    nesterov: optional(flag('nesterov')).describe(`Nesterov's momentum. ${users('nesterov')}`),
    beta1: optional(unit('beta1')).describe(`Decay of the mean of gradients. ${users('beta1')}`),
    beta2: optional(unit('beta2')).describe(`Decay of the mean of their squares. ${users('beta2')}`),
    decay: optional(unit('decay')).describe(`Decay of the mean of squares. ${users('decay')}`),
    centered: optional(flag('centered')).describe(`Divides by the standard deviation instead. ${users('centered')}`),
    epsilon: optional(number('epsilon').positive('epsilon must be above 0')).describe(users('epsilon')),
    weightDecay: optional(number('weightDecay').min(0, 'weightDecay must be at least 0')).describe(
      `Decoupled weight decay, not for biases and norms. ${users('weightDecay')}`,
    ),
  });
  return z.union([p(name), settings], {
    error: 'optimizer must be a name such as adam, or { name: adam, learningRate: 0.001, … }',
  });
}
export type WrittenOptimizer = z.output<ReturnType<typeof optimizerSchema>>;

export function normalizeOptimizer(written: WrittenOptimizer | undefined): OptimizerSettings {
  const { name, ...given } = typeof written === 'string' ? { name: written } : (written ?? { name: 'adam' as const });
  // Settings of other optimizers are accepted, so that a search can choose the optimizer.
  const said = Object.entries(given).filter(
    ([key, value]) => value !== null && value !== undefined && key in KNOWN[name],
  );
  return { name, ...KNOWN[name], ...Object.fromEntries(said) } as OptimizerSettings;
}
