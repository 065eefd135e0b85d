/** Converts a network's graph to Keras layers, in the dialects of Keras 3 and TensorFlow.js layers. */
import type { Activation, Layer } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { swapBlocks } from '../layers/gruBlocks.js';
import { attention, position } from './kerasAttention.js';
import { weightOf, type Affine, type GraphNode } from './graph.js';
import type { Dialect, KerasLayer, KerasWeight } from './kerasTypes.js';
import { said } from '../../format/said.js';

export function kerasLayers(nodes: readonly GraphNode[], dialect: Dialect): KerasLayer[] {
  const layers: KerasLayer[] = [];
  // A node may become several layers; its successors take the last one's outputs.
  const last = new Map<GraphNode, string>();
  for (const node of nodes) {
    const made = layersOf(
      node,
      dialect,
      node.inputs.map((input) => last.get(input)!),
    );
    layers.push(...made);
    last.set(node, made.at(-1)?.name ?? last.get(node.inputs[0]!)!);
  }
  return layers;
}

function layersOf(node: GraphNode, dialect: Dialect, inputs: string[]): KerasLayer[] {
  const { op, name, shape } = node;
  const from = node.inputs[0]?.shape ?? [];
  const channels = from.at(-1)!;
  const one = (className: string, config: Record<string, unknown> = {}, weights: KerasWeight[] = []): KerasLayer[] => [
    { className, name, config, inputs, shape, weights },
  ];
  const weight = (key: string, own: string, shape: number[]): KerasWeight => {
    return { key, shape, values: weightOf(node, own, size(shape)) };
  };
  const bias = (used: boolean, length: number): KerasWeight[] => (used ? [weight('bias', 'bias', [length])] : []);
  switch (op.type) {
    case 'input':
      return one('InputLayer');
    case 'add':
      return one('Add');
    case 'affine':
      return affine(op, dialect, name, inputs, shape);
    case 'activation':
      return activation(op.name, dialect, name, inputs, shape);
    case 'dense':
      return one('Dense', { units: op.units, use_bias: op.bias, activation: 'linear' }, [
        weight('kernel', 'kernel', [channels, op.units]),
        ...bias(op.bias, op.units),
      ]);
    case 'conv':
      return one('Conv2D', { filters: op.filters, ...window(op.kernel, op), use_bias: op.bias, activation: 'linear' }, [
        weight('kernel', 'kernel', [...op.kernel, channels, op.filters]),
        ...bias(op.bias, op.filters),
      ]);
    case 'conv1d': {
      const config = { filters: op.filters, ...window([op.kernel], { ...op, stride: [op.stride] }) };
      return one('Conv1D', { ...config, use_bias: op.bias, activation: 'linear' }, [
        weight('kernel', 'kernel', [op.kernel, channels, op.filters]),
        ...bias(op.bias, op.filters),
      ]);
    }
    case 'depthwiseConv': {
      const config = {
        depth_multiplier: op.multiplier,
        ...window(op.kernel, op),
        use_bias: op.bias,
        activation: 'linear',
      };
      return one('DepthwiseConv2D', config, [
        weight('depthwise_kernel', 'kernel', [...op.kernel, channels, op.multiplier]),
        ...bias(op.bias, channels * op.multiplier),
      ]);
    }
    case 'pool':
      return one(op.kind === 'max' ? 'MaxPooling2D' : 'AveragePooling2D', {
        pool_size: op.size,
        strides: op.stride,
        padding: op.padding,
      });
    case 'globalPool':
      return one(`Global${op.kind === 'max' ? 'Max' : 'Average'}Pooling${from.length - 1}D`);
    case 'flatten':
      return one('Flatten');
    case 'reshape':
      return one('Reshape', { target_shape: op.shape });
    case 'dropout':
      return one('Dropout', { rate: op.rate });
    case 'spatialDropout':
      // One mask applies to all positions of a channel.
      return one('Dropout', { rate: op.rate, noise_shape: [null, ...from.slice(0, -1).map(() => 1), channels] });
    case 'batchNorm':
      return one('BatchNormalization', { momentum: op.momentum, epsilon: op.epsilon }, [
        weight('gamma', 'scale', [channels]),
        weight('beta', 'shift', [channels]),
        weight('moving_mean', 'movingMean', [channels]),
        weight('moving_variance', 'movingVariance', [channels]),
      ]);
    case 'layerNorm':
      return one('LayerNormalization', { epsilon: op.epsilon }, [
        weight('gamma', 'scale', [channels]),
        weight('beta', 'shift', [channels]),
      ]);
    case 'embedding': {
      const table = weight('embeddings', 'table', [op.size, op.width]);
      const words = { input_dim: op.size, output_dim: op.width };
      if (from.length === 1) return one('Embedding', words, [table]);
      const flat: KerasLayer = {
        className: 'Flatten',
        name: `${name}_words`,
        config: {},
        inputs,
        shape: [from[0]!],
        weights: [],
      };
      return [flat, { className: 'Embedding', name, config: words, inputs: [flat.name], shape, weights: [table] }];
    }
    case 'attention':
      return attention(node, op, dialect, inputs);
    case 'position':
      return position(node, op, dialect, inputs);
    case 'recurrent':
      return recurrent(node, op, dialect, inputs);
  }
}

