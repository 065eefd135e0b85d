/**
 * The `network:` section of an experiment file: the network that the built-in trainer trains, and its data.
 *
 * The schema is written once in zod, in two versions: `NetworkTemplate` allows a `{param}` placeholder in place of any
 * scalar (the file as a person writes it), and `NetworkFile` does not (after the run's parameters are filled in).
 * `validateNetwork` returns the normal form that the trainer reads.
 */
import { chosenLayers, normalizeArchitecture, type ArchitectureSettings } from './architecture.js';
import { normalizeAugment, type AugmentSettings } from './data/augment.js';
import { blockProblems, expandBlocks } from './layers/blocks.js';
import { normalizeBody, type BodySettings } from './layers/body.js';
import { completeData, normalizeData, type DataSource } from './data/index.js';
import { normalizeConstraints, type ConstraintSettings } from './training/constraint.js';
import {
  normalizeDecompose,
  normalizeParts,
  type DecomposeSettings,
  type Part,
  type PartEnd,
} from './trained/decompose.js';
import { distilProblem, normalizeDistil, type DistilSettings } from './trained/distil.js';
import { normalizeEarlyStopping, type EarlyStoppingSettings } from './training/earlyStopping.js';
import { federatedProblem, normalizeFederated, type FederatedSettings } from './training/federated.js';
import { normalizeFreeze, normalizeRates, type FreezeSettings, type RateSettings } from './trained/freeze.js';
import { fromProblem, normalizeFrom, type FromSettings } from './trained/from.js';
import { hypergradientProblem, normalizeHypergradient, type HypergradientSettings } from './training/hypergradient.js';
import { kindPlaceholder } from './kit.js';
import { normalizeLayers, type Layer } from './layers/index.js';
import { normalizeLoss, type LossSettings } from './training/loss.js';
import { metaProblem, normalizeMeta, type MetaSettings } from './training/meta.js';
import { normalizeMetrics, type MetricSettings } from './training/metrics.js';
import { normalizeOptimizer, type OptimizerSettings } from './training/optimizer.js';
import { problemsOf, type NetworkProblem } from './problems.js';
import { foldsProblem, layersProblem, lossProblem, missingLoss, reshapeProblem } from './whole.js';
import { normalizePrune, type PruneSettings } from './trained/prune.js';
import { normalizeQuantise, type QuantiseSettings } from './trained/quantise.js';
import { normalizeRegularization, type Regularization } from './training/regularization.js';
import { normalizeSchedule, type ScheduleSettings } from './training/schedule.js';
import type { BACKENDS } from './section.js';
import { normalizeTransform, type TransformSettings } from './trained/transform.js';
import { NetworkTemplate, NetworkFile, type WrittenNetwork } from './section.js';

export * from './architecture.js';
export * from './data/augment.js';
export { secondsOf } from './automatic.js';
export { blockProblems } from './layers/blocks.js';
export * from './layers/body.js';
export * from './training/constraint.js';
export * from './data/index.js';
export * from './trained/decompose.js';
export * from './trained/distil.js';
export * from './training/earlyStopping.js';
export * from './training/federated.js';
export * from './trained/freeze.js';
export * from './trained/from.js';
export * from './training/hypergradient.js';
export * from './layers/index.js';
export * from './training/loss.js';
export * from './training/meta.js';
export * from './training/metrics.js';
export * from './training/optimizer.js';
export * from './trained/prune.js';
export * from './trained/quantise.js';
export * from './training/regularization.js';
export * from './training/schedule.js';
export * from './trained/transform.js';
export { BACKENDS, NetworkFile, NetworkTemplate, type WrittenNetwork } from './section.js';
export type { NetworkProblem };

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
  /** Size of layers that follow the kind of the data; null: `layers` lists the layers. */
  body: BodySettings | null;
  /** Fraction of the examples that neither training nor validation uses; null: none. */
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
  /** Learning of starting weights from many small tasks; null: one task of all examples. */
  meta: MetaSettings | null;
  /** Augmentation of the training images; null: none. */
  augment: AugmentSettings | null;
  /** α of the Beta distribution from which mixup draws its ratios; 0: no mixup. */
  mixup: number;
  /** Low-rank factors after the training, before it is pruned; null: none. */
  decompose: DecomposeSettings | null;
  /** Parts that the trained network is split into; null: none are named. */
  split: PartEnd[] | null;
  /** Named parts of the layers, from the first on; empty: none are named. */
  parts: Part[];
  /** Transformation of the network; null: none. */
  transform: TransformSettings | null;
  /** Quantisation after the training; null: none. */
  quantise: QuantiseSettings | null;
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
    reshapeProblem(result.data) ??
    fromProblem(result.data.from, result.data.layers) ??
    distilProblem(result.data.distil);
  if (problem) return { problems: [problem] };
  const network = normalizeNetwork(result.data);
  const unfit = hypergradientProblem(network) ?? federatedProblem(network) ?? metaProblem({ ...network });
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
    meta: null,
    workers: 1,
    augment: null,
    mixup: 0,
    decompose: null,
    split: null,
    parts: [],
    transform: null,
    quantise: null,
    prune: null,
    open: [],
  };
  return {
    ...defaults,
    ...network,
    from: network.from && { ...network.from, part: network.from.part ?? null, join: network.from.join ?? [] },
    data: completeData(network.data),
    metrics: { ...defaults.metrics, ...network.metrics },
    loss: typeof network.loss === 'string' ? normalizeLoss(network.loss) : network.loss,
    optimizer: { ...normalizeOptimizer(optimizer.name), ...optimizer } as OptimizerSettings,
  };
}

const hasGroup = (data: WrittenNetwork['data']): boolean => {
  const source = normalizeData(data);
  return source.kind === 'csv' && source.group !== null;
};

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
    meta: normalizeMeta(written.meta, hasGroup(written.data)),
    augment: normalizeAugment(written.augment),
    mixup: written.mixup ?? 0,
    decompose: normalizeDecompose(written.decompose),
    split: normalizeParts(written.decompose),
    parts: [],
    transform: normalizeTransform(written.transform),
    quantise: normalizeQuantise(written.quantise),
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
