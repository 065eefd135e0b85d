/**
 * The `network:` section of an experiment file: what the built-in trainer is to train, and on what.
 *
 * Written once as a zod schema, in two strictnesses: `NetworkTemplate` allows a `{param}` placeholder wherever a
 * scalar may stand (the file as a person writes it), `NetworkFile` does not (after the run's parameters were put
 * in). `validateNetwork` gives the normal form that the trainer reads.
 */
import { z } from 'zod';
import { problemsOf, type NetworkProblem } from './networkProblems.js';
import { normalizeNetwork, type Network } from './networkNormal.js';
import { describeData, describeLayer } from './networkWords.js';
import { suggest } from './suggest.js';

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

export const BACKENDS = ['auto', 'tfjs-node-gpu', 'tensorflow-python', 'webgpu', 'tfjs-node', 'wasm', 'cpu'] as const;

const Placeholder = z.string().regex(/^\{[^{}]+\}$/, 'must be a "{param}" placeholder');

/** Says what may stand here, with the nearest name when a word was mistyped. */
function oneOf<const T extends readonly [string, ...string[]]>(what: string, names: T) {
  return z.enum(names, {
    error: (issue) => {
      if (typeof issue.input !== 'string') return `${what} must be one of: ${names.join(', ')}`;
      const near = suggest(issue.input, names);
      return `unknown ${what} "${issue.input}"${near ? `; did you mean "${near}"?` : `; it must be one of: ${names.join(', ')}`}`;
    },
  });
}

const number = (what: string) =>
  z.number({ error: (issue) => (issue.input === undefined ? `${what} is missing` : `${what} must be a number`) });
const whole = (what: string, from = 1) =>
  number(what).int(`${what} must be a whole number`).min(from, `${what} must be at least ${from}`);
const flag = (what: string) => z.boolean({ error: `${what} must be true or false` });
const path = (what: string) =>
  z
    .string({ error: (issue) => (issue.input === undefined ? `${what} is missing` : `${what} must be a file's path`) })
    .min(1, `${what} must be a file's path`);

/** The section's schema. With `placeholders`, any scalar may be a `"{param}"` placeholder instead. */
function schema<P extends boolean>(placeholders: P) {
  /** A scalar, or a placeholder for one where those are allowed. The type is the scalar's either way. */
  const p = <T extends z.ZodType>(of: T): T => (placeholders ? (z.union([of, Placeholder]) as unknown as T) : of);
  const optional = <T extends z.ZodType>(of: T) => p(of).nullish();
  const pair = (what: string) =>
    z.union([p(whole(what)), z.tuple([p(whole(what)), p(whole(what))])], {
      error: `${what} must be a whole number of at least 1, or two of them [height, width]`,
    });

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

  const layer = z.union(
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

  const limit = optional(whole('limit')).describe('Use only this many training examples (and as many for validation).');
  const task = optional(oneOf('task', ['classification', 'regression'])).describe(
    'Default: regression with loss mse and numeric targets, else classification.',
  );
  const arrays = z.strictObject({
    inputs: path('inputs').describe('File of the examples, [count, …]; relative to the experiment file.'),
    targets: path('targets').describe('File of the labels or target values, [count] or [count, …].'),
    validation: z
      .strictObject({ inputs: path('inputs'), targets: path('targets') })
      .optional()
      .describe('Files to evaluate on instead of a split of the training files.'),
    scale: optional(oneOf('scale', ['auto', 'none', 'standardize'])).describe(
      '`auto` (the default): bytes become [-1, 1], other numbers stay.',
    ),
    task,
    limit,
  });
  const csv = z.strictObject({
    file: path('file').describe('CSV file with a header line; relative to the experiment file.'),
    target: p(z.string({ error: 'target must be the name of a column' })).describe('Column that is to be predicted.'),
    features: z.array(z.string()).min(1).optional().describe('Columns to predict from. Default: all others.'),
    categorical: z.array(z.string()).optional().describe('Numeric columns that are categories all the same.'),
    delimiter: z.string().length(1, 'delimiter must be one character').optional(),
    standardize: optional(flag('standardize')).describe('Numeric features to mean 0 and deviation 1. Default: true.'),
    validation: path('validation').optional().describe('CSV file to evaluate on instead of a split.'),
    task,
    limit,
  });
  const data = z.union(
    [
      z.enum(['mnist']),
      z.strictObject({ mnist: z.strictObject({ limit }).nullable() }),
      z.strictObject({ csv }),
      z.strictObject({ idx: arrays }),
      z.strictObject({ npy: arrays }),
    ],
    { error: (issue) => describeData(issue.input) },
  );

  const rateOf = number('learningRate').positive('learningRate must be above 0');
  const unit = (what: string) => number(what).min(0, `${what} must be at least 0`).lt(1, `${what} must be below 1`);
  const optimizerName = oneOf('optimizer', ['adam', 'sgd']);
  const optimizer = z.union(
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

  const fraction = number('validation')
    .gt(0, 'validation must be above 0')
    .lt(1, 'validation must be below 1: it is a fraction of the training examples');

  return z.strictObject({
    data: data.describe('What to train on: `mnist`, or `{ csv: … }`, `{ idx: … }`, `{ npy: … }` in the workspace.'),
    validation: optional(fraction).describe(
      'Fraction of the training examples to evaluate on. Default: the files or test set given with the data, else 0.2.',
    ),
    layers: z
      .array(layer, {
        error: (issue) =>
          issue.input === undefined ? 'layers is missing' : 'layers must be a list, one layer an entry',
      })
      .min(1, 'layers must name at least one layer'),
    loss: p(oneOf('loss', ['crossEntropy', 'mse'])),
    optimizer: optimizer.optional(),
    batchSize: p(whole('batchSize')).optional().describe('Examples a step. Default: 32.'),
    epochs: p(whole('epochs')).optional().describe('Passes over the training examples. Default: 10.'),
    shuffle: optional(flag('shuffle')).describe('New order of the examples every epoch. Default: true.'),
    seed: optional(whole('seed', 0)).describe('Makes a run repeatable on the same backend. Default: of the run.'),
    logEvery: optional(whole('logEvery')).describe('Steps between two points of `loss`. Default: chosen by speed.'),
    checkpoint: optional(flag('checkpoint')).describe('Save the trained network at the end. Default: true.'),
    backend: optional(oneOf('backend', BACKENDS)).describe('What computes. Default: auto, the first that works.'),
  });
}

/** As a person writes it: scalars may be placeholders. Use for the JSON Schema of the experiment file. */
export const NetworkTemplate = schema(true);
/** After the run's parameters were put in. */
export const NetworkFile = schema(false);
export type WrittenNetwork = z.output<typeof NetworkFile>;

export type * from './networkNormal.js';

export type { NetworkProblem };
export type NetworkResult =
  { network: Network; problems?: undefined } | { network?: undefined; problems: NetworkProblem[] };

/** Checks the section as written, placeholders allowed: for the editor, before a run's parameters are known. */
export function checkNetworkTemplate(value: unknown): NetworkProblem[] {
  const result = NetworkTemplate.safeParse(value);
  return result.success ? [] : problemsOf(result.error.issues, value, NetworkTemplate);
}

/** Checks the section after the run's parameters were put in, and gives its normal form. */
export function validateNetwork(value: unknown): NetworkResult {
  const result = NetworkFile.safeParse(value);
  if (!result.success) return { problems: problemsOf(result.error.issues, value, NetworkFile) };
  return { network: normalizeNetwork(result.data) };
}