const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const window = (kernel: number[], { stride, padding }: { stride: number[]; padding: string }) => ({
  kernel_size: kernel,
  strides: stride,
  padding,
});

/** Standardizes inputs: Keras has a layer for it; in TensorFlow.js it is a frozen batch normalization. */
function affine(op: Affine, dialect: Dialect, name: string, inputs: string[], shape: readonly number[]): KerasLayer[] {
  const { mean, deviation, invert } = op;
  const shared = { name, inputs, shape };
  if (dialect === 'keras') {
    const variance = deviation.map((value) => value ** 2);
    return [{ ...shared, className: 'Normalization', config: { axis: -1, mean, variance, invert }, weights: [] }];
  }
  const ones = deviation.map(() => 1);
  const zeros = deviation.map(() => 0);
  return [
    {
      ...shared,
      className: 'BatchNormalization',
      // (x − moving mean) · gamma / √(moving variance + epsilon) + beta
      config: { trainable: false, epsilon: 0, momentum: 1 },
      weights: [
        vector('gamma', invert ? deviation : deviation.map((value) => 1 / value)),
        vector('beta', invert ? mean : zeros),
        vector('moving_mean', invert ? zeros : mean),
        vector('moving_variance', ones),
      ],
    },
  ];
}

const vector = (key: string, values: readonly number[]): KerasWeight => {
  return { key, shape: [values.length], values: Float32Array.from(values) };
};

/** Activations that differ between the dialects only in name. */
const ACTIVATION_NAMES: Partial<Record<Activation, { keras: string; tfjs: string }>> = {
  silu: { keras: 'silu', tfjs: 'swish' },
};

function activation(
  which: Activation,
  dialect: Dialect,
  name: string,
  inputs: string[],
  shape: readonly number[],
): KerasLayer[] {
  const one = (className: string, config: Record<string, unknown>): KerasLayer[] => [
    { className, name, config, inputs, shape, weights: [] },
  ];
  if (which === 'leakyRelu') return one('LeakyReLU', dialect === 'keras' ? { negative_slope: 0.01 } : { alpha: 0.01 });
  if (which === 'hardSigmoid') {
    if (dialect === 'keras') return one('Activation', { activation: 'hard_sigmoid' });
    // TensorFlow.js kept the older definition, 0.2x + 0.5; ours is min(max(x + 3, 0), 6) / 6.
    const last = shape.at(-1)!;
    const all = (value: number): number[] => Array<number>(last).fill(value);
    const [shift] = affine(
      { type: 'affine', mean: all(-3), deviation: all(1), invert: false },
      dialect,
      `${name}_shift`,
      inputs,
      shape,
    );
    const bound: KerasLayer = {
      className: 'ReLU',
      name: `${name}_bound`,
      config: { max_value: 6 },
      inputs: [shift!.name],
      shape,
      weights: [],
    };
    const scale: Affine = { type: 'affine', mean: all(0), deviation: all(6), invert: false };
    return [shift!, bound, ...affine(scale, dialect, name, [bound.name], shape)];
  }
  return one('Activation', { activation: ACTIVATION_NAMES[which]?.[dialect] ?? which });
}

