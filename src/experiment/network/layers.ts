/** Layers: how they are written, and their normal form. */
import { z } from 'zod';
import { flag, number, oneOf, whole, type Kit } from './kit.js';
import { describeLayer } from './layerWords.js';

export const ACTIVATIONS = [
  'linear',
  'relu',
  'relu6',
  'leakyRelu',
  'elu',
  'selu',
  'gelu',
  'silu',
  'sigmoid',
  'hardSigmoid',
  'tanh',
  'softplus',
  'softsign',
  'softmax',
] as const;

export const INITIALIZERS = [
  'glorotUniform',
  'glorotNormal',
  'heUniform',
  'heNormal',
  'leCunUniform',
  'leCunNormal',
  'zeros',
  'ones',
] as const;

export type Activation = (typeof ACTIVATIONS)[number];
export type Initializer = (typeof INITIALIZERS)[number];
export type Size = [height: number, width: number];
export type Layer =
  | {
      type: 'conv';
      filters: number;
      kernel: Size;
      stride: Size;
      padding: 'valid' | 'same';
      activation: Activation;
      bias: boolean;
      init: Initializer;
    }
  | { type: 'pool'; kind: 'max' | 'average'; size: Size; stride: Size; padding: 'valid' | 'same' }
  | { type: 'flatten' }
  | { type: 'dense'; units: number; activation: Activation; bias: boolean; init: Initializer }
  | { type: 'dropout'; rate: number }
  | { type: 'batchNorm'; momentum: number; epsilon: number }
  | { type: 'activation'; name: Activation }
  | { type: 'globalPool'; kind: 'max' | 'average' };

export function layerSchema({ p, optional, pair }: Kit) {
  const activation = oneOf('activation', ACTIVATIONS);
  const init = oneOf('initializer', INITIALIZERS);
  const padding = oneOf('padding', ['valid', 'same']);
  const poolKind = oneOf('pooling', ['max', 'average']);
  const rate = number('dropout rate').min(0, 'dropout rate must be at least 0').lt(1, 'dropout rate must be below 1');

  const conv = z.strictObject({
    filters: p(whole('filters')).describe('Number of output channels.'),
    kernel: pair('kernel').describe('Height and width of the kernel.'),
    stride: pair('stride').optional(),
    padding: optional(padding).describe('`valid` (the default) or `same` (zeros around the image).'),
    activation: optional(activation),
    bias: optional(flag('bias')),
    init: optional(init).describe('How the weights start. Default: glorotUniform.'),
  });
  const pool = z.strictObject({
    size: pair('size').optional().describe('Height and width of the window. Default: 2.'),
    stride: pair('stride').optional().describe('Default: the size.'),
    kind: optional(poolKind),
    padding: optional(padding),
  });
  const dense = z.strictObject({
    units: p(whole('units')).describe('Number of outputs.'),
    activation: optional(activation),
    bias: optional(flag('bias')),
    init: optional(init),
  });
  const batchNorm = z.strictObject({
    momentum: optional(number('momentum').min(0).lt(1)).describe('Of the moving averages. Default: 0.9.'),
    epsilon: optional(number('epsilon').positive()),
  });

  return z.union(
    [
      z.enum(['flatten', 'batchNorm', 'pool', 'globalPool']),
      z.strictObject({ conv }),
      z.strictObject({ pool: z.union([p(whole('pool size')), pool]).nullable() }),
      z.strictObject({ flatten: z.strictObject({}).nullable() }),
      z.strictObject({ dense: z.union([p(whole('units')), dense]) }),
      z.strictObject({ dropout: z.union([p(rate), z.strictObject({ rate: p(rate) })]) }),
      z.strictObject({ batchNorm: batchNorm.nullable() }),
      z.strictObject({ activation: p(activation) }),
      z.strictObject({ globalPool: p(poolKind).nullable() }),
    ],
    { error: (issue) => describeLayer(issue.input) },
  );
}
export type WrittenLayer = z.output<ReturnType<typeof layerSchema>>;

const square = (value: number | [number, number] | undefined, fallback: Size): Size =>
  value === undefined ? fallback : typeof value === 'number' ? [value, value] : value;

export function normalizeLayer(layer: WrittenLayer): Layer {
  if (typeof layer === 'string') {
    if (layer === 'flatten') return { type: 'flatten' };
    if (layer === 'batchNorm') return { type: 'batchNorm', momentum: 0.9, epsilon: 1e-3 };
    if (layer === 'globalPool') return { type: 'globalPool', kind: 'average' };
    return normalizeLayer({ pool: null });
  }
  if ('conv' in layer) {
    const { filters, kernel, stride, padding, activation, bias, init } = layer.conv;
    return {
      type: 'conv',
      filters,
      kernel: square(kernel, [3, 3]),
      stride: square(stride, [1, 1]),
      padding: padding ?? 'valid',
      activation: activation ?? 'linear',
      bias: bias ?? true,
      init: init ?? 'glorotUniform',
    };
  }
  if ('pool' in layer) {
    const settings = typeof layer.pool === 'number' ? { size: layer.pool } : (layer.pool ?? {});
    const size = square(settings.size, [2, 2]);
    const { kind, padding, stride } = settings as {
      kind?: 'max' | 'average';
      padding?: 'valid' | 'same';
      stride?: Size;
    };
    return { type: 'pool', kind: kind ?? 'max', size, stride: square(stride, size), padding: padding ?? 'valid' };
  }
  if ('dense' in layer) {
    const { units, activation, bias, init } = typeof layer.dense === 'number' ? { units: layer.dense } : layer.dense;
    return {
      type: 'dense',
      units,
      activation: activation ?? 'linear',
      bias: bias ?? true,
      init: init ?? 'glorotUniform',
    };
  }
  if ('dropout' in layer) {
    return { type: 'dropout', rate: typeof layer.dropout === 'number' ? layer.dropout : layer.dropout.rate };
  }
  if ('batchNorm' in layer) {
    return {
      type: 'batchNorm',
      momentum: layer.batchNorm?.momentum ?? 0.9,
      epsilon: layer.batchNorm?.epsilon ?? 1e-3,
    };
  }
  if ('activation' in layer) return { type: 'activation', name: layer.activation };
  if ('globalPool' in layer) return { type: 'globalPool', kind: layer.globalPool ?? 'average' };
  return { type: 'flatten' };
}
