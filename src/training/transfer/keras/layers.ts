/** Converts single Keras layers to ours. */
import type { Activation, Layer } from '../../../experiment/network/index.js';
import { entryOf } from '../../../protocol/values/records.js';
import type { Array32, Converted } from '../chain.js';
import { Settings } from './config.js';
import { attention, positions } from './attention.js';
import { recurrent } from './recurrent.js';
import { Arrays } from './arrays.js';
import { said } from '../../../format/said.js';

/** How the file that the layer came from defines what differs between programs. */
export type Dialect = 'keras' | 'tfjs';

const plain = { init: 'glorotUniform' } as const;
const filled = (length: number, value: number): Array32 => ({
  shape: [length],
  values: new Float32Array(length).fill(value),
});

const ACTIVATION: Readonly<Record<string, Activation>> = {
  linear: 'linear',
  relu: 'relu',
  relu6: 'relu6',
  elu: 'elu',
  selu: 'selu',
  gelu: 'gelu',
  silu: 'silu',
  swish: 'silu',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  softplus: 'softplus',
  softsign: 'softsign',
  mish: 'mish',
  softmax: 'softmax',
};

export function activationOf(settings: Settings, dialect: Dialect, key = 'activation'): Activation {
  const given = settings.get(key) ?? 'linear';
  const name = typeof given === 'string' ? given : (given as { class_name?: unknown } | null)?.class_name;
  const word = typeof name === 'string' ? name.replace(/(.)([A-Z])/g, '$1_$2').toLowerCase() : '';
  if (word === 'hard_sigmoid' && dialect === 'keras') return 'hardSigmoid';
  if (!Object.hasOwn(ACTIVATION, word))
    return settings.refuse(
      said('has the activation {0}, which is not known here', JSON.stringify(given)?.slice(0, 60)),
    );
  return ACTIVATION[word]!;
}

/** Returns our layers for a Keras layer; none for one that does nothing in a trained network. */
export function convert(
  className: string,
  settings: Settings,
  arrays: readonly Array32[],
  dialect: Dialect,
): Converted[] {
  const from = new Arrays(settings, arrays);
  const converter = entryOf(CONVERTERS, className);
  if (!converter) return settings.refuse(said('is of class {0}, which has no equal here', className.slice(0, 100)));
  const made = converter(settings, from, dialect);
  from.end();
  return made;
}

type Converter = (settings: Settings, arrays: Arrays, dialect: Dialect) => Converted[];
const none: Converter = () => [];
const bare = (layer: Layer): Converted[] => [{ layer, weights: [] }];
const act = (name: Activation): Converted[] => bare({ type: 'activation', name });

const imageOnly = (settings: Settings): void => {
  settings.only('data_format', 'channels_last');
  settings.only('groups', 1);
  settings.only('dilation_rate', 1, [1], [1, 1]);
};
const paddingOf = (settings: Settings): 'valid' | 'same' => {
  const padding = settings.text('padding', 'valid');
  return padding === 'valid' || padding === 'same'
    ? padding
    : settings.refuse(said('has padding: {0}, which is not supported here', padding));
};
const pair = (list: number[]): [number, number] => [list[0]!, list[1]!];

const pool =
  (kind: 'max' | 'average'): Converter =>
  (settings) => {
    imageOnly(settings);
    const size = pair(settings.sizes('pool_size', 2, [2, 2]));
    const stride = pair(settings.sizes('strides', 2, size));
    return bare({ type: 'pool', kind, size, stride, padding: paddingOf(settings) });
  };
const globalPool =
  (kind: 'max' | 'average'): Converter =>
  (settings) => {
    imageOnly(settings);
    settings.only('keepdims', false);
    return bare({ type: 'globalPool', kind });
  };

/** Keras stores the kernel of a convolution as [...size, inputs, filters]. */
const convolution =
  (type: 'conv' | 'conv1d', axes: 1 | 2): Converter =>
  (settings, arrays, dialect) => {
    imageOnly(settings);
    const filters = settings.whole('filters');
    const size = settings.sizes('kernel_size', axes);
    const bias = settings.flag('use_bias', true);
    const weights: Converted['weights'] = [['kernel', arrays.take(...size, null, filters)]];
    if (bias) weights.push(['bias', arrays.take(filters)]);
    const stride = settings.sizes(
      'strides',
      axes,
      size.map(() => 1),
    );
    const activation = activationOf(settings, dialect);
    const common = { filters, padding: paddingOf(settings), activation, bias, ...plain };
    const layer: Layer =
      type === 'conv'
        ? { type, kernel: pair(size), stride: pair(stride), ...common }
        : { type, kernel: size[0]!, stride: stride[0]!, ...common };
    return [{ layer, weights }];
  };

