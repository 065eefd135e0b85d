/**
 * Compares every layer, activation, loss and optimizer on every available backend with plain JavaScript, which itself is
 * checked against finite differences in losses.test.ts and maths.test.ts. A new kind without a case here does not compile.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it, type TestContext } from 'vitest';
import {
  ACTIVATIONS,
  LOSSES,
  OPTIMIZERS,
  type Layer,
  type LossName,
  type OptimizerName,
} from '../../../../src/experiment/network/index.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { tensorflowPython } from '../../../../src/training/backends/native/tensorflowPython.js';
import { tfjsNode, tfjsNodeGpu } from '../../../../src/training/backends/native/tfjsNode.js';
import type { BackendModule } from '../../../../src/training/backends/types.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { webgpu } from '../../../../src/training/backends/webgpu/index.js';
import { buildLayer } from '../../../../src/training/layers/index.js';
import { buildLoss } from '../../../../src/training/losses/index.js';
import { buildOptimizer } from '../../../../src/training/optimizers/index.js';
import { Random } from '../../../../src/training/random.js';
import '../../../../src/training/kernels/tensorflow.js';
import { network, plane, rings } from '../support.js';
import { skipBecause } from '../../support/skip.js';

/** Backends by TensorFlow.js's name, because a process can load only one of the native ones. */
const OTHERS: Record<string, BackendModule[]> = {
  wasm: [wasm],
  tensorflow: [tfjsNodeGpu, tensorflowPython, tfjsNode],
  webgpu: [webgpu],
};
/** Reason why each can't be tried; null: it can. */
const missing: Record<string, string | null> = {};

beforeAll(async () => {
  for (const [name, modules] of Object.entries(OTHERS)) {
    const reasons: string[] = [];
    for (const backend of modules) {
      const why = backend.missing();
      const started =
        why === null &&
        (await backend.start().then(
          () => true,
          (error: Error) => (reasons.push(error.message), false),
        ));
      if (why !== null) reasons.push(`${backend.id}: ${why}`);
      if (started) break;
    }
    missing[name] = tf.findBackend(name) ? null : reasons.join('; ');
  }
  await cpu.start();
});

/** Returns the results of `work` on a backend. */
async function on(backend: string, work: () => tf.Tensor[]): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const tensors = tf.tidy(work);
  const values = await Promise.all(tensors.map(async (tensor) => Float32Array.from(await tensor.data())));
  tf.dispose(tensors);
  return values;
}

/** Compares within rounding, relative to the largest number. */
async function expectSame(backend: string, work: () => tf.Tensor[], tolerance = 2e-5): Promise<void> {
  const [got, wanted] = [await on(backend, work), await on('cpu', work)];
  expect(got.length).toBe(wanted.length);
  got.forEach((part, k) => {
    expect(part.length).toBe(wanted[k]!.length);
    const most = Math.max(1e-3, ...wanted[k]!.map(Math.abs));
    const worst = Math.max(...part.map((value, i) => Math.abs(value - wanted[k]![i]!)));
    expect(worst, `part ${k} of ${got.length}`).toBeLessThan(tolerance * most);
  });
}

const numbers = (length: number, seed = 1) => {
  const random = new Random(seed);
  return Float32Array.from({ length }, () => random.normal());
};

