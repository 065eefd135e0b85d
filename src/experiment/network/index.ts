/**
 * The `network:` section of an experiment file: the network that the built-in trainer trains, and its data.
 *
 * The schema is written once in zod, in two versions: `NetworkTemplate` allows a `{param}` placeholder in place of any
 * scalar (the file as a person writes it), and `NetworkFile` does not (after the run's parameters are filled in).
 * `validateNetwork` returns the normal form that the trainer reads.
 */
import { z } from 'zod';
import { autoSchema, automaticFields } from './automatic.js';
import { architectureSchema, chosenLayers, normalizeArchitecture, type ArchitectureSettings } from './architecture.js';
import { augmentSchema, mixupSchema, normalizeAugment, type AugmentSettings } from './augment.js';
import { layersOrName } from './blockNames.js';
import { blockProblems, blocksSchema, expandBlocks } from './blocks.js';
import { normalizeBody, type BodySettings } from './body.js';
import { completeData, dataSchema, normalizeData, type DataSource } from './data.js';
import { constraintSchema, normalizeConstraints, type ConstraintSettings } from './constraint.js';
import { decomposeSchema, normalizeDecompose, type DecomposeSettings } from './decompose.js';
import { distilProblem, distilSchema, normalizeDistil, type DistilSettings } from './distil.js';
import { earlyStoppingSchema, normalizeEarlyStopping, type EarlyStoppingSettings } from './earlyStopping.js';
import { federatedProblem, federatedSchema, normalizeFederated, type FederatedSettings } from './federated.js';
import {
  freezeSchema,
  normalizeFreeze,
  normalizeRates,
  ratesSchema,
  type FreezeSettings,
  type RateSettings,
} from './freeze.js';
import { fromProblem, fromSchema, normalizeFrom, type FromSettings } from './from.js';
import {
  hypergradientProblem,
  hypergradientSchema,
  normalizeHypergradient,
  type HypergradientSettings,
} from './hypergradient.js';
import { flag, kindPlaceholder, kitOf, number, oneOf, whole } from './kit.js';
import { layerSchema, normalizeLayers, type Layer } from './layers.js';
import { lossSchema, normalizeLoss, type LossSettings } from './loss.js';
import { metricsSchema, normalizeMetrics, type MetricSettings } from './metrics.js';
import { normalizeOptimizer, optimizerSchema, type OptimizerSettings } from './optimizer.js';
import { problemsOf, type NetworkProblem } from './problems.js';
import { foldsProblem, layersProblem, lossProblem, missingLoss, pruneProblem } from './whole.js';
import { normalizePrune, pruneSchema, type PruneSettings } from './prune.js';
import { normalizeRegularization, regularizationSchema, type Regularization } from './regularization.js';
import { normalizeSchedule, scheduleSchema, type ScheduleSettings } from './schedule.js';

export * from './architecture.js';
export * from './augment.js';
export { secondsOf } from './automatic.js';
export { blockProblems } from './blocks.js';
export * from './body.js';
export * from './constraint.js';
export * from './data.js';
export * from './decompose.js';
export * from './distil.js';
export * from './earlyStopping.js';
export * from './federated.js';
export * from './freeze.js';
export * from './from.js';
export * from './hypergradient.js';
export * from './layers.js';
export * from './loss.js';
export * from './metrics.js';
export * from './optimizer.js';
export * from './prune.js';
export * from './regularization.js';
export * from './schedule.js';
export type { NetworkProblem };

export const BACKENDS = ['auto', 'tfjs-node-gpu', 'tensorflow-python', 'webgpu', 'tfjs-node', 'wasm', 'cpu'] as const;

