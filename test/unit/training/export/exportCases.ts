/** Networks that cover every layer, with weights and statistics that differ from the initial ones. */
import * as tf from '@tensorflow/tfjs-core';
import type { Network } from '../../../../src/experiment/network/index.js';
import { buildModel } from '../../../../src/training/model.js';
import { Random } from '../../../../src/training/random.js';
import { withoutExamples, type SavedData, type SavedNetwork } from '../../../../src/training/checkpoints/saved.js';
import { SavedModel } from '../../../../src/training/checkpoints/savedModel.js';
import { onGrid } from '../../../../src/training/quantise/grid.js';
import { network } from '../support.js';

const images: SavedData = {
  name: 'images',
  task: 'classification',
  inputShape: [7, 6, 2],
  classes: ['cat', 'dog', '=1+1'],
  outputs: 3,
  inputScale: { factor: 2 / 255, offset: -1 },
  targetScale: null,
  preparation: {},
};
const table: SavedData = {
  ...images,
  name: 'houses.csv',
  task: 'regression',
  inputShape: [4],
  classes: null,
  outputs: 1,
  inputScale: { factor: 1, offset: 0 },
  targetScale: [{ mean: 250_000, deviation: 90_000 }],
  preparation: {
    target: 'price',
    columns: [
      { name: 'year', kind: 'number', mean: 1984.5, deviation: 12.25 },
      { name: 'area', kind: 'number', mean: 120, deviation: 30 },
      { name: 'city', kind: 'category', categories: ['Łódź', 'Rome'] },
    ],
  },
};
const twoKinds: SavedData = {
  ...images,
  inputShape: [5],
  classes: ['no', 'yes'],
  outputs: 2,
  inputScale: { factor: 1, offset: 0 },
};
const sequence: SavedData = { ...images, inputShape: [5, 3], inputScale: { factor: 0.5, offset: 0.25 } };
const words: SavedData = { ...images, inputShape: [4], inputScale: { factor: 1, offset: 0 } };

export interface ExportCase {
  name: string;
  data: SavedData;
  section: Record<string, unknown>;
  /** Formats that lack such a layer. */
  not?: ('keras' | 'tfjs')[];
}

const conv = (settings: object): object => ({ conv: { filters: 4, kernel: 3, ...settings } });
const classes = (...layers: unknown[]): Record<string, unknown> => ({
  layers: [...layers, { dense: 3 }],
  loss: 'crossEntropy',
});
const cell = (settings: object): Record<string, unknown> => classes({ recurrent: { units: 4, ...settings } });

