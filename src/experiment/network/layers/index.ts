/** Schema and normal form of the layers. */
import { z } from 'zod';
import {
  attentionSchemas,
  normalizeAttention,
  transformerBlock,
  type AttentionLayer,
  type WrittenAttention,
} from './attention.js';
import { ACTIVATIONS, INITIALIZERS, type Activation, type Initializer } from './functions.js';
import { blockNames, layersOrName } from './blockNames.js';
import { flag, number, oneOf, whole, type Kit } from '../kit.js';
import { describeLayer, PLAIN_LAYERS } from './words.js';
import { ownRegularization, regularizationFields, type OwnRegularization } from '../training/regularization.js';
import { normalizeSequence, sequenceSchemas, type SequenceLayer, type WrittenSequence } from './sequence.js';

export * from './attention.js';
export * from './functions.js';
export * from './sequence.js';

export type Size = [height: number, width: number];
export type Layer =
  | ({
      type: 'conv';
      filters: number;
      kernel: Size;
      stride: Size;
      padding: 'valid' | 'same';
      activation: Activation;
      bias: boolean;
      init: Initializer;
    } & OwnRegularization)
  | { type: 'pool'; kind: 'max' | 'average'; size: Size; stride: Size; padding: 'valid' | 'same' }
  | { type: 'flatten' }
  | ({ type: 'dense'; units: number; activation: Activation; bias: boolean; init: Initializer } & OwnRegularization)
  | ({
      type: 'depthwiseConv';
      kernel: Size;
      stride: Size;
      padding: 'valid' | 'same';
      /** Outputs per channel. */
      multiplier: number;
      activation: Activation;
      bias: boolean;
      init: Initializer;
    } & OwnRegularization)
  | { type: 'dropout'; rate: number }
  /** Drops whole channels. */
  | { type: 'spatialDropout'; rate: number }
  | { type: 'layerNorm'; epsilon: number }
  | { type: 'reshape'; shape: number[] }
  /** x · factor + offset, with one number for all values or one for each of the last axis. */
  | { type: 'rescale'; factor: number | number[]; offset: number | number[] }
  /** x + layers(x), with x projected where the shapes differ. */
  | {
      type: 'residual';
      layers: Layer[];
      /** Projects x even if the shapes are equal, as after pruning. */
      projection?: boolean;
    }
  | SequenceLayer
  | AttentionLayer
  | { type: 'batchNorm'; momentum: number; epsilon: number }
  | { type: 'activation'; name: Activation }
  | { type: 'globalPool'; kind: 'max' | 'average' };

type Block = { layers: WrittenLayer[] };
export type WrittenLayer =
  | WrittenPlain
  | WrittenSequence
  | WrittenAttention
  | { residual: WrittenLayer[] | Block }
  | { repeat: Block & { times: number } };

export function layerSchema(kit: Kit): z.ZodType<WrittenLayer> {
  const { p } = kit;
  const inner = z.lazy(() => layersOrName(layers));
  const block = z.strictObject({ layers: inner });
  const union: z.ZodType<WrittenLayer> = z.union(
    [
      ...plainSchemas(kit),
      ...sequenceSchemas(kit),
      ...attentionSchemas(kit),
      z.strictObject({ residual: z.union([inner, block]) }),
      z.strictObject({
        repeat: z.strictObject({
          times: p(whole('times', 0)).describe('Number of repetitions of these layers, so that depth can be searched.'),
          layers: inner,
        }),
      }),
      // Names of blocks are replaced by their layers before anything else reads them.
      ...(blockNames as unknown as z.ZodType<WrittenLayer>[]),
    ],
    { error: (issue) => describeLayer(issue.input) },
  );
  const layers: z.ZodType<WrittenLayer[]> = z
    .array(union, { error: 'layers must be a list, one layer per entry' })
    .min(1, 'layers must name at least one layer');
  return union;
}

function plainSchemas(kit: Kit) {
  const { p, optional, pair } = kit;
  const own = regularizationFields(kit);
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
    init: optional(init).describe('Initial weights. Default: glorotUniform.'),
    ...own,
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
    ...own,
  });
  const batchNorm = z.strictObject({
    momentum: optional(number('momentum').min(0).lt(1)).describe('Momentum of the moving averages. Default: 0.9.'),
    epsilon: optional(number('epsilon').positive()),
  });

  const depthwise = z.strictObject({
    kernel: pair('kernel').describe('Height and width of the kernel.'),
    stride: pair('stride').optional(),
    padding: optional(padding),
    multiplier: optional(whole('multiplier')).describe('Outputs per channel. Default: 1.'),
    activation: optional(activation),
    bias: optional(flag('bias')),
    init: optional(init),
    ...own,
  });
  const separable = conv.extend({ multiplier: optional(whole('multiplier')) });
  const shape = z.array(p(whole('a length')), { error: 'reshape must be a list of lengths, such as [28, 28]' }).min(1);

  const scalars = (what: string) =>
    z
      .union([p(number(what)), z.array(p(number(what))).min(1)], {
        error: `${what} must be a number, or one for each channel`,
      })
      .optional();

  return [
    z.enum(PLAIN_LAYERS),
    z.strictObject({ conv }),
    z.strictObject({ depthwiseConv: depthwise }),
    z.strictObject({ separableConv: separable }),
    z.strictObject({ spatialDropout: z.union([p(rate), z.strictObject({ rate: p(rate) })]) }),
    z.strictObject({ layerNorm: z.strictObject({ epsilon: optional(number('epsilon').positive()) }).nullable() }),
    z.strictObject({ reshape: shape }),
    z.strictObject({ rescale: z.strictObject({ factor: scalars('factor'), offset: scalars('offset') }) }),
    z.strictObject({ pool: z.union([p(whole('pool size')), pool]).nullable() }),
    z.strictObject({ flatten: z.strictObject({}).nullable() }),
    z.strictObject({ dense: z.union([p(whole('units')), dense]) }),
    z.strictObject({ dropout: z.union([p(rate), z.strictObject({ rate: p(rate) })]) }),
    z.strictObject({ batchNorm: batchNorm.nullable() }),
    z.strictObject({ activation: p(activation) }),
    z.strictObject({ globalPool: p(poolKind).nullable() }),
  ] as const;
}
type WrittenPlain = z.output<ReturnType<typeof plainSchemas>[number]>;

