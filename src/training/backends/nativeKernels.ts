/** Kernels of native TensorFlow that the binding's package does not use, though they are several times faster. */
import * as tf from '@tensorflow/tfjs-core';
import { BATCH_NORM, BATCH_NORM_GRADIENT, type BatchNormAttributes } from '../fusedBatchNorm.js';
import { RELU_GRADIENT } from '../gradients.js';

interface NativeBackend extends tf.KernelBackend {
  executeSingleOutput(name: string, attributes: unknown[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(name: string, attributes: unknown[], inputs: tf.TensorInfo[], outputs: number): tf.Tensor[];
  binding: Record<'TF_ATTR_TYPE' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_STRING' | 'TF_FLOAT', number>;
}

type Arguments = Parameters<tf.KernelFunc>[0];

const BACKEND = 'tensorflow';

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

  // Adding a bias [channels] to [batch, …, channels]: general broadcasting is slow at it.
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
      // Mean and variance as they come in count when not training only: scale and shift have their shape.
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
}
