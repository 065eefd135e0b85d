/** Schema and normal form of architectures that are searched while one network trains: `network.architecture`. */
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import { namesIn } from './layers/blocks.js';
import { number, oneOf, whole, type Kit } from './kit.js';
import { normalizeLayers, type Layer, type WrittenLayer } from './layers/index.js';
import { describeLayer, PLAIN_LAYERS } from './layers/words.js';

export const ARCHITECTURE_METHODS = ['darts', 'smash', 'shared', 'random'] as const;

/** One of several lists of layers; an empty list hands its input on. */
export interface Choice {
  name: string;
  layers: Layer[];
}
/** A part of the chain: layers as they are, or a choice. */
export type ChainPart = { layers: Layer[] } | { choices: Choice[] };

export interface ArchitectureSettings {
  chain: ChainPart[];
  /**
   * `darts`: all choices at once, weighted, with weights that learn by gradients; `smash`: random
   * choices whose weights a hypernetwork makes; `shared`: random choices that share their weights; `random`: random
   * choices, each trained by itself.
   */
  method: (typeof ARCHITECTURE_METHODS)[number];
  /** DARTS: how the gradient with respect to the architecture sees the weights. */
  order: 'first' | 'second';
  /** Passes over the training examples, in all. */
  epochs: number;
  /** Epochs at the beginning in which only the weights learn. */
  warmup: number;
  learningRate: number;
  /** Learning rate of the architecture. */
  rate: number;
  /** Architectures that `shared` and `smash` rank, and that `random` trains. */
  samples: number;
  /** SMASH: width of the hypernetwork's hidden layer. */
  hidden: number;
}

/** Most choices at one place, and most places. */
const MOST = 32;

export function architectureSchema(layer: z.ZodType<WrittenLayer>, { optional }: Kit) {
  const layers = z
    .array(layer, { error: 'a choice must be a list of layers; an empty list is a skip connection' })
    .superRefine((written, context) => {
      const unknown = namesIn(written).find((name) => !isPlain(name));
      if (unknown !== undefined) context.addIssue({ code: 'custom', message: describeLayer(unknown) });
    });
  const choices = z.strictObject({
    oneOf: record(layers, { error: 'oneOf must name choices: { small: [{ dense: 8 }], skip: [] }' }).refine(
      (all) => Object.keys(all).length >= 2 && Object.keys(all).length <= MOST,
      { error: `oneOf must name 2 to ${MOST} choices` },
    ),
    times: optional(whole('times').max(MOST, `times must be at most ${MOST}`)).describe(
      'Number of consecutive places, each with its own choice. Default: 1.',
    ),
  });
  return z.strictObject({
    chain: z
      .array(z.union([choices, layer]), { error: 'chain must be a list of layers and choices' })
      .min(1, 'chain must name at least one layer')
      .refine((all) => all.some(isChoice), { error: 'chain must have a place with oneOf' })
      .describe('The network: layers, and places at which one of several lists of layers is chosen.'),
    method: optional(oneOf('method', ARCHITECTURE_METHODS)).describe(
      '`darts`: by gradients of the validation loss; `smash`: random choices whose weights a hypernetwork makes; `shared`: random choices that share weights; `random`: random choices, each trained by itself. Default: darts.',
    ),
    order: optional(oneOf('order', ['first', 'second'])).describe(
      'DARTS: `second` follows the weights one step ahead, at four times the cost. Default: first.',
    ),
    epochs: optional(whole('epochs')).describe('Passes over the training examples. Default: 10.'),
    warmup: optional(whole('warmup', 0)).describe('DARTS: epochs before the architecture learns. Default: 1.'),
    learningRate: optional(number('learningRate').positive('learningRate must be above 0')).describe(
      'Initial learning rate of the weights, for momentum with a cosine schedule. Default: 0.05.',
    ),
    rate: optional(number('rate').positive('rate must be above 0')).describe(
      'Learning rate of the architecture, for Adam. Default: 0.01.',
    ),
    samples: optional(whole('samples').max(10_000, 'samples must be at most 10000')).describe(
      'Architectures that `shared` and `smash` rank (100), or that `random` trains (5).',
    ),
    hidden: optional(whole('hidden').max(1024, 'hidden must be at most 1024')).describe(
      'SMASH: width of the hypernetwork’s hidden layer. Default: 16.',
    ),
  });
}
export type WrittenArchitecture = z.output<ReturnType<typeof architectureSchema>>;
type WrittenChoices = { oneOf: Record<string, WrittenLayer[]>; times?: number | null | undefined };

const isPlain = (name: string): boolean => (PLAIN_LAYERS as readonly string[]).includes(name);
const isChoice = (part: unknown): part is WrittenChoices =>
  typeof part === 'object' && part !== null && 'oneOf' in part;

export function normalizeArchitecture(written: WrittenArchitecture | null | undefined): ArchitectureSettings | null {
  if (!written) return null;
  const method = written.method ?? 'darts';
  const chain = written.chain.flatMap((part): ChainPart[] => {
    if (!isChoice(part)) return [{ layers: normalizeLayers([part]) }];
    const choices = Object.entries(part.oneOf).map(([name, layers]) => ({ name, layers: normalizeLayers(layers) }));
    return Array.from({ length: part.times ?? 1 }, () => ({ choices }));
  });
  return {
    chain,
    method,
    order: written.order ?? 'first',
    epochs: written.epochs ?? 10,
    warmup: written.warmup ?? 1,
    learningRate: written.learningRate ?? 0.05,
    rate: written.rate ?? 0.01,
    samples: written.samples ?? (method === 'random' ? 5 : 100),
    hidden: written.hidden ?? 16,
  };
}

/** Returns the layers with these choices, by their numbers. */
export function chosenLayers({ chain }: ArchitectureSettings, chosen: readonly number[]): Layer[] {
  let place = 0;
  return structuredClone(
    chain.flatMap((part) => ('layers' in part ? part.layers : part.choices[chosen[place++] ?? 0]!.layers)),
  );
}

/** Returns the choices of each place. */
export const placesOf = ({ chain }: ArchitectureSettings): Choice[][] =>
  chain.flatMap((part) => ('choices' in part ? [part.choices] : []));
