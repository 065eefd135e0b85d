/** LSTMs and GRUs over whole sequences, for WebAssembly; see recurrentSequence.ts. */
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
  // Transposed once: each step multiplies by it.
  const turned = simd.allocate(4 * units * units);
  simd.transpose(simd.addressOf(state!), units, 4 * units, turned);
  const weights = rowMajor(turned, units);
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
  for (const address of [nothing, dh, dc, turned]) simd.free(address);
  return [dGiven, dState];
}

export function gru({ inputs }: Arguments, simd: Simd): tf.TensorInfo[] {
  const { given, state, stateBias } = inputs as Record<string, tf.TensorInfo>;
  const [time, batch] = given!.shape as [number, number, number];
  const units = state!.shape[0]!;
  const outputs = [units, 4 * units].map((width) => simd.tensor([time, batch, width]));
  const size = batch * units;
  const [nothing, recalled, bias] = [simd.allocate(size), simd.allocate(3 * size), simd.allocate(3 * units)];
  const [hidden, gates] = outputs.map((tensor) => simd.addressOf(tensor)) as [number, number];
  const weights = rowMajor(simd.addressOf(state!), 3 * units);
  simd.numbers(nothing, size).fill(0);
  simd.numbers(bias, 3 * units).fill(0);
  simd.copy(simd.addressOf(stateBias!), units, bias + BYTES * 2 * units);
  for (let row = 0; row < batch; row++) simd.copy(bias, 3 * units, recalled + BYTES * 3 * units * row);
  const inputsAt = simd.addressOf(given!);
  for (let t = 0; t < time; t++) {
    const here = (address: number, width = 1) => address + BYTES * size * width * t;
    const before = t === 0 ? nothing : here(hidden) - BYTES * size;
    if (t > 0) simd.matMul(rowMajor(before, units), weights, recalled, batch, 3 * units, units, bias);
    simd.gruForward([here(gates, 4), here(inputsAt, 3), recalled, before, here(hidden)], batch, units);
  }
  for (const address of [nothing, recalled, bias]) simd.free(address);
  return outputs;
}

export function gruGradient({ inputs }: Arguments, simd: Simd): tf.TensorInfo[] {
  const { dy, state, hidden, gates } = inputs as Record<string, tf.TensorInfo>;
  const [time, batch, units] = hidden!.shape as [number, number, number];
  const dGiven = simd.tensor([time, batch, 3 * units]);
  const dState = simd.tensor([units, 3 * units]);
  const dBias = simd.tensor([units]);
  const size = batch * units;
  const [nothing, dh, sums] = [simd.allocate(size), simd.allocate(size), simd.allocate(3 * units)];
  const dRecalled = simd.allocate(3 * size * time);
  const turned = simd.allocate(3 * units * units);
  for (const address of [nothing, dh]) simd.numbers(address, size).fill(0);
  simd.transpose(simd.addressOf(state!), units, 3 * units, turned);
  const at = (tensor: tf.TensorInfo, t: number, width = 1) => simd.addressOf(tensor) + BYTES * size * width * t;
  for (let t = time - 1; t >= 0; t--) {
    const slopes = dRecalled + BYTES * 3 * size * t;
    const before = t === 0 ? nothing : at(hidden!, t - 1);
    simd.gruBack([at(gates!, t, 4), before, at(dy!, t), dh, at(dGiven, t, 3), slopes], batch, units);
    if (t > 0) simd.matMulAdd(rowMajor(slopes, 3 * units), rowMajor(turned, units), dh, batch, units, 3 * units);
  }
  const met = (time - 1) * batch;
  const earlier = transposed(rowMajor(at(hidden!, 0), units));
  const later = rowMajor(dRecalled + BYTES * 3 * size, 3 * units);
  simd.matMul(earlier, later, simd.addressOf(dState), units, 3 * units, met);
  simd.columnSums(dRecalled, time * batch, 3 * units, sums);
  simd.copy(sums + BYTES * 2 * units, units, simd.addressOf(dBias));
  for (const address of [nothing, dh, sums, dRecalled, turned]) simd.free(address);
  return [dGiven, dState, dBias];
}
