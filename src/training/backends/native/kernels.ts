/** Kernels of native TensorFlow that tfjs-node does not use although they are several times faster. */
import * as tf from '@tensorflow/tfjs-core';
import { BATCH_NORM, BATCH_NORM_GRADIENT, type BatchNormAttributes } from '../../kernels/fusedBatchNorm.js';
import { RELU_GRADIENT } from '../../kernels/gradients.js';
import { ADAM, type AdamAttributes } from '../../optimizers/adam.js';

interface NativeBackend extends tf.KernelBackend {
  executeSingleOutput(name: string, attributes: unknown[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: unknown[], inputs: tf.TensorInfo[], outputs: number): tf.Tensor[];
  binding: Record<
    'TF_ATTR_TYPE' | 'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_STRING' | 'TF_ATTR_SHAPE' | 'TF_FLOAT',
    number
  >;
}

type Arguments = Parameters<tf.KernelFunc>[0];

const BACKEND = 'tensorflow';

/** Name that TensorFlow treats as anonymous: only its handle refers to such a resource. */
const ANONYMOUS = 'cd2c89b7-88b7-44c8-ad83-06c2a9158347';

export function registerNativeKernels(): void {
  const floatType = ({ binding }: NativeBackend) => [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
  ];

  tf.registerKernel({
    kernelName: RELU_GRADIENT,
    backendName: BACKEND,
    kernelFunc({ inputs, backend }: Arguments) {
      const native = backend as NativeBackend;
      return native.executeSingleOutput('ReluGrad', floatType(native), [inputs.dy!, inputs.x!]);
    },
  });

  // Adding a bias [channels] to [batch, …, channels] is slow with general broadcasting.
  const add = (tf.getKernel('Add', BACKEND) as tf.KernelConfig).kernelFunc;
  tf.unregisterKernel('Add', BACKEND);
  tf.registerKernel({
    kernelName: 'Add',
    backendName: BACKEND,
    kernelFunc(args: Arguments) {
      const a = args.inputs.a!;
      const b = args.inputs.b!;
      const isBias = b.shape.length === 1 && a.shape.length > 1 && b.shape[0] === a.shape.at(-1);
      if (!isBias || a.dtype !== 'float32' || b.dtype !== 'float32' || a.shape.includes(0)) return add(args);
      const native = args.backend as NativeBackend;
      return native.executeSingleOutput('BiasAdd', floatType(native), [a, b]);
    },
  });

  // For adjacent windows, this is several times as fast as TensorFlow's own kernel, which searches for the maximum
  // again.
  const poolGradient = (tf.getKernel('MaxPoolGrad', BACKEND) as tf.KernelConfig).kernelFunc;
  tf.unregisterKernel('MaxPoolGrad', BACKEND);
  tf.registerKernel({
    kernelName: 'MaxPoolGrad',
    backendName: BACKEND,
    kernelFunc(args: Arguments) {
      const { dy, input, output } = args.inputs as Record<'dy' | 'input' | 'output', tf.Tensor4D>;
      const sizes = tile(args.attrs as unknown as PoolAttributes, input.shape);
      if (!sizes || input.dtype !== 'float32' || input.size === 0) return poolGradient(args);
      return tiledPoolGradient(args.backend as NativeBackend, dy, input, output, sizes);
    },
  });

  const batchNorm = ({ binding }: NativeBackend, { epsilon }: BatchNormAttributes) => [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'U', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'epsilon', type: binding.TF_ATTR_FLOAT, value: epsilon },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
    { name: 'is_training', type: binding.TF_ATTR_BOOL, value: true },
  ];

  tf.registerKernel({
    kernelName: BATCH_NORM,
    backendName: BACKEND,
    kernelFunc({ inputs, attrs, backend }: Arguments) {
      const native = backend as NativeBackend;
      const { x, scale, shift } = inputs as Record<'x' | 'scale' | 'shift', tf.TensorInfo>;
      // Mean and variance inputs are used only outside training; scale and shift have the right shape to stand in for
      // them.
      const given = [x, scale, shift, scale, shift];
      const attributes = batchNorm(native, attrs as unknown as BatchNormAttributes);
      return native.executeMultipleOutputs('FusedBatchNormV3', attributes, given, 6);
    },
  });

  tf.registerKernel({
    kernelName: BATCH_NORM_GRADIENT,
    backendName: BACKEND,
    kernelFunc({ inputs, attrs, backend }: Arguments) {
      const native = backend as NativeBackend;
      const { dy, x, scale, kept1, kept2, kept3 } = inputs as Record<string, tf.TensorInfo>;
      const attributes = batchNorm(native, attrs as unknown as BatchNormAttributes);
      const given = [dy!, x!, scale!, kept1!, kept2!, kept3!];
      const outputs = native.executeMultipleOutputs('FusedBatchNormGradV3', attributes, given, 5);
      tf.dispose(outputs.splice(3));
      return outputs;
    },
  });