const square = (value: number | [number, number] | undefined, fallback: Size): Size =>
  value === undefined ? fallback : typeof value === 'number' ? [value, value] : value;

/** Returns the layers in order, with repeats expanded and each separable convolution split into its two parts. */
export function normalizeLayers(layers: readonly WrittenLayer[]): Layer[] {
  return layers.flatMap((layer): Layer[] => {
    if (typeof layer === 'string') return [normalizePlain(layer)];
    if ('repeat' in layer) {
      const { times, layers: inner } = layer.repeat;
      return Array.from({ length: times }, () => normalizeLayers(inner)).flat();
    }
    if ('residual' in layer) {
      const inner = Array.isArray(layer.residual) ? layer.residual : layer.residual.layers;
      return [{ type: 'residual', layers: normalizeLayers(inner) }];
    }
    if ('recurrent' in layer || 'embedding' in layer || 'conv1d' in layer) return [normalizeSequence(layer)];
    if ('attention' in layer || 'position' in layer) return [normalizeAttention(layer)];
    if ('transformer' in layer) return normalizeLayers(transformerBlock(layer) as WrittenLayer[]);
    if ('separableConv' in layer) {
      const { multiplier, kernel, stride, padding, ...point } = layer.separableConv;
      const { l1, l2, maxNorm } = point;
      const depthwise = { multiplier, kernel, stride, padding, l1, l2, maxNorm, bias: false };
      return [normalizePlain({ depthwiseConv: depthwise }), normalizePlain({ conv: { ...point, kernel: 1 } })];
    }
    return [normalizePlain(layer)];
  });
}

function normalizePlain(layer: Exclude<WrittenPlain, { separableConv: unknown }>): Layer {
  if (typeof layer === 'string') {
    if (layer === 'flatten') return { type: 'flatten' };
    if (layer === 'batchNorm') return { type: 'batchNorm', momentum: 0.9, epsilon: 1e-3 };
    if (layer === 'layerNorm') return { type: 'layerNorm', epsilon: 1e-5 };
    if (layer === 'position') return normalizeAttention({ position: null });
    if (layer === 'globalPool') return { type: 'globalPool', kind: 'average' };
    return normalizePlain({ pool: null });
  }
  if ('conv' in layer) {
    const { filters, kernel, stride, padding, activation, bias, init, ...own } = layer.conv;
    return {
      type: 'conv',
      filters,
      kernel: square(kernel, [3, 3]),
      stride: square(stride, [1, 1]),
      padding: padding ?? 'valid',
      activation: activation ?? 'linear',
      bias: bias ?? true,
      init: init ?? 'glorotUniform',
      ...ownRegularization(own),
    };
  }
  if ('depthwiseConv' in layer) {
    const { kernel, stride, padding, multiplier, activation, bias, init, ...own } = layer.depthwiseConv;
    return {
      type: 'depthwiseConv',
      kernel: square(kernel, [3, 3]),
      stride: square(stride, [1, 1]),
      padding: padding ?? 'valid',
      multiplier: multiplier ?? 1,
      activation: activation ?? 'linear',
      bias: bias ?? true,
      init: init ?? 'glorotUniform',
      ...ownRegularization(own),
    };
  }
  if ('spatialDropout' in layer) {
    const { spatialDropout: given } = layer;
    return { type: 'spatialDropout', rate: typeof given === 'number' ? given : given.rate };
  }
  if ('layerNorm' in layer) return { type: 'layerNorm', epsilon: layer.layerNorm?.epsilon ?? 1e-5 };
  if ('reshape' in layer) return { type: 'reshape', shape: layer.reshape };
  if ('rescale' in layer) {
    return { type: 'rescale', factor: layer.rescale.factor ?? 1, offset: layer.rescale.offset ?? 0 };
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
    const { units, activation, bias, init, ...own } =
      typeof layer.dense === 'number' ? { units: layer.dense } : layer.dense;
    return {
      type: 'dense',
      units,
      activation: activation ?? 'linear',
      bias: bias ?? true,
      init: init ?? 'glorotUniform',
      ...ownRegularization(own),
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
