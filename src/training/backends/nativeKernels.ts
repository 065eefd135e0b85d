/** Kernels of native TensorFlow that the binding's package does not use, though they are several times faster. */
import * as tf from '@tensorflow/tfjs-core';
import { RELU_GRADIENT } from '../gradients.js';

interface NativeBackend extends tf.KernelBackend {
  executeSingleOutput(name: string, attributes: unknown[], inputs: tf.TensorInfo[]): tf.Tensor;
  binding: { TF_ATTR_TYPE: number; TF_FLOAT: number };
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
}