  tf.registerKernel({
    kernelName: ADAM,
    backendName: BACKEND,
    kernelFunc: ({ inputs, attrs, backend }: Arguments) =>
      adam(
        inputs as Record<'gradient' | 'mean' | 'square', tf.TensorInfo>,
        attrs as unknown as AdamAttributes,
        backend as NativeBackend,
      ),
  });
}

interface PoolAttributes {
  filterSize: number | [number, number];
  strides: number | [number, number];
  pad: unknown;
}

/** Returns the height and width of windows that cover the images exactly without overlap; null otherwise. */
function tile({ filterSize, strides, pad }: PoolAttributes, [, height, width]: number[]): [number, number] | null {
  const pair = (size: number | [number, number]): [number, number] => (typeof size === 'number' ? [size, size] : size);
  const [window, stride] = [pair(filterSize), pair(strides)];
  const covered = height! % window[0] === 0 && width! % window[1] === 0;
  const apart = window[0] === stride[0] && window[1] === stride[1];
  return covered && apart && (pad === 'valid' || pad === 'same') ? window : null;
}

/** Splits the gradient equally between values that tie for a window's maximum. */
function tiledPoolGradient(
  native: NativeBackend,
  dy: tf.Tensor4D,
  x: tf.Tensor4D,
  y: tf.Tensor4D,
  [height, width]: [number, number],
): tf.Tensor {
  const { binding } = native;
  const [batch, rows, columns, channels] = y.shape;
  const pool = [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'ksize', type: binding.TF_ATTR_INT, value: [1, height, width, 1] },
    { name: 'strides', type: binding.TF_ATTR_INT, value: [1, height, width, 1] },
    { name: 'padding', type: binding.TF_ATTR_STRING, value: 'VALID' },
    { name: 'data_format', type: binding.TF_ATTR_STRING, value: 'NHWC' },
  ];
  return tf.tidy(() => {
    const windows = tf.reshape(x, [batch * rows, height, columns, width, channels]);
    const best = tf.equal(windows, tf.reshape(y, [batch * rows, 1, columns, 1, channels]));
    const mask = tf.reshape(tf.cast(best, 'float32'), x.shape);
    // The gradient of an average spreads values over their windows and divides by the window size, as needed here.
    const share = tf.div(dy, native.executeSingleOutput('AvgPool', pool, [mask]));
    return tf.mul(mask, native.executeSingleOutput('AvgPoolGrad', pool, [tf.tensor1d(x.shape, 'int32'), share]));
  });
}

/**
 * Adam with TensorFlow's own kernel, which works on variables. Three temporary variables are used; one of them starts
 * at 0 and so becomes the change.
 */
function adam(
  { gradient, mean, square }: Record<'gradient' | 'mean' | 'square', tf.TensorInfo>,
  { beta1, beta2, correction, epsilon, rate }: AdamAttributes,
  native: NativeBackend,
): tf.TensorInfo[] {
  const { binding } = native;
  const run = (name: string, attributes: unknown[], given: tf.TensorInfo[], outputs: number): tf.Tensor[] =>
    native.executeMultipleOutputs(name, attributes, given, outputs);
  const type = { name: 'dtype', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const variable = (value: tf.TensorInfo): tf.Tensor => {
    const attributes = [
      { name: 'container', type: binding.TF_ATTR_STRING, value: '' },
      { name: 'shared_name', type: binding.TF_ATTR_STRING, value: ANONYMOUS },
      type,
      { name: 'shape', type: binding.TF_ATTR_SHAPE, value: gradient.shape },
    ];
    const [handle] = run('VarHandleOp', attributes, [], 1);
    run('AssignVariableOp', [type], [handle!, value], 0);
    return handle!;
  };
  const zero = tf.zeros(gradient.shape);
  const handles = [variable(zero), variable(mean), variable(square)];
  zero.dispose();
  // θ − α′·m′ / (√v′ + ε′), where α′ and ε′ include the bias corrections; the kernel's powers of β serve the same
  // purpose and are disabled.
  const scalars = [0, 0, -rate / correction, beta1, beta2, epsilon / correction].map((value) => tf.scalar(value));
  const attributes = [
    { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT },
    { name: 'use_locking', type: binding.TF_ATTR_BOOL, value: false },
    { name: 'use_nesterov', type: binding.TF_ATTR_BOOL, value: false },
  ];
  run('ResourceApplyAdam', attributes, [...handles, ...scalars, gradient], 0);
  const results = handles.map((handle) => run('ReadVariableOp', [type], [handle], 1)[0]!);
  const ignore = [{ name: 'ignore_lookup_error', type: binding.TF_ATTR_BOOL, value: true }];
  for (const handle of handles) run('DestroyResourceOp', ignore, [handle], 0);
  tf.dispose([...handles, ...scalars]);
  return results;
}