type Case = { layer: unknown; shape: number[]; whole?: boolean };
const image = [6, 5, 3];
const LAYERS: Record<Layer['type'], Case[]> = {
  dense: [{ layer: { dense: { units: 5, activation: 'tanh' } }, shape: [7] }],
  conv: [
    { layer: { conv: { filters: 4, kernel: 3 } }, shape: image },
    { layer: { conv: { filters: 4, kernel: [3, 2], stride: 2, padding: 'same', activation: 'relu' } }, shape: image },
  ],
  conv1d: [
    { layer: { conv1d: { filters: 4, kernel: 3, activation: 'tanh' } }, shape: [7, 3] },
    { layer: { conv1d: { filters: 4, kernel: 2, stride: 2, padding: 'same', bias: false } }, shape: [7, 3] },
  ],
  depthwiseConv: [
    { layer: { depthwiseConv: { kernel: 3, multiplier: 2 } }, shape: image },
    { layer: { separableConv: { filters: 4, kernel: 3, padding: 'same' } }, shape: image },
  ],
  pool: [
    { layer: { pool: { size: 2 } }, shape: image },
    { layer: { pool: { size: 3, stride: 2, kind: 'average', padding: 'same' } }, shape: image },
  ],
  globalPool: [
    { layer: { globalPool: 'average' }, shape: image },
    { layer: { globalPool: 'max' }, shape: image },
    { layer: { globalPool: 'max' }, shape: [5, 3] },
    { layer: { globalPool: 'average' }, shape: [5, 3] },
  ],
  flatten: [{ layer: 'flatten', shape: image }],
  reshape: [{ layer: { reshape: [5, 18] }, shape: image }],
  rescale: [
    { layer: { rescale: { factor: 0.1, offset: -1 } }, shape: image },
    { layer: { rescale: { factor: [1, 2, 3], offset: 0.5 } }, shape: image },
  ],
  activation: ACTIVATIONS.map((activation) => ({ layer: { activation }, shape: [9] })),
  dropout: [{ layer: { dropout: 0.4 }, shape: image }],
  spatialDropout: [{ layer: { spatialDropout: 0.4 }, shape: image }],
  batchNorm: [
    { layer: 'batchNorm', shape: image },
    { layer: { batchNorm: { momentum: 0.5, epsilon: 0.01 } }, shape: [7] },
  ],
  layerNorm: [{ layer: 'layerNorm', shape: image }],
  residual: [
    { layer: { residual: [{ conv: { filters: 3, kernel: 3, padding: 'same', activation: 'relu' } }] }, shape: image },
    { layer: { residual: [{ dense: 4 }] }, shape: [7] },
  ],
  embedding: [{ layer: { embedding: { size: 6, width: 3 } }, shape: [4], whole: true }],
  attention: [
    { layer: { attention: { heads: 2, width: 4 } }, shape: [5, 6] },
    { layer: { attention: { heads: 3, causal: true, bias: false } }, shape: [4, 6] },
    { layer: { attention: 1 }, shape: [1, 3] },
  ],
  position: [
    { layer: 'position', shape: [5, 3] },
    { layer: { position: 'learned' }, shape: [5, 4] },
  ],
  recurrent: [
    // Some of these have a special kernel over whole sequences.
    ...[false, true].flatMap((sequences) =>
      [false, true].flatMap((bidirectional) =>
        [3, 4, 5].map((units) => ({
          layer: { recurrent: { cell: 'lstm', units, bidirectional, sequences } },
          shape: [units, 3],
        })),
      ),
    ),
    { layer: { recurrent: { cell: 'lstm', units: 2 } }, shape: [1, 3] },
    ...(['simple', 'lstm', 'gru', 'gated'] as const).flatMap((cell) =>
      (cell === 'simple' ? ['sigmoid'] : ['sigmoid', 'gaussian', 'trigonometric']).map((gate) => ({
        layer: {
          recurrent: {
            cell,
            units: 4,
            bidirectional: gate === 'gaussian',
            sequences: gate !== 'sigmoid',
            ...(cell !== 'simple' && { gate }),
          },
        },
        shape: [5, 3],
      })),
    ),
  ],
};