export const CASES: ExportCase[] = [
  {
    name: 'convolutions',
    data: images,
    section: classes(
      conv({ activation: 'relu', padding: 'same', stride: 2 }),
      'batchNorm',
      { depthwiseConv: { kernel: [2, 3], multiplier: 2, padding: 'same', activation: 'silu' } },
      { pool: { size: 2, stride: 1, padding: 'same', kind: 'average' } },
      conv({ kernel: 1, bias: false, activation: 'mish' }),
      { spatialDropout: 0.2 },
      { pool: { size: 2 } },
      'flatten',
      { dropout: 0.5 },
    ),
  },
  {
    name: 'residual blocks and both global poolings',
    data: images,
    section: classes(
      { residual: [conv({ padding: 'same', stride: 2, activation: 'relu' }), conv({ padding: 'same' })] },
      { residual: ['layerNorm', conv({ padding: 'same', activation: 'softmax' })] },
      { globalPool: 'max' },
      { residual: [{ dense: { units: 4, activation: 'gelu' } }, { dense: 6 }] },
      { residual: [{ dense: 5 }, { dense: 6 }] },
    ),
  },
  {
    name: 'quantised kernels',
    data: images,
    section: {
      ...classes(
        conv({ padding: 'same', activation: 'relu' }),
        { depthwiseConv: { kernel: 3, multiplier: 2 } },
        { reshape: [10, 16] },
        { conv1d: { filters: 5, kernel: 3 } },
        { recurrent: { cell: 'lstm', units: 4 } },
        { dense: 6 },
      ),
      quantise: { bits: 8 },
    },
  },
  { name: 'the average of channels', data: images, section: classes({ globalPool: 'average' }) },
  ...['relu6', 'leakyRelu', 'elu', 'selu', 'gelu', 'sigmoid', 'hardSigmoid', 'tanh', 'softplus', 'softsign'].map(
    (activation): ExportCase => ({
      name: activation,
      data: table,
      section: { layers: [{ dense: { units: 6, activation } }, { dense: 1 }], loss: 'mse' },
    }),
  ),
  {
    name: 'one output for two classes',
    data: twoKinds,
    section: {
      layers: [{ dense: 8 }, { activation: 'relu' }, 'batchNorm', { dense: { units: 1, activation: 'sigmoid' } }],
      loss: 'binaryCrossEntropy',
    },
  },
  { name: 'scores', data: twoKinds, section: { layers: [{ dense: 2 }], loss: 'categoricalHinge' } },
  {
    name: 'convolutions over time',
    data: sequence,
    section: classes(
      { conv1d: { filters: 4, kernel: 3, padding: 'same', activation: 'relu' } },
      { conv1d: { filters: 6, kernel: 2, stride: 2, bias: false } },
      { globalPool: 'max' },
    ),
  },
  {
    name: 'a convolution over time and its average',
    data: sequence,
    section: classes({ conv1d: { filters: 4, kernel: 2, padding: 'same', stride: 2 } }, { globalPool: 'average' }),
  },
  { name: 'simple cells both ways', data: sequence, section: cell({ cell: 'simple', bidirectional: true }) },
  {
    name: 'lstm over lstm',
    data: sequence,
    section: classes({ recurrent: { cell: 'lstm', units: 4, sequences: true, bidirectional: true } }, 'batchNorm', {
      recurrent: { cell: 'lstm', units: 3 },
    }),
  },
  {
    name: 'gru',
    data: sequence,
    section: classes({ recurrent: { units: 4, sequences: true } }, { recurrent: { units: 3, bidirectional: true } }),
    not: ['tfjs'],
  },
  { name: 'gaussian gates', data: sequence, section: cell({ cell: 'lstm', gate: 'gaussian' }), not: ['keras', 'tfjs'] },
  {
    name: 'one trigonometric gate',
    data: sequence,
    section: classes(
      { recurrent: { cell: 'gated', units: 4, gate: 'trigonometric', sequences: true, bidirectional: true } },
      'flatten',
    ),
    not: ['keras', 'tfjs'],
  },
  {
    name: 'attention',
    data: sequence,
    section: classes(
      'position',
      { attention: { heads: 2, width: 4, dropout: 0.3 } },
      { residual: ['layerNorm', { attention: { heads: 3, causal: true, bias: false } }] },
      'flatten',
    ),
    not: ['tfjs'],
  },
  {
    name: 'transformer blocks over words',
    data: words,
    section: classes(
      { embedding: { size: 10, width: 6 } },
      { position: 'learned' },
      { transformer: { heads: 2, width: 6, hidden: 8, dropout: 0.1, activation: 'gelu' } },
      { transformer: { heads: 3, width: 6, norm: 'after', causal: true } },
      { globalPool: 'average' },
    ),
    not: ['tfjs'],
  },
  {
    name: 'words',
    data: words,
    section: classes({ embedding: { size: 10, width: 3 } }, { reshape: [4, 3, 1] }, conv({ kernel: 2 }), 'flatten'),
  },
];

/** Returns the case's network with random weights. */
export function savedCase({ data, section }: ExportCase): SavedNetwork {
  const settings: Network = network(section);
  const random = new Random(5);
  const model = buildModel(settings, withoutExamples(data), random);
  const weights = model.weights.map(({ name, variable }) => {
    const positive = /scale|Variance/.test(name);
    const values = Float32Array.from(variable.dataSync(), (value) =>
      positive ? 0.5 + random.uniform() : value + 0.1 * random.normal(),
    );
    const weight = { name, shape: variable.shape, values };
    return settings.quantise ? onGrid(weight, settings.quantise) : weight;
  });
  model.dispose();
  return { network: settings, data, weights };
}

/** Returns the raw inputs of three examples, and our own network's outputs for them. */
export function examplesOf(saved: SavedNetwork): { inputs: Float32Array; outputs: number[] } {
  const { inputShape, inputScale, preparation, name } = saved.data;
  const width = inputShape.reduce((a, b) => a * b, 1);
  const random = new Random(6);
  const columns = preparation.columns as { mean?: number; deviation?: number; kind: string }[] | undefined;
  const embedded = saved.network.layers[0]?.type === 'embedding';
  const inputs = Float32Array.from({ length: 3 * width }, (_, i) => {
    if (name === 'houses.csv') {
      const column = columns![Math.min(i % width, 2)]!;
      return column.kind === 'number'
        ? Math.round(column.mean! + column.deviation! * random.normal())
        : (i + Math.floor(i / width)) % 2;
    }
    return embedded
      ? Math.floor(10 * random.uniform())
      : Math.floor(255 * random.uniform()) / (inputScale.factor < 0.1 ? 1 : 100);
  });
  const standardized = Float64Array.from(inputs, (value, i) => {
    const column = columns?.[Math.min(i % width, 2)];
    if (column?.kind === 'number') return (value - column.mean!) / column.deviation!;
    return value * inputScale.factor + inputScale.offset;
  });
  const model = new SavedModel(saved);
  const outputs = tf.tidy(() =>
    model.meant(model.raw(tf.tensor(Float32Array.from(standardized), [3, ...inputShape]))).dataSync(),
  );
  model.dispose();
  return { inputs, outputs: [...outputs] };
}
