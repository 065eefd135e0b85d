/** Schema and normal form of layers with attention; one example is [time, features]. */
import { z } from 'zod';
import { ACTIVATIONS, INITIALIZERS, type Activation, type Initializer } from './functions.js';
import { flag, number, oneOf, whole, type Kit } from '../kit.js';
import { ownRegularization, regularizationFields, type OwnRegularization } from '../training/regularization.js';

export const POSITIONS = ['sinusoidal', 'learned'] as const;
export const NORM_PLACES = ['before', 'after'] as const;

export type AttentionLayer =
  | ({
      type: 'attention';
      heads: number;
      /** Features of each head's queries, keys and values; null: features of the input / heads. */
      width: number | null;
      /** Probability of dropping a pair of positions. */
      rate: number;
      /** No position attends to a later one. */
      causal: boolean;
      bias: boolean;
      init: Initializer;
    } & OwnRegularization)
  /** Adds a separate vector to each position. */
  | ({ type: 'position'; kind: (typeof POSITIONS)[number] } & OwnRegularization);

export function attentionSchemas(kit: Kit) {
  const { p, optional } = kit;
  const own = regularizationFields(kit);
  const heads = whole('heads');
  const rate = number('dropout').min(0, 'dropout must be at least 0').lt(1, 'dropout must be below 1');
  const attention = z.strictObject({
    heads: p(heads).describe('Number of heads.'),
    width: optional(whole('width')).describe(
      'Features of each head. Default: the features of the input, divided by the number of heads.',
    ),
    dropout: optional(rate).describe('Probability of dropping the weight between two positions. Default: 0.'),
    causal: optional(flag('causal')).describe('No position attends to a later one. Default: false.'),
    bias: optional(flag('bias')),
    init: optional(oneOf('initializer', INITIALIZERS)).describe('Initial weights. Default: glorotUniform.'),
    ...own,
  });
  const transformer = z.strictObject({
    heads: p(heads).describe('Number of heads.'),
    width: p(whole('width')).describe('Features of each position; must equal those of the input.'),
    hidden: optional(whole('hidden')).describe(
      'Features of the hidden layer of the feed-forward part. Default: 4 · width.',
    ),
    activation: optional(oneOf('activation', ACTIVATIONS)).describe(
      'Activation of the feed-forward part. Default: relu.',
    ),
    dropout: optional(rate).describe('Dropout of the attention’s weights and of both parts’ outputs. Default: 0.'),
    causal: optional(flag('causal')).describe('No position attends to a later one. Default: false.'),
    norm: optional(oneOf('norm', NORM_PLACES)).describe(
      '`before` (the default): layerNorm at the beginning of both parts. `after`: after each sum, as in the original transformer.',
    ),
    ...own,
  });
  return [
    z.strictObject({ attention: z.union([p(heads), attention]) }),
    z.strictObject({ position: p(oneOf('position', POSITIONS)).nullable() }),
    z.strictObject({ transformer }),
  ] as const;
}
export type WrittenAttention = z.output<ReturnType<typeof attentionSchemas>[number]>;
type WrittenSettings = Exclude<Extract<WrittenAttention, { attention: unknown }>['attention'], number>;

export function normalizeAttention(layer: Exclude<WrittenAttention, { transformer: unknown }>): AttentionLayer {
  if ('position' in layer) return { type: 'position', kind: layer.position ?? 'sinusoidal' };
  const written: WrittenSettings = typeof layer.attention === 'number' ? { heads: layer.attention } : layer.attention;
  const { heads, width, dropout, causal, bias, init, ...own } = written;
  return {
    type: 'attention',
    heads,
    width: width ?? null,
    rate: dropout ?? 0,
    causal: causal ?? false,
    bias: bias ?? true,
    init: init ?? 'glorotUniform',
    ...ownRegularization(own),
  };
}

/** Part of a block, as a person could have written it. */
export type BlockPart =
  | 'layerNorm'
  | { attention: WrittenSettings }
  | { conv1d: { filters: number; kernel: number; activation?: Activation } & OwnRegularization }
  | { dropout: number }
  | { residual: BlockPart[] };

/**
 * Returns the layers of a transformer block: attention, then two layers at each position, both around a sum (Vaswani et
 * al., "Attention Is All You Need", NIPS 2017, section 3.1). `before` is the order of Xiong et al., "On Layer
 * Normalization in the Transformer Architecture" (ICML 2020), which trains without a warm-up.
 */
export function transformerBlock({ transformer }: Extract<WrittenAttention, { transformer: unknown }>): BlockPart[] {
  const { heads, width, hidden, activation, dropout, causal, norm, ...own } = transformer;
  const rate = dropout ?? 0;
  const attended: BlockPart[] = [{ attention: { heads, dropout: rate, causal: causal ?? false, ...own } }];
  const forward: BlockPart[] = [
    { conv1d: { filters: hidden ?? 4 * width, kernel: 1, activation: activation ?? 'relu', ...own } },
    { conv1d: { filters: width, kernel: 1, ...own } },
  ];
  return [attended, forward].flatMap((part): BlockPart[] =>
    norm === 'after'
      ? [{ residual: [...part, { dropout: rate }] }, 'layerNorm']
      : [{ residual: ['layerNorm', ...part, { dropout: rate }] }],
  );
}
