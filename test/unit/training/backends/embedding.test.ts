/** Embeddings gather rows, in memory that does not grow with rows × words. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, it } from 'vitest';
import { cpu } from '../../../../src/training/backends/cpu.js';
import { Simd } from '../../../../src/training/backends/webAssembly/simd/index.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import type { Dataset } from '../../../../src/training/data/types.js';
import { TrainingError } from '../../../../src/training/errors.js';
import { Random } from '../../../../src/training/random.js';
import { Notes, rings, training } from '../support.js';

const BACKENDS = { cpu, wasm } as const;

beforeAll(async () => {
  for (const backend of [cpu, wasm]) await backend.start();
});

/** Two classes of texts, each with words of its own half of the vocabulary. */
function texts(count: number, words: number, vocabulary: number): Dataset {
  const random = new Random(3);
  const part = (examples: number) => {
    const targets = Int32Array.from({ length: examples }, (_, i) => i % 2);
    const inputs = Int32Array.from({ length: examples * words }, (_, i) => {
      const half = Math.floor((random.uniform() * vocabulary) / 2);
      return half + (targets[Math.floor(i / words)]! * vocabulary) / 2;
    });
    return { count: examples, inputs, targets };
  };
  return { ...rings(2), name: 'texts', inputShape: [words], train: part(count), validation: part(8) };
}

const LAYERS = (size: number, width: number, words: number) => [
  { embedding: { size, width } },
  { reshape: [words, width, 1] },
  { globalPool: 'average' },
  { dense: 2 },
];

it('50,000 rows of 8 numbers learn from 784 words an example on WebAssembly, in little memory', async () => {
  await tf.setBackend('wasm');
  const notes = new Notes();
  const run = training(
    { layers: LAYERS(50_000, 8, 784), loss: 'crossEntropy', batchSize: 32, epochs: 2 },
    texts(64, 784, 50_000),
    notes,
  );
  await run.run();
  const losses = notes.series('loss');
  expect(losses.at(-1)).toBeLessThan(losses[0]!);
  run.dispose();
  const { HEAPU8 } = (tf.backend() as BackendWasm).wasm as unknown as { HEAPU8: Uint8Array };
  expect(HEAPU8.byteLength).toBeLessThan(300e6);
});

describe.each(Object.entries(BACKENDS))('on %s', (name) => {
  it('rows that occur several times sum their gradients; second derivatives pass through', async () => {
    await tf.setBackend(name);
    const table = tf.tensor2d([1, 2, 3, 4, 5, 6], [3, 2]);
    const words = tf.tensor1d([2, 0, 2], 'int32');
    const f = (x: tf.Tensor) => tf.sum(tf.pow(tf.gather(x, words), 3));
    const slope = tf.grad(f);
    expect([...slope(table).dataSync()]).toEqual([3, 12, 0, 0, 150, 216]);
    const curvature = tf.grad((x) => tf.sum(slope(x)))(table);
    expect([...curvature.dataSync()].map(Math.round)).toEqual([6, 12, 0, 0, 60, 72]);
  });

  it.each([
    [[0, 5], /layer 1\.embedding takes whole numbers from 0 to 4 \(size: 5\), but an input is 5: raise "size"/],
    [[0, -1], /an input is -1: the data must hold numbers of words as they are/],
    [[0.5, 1], /an input is 0\.5: the data must hold numbers of words as they are/],
  ])('inputs %j are refused', async (inputs, message) => {
    await tf.setBackend(name);
    const data = { ...rings(2), inputShape: [2] };
    data.train = { count: 1, inputs: Float32Array.from(inputs), targets: Int32Array.from([0]) };
    const run = training(
      { layers: [{ embedding: { size: 5, width: 2 } }, 'flatten', { dense: 2 }], loss: 'crossEntropy' },
      data,
    );
    await expect(run.run()).rejects.toThrow(message);
    run.dispose();
  });
});

it('a trap in one of our own kernels throws an error with advice', async () => {
  await tf.setBackend('wasm');
  const simd = Simd.ofBackend()!;
  expect(() => simd.columnSums(2 ** 32 - 64, 100, 100, 2 ** 32 - 64)).toThrow(TrainingError);
  expect(() => simd.activate('tanh', 2 ** 32 - 64, 100)).toThrow(
    /^tanh failed \(memory access out of bounds\), but WebAssembly can have only 4\.29 GB.*smaller batchSize/,
  );
});