/** Settings that the trainer reads as JSON from `run.json`. */
export interface Network {
  data: DataSource;
  /** Fraction of the training examples held out for validation; null: the data set's own validation set, else 0.2. */
  validation: number | null;
  /** Number of folds for cross-validation; null: no cross-validation. */
  folds: number | null;
  /** Index from 1 of the only fold to validate on; null: each fold in turn. */
  fold: number | null;
  /** Trained network to begin with; null: initial weights are random. */
  from: FromSettings | null;
  /** Trained network that teaches this one; null: only the targets do. */
  distil: DistilSettings | null;
  /** Layers that do not learn; null: all learn. */
  freeze: FreezeSettings | null;
  /** Learning rates by layer, as factors. */
  rates: RateSettings;
  /** Layers as written; the trainer puts those of `from` before them. */
  layers: Layer[];
  /** Architecture that is searched before the training; `layers` has the first of its choices. Null: none is. */
  architecture: ArchitectureSettings | null;
  /** Size of layers that follow the kind of the data; null: `layers` says what there is. */
  body: BodySettings | null;
  /** Fraction of the examples that neither training nor validation looks at; null: none. */
  test: number | null;
  /** Seconds that the training may take; fewer epochs are trained if need be. Null: no limit. */
  seconds: number | null;
  loss: LossSettings;
  optimizer: OptimizerSettings;
  schedule: ScheduleSettings;
  /** Upper bounds on the gradient's norm (all weights together) and on each of its values; null: not clipped. */
  clip: { norm: number | null; value: number | null };
  /** Number of batches whose gradients are averaged for one optimizer step (gradient accumulation). */
  accumulate: number;
  /** Decay of the moving average of the weights that is evaluated and saved; null: the weights themselves are used. */
  ema: number | null;
  earlyStopping: EarlyStoppingSettings | null;
  metrics: MetricSettings;
  /** Logs the size of gradients, updates and activations of every layer, once per epoch. */
  diagnostics: boolean;
  /** Warns when training goes wrong. */
  warnings: boolean;
  /** Regularization of every kernel whose layer does not override it. */
  regularization: Regularization;
  /** Constraints that training must satisfy. */
  constraints: ConstraintSettings[];
  /** Hyperparameters tuned by gradients during the training; null: none. */
  hypergradient: HypergradientSettings | null;
  /** Clients that train apart; null: all examples are in one place. */
  federated: FederatedSettings | null;
  /** Augmentation of the training images; null: none. */
  augment: AugmentSettings | null;
  /** α of the Beta distribution from which mixup draws its ratios; 0: no mixup. */
  mixup: number;
  /** Low-rank factors after the training, before it is pruned; null: none. */
  decompose: DecomposeSettings | null;
  /** Pruning after the training; null: none. */
  prune: PruneSettings | null;
  batchSize: number;
  epochs: number;
  shuffle: boolean;
  seed: number | null;
  logEvery: number | null;
  checkpoint: boolean;
  /** Processes that share each batch. */
  workers: number;
  backend: (typeof BACKENDS)[number];
  /** Settings that the section leaves open, so that the trainer chooses them for the data. */
  open: OpenSetting[];
}
export type OpenSetting = 'layers' | 'epochs' | 'schedule' | 'loss';