const CONVERTERS: Readonly<Record<string, Converter>> = {
  InputLayer: none,
  ActivityRegularization: none,
  Dense(settings, arrays, dialect) {
    const units = settings.whole('units');
    const bias = settings.flag('use_bias', true);
    const weights: Converted['weights'] = [['kernel', arrays.take(null, units)]];
    if (bias) weights.push(['bias', arrays.take(units)]);
    return [{ layer: { type: 'dense', units, activation: activationOf(settings, dialect), bias, ...plain }, weights }];
  },
  Conv2D: convolution('conv', 2),
  Conv1D: convolution('conv1d', 1),
  DepthwiseConv2D(settings, arrays, dialect) {
    imageOnly(settings);
    const kernel = pair(settings.sizes('kernel_size', 2));
    const [multiplier] = settings.sizes('depth_multiplier', 1, [1]) as [number];
    const bias = settings.flag('use_bias', true);
    const weights: Converted['weights'] = [['kernel', arrays.take(...kernel, null, multiplier)]];
    if (bias) weights.push(['bias', arrays.take(weights[0]![1].shape[2]! * multiplier)]);
    const stride = pair(settings.sizes('strides', 2, [1, 1]));
    const activation = activationOf(settings, dialect);
    const layer = {
      type: 'depthwiseConv' as const,
      kernel,
      stride,
      padding: paddingOf(settings),
      multiplier,
      activation,
      bias,
      ...plain,
    };
    return [{ layer, weights }];
  },
  SeparableConv2D(settings, arrays, dialect) {
    imageOnly(settings);
    const filters = settings.whole('filters');
    const kernel = pair(settings.sizes('kernel_size', 2));
    const stride = pair(settings.sizes('strides', 2, [1, 1]));
    const [multiplier] = settings.sizes('depth_multiplier', 1, [1]) as [number];
    const bias = settings.flag('use_bias', true);
    const depth = arrays.take(...kernel, null, multiplier);
    const weights: Converted['weights'] = [['kernel', arrays.take(1, 1, depth.shape[2]! * multiplier, filters)]];
    if (bias) weights.push(['bias', arrays.take(filters)]);
    const activation = activationOf(settings, dialect);
    return [
      {
        layer: {
          type: 'depthwiseConv',
          kernel,
          stride,
          padding: paddingOf(settings),
          multiplier,
          activation: 'linear',
          bias: false,
          ...plain,
        },
        weights: [['kernel', depth]],
      },
      {
        layer: { type: 'conv', filters, kernel: [1, 1], stride: [1, 1], padding: 'valid', activation, bias, ...plain },
        weights,
      },
    ];
  },
  MaxPooling2D: pool('max'),
  AveragePooling2D: pool('average'),
  GlobalMaxPooling2D: globalPool('max'),
  GlobalAveragePooling2D: globalPool('average'),
  GlobalMaxPooling1D: globalPool('max'),
  GlobalAveragePooling1D: globalPool('average'),
  Flatten: (settings) => {
    settings.only('data_format', 'channels_last');
    return bare({ type: 'flatten' });
  },
  Reshape(settings) {
    const shape = settings.get('target_shape');
    const valid = Array.isArray(shape) && shape.every((length) => Number.isInteger(length) && (length as number) > 0);
    return valid
      ? bare({ type: 'reshape', shape: shape as number[] })
      : settings.refuse(said('has no fixed target_shape'));
  },
  Dropout(settings) {
    const rate = settings.number('rate', 0);
    const shape = settings.get('noise_shape');
    return bare({ type: Array.isArray(shape) && shape.includes(1) ? 'spatialDropout' : 'dropout', rate });
  },
  SpatialDropout2D: (settings) => bare({ type: 'spatialDropout', rate: settings.number('rate', 0) }),
  SpatialDropout1D: (settings) => bare({ type: 'spatialDropout', rate: settings.number('rate', 0) }),
  BatchNormalization(settings, arrays) {
    const scale = settings.flag('scale', true) ? arrays.take(null) : null;
    const shift = settings.flag('center', true) ? arrays.take(scale?.shape[0] ?? null) : null;
    const mean = arrays.take(scale?.shape[0] ?? shift?.shape[0] ?? null);
    const [length] = mean.shape as [number];
    const layer = {
      type: 'batchNorm' as const,
      momentum: settings.number('momentum', 0.99),
      epsilon: settings.number('epsilon', 1e-3),
    };
    const weights: Converted['weights'] = [
      ['scale', scale ?? filled(length, 1)],
      ['shift', shift ?? filled(length, 0)],
      ['movingMean', mean],
      ['movingVariance', arrays.take(length)],
    ];
    return [{ layer, weights }];
  },
  LayerNormalization(settings, arrays) {
    const scale = settings.flag('scale', true) ? arrays.take(null) : null;
    const shift = settings.flag('center', true) ? arrays.take(scale?.shape[0] ?? null) : null;
    const length = (scale ?? shift)?.shape[0];
    if (length === undefined) return settings.refuse(said('has neither scale nor shift, which is not supported here'));
    const weights: Converted['weights'] = [
      ['scale', scale ?? filled(length, 1)],
      ['shift', shift ?? filled(length, 0)],
    ];
    return [{ layer: { type: 'layerNorm', epsilon: settings.number('epsilon', 1e-3) }, weights }];
  },
  Activation: (settings, _, dialect) => act(activationOf(settings, dialect)),
  ReLU(settings) {
    if (settings.number('threshold', 0) !== 0 || settings.number('negative_slope', 0) !== 0) {
      return settings.refuse(said('is a ReLU with a threshold or a slope, which is not supported here'));
    }
    const most = settings.get('max_value') ?? null;
    return most === null
      ? act('relu')
      : most === 6
        ? act('relu6')
        : settings.refuse(said('is a ReLU with another bound than 6'));
  },
  LeakyReLU(settings) {
    const slope = settings.number('negative_slope', settings.number('alpha', 0.3));
    return Math.abs(slope - 0.01) < 1e-6
      ? act('leakyRelu')
      : settings.refuse(said('is a leaky ReLU of slope {0}; only 0.01 is known here', slope));
  },
  ELU(settings) {
    return settings.number('alpha', 1) === 1
      ? act('elu')
      : settings.refuse(said('is an ELU with another alpha than 1'));
  },
  Softmax(settings) {
    settings.only('axis', -1);
    return act('softmax');
  },
  Rescaling: (settings) =>
    bare({ type: 'rescale', factor: scalars(settings, 'scale', 1), offset: scalars(settings, 'offset', 0) }),
  Normalization(settings, arrays) {
    if (JSON.stringify(settings.get('axis')) === '[1,2]' && settings.get('mean')) return [positions(settings)];
    const own = settings.get('mean') ?? null;
    // Without values in the description they are weights: mean, variance and a counter.
    const [mean, variance] =
      own === null
        ? ([arrays.take(null).values, arrays.take(null).values] as const)
        : ([scalars(settings, 'mean', 0), scalars(settings, 'variance', 1)].map((value) =>
            Float32Array.from([value].flat()),
          ) as [Float32Array, Float32Array]);
    if (own === null) arrays.take();
    // Keras bounds the deviation from below.
    const deviation = Array.from(variance, (value) => Math.max(Math.sqrt(value), 1e-7));
    if (settings.flag('invert', false)) {
      return bare({ type: 'rescale', factor: deviation, offset: Array.from(mean) });
    }
    const factor = deviation.map((value) => 1 / value);
    return bare({ type: 'rescale', factor, offset: factor.map((value, i) => -mean[i]! * value) });
  },
  Embedding(settings, arrays) {
    settings.only('mask_zero', false);
    const [size, width] = [settings.whole('input_dim'), settings.whole('output_dim')];
    return [{ layer: { type: 'embedding', size, width }, weights: [['table', arrays.take(size, width)]] }];
  },
  MultiHeadAttention(settings, arrays, dialect) {
    if (dialect !== 'keras') return settings.refuse(said('was saved by Keras 2: load and save the model with Keras 3'));
    return [attention(settings, arrays)];
  },
  SimpleRNN: (settings, arrays) => [recurrent('simple', settings, [arrays])],
  LSTM: (settings, arrays) => [recurrent('lstm', settings, [arrays])],
  GRU: (settings, arrays) => [recurrent('gru', settings, [arrays])],
  Bidirectional(settings, arrays) {
    settings.only('merge_mode', 'concat');
    const inner = settings.get('layer') as { class_name?: unknown; config?: Record<string, unknown> } | undefined;
    const cell = ({ SimpleRNN: 'simple', LSTM: 'lstm', GRU: 'gru' } as const)[String(inner?.class_name) as 'LSTM'];
    if (!inner?.config || !cell) return settings.refuse(said('wraps a layer that is not supported here'));
    const { go_backwards: _turned, ...config } = inner.config;
    return [recurrent(cell, new Settings(settings.layer, config), [arrays, arrays])];
  },
};

function scalars(settings: Settings, key: string, fallback: number): number | number[] {
  const value = settings.get(key) ?? fallback;
  const list = [value].flat(5);
  if (!list.every((one) => typeof one === 'number' && Number.isFinite(one)))
    return settings.refuse(said('has no valid "{0}"', key));
  return list.length === 1 ? (list[0] as number) : (list as number[]);
}
