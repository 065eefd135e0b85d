import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { beforeAll, expect, it } from 'vitest';
import '../../../../src/training/kernels/tensorflow.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { TrainingError } from '../../../../src/training/errors.js';

beforeAll(async () => {
  await wasm.start();
});

it('a failed allocation throws an error with advice, and overwrites no tensor', () => {
  const small = tf.tensor1d([1, 2, 3, 4]);
  const backend = tf.backend() as BackendWasm;
  const held: tf.TensorInfo[] = [];
  // Untouched pages take no memory.
  const fill = () => {
    for (let i = 0; i < 8; i++) held.push(backend.makeOutput([250_000_000], 'float32'));
  };
  expect(fill).toThrow(TrainingError);
  expect(fill).toThrow(
    /^1 GB more are needed, but WebAssembly can have only 4\.29 GB; it has .* GB now: a smaller batchSize/,
  );
  expect(() => tf.add(tf.ones([500, 1_000_000]), 1)).toThrow(/2 GB more are needed/);
  // 5 GB, of which 32 bits are 705 MB.
  expect(() => backend.makeOutput([1_250_000_000], 'float32')).toThrow(/5 GB more are needed/);
  expect([...small.dataSync()]).toEqual([1, 2, 3, 4]);
  for (const { dataId } of held) backend.disposeData(dataId);
  expect(tf.add(small, 1).dataSync()[3]).toBe(5);
});

it('an out-of-bounds access throws an error with the kernel’s name and advice', () => {
  const kernel = tf.getKernelsForBackend('wasm').find(({ kernelName }) => kernelName === 'Add')!;
  const backend = tf.backend() as unknown as { dataIdMap: { get(id: object): { id: number } } };
  const tensor = tf.tensor1d([1, 2]);
  const known = backend.dataIdMap.get(tensor.dataId);
  const { id } = known;
  known.id = 2 ** 30;
  expect(() => kernel.kernelFunc({ inputs: { a: tensor, b: tensor }, backend: tf.backend(), attrs: {} })).toThrow(
    /^Add failed \(.*\), but WebAssembly can have only 4\.29 GB.*smaller batchSize/,
  );
  known.id = id;
});