/** Builds the section's schema. With `placeholders`, any scalar may be a `"{param}"` placeholder instead. */
function schema(placeholders: boolean) {
  const kit = kitOf(placeholders);
  const { p, optional } = kit;
  const fraction = number('validation')
    .gt(0, 'validation must be above 0')
    .lt(1, 'validation must be below 1: it is a fraction of the training examples');

  return z.strictObject({
    data: dataSchema(kit).describe(
      'What to train on: `mnist`, or `csv`, `idx`, `npy`, `npz` or `images` in the workspace.',
    ),
    validation: optional(fraction).describe(
      'Fraction of the training examples to evaluate on. Default: the files or test set given with the data, else 0.2.',
    ),
    folds: optional(whole('folds', 2)).describe(
      'Cross-validation: splits the training examples into this many folds, and trains one network per fold, validated on that fold. ' +
        'Metrics are means over the folds; `val/…_std` is their standard deviation, `fold1/…` are the metrics of one fold.',
    ),
    fold: optional(whole('fold')).describe(
      'Trains only this one of the `folds`, counted from 1, so that a search can use folds as repeats. Default: all.',
    ),
    from: fromSchema(kit)
      .nullish()
      .describe('Begins with a trained network: a run’s, or a file’s. Default: random weights.'),
    distil: distilSchema(kit)
      .nullish()
      .describe('Knowledge distillation: a trained network teaches this one. Default: none.'),
    freeze: freezeSchema(kit).nullish().describe('Layers that do not learn. Default: none.'),
    rates: ratesSchema(kit).nullish().describe('Learning rates by layer, as factors of the learning rate. Default: 1.'),
    layers: layersOrName(
      z
        .array(layerSchema(kit), { error: 'layers must be a list, one layer per entry' })
        .min(1, 'layers must name at least one layer'),
    )
      .optional()
      .describe('The network, layer by layer. Default for CSV files: two dense layers, as wide as the data suggest.'),
    blocks: blocksSchema(layerSchema(kit), kit)
      .optional()
      .describe(
        'Named lists of layers. A name can stand wherever a layer or a list of layers can: `layers: "{architecture}"`, ' +
          'where `architecture` is a hyperparameter with names as its values, lets a search choose the architecture.',
      ),
    ...(placeholders && { auto: autoSchema.optional() }),
    architecture: architectureSchema(layerSchema(kit), kit)
      .nullish()
      .describe(
        'Instead of `layers`: a chain with places at which one of several lists of layers is chosen, by gradients (DARTS) or at random, before the network is trained.',
      ),
    ...automaticFields(kit),
    loss: lossSchema(kit).optional(),
    optimizer: optimizerSchema(kit).optional(),
    schedule: scheduleSchema(kit)
      .nullish()
      .describe('Learning rate schedule. Default: constant; for tables without `epochs`: cosine.'),
    clip: z
      .strictObject({
        norm: optional(number('norm').positive('norm must be above 0')).describe('Largest norm of the gradient.'),
        value: optional(number('value').positive('value must be above 0')).describe(
          'Largest absolute value of each component.',
        ),
      })
      .nullish()
      .describe('Clips gradients to prevent steps that are too long.'),
    accumulate: optional(whole('accumulate')).describe(
      'Gradient accumulation: batches per optimizer step, for batches larger than memory. Default: 1.',
    ),
    ema: optional(number('ema').gt(0, 'ema must be above 0').lt(1, 'ema must be below 1')).describe(
      'Evaluates and saves a moving average of the weights with this decay, such as 0.999. Default: the weights.',
    ),
    earlyStopping: earlyStoppingSchema(kit)
      .nullish()
      .describe('Stops the training when it no longer improves. Default: off.'),
    metrics: metricsSchema(kit).nullish().describe('Additional metrics, measured after every epoch.'),
    diagnostics: optional(flag('diagnostics')).describe(
      'Logs the size of gradients, updates and activations of every layer once per epoch. Default: false.',
    ),
    warnings: optional(flag('warnings')).describe(
      'Warns when training goes wrong: vanishing or exploding gradients, dead units, overfitting and more. Default: true.',
    ),
    regularization: regularizationSchema(kit)
      .nullish()
      .describe('Penalties and bounds on weights; layers can override them. Default: none.'),
    constraint: constraintSchema(kit)
      .nullish()
      .describe('Constraints: the loss is minimized subject to these bounds. Default: none.'),
    hypergradient: hypergradientSchema(kit)
      .nullish()
      .describe('Tunes hyperparameters by gradients while the network trains. Default: none.'),
    federated: federatedSchema(kit)
      .nullish()
      .describe('Federated averaging: clients train separately, and their weights are averaged. Default: none.'),
    augment: augmentSchema(kit)
      .nullish()
      .describe('Augmentation: random changes of the training images. Default: none.'),
    mixup: mixupSchema(kit).describe(
      'Mixes each training example with another, with shares from a Beta(mixup, mixup) distribution, such as 0.2. Default: 0 (off).',
    ),
    decompose: decomposeSchema(kit)
      .nullish()
      .describe('Replaces the kernels of the trained network by low-rank factors and retrains them. Default: off.'),
    prune: pruneSchema(kit)
      .nullish()
      .describe('Removes the least important parts of the trained network and retrains the rest. Default: off.'),
    batchSize: p(whole('batchSize')).optional().describe('Examples per step. Default: 32.'),
    epochs: p(whole('epochs', 0))
      .optional()
      .describe(
        'Passes over the training examples. Default: 10; for tables as many as give about 2,500 steps, up to 300. 0, with `prune` or `decompose`: no training before it.',
      ),
    shuffle: optional(flag('shuffle')).describe('Shuffles the examples every epoch. Default: true.'),
    seed: optional(whole('seed', 0)).describe(
      'Makes a run reproducible on the same backend. Default: the seed of the run.',
    ),
    logEvery: optional(whole('logEvery')).describe('Steps between two points of `loss`. Default: chosen by speed.'),
    checkpoint: optional(flag('checkpoint')).describe(
      'Saves checkpoints to resume from, and the trained network at the end. Default: true.',
    ),
    workers: optional(whole('workers').max(64, 'workers must be at most 64')).describe(
      'Number of workers that share each batch and average their gradients. Default: 1.',
    ),
    backend: optional(oneOf('backend', BACKENDS)).describe(
      'Backend for the computations. Default: auto, the fastest one for this network.',
    ),
  });
}

/** Schema of the section as a person writes it, where scalars may be placeholders. The JSON Schema is made from it. */
export const NetworkTemplate = schema(true);
/** Schema of the section after the run's parameters are filled in. */
export const NetworkFile = schema(false);
export type WrittenNetwork = z.output<typeof NetworkFile>;

export type NetworkResult =
  { network: Network; problems?: undefined } | { network?: undefined; problems: NetworkProblem[] };

/** Checks the section as written, with placeholders. The editor uses it before a run's parameters are known. */
export function checkNetworkTemplate(value: unknown): NetworkProblem[] {
  const plain = withKinds(value);
  const result = NetworkTemplate.safeParse(plain);
  const blocks = blockProblems(plain, true);
  if (!result.success)
    return [...problemsOf(result.error.issues, plain, NetworkTemplate), ...missingLoss(plain), ...blocks];
  const problem =
    layersProblem(result.data) ??
    lossProblem(result.data) ??
    fromProblem(result.data.from, result.data.layers) ??
    distilProblem(result.data.distil);
  return problem ? [problem, ...blocks] : blocks;
}

