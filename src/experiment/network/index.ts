/**
 * The `network:` section of an experiment file: what the built-in trainer is to train, and on what.
 *
 * Written once as a zod schema, in two strictnesses: `NetworkTemplate` allows a `{param}` placeholder wherever a
 * scalar may stand (the file as a person writes it), `NetworkFile` does not (after the run's parameters were put
 * in). `validateNetwork` gives the normal form that the trainer reads.
 */
import { z } from 'zod';
import { dataSchema, normalizeData, type DataSource } from './data.js';
import { flag, kitOf, number, oneOf, whole } from './kit.js';
import { layerSchema, normalizeLayer, type Layer } from './layers.js';
import { lossSchema, type LossName } from './loss.js';
import { normalizeOptimizer, optimizerSchema, type OptimizerSettings } from './optimizer.js';
import { problemsOf, type NetworkProblem } from './problems.js';

export * from './data.js';
export * from './layers.js';
export * from './loss.js';
export * from './optimizer.js';
export type { NetworkProblem };

export const BACKENDS = ['auto', 'tfjs-node-gpu', 'tensorflow-python', 'webgpu', 'tfjs-node', 'wasm', 'cpu'] as const;

/** What the trainer is given, as JSON in `run.json`. */
export interface Network {
  data: DataSource;
  /** Fraction of the training examples to evaluate on; null: what comes with the data, else 0.2. */
  validation: number | null;
  layers: Layer[];
  loss: LossName;
  optimizer: OptimizerSettings;
  batchSize: number;
  epochs: number;
  shuffle: boolean;
  seed: number | null;
  logEvery: number | null;
  checkpoint: boolean;
  backend: (typeof BACKENDS)[number];
}

/** The section's schema. With `placeholders`, any scalar may be a `"{param}"` placeholder instead. */
function schema(placeholders: boolean) {
  const kit = kitOf(placeholders);
  const { p, optional } = kit;
  const fraction = number('validation')
    .gt(0, 'validation must be above 0')
    .lt(1, 'validation must be below 1: it is a fraction of the training examples');

  return z.strictObject({
    data: dataSchema(kit).describe(
      'What to train on: `mnist`, or `{ csv: … }`, `{ idx: … }`, `{ npy: … }` in the workspace.',
    ),
    validation: optional(fraction).describe(
      'Fraction of the training examples to evaluate on. Default: the files or test set given with the data, else 0.2.',
    ),
    layers: z
      .array(layerSchema(kit), {
        error: (issue) =>
          issue.input === undefined ? 'layers is missing' : 'layers must be a list, one layer an entry',
      })
      .min(1, 'layers must name at least one layer'),
    loss: lossSchema(kit),
    optimizer: optimizerSchema(kit).optional(),
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

function normalizeNetwork(written: WrittenNetwork): Network {
  return {
    data: normalizeData(written.data),
    validation: written.validation ?? null,
    layers: written.layers.map(normalizeLayer),
    loss: written.loss,
    optimizer: normalizeOptimizer(written.optimizer),
    batchSize: written.batchSize ?? 32,
    epochs: written.epochs ?? 10,
    shuffle: written.shuffle ?? true,
    seed: written.seed ?? null,
    logEvery: written.logEvery ?? null,
    checkpoint: written.checkpoint ?? true,
    backend: written.backend ?? 'auto',
  };
}
