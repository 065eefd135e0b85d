/** Optimizers: how they are written, and their normal form. */
import { z } from 'zod';
import { flag, number, oneOf, type Kit } from './kit.js';

export type OptimizerSettings =
  | { name: 'adam'; learningRate: number; beta1: number; beta2: number; epsilon: number }
  | { name: 'sgd'; learningRate: number; momentum: number; nesterov: boolean };

export function optimizerSchema({ p, optional }: Kit) {
  const rateOf = number('learningRate').positive('learningRate must be above 0');
  const unit = (what: string) => number(what).min(0, `${what} must be at least 0`).lt(1, `${what} must be below 1`);
  const optimizerName = oneOf('optimizer', ['adam', 'sgd']);
  return z.union(
    [
      p(optimizerName),
      z.strictObject({
        name: p(optimizerName),
        learningRate: optional(rateOf).describe('Default: 0.001 for adam, 0.01 for sgd.'),
        momentum: optional(unit('momentum')).describe('For sgd. Default: 0.'),
        nesterov: optional(flag('nesterov')).describe("For sgd: Nesterov's momentum."),
        beta1: optional(unit('beta1')).describe('For adam. Default: 0.9.'),
        beta2: optional(unit('beta2')).describe('For adam. Default: 0.999.'),
        epsilon: optional(number('epsilon').positive('epsilon must be above 0')).describe('For adam. Default: 1e-8.'),
      }),
    ],
    { error: 'optimizer must be adam, sgd, or { name: adam, learningRate: 0.001, … }' },
  );
}
export type WrittenOptimizer = z.output<ReturnType<typeof optimizerSchema>>;

export function normalizeOptimizer(written: WrittenOptimizer | undefined): OptimizerSettings {
  const settings = typeof written === 'string' ? { name: written } : (written ?? { name: 'adam' as const });
  const given: Partial<Exclude<WrittenOptimizer, string>> = settings;
  if (settings.name === 'sgd') {
    return {
      name: 'sgd',
      learningRate: given.learningRate ?? 0.01,
      momentum: given.momentum ?? 0,
      nesterov: given.nesterov ?? false,
    };
  }
  return {
    name: 'adam',
    learningRate: given.learningRate ?? 0.001,
    beta1: given.beta1 ?? 0.9,
    beta2: given.beta2 ?? 0.999,
    epsilon: given.epsilon ?? 1e-8,
  };
}
