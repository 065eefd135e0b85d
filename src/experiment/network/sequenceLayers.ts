/** Schema and normal form of layers for sequences; one example is [time, features]. */
import { z } from 'zod';
import { flag, oneOf, whole, type Kit } from './kit.js';
import { ownRegularization, regularizationFields, type OwnRegularization } from './regularization.js';

export const CELLS = ['simple', 'lstm', 'gru', 'gated'] as const;
export const GATES = ['sigmoid', 'gaussian', 'trigonometric'] as const;
export type Gate = (typeof GATES)[number];

export type SequenceLayer =
  | ({ type: 'embedding'; size: number; width: number } & OwnRegularization)
  | ({
      type: 'recurrent';
      cell: (typeof CELLS)[number];
      units: number;
      /** Function that maps the gate to a share between 0 and 1; unused by simple cells. */
      gate: Gate;
      /** Returns the whole sequence of outputs instead of only the last one. */
      sequences: boolean;
      bidirectional: boolean;
    } & OwnRegularization);

export function sequenceSchemas(kit: Kit) {
  const { p, optional } = kit;
  const own = regularizationFields(kit);
  const recurrent = z.strictObject({
    cell: optional(oneOf('cell', CELLS)).describe('simple, lstm, gru, or gated (one gate). Default: gru.'),
    units: p(whole('units')).describe('Size of the state.'),
    gate: optional(oneOf('gate', GATES)).describe(
      'The gate’s function: sigmoid (the default), gaussian (a Gaussian kernel), trigonometric (a sine).',
    ),
    sequences: optional(flag('sequences')).describe(
      'Returns the output of every time step, not only the last. Default: false.',
    ),
    bidirectional: optional(flag('bidirectional')).describe('Reads in both directions. Default: false.'),
    ...own,
  });
  const embedding = z.strictObject({
    size: p(whole('size')).describe('Number of different words (whole numbers from 0).'),
    width: p(whole('width')).describe('Size of the vector for each word.'),
    ...own,
  });
  return [z.strictObject({ recurrent }), z.strictObject({ embedding })] as const;
}
export type WrittenSequence = z.output<ReturnType<typeof sequenceSchemas>[number]>;

export function normalizeSequence(layer: WrittenSequence): SequenceLayer {
  if ('embedding' in layer) {
    const { size, width, ...own } = layer.embedding;
    return { type: 'embedding', size, width, ...ownRegularization(own) };
  }
  const { cell, units, gate, sequences, bidirectional, ...own } = layer.recurrent;
  return {
    type: 'recurrent',
    cell: cell ?? 'gru',
    units,
    gate: gate ?? 'sigmoid',
    sequences: sequences ?? false,
    bidirectional: bidirectional ?? false,
    ...ownRegularization(own),
  };
}