/** Returns the section with each layer whose kind is a placeholder replaced by that placeholder. */
function withKinds(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => kindPlaceholder(entry) ?? withKinds(entry));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]): [string, unknown] => [key, withKinds(inner)]);
  return Object.fromEntries(entries);
}

/** Checks the section after the run's parameters are filled in, and returns its normal form. */
export function validateNetwork(value: unknown): NetworkResult {
  const result = NetworkFile.safeParse(value);
  const blocks = blockProblems(value, false);
  if (!result.success) {
    return { problems: [...problemsOf(result.error.issues, value, NetworkFile), ...missingLoss(value), ...blocks] };
  }
  if (blocks.length > 0) return { problems: blocks };
  const problem =
    layersProblem(result.data) ??
    lossProblem(result.data) ??
    foldsProblem(result.data) ??
    pruneProblem(result.data) ??
    fromProblem(result.data.from, result.data.layers) ??
    distilProblem(result.data.distil);
  if (problem) return { problems: [problem] };
  const network = normalizeNetwork(result.data);
  const unfit = hypergradientProblem(network) ?? federatedProblem(network);
  return unfit ? { problems: [unfit] } : { network };
}

/** Fills in the settings that are missing from a normal form written by an earlier version. */
export function completeNetwork(network: Network): Network {
  const { optimizer } = network;
  const defaults = {
    folds: null,
    fold: null,
    from: null,
    distil: null,
    freeze: null,
    rates: normalizeRates(null),
    architecture: null,
    body: null,
    test: null,
    seconds: null,
    schedule: normalizeSchedule(null),
    clip: { norm: null, value: null },
    accumulate: 1,
    ema: null,
    earlyStopping: null,
    metrics: normalizeMetrics(null),
    diagnostics: false,
    warnings: true,
    regularization: normalizeRegularization(null),
    constraints: [],
    hypergradient: null,
    federated: null,
    workers: 1,
    augment: null,
    mixup: 0,
    decompose: null,
    prune: null,
    open: [],
  };
  return {
    ...defaults,
    ...network,
    data: completeData(network.data),
    metrics: { ...defaults.metrics, ...network.metrics },
    loss: typeof network.loss === 'string' ? normalizeLoss(network.loss) : network.loss,
    optimizer: { ...normalizeOptimizer(optimizer.name), ...optimizer } as OptimizerSettings,
  };
}

function normalizeNetwork(written: WrittenNetwork): Network {
  const architecture = normalizeArchitecture(written.architecture);
  return {
    data: normalizeData(written.data),
    validation: written.validation ?? null,
    folds: written.folds ?? null,
    fold: written.fold ?? null,
    from: normalizeFrom(written.from),
    distil: normalizeDistil(written.distil),
    freeze: normalizeFreeze(written.freeze),
    rates: normalizeRates(written.rates),
    layers: architecture
      ? chosenLayers(architecture, [])
      : normalizeLayers(expandBlocks(written.layers ?? [], written.blocks ?? {})),
    architecture,
    body: normalizeBody(written.body),
    test: written.test ?? null,
    seconds: written.seconds ?? null,
    loss: normalizeLoss(written.loss ?? 'crossEntropy'),
    optimizer: normalizeOptimizer(written.optimizer),
    schedule: normalizeSchedule(written.schedule),
    clip: { norm: written.clip?.norm ?? null, value: written.clip?.value ?? null },
    accumulate: written.accumulate ?? 1,
    ema: written.ema ?? null,
    earlyStopping: normalizeEarlyStopping(written.earlyStopping),
    metrics: normalizeMetrics(written.metrics),
    diagnostics: written.diagnostics ?? false,
    warnings: written.warnings ?? true,
    regularization: normalizeRegularization(written.regularization),
    constraints: normalizeConstraints(written.constraint),
    hypergradient: normalizeHypergradient(written.hypergradient),
    federated: normalizeFederated(written.federated),
    augment: normalizeAugment(written.augment),
    mixup: written.mixup ?? 0,
    decompose: normalizeDecompose(written.decompose),
    prune: normalizePrune(written.prune),
    batchSize: written.batchSize ?? 32,
    epochs: written.epochs ?? 10,
    shuffle: written.shuffle ?? true,
    seed: written.seed ?? null,
    logEvery: written.logEvery ?? null,
    checkpoint: written.checkpoint ?? true,
    workers: written.workers ?? 1,
    backend: written.backend ?? 'auto',
    open: (['layers', 'epochs', 'schedule', 'loss'] as const).filter(
      (key) => (written[key] ?? null) === null && !(key === 'layers' && architecture),
    ),
  };
}
