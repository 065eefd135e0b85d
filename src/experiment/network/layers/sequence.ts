/** Schema and normal form of layers for sequences; one example is [time, features]. */
import { z } from 'zod';
import { ACTIVATIONS, INITIALIZERS, type Activation, type Initializer } from './functions.js';
import { flag, oneOf, whole, type Kit } from '../kit.js';
import { ownRegularization, regularizationFields, type OwnRegularization } from '../training/regularization.js';

export const CELLS = ['simple', 'lstm', 'gru', 'gated'] as const;
export const GATES = ['sigmoid', 'gaussian', 'trigonometric'] as const;
export type Gate = (typeof GATES)[number];

export type SequenceLayer =
  | ({
      type: 'conv1d';
      filters: number;
      /** Time steps that the kernel covers. */
      kernel: number;
      stride: number;
      padding: 'valid' | 'same';
      activation: Activation;
      bias: boolean;
      init: Initializer;
    } & OwnRegularization)
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
  const conv1d = z.strictObject({
    filters: p(whole('filters')).describe('Number of output features.'),
    kernel: p(whole('kernel')).describe('Time steps that the kernel covers.'),
    stride: optional(whole('stride')).describe('Time steps between two outputs. Default: 1.'),
    padding: optional(oneOf('padding', ['valid', 'same'])).describe(
      '`valid` (the default) or `same` (zeros around the sequence).',
    ),
    activation: optional(oneOf('activation', ACTIVATIONS)),
    bias: optional(flag('bias')),
    init: optional(oneOf('initializer', INITIALIZERS)).describe('Initial weights. Default: glorotUniform.'),
    ...own,
  });
  return [z.strictObject({ conv1d }), z.strictObject({ recurrent }), z.strictObject({ embedding })] as const;
}
export type WrittenSequence = z.output<ReturnType<typeof sequenceSchemas>[number]>;

export function normalizeSequence(layer: WrittenSequence): SequenceLayer {
  if ('embedding' in layer) {
    const { size, width, ...own } = layer.embedding;
    return { type: 'embedding', size, width, ...ownRegularization(own) };
  }
  if ('conv1d' in layer) {
    const { filters, kernel, stride, padding, activation, bias, init, ...own } = layer.conv1d;
    return {
      type: 'conv1d',
      filters,
      kernel,
      stride: stride ?? 1,
      padding: padding ?? 'valid',
      activation: activation ?? 'linear',
      bias: bias ?? true,
      init: init ?? 'glorotUniform',
      ...ownRegularization(own),
    };
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
