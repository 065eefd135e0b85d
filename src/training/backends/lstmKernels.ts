/** LSTMs over whole sequences, for WebAssembly; see lstmSequence.ts. */
import type * as tf from '@tensorflow/tfjs-core';
import { rowMajor, transposed, type Simd } from './simd/index.js';

type Arguments = Parameters<tf.KernelFunc>[0];

const BYTES = 4;

export function lstm({ inputs }: Arguments, simd: Simd): tf.TensorInfo[] {
  const [given, state] = [inputs.given!, inputs.state!];
  const [time, batch] = given.shape as [number, number, number];
  const units = state.shape[0]!;
  const outputs = [units, units, 4 * units].map((width) => simd.tensor([time, batch, width]));
  const size = batch * units;
  const [nothing, recalled] = [simd.allocate(size), simd.allocate(4 * size)];
  const [hidden, cells, gates] = outputs.map((tensor) => simd.addressOf(tensor)) as [number, number, number];
  const weights = rowMajor(simd.addressOf(state), 4 * units);
  simd.copy(simd.addressOf(given), 4 * size * time, gates);
  simd.numbers(nothing, size).fill(0);
  simd.numbers(recalled, 4 * size).fill(0);
  for (let t = 0; t < time; t++) {
    const here = (address: number, width = 1) => address + BYTES * size * width * t;
    const before = (address: number) => (t === 0 ? nothing : here(address) - BYTES * size);
    if (t > 0) simd.matMul(rowMajor(before(hidden), units), weights, recalled, batch, 4 * units, units);
    simd.lstmForward([here(gates, 4), recalled, before(cells), here(cells), here(hidden)], batch, units);
  }
  for (const address of [nothing, recalled]) simd.free(address);
  return outputs;
}

export function lstmGradient({ inputs }: Arguments, simd: Simd): tf.TensorInfo[] {
  const { dy, state, hidden, cells, gates } = inputs as Record<string, tf.TensorInfo>;
  const [time, batch, units] = hidden!.shape as [number, number, number];
  const dGiven = simd.tensor([time, batch, 4 * units]);
  const dState = simd.tensor([units, 4 * units]);
  const size = batch * units;
  const [nothing, dh, dc] = [simd.allocate(size), simd.allocate(size), simd.allocate(size)];
  for (const address of [nothing, dh, dc]) simd.numbers(address, size).fill(0);
  const weights = transposed(rowMajor(simd.addressOf(state!), 4 * units));
  const at = (tensor: tf.TensorInfo, t: number, width = 1) => simd.addressOf(tensor) + BYTES * size * width * t;
  for (let t = time - 1; t >= 0; t--) {
    const dz = at(dGiven, t, 4);
    const before = t === 0 ? nothing : at(cells!, t - 1);
    simd.lstmBack([at(gates!, t, 4), dz, before, at(cells!, t), at(dy!, t), dh, dc], batch, units);
    if (t > 0) simd.matMul(rowMajor(dz, 4 * units), weights, dh, batch, units, 4 * units);
  }
  // Each step's hidden state was multiplied with the next step's gates; one product covers all time steps.
  const met = (time - 1) * batch;
  const earlier = transposed(rowMajor(at(hidden!, 0), units));
  simd.matMul(earlier, rowMajor(at(dGiven, 1, 4), 4 * units), simd.addressOf(dState), units, 4 * units, met);
  for (const address of [nothing, dh, dc]) simd.free(address);
  return [dGiven, dState];
}
