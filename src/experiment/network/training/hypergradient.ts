/** Schema and normal form of hyperparameters that are tuned by gradients during the training. */
import { z } from 'zod';
import { number, oneOf, whole, type Kit } from '../kit.js';
import type { NetworkProblem } from '../problems.js';

export const TUNABLE = [
  ...(['learningRate', 'weightDecay', 'weightDecayByLayer', 'labelSmoothing', 'augment', 'classWeights'] as const),
] as const;
export type Tunable = (typeof TUNABLE)[number];
export const HYPERGRADIENT_METHODS = ['truncated', 'implicit'] as const;
const RATE_RULES = ['multiplicative', 'additive'] as const;

export interface HypergradientSettings {
  /** Hyperparameters to tune, each at most once. */
  tune: Tunable[];
  /** How the gradient of the validation loss is found, for all but the learning rate. */
  method: (typeof HYPERGRADIENT_METHODS)[number];
  /** Steps between two changes of the hyperparameters (T1). */
  every: number;
  /** Steps that reverse mode goes back (T2), at most `every`. */
  horizon: number;
  /** Terms of the Neumann series, and the factor η of its (I − ηH). */
  terms: number;
  scale: number;
  /** Step size of the hyperparameters, relative to their size. */
  rate: number;
  /** Hypergradient descent for the learning rate. */
  learningRate: { rule: (typeof RATE_RULES)[number]; rate: number };
}

export function hypergradientSchema({ p, optional }: Kit) {
  const name = p(oneOf('hyperparameter', TUNABLE));
  const names = z.array(name).min(1, 'name at least one hyperparameter to tune');
  const positive = (what: string) => optional(number(what).positive(`${what} must be above 0`));
  const settings = z.strictObject({
    tune: z
      .union([name, names], { error: `tune must name one or more of: ${TUNABLE.join(', ')}` })
      .describe(`Hyperparameters to tune: ${TUNABLE.join(', ')}.`),
    method: optional(oneOf('method', HYPERGRADIENT_METHODS)).describe(
      'truncated (the default): reverse mode through the last `horizon` steps. implicit: the implicit function theorem with a Neumann series.',
    ),
    every: optional(whole('every')).describe('Steps between two changes of the hyperparameters. Default: 10.'),
    horizon: optional(whole('horizon')).describe('truncated: steps to go back, at most `every`. Default: 1.'),
    terms: optional(whole('terms', 0)).describe('implicit: terms of the Neumann series after the first. Default: 5.'),
    scale: positive('scale').describe('implicit: η in (I − ηH), below 2 / the largest curvature. Default: 0.1.'),
    rate: positive('rate').describe('Step size of the hyperparameters, relative to their size. Default: 0.02.'),
    learningRate: z
      .strictObject({
        rule: optional(oneOf('rule', RATE_RULES)).describe(
          'multiplicative (the default): by the angle between gradient and last step. additive: as in the paper.',
        ),
        rate: positive('rate').describe('Step size of the learning rate. Default: 0.02; additive: 1e-4.'),
      })
      .nullish()
      .describe('Hypergradient descent for the learning rate.'),
  });
  return z.union([name, names, settings], {
    error: `hypergradient must be a name (${TUNABLE.join(', ')}), a list of names, or { tune: […], … }`,
  });
}
export type WrittenHypergradient = z.output<ReturnType<typeof hypergradientSchema>>;

export function normalizeHypergradient(written: WrittenHypergradient | null | undefined): HypergradientSettings | null {
  if (written === null || written === undefined) return null;
  const given = typeof written === 'string' || Array.isArray(written) ? { tune: written } : written;
  const rule = given.learningRate?.rule ?? 'multiplicative';
  const every = given.every ?? Math.max(10, given.horizon ?? 1);
  return {
    tune: [...new Set([given.tune].flat())],
    method: given.method ?? 'truncated',
    every,
    horizon: given.horizon ?? 1,
    terms: given.terms ?? 5,
    scale: given.scale ?? 0.1,
    rate: given.rate ?? 0.02,
    learningRate: { rule, rate: given.learningRate?.rate ?? (rule === 'additive' ? 1e-4 : 0.02) },
  };
}

/** Settings of the section that hypergradients depend on. */
interface Around {
  hypergradient: HypergradientSettings | null;
  loss: { name: string };
  optimizer: { name: string };
  augment: unknown;
  accumulate: number;
  workers: number;
  folds: number | null;
  fold: number | null;
  constraints: readonly unknown[];
  distil: unknown;
  freeze: unknown;
  rates: { layers: object; decay: number };
}

/** Returns why the section's hypergradient can't be computed, or null. */
export function hypergradientProblem(network: Around): NetworkProblem | null {
  const { hypergradient: settings } = network;
  if (!settings) return null;
  const wrong = (message: string, ...path: string[]) => ({ path: ['hypergradient', ...path], message });
  const tunes = (name: Tunable) => settings.tune.includes(name);
  if (settings.horizon > settings.every) {
    return wrong(`horizon must be at most every, which is ${settings.every}`);
  }
  if (tunes('weightDecay') && tunes('weightDecayByLayer')) {
    return wrong('weightDecay is tuned as one number or by layer: remove one of them');
  }
  if (tunes('augment') && !network.augment) {
    return wrong('augment tunes the strength of the augmentation: add augment to the network');
  }
  const classes = ['crossEntropy', 'binaryCrossEntropy'];
  if (tunes('labelSmoothing') && !classes.includes(network.loss.name)) {
    return wrong('labelSmoothing needs loss crossEntropy or binaryCrossEntropy');
  }
  if (tunes('classWeights') && ['mse', 'mae', 'huber'].includes(network.loss.name)) {
    return wrong('classWeights need a loss for classes');
  }
  const others = settings.tune.some((name) => name !== 'learningRate');
  if (others && settings.method === 'truncated' && !['sgd', 'adam', 'adamw'].includes(network.optimizer.name)) {
    return wrong(`method truncated supports sgd, adam and adamw: for ${network.optimizer.name} use method: implicit`);
  }
  const unequal = network.freeze !== null || network.rates.decay !== 1 || Object.keys(network.rates.layers).length > 0;
  if (others && (unequal || network.distil !== null)) {
    return wrong('with distil, freeze or rates, only the learningRate can be tuned by its gradient');
  }
  if (network.workers > 1) return wrong('hypergradients need one worker: remove workers');
  if (network.folds !== null && network.fold === null)
    return wrong('hypergradients tune one network: add fold, or remove folds');
  if (network.accumulate > 1) return wrong('hypergradients need a step for each batch: remove accumulate');
  if (network.constraints.length > 0) return wrong('hypergradients support no constraints: remove constraint');
  return null;
}
