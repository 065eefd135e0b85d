/** The normal form of a `network:` section: every default filled in, every shorthand written out. */
import type { ACTIVATIONS, BACKENDS, INITIALIZERS, WrittenNetwork } from './network.js';

export type Activation = (typeof ACTIVATIONS)[number];
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
      init: (typeof INITIALIZERS)[number];
    }
  | { type: 'pool'; kind: 'max' | 'average'; size: Size; stride: Size; padding: 'valid' | 'same' }
  | { type: 'flatten' }
  | { type: 'dense'; units: number; activation: Activation; bias: boolean; init: (typeof INITIALIZERS)[number] }
  | { type: 'dropout'; rate: number }
  | { type: 'batchNorm'; momentum: number; epsilon: number }
  | { type: 'activation'; name: Activation }
  | { type: 'globalPool'; kind: 'max' | 'average' };

export interface ArrayFiles {
  inputs: string;
  targets: string;
}
export type Task = 'classification' | 'regression';
export type DataSource =
  | { kind: 'mnist'; limit: number | null }
  | {
      kind: 'csv';
      file: string;
      target: string;
      features: string[] | null;
      categorical: string[];
      delimiter: string;
      standardize: boolean;
      validation: string | null;
      task: Task | null;
      limit: number | null;
    }
  | ({
      kind: 'idx' | 'npy';
      validation: ArrayFiles | null;
      scale: 'auto' | 'none' | 'standardize';
      task: Task | null;
      limit: number | null;
    } & ArrayFiles);

export type OptimizerSettings =
  | { name: 'adam'; learningRate: number; beta1: number; beta2: number; epsilon: number }
  | { name: 'sgd'; learningRate: number; momentum: number; nesterov: boolean };

/** What the trainer is given, as JSON in `run.json`. */
export interface Network {
  data: DataSource;
  /** Fraction of the training examples to evaluate on; null: what comes with the data, else 0.2. */
  validation: number | null;
  layers: Layer[];
  loss: 'crossEntropy' | 'mse';
  optimizer: OptimizerSettings;
  batchSize: number;
  epochs: number;
  shuffle: boolean;
  seed: number | null;
  logEvery: number | null;
  checkpoint: boolean;
  backend: (typeof BACKENDS)[number];
}

const square = (value: number | [number, number] | undefined, fallback: Size): Size =>
  value === undefined ? fallback : typeof value === 'number' ? [value, value] : value;

function normalizeLayer(layer: WrittenNetwork['layers'][number]): Layer {
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

function normalizeData(data: WrittenNetwork['data']): DataSource {
  if (typeof data === 'string') return { kind: 'mnist', limit: null };
  if ('mnist' in data) return { kind: 'mnist', limit: data.mnist?.limit ?? null };
  if ('csv' in data) {
    const { csv } = data;
    return {
      kind: 'csv',
      file: csv.file,
      target: csv.target,
      features: csv.features ?? null,
      categorical: csv.categorical ?? [],
      delimiter: csv.delimiter ?? ',',
      standardize: csv.standardize ?? true,
      validation: csv.validation ?? null,
      task: csv.task ?? null,
      limit: csv.limit ?? null,
    };
  }
  const kind = 'idx' in data ? 'idx' : 'npy';
  const files = 'idx' in data ? data.idx : data.npy;
  return {
    kind,
    inputs: files.inputs,
    targets: files.targets,
    validation: files.validation ?? null,
    scale: files.scale ?? 'auto',
    task: files.task ?? null,
    limit: files.limit ?? null,
  };
}

function normalizeOptimizer(written: WrittenNetwork['optimizer']): OptimizerSettings {
  const settings = typeof written === 'string' ? { name: written } : (written ?? { name: 'adam' as const });
  const given: Partial<Exclude<NonNullable<WrittenNetwork['optimizer']>, string>> = settings;
  if (settings.name === 'sgd') {
    return {
      name: 'sgd',
      learningRate: given.learningRate ?? 0.01,
      momentum: given.momentum ?? 0,
      nesterov: given.nesterov ?? false,
    };
  }
  return {
    name: 'adam',
    learningRate: given.learningRate ?? 0.001,
    beta1: given.beta1 ?? 0.9,
    beta2: given.beta2 ?? 0.999,
    epsilon: given.epsilon ?? 1e-8,
  };
}

export function normalizeNetwork(written: WrittenNetwork): Network {
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