/** Returns the output, the gradients of inputs and weights, and the layer's measured values. */
function passThrough({ layer: written, shape, whole }: Case): () => tf.Tensor[] {
  const { layers } = network({ layers: [written, 'flatten', { dense: 2 }], loss: 'crossEntropy' });
  return () => {
    const layer = buildLayer(layers[0]!, { name: 'layer', inputShape: shape, random: new Random(2) });
    const full = [4, ...shape];
    const size = full.reduce((a, b) => a * b, 1);
    const values = whole ? Float32Array.from({ length: size }, (_, i) => (5 * i) % 6) : numbers(size);
    const input = tf.variable(tf.tensor(values, full));
    const trained = layer.weights.filter(({ trainable }) => trainable).map(({ variable }) => variable);
    let output: tf.Tensor | undefined;
    const { grads } = tf.variableGrads(
      () => {
        output = tf.keep(layer.forward(input, { training: true, random: new Random(3) }));
        return tf.sum(tf.mul(output, tf.tensor(numbers(output.size, 4), output.shape)));
      },
      whole ? trained : [input, ...trained],
    );
    const afterwards = layer.forward(input, { training: false, random: new Random(3) });
    const measured = layer.weights.map(({ variable }) => tf.clone(variable as tf.Tensor));
    const results = [output!, ...Object.values(grads), afterwards, ...measured];
    const kept = results.map((tensor) => tf.clone(tensor));
    tf.dispose([output!, input, ...layer.weights.map(({ variable }) => variable)]);
    return kept;
  };
}

const SHAPES: Record<LossName, 'classes' | 'numbers'> = LOSSES;

const SETTINGS: Record<OptimizerName, object[]> = {
  sgd: [{}, { momentum: 0.9 }, { momentum: 0.9, nesterov: true }],
  adam: [{}],
  adamw: [{ weightDecay: 0.1 }],
  adamax: [{}],
  adagrad: [{}],
  rmsprop: [{}, { momentum: 0.9, centered: true }],
  adadelta: [{}],
};

describe.each(Object.keys(OTHERS))('on %s', (backend) => {
  const present = (context: TestContext) => {
    if (missing[backend] !== null) skipBecause(context, `${backend} is not here: ${missing[backend]}`);
  };

  describe('layers', () => {
    for (const [type, cases] of Object.entries(LAYERS)) {
      it(type, async (context) => {
        present(context);
        for (const one of cases) await expectSame(backend, passThrough(one), 1e-4);
      });
    }
  });

  it.for(Object.entries(SHAPES))('loss %s', async ([name, kind], context) => {
    present(context);
    const settings: object[] = [{ name }];
    if (name === 'crossEntropy' || name === 'binaryCrossEntropy') settings.push({ name, labelSmoothing: 0.1 });
    if (kind === 'classes') settings.push({ name, classWeights: { inner: 3 } });
    for (const loss of settings) {
      const section = network({ layers: [{ dense: 2 }], loss });
      await expectSame(backend, () => {
        const dataset = kind === 'classes' ? rings(20) : { ...plane(20), outputs: 2 };
        const built = buildLoss(section.loss, dataset, 2);
        const outputs = tf.tensor2d(numbers(12), [6, 2]);
        const targets =
          kind === 'classes'
            ? tf.tensor2d([1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1], [6, 2])
            : tf.tensor2d(numbers(12, 9), [6, 2]);
        const { value, grad } = tf.valueAndGrad((x) => built.of(x as tf.Tensor2D, targets))(outputs);
        const plain = built.plain(outputs, targets);
        built.dispose();
        return [value, grad, plain];
      });
    }
  });

  it.for(OPTIMIZERS)('optimizer %s', async (name, context) => {
    present(context);
    for (const more of SETTINGS[name]) {
      const { optimizer: settings } = network({
        layers: [{ dense: 2 }],
        loss: 'crossEntropy',
        optimizer: { name, learningRate: 0.1, ...more },
      });
      await expectSame(backend, () => {
        const optimizer = buildOptimizer(settings);
        const changes = [1, 2, 3, 4].map((seed) => optimizer.step(tf.tensor1d(numbers(37, seed))));
        const settled = optimizer.settle();
        const results = [...changes, ...(settled ? [settled] : [])].map((tensor) => tf.clone(tensor));
        optimizer.dispose();
        return results;
      });
    }
  });
});