type Recurrent = Extract<Layer, { type: 'recurrent' }>;
const CELLS = { simple: 'SimpleRNN', lstm: 'LSTM', gru: 'GRU' } as const;

function recurrent(node: GraphNode, op: Recurrent, dialect: Dialect, inputs: string[]): KerasLayer[] {
  const { cell, gate, units, sequences, bidirectional } = op;
  const elsewhere = said('export as onnx, which has it, or as safetensors');
  if (cell === 'gated')
    throw new TrainingError(said('{0}: Keras has no cell with a single gate: {1}', node.name, elsewhere));
  if (cell !== 'simple' && gate !== 'sigmoid') {
    throw new TrainingError(said('{0}: Keras has no {1} gate: {2}', node.name, gate, elsewhere));
  }
  if (cell === 'gru' && dialect === 'tfjs') {
    throw new TrainingError(
      said(
        '{0}: the GRU of TensorFlow.js layers has its reset gate before the product with the state, ours after it: export as keras or onnx, which have it, or as safetensors',
        node.name,
      ),
    );
  }
  const config = {
    units,
    activation: 'tanh',
    ...(cell === 'simple' ? {} : { recurrent_activation: 'sigmoid' }),
    ...(cell === 'gru' ? { reset_after: true } : {}),
    return_sequences: sequences,
    // The default initializer is expensive, and its result would be overwritten.
    ...(dialect === 'tfjs' ? { recurrent_initializer: { class_name: 'Zeros', config: {} } } : {}),
  };
  const { name, shape } = node;
  const features = node.inputs[0]!.shape[1]!;
  const way = (own: 'forward' | 'backward', called: string): KerasLayer => ({
    className: CELLS[cell],
    name: called,
    config: { ...config, go_backwards: own === 'backward' },
    inputs,
    shape,
    weights: cellWeights(node, op, own, features),
  });
  if (!bidirectional) return [way('forward', name)];
  const wrapped = { forward: way('forward', `forward_${name}`), backward: way('backward', `backward_${name}`) };
  return [{ className: 'Bidirectional', name, config: { merge_mode: 'concat' }, inputs, shape, weights: [], wrapped }];
}

function cellWeights(node: GraphNode, { cell, units }: Recurrent, way: string, features: number): KerasWeight[] {
  const blocks = cell === 'lstm' ? 4 : cell === 'gru' ? 3 : 1;
  const width = blocks * units;
  const input = weightOf(node, `${way}/input`, features * width);
  const state = weightOf(node, `${way}/state`, units * width);
  const bias = weightOf(node, `${way}/bias`, width);
  if (cell !== 'gru') {
    return [
      { key: 'kernel', shape: [features, width], values: input },
      { key: 'recurrent_kernel', shape: [units, width], values: state },
      { key: 'bias', shape: [width], values: bias },
    ];
  }
  // Keras orders the blocks update, reset, candidate; its second row of biases is added to the product with the state.
  const turned = (values: Float32Array): Float32Array => swapBlocks(values, units, width);
  const biases = new Float32Array(2 * width);
  biases.set(turned(bias));
  biases.set(weightOf(node, `${way}/stateBias`, units), 2 * width - units);
  return [
    { key: 'kernel', shape: [features, width], values: turned(input) },
    { key: 'recurrent_kernel', shape: [units, width], values: turned(state) },
    { key: 'bias', shape: [2, width], values: biases },
  ];
}
