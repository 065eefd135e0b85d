/** Schema and normal form of penalties and bounds on weights. Biases and norms have none. */
import { z } from 'zod';
import { number, type Kit } from '../kit.js';

export interface Regularization {
  /** Penalty l1·Σ|w|. */
  l1: number;
  /** Penalty l2·Σw². */
  l2: number;
  /** Largest norm of the weights into one output; 0: unbounded. */
  maxNorm: number;
}

/** Regularization settings by which a layer overrides those of the network. */
export interface OwnRegularization {
  regularization?: Partial<Regularization>;
}

/** Returns the schema fields for the whole network, or for a single layer, which overrides those it names. */
export function regularizationFields({ optional }: Kit) {
  const amount = (what: string) => number(what).min(0, `${what} must be at least 0`);
  return {
    l1: optional(amount('l1')).describe('Adds l1·Σ|w| to the loss, which drives weights to 0. Not for biases.'),
    l2: optional(amount('l2')).describe('Adds l2·Σw² to the loss, which keeps weights small. Not for biases.'),
    maxNorm: optional(amount('maxNorm')).describe(
      'Largest norm of the weights into one output, such as 3, enforced after each step. 0: unbounded.',
    ),
  };
}

export function regularizationSchema(kit: Kit) {
  return z.strictObject(regularizationFields(kit), {
    error: 'regularization must be a group of settings, such as { l1: 0, l2: 0.0001, maxNorm: 3 }',
  });
}
export type WrittenRegularization = z.output<ReturnType<typeof regularizationSchema>>;

export function normalizeRegularization(written: WrittenRegularization | null | undefined): Regularization {
  return { l1: written?.l1 ?? 0, l2: written?.l2 ?? 0, maxNorm: written?.maxNorm ?? 0 };
}

/** Returns the settings a layer sets itself; an empty object when it sets none. */
export function ownRegularization(written: WrittenRegularization): OwnRegularization {
  const { l1, l2, maxNorm } = written;
  const said = Object.entries({ l1, l2, maxNorm }).filter(([, value]) => value !== null && value !== undefined);
  return said.length > 0 ? { regularization: Object.fromEntries(said) } : {};
}
