/** Compares our WebAssembly kernels with plain JavaScript. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '../../../../src/training/kernels/tensorflow.js';
import {
  rowMajor,
  Simd,
  transposed,
  type FastActivation,
} from '../../../../src/training/backends/webAssembly/simd/index.js';
import { wasm } from '../../../../src/training/backends/webAssembly/wasm.js';
import { activations } from '../../../../src/training/layers/activations.js';
import { Random } from '../../../../src/training/random.js';

let simd: Simd;
beforeAll(async () => {
  await wasm.start();
  simd = Simd.ofBackend()!;
});

const random = new Random(8);
const numbers = (length: number) => Float32Array.from({ length }, () => 3 * random.normal());

/** Copies numbers into memory, followed by a guard. */
function place(values: Float32Array): number {
  const at = simd.allocate(values.length + 8);
  simd.numbers(at, values.length + 8).fill(777);
  simd.numbers(at, values.length).set(values);
  return at;
}
function read(at: number, count: number): Float32Array {
  const all = simd.numbers(at, count + 8).slice();
  expect([...all.subarray(count)], 'nothing is written behind the end').toEqual(Array(8).fill(777));
  return all.subarray(0, count);
}
function expectClose(got: ArrayLike<number>, wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length);
  for (let i = 0; i < wanted.length; i++) {
    expect(Math.abs(got[i]! - wanted[i]!), `${i}`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted[i]!)));
  }
}

describe('our WebAssembly kernels', () => {
  const sizes = [1, 3, 4, 8, 9, 23];
  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('matrix products of all sizes, transposed: %s, %s', (ta, tb) => {
    for (const m of sizes) {
      for (const n of sizes) {
        for (const k of [0, 1, 5, 16]) {
          const [a, b, bias] = [numbers(m * k), numbers(k * n), numbers(n)];
          const left = ta ? transposed(rowMajor(place(a), m)) : rowMajor(place(a), k);
          const right = tb ? transposed(rowMajor(place(b), k)) : rowMajor(place(b), n);
          const c = place(new Float32Array(m * n));
          const withBias = (m + n) % 2 === 0;
          simd.matMul(left, right, c, m, n, k, withBias ? place(bias) : 0);
          const wanted = Float32Array.from({ length: m * n }, (_, at) => {
            const [i, j] = [Math.floor(at / n), at % n];
            let sum = withBias ? bias[j]! : 0;
            for (let p = 0; p < k; p++) sum += a[ta ? p * m + i : i * k + p]! * b[tb ? j * k + p : p * n + j]!;
            return sum;
          });
          expectClose(read(c, m * n), wanted, 3e-5);
          if (withBias) continue;
          simd.matMulAdd(left, right, c, m, n, k);
          expectClose(
            read(c, m * n),
            wanted.map((value) => 2 * value),
            3e-5,
          );
        }
      }
    }
  });

  it.each<FastActivation>(['relu', 'relu6', 'leakyRelu', 'elu', 'selu', 'sigmoid', 'tanh', 'softsign'])(
    '%s and its slope agree with the layers',
    async (name) => {
      const x = Float32Array.from([...numbers(60), 0, -0, 1e-4, -0.05, 0.07, 30, -30, 200, -200, 5.9, 7]);
      const upper = numbers(x.length);
      const [y, dx] = tf.tidy(() => {
        const input = tf.tensor1d(x);
        return [
          activations[name](input),
          tf.grad((z) => tf.sum(tf.mul(activations[name](z), tf.tensor1d(upper))))(input),
        ];
      });
      const [at, dy] = [place(x), place(upper)];
      simd.activate(name, at, x.length);
      expectClose(read(at, x.length), await y!.data(), 1e-6);
      simd.activateBack(name, dy, at, x.length);
      expectClose(read(dy, x.length), await dx!.data(), 2e-6);
    },
  );

  it.each([1, 4, 10, 13])('sums of %i columns', (columns) => {
    const rows = 7;
    const values = numbers(rows * columns);
    const out = place(new Float32Array(columns));
    simd.columnSums(place(values), rows, columns, out);
    const wanted = Array.from({ length: columns }, (_, j) => {
      let sum = 0;
      for (let i = 0; i < rows; i++) sum += values[i * columns + j]!;
      return sum;
    });
    expectClose(read(out, columns), wanted, 1e-5);
  });

  it('throws when memory is exhausted, and writes nothing', () => {
    expect(() => simd.allocate(2 ** 29)).toThrow(/more are needed, but WebAssembly can have only/);
    expect(() => simd.allocate(2 ** 30)).toThrow(/more are needed, but WebAssembly can have only/);
    const a = place(Float32Array.of(1, 2, 3, 4));
    const huge = { rowStride: 1, columnStride: 2 ** 28 };
    expect(() => simd.matMul({ at: a, ...huge }, rowMajor(a, 2), a, 2 ** 15, 2, 2 ** 14)).toThrow(
      /more are needed, but WebAssembly can have only/,
    );
    expect([...read(a, 4)]).toEqual([1, 2, 3, 4]);
    const out = place(new Float32Array(4));
    simd.matMul(rowMajor(a, 2), transposed(rowMajor(a, 2)), out, 2, 2, 2);
    expect([...read(out, 4)]).toEqual([5, 11, 11, 25]);
  });

  it('NaN stays NaN', () => {
    for (const name of ['relu', 'sigmoid', 'tanh', 'elu'] as const) {
      const at = place(Float32Array.of(NaN, 1, 2, 3, NaN));
      simd.activate(name, at, 5);
      expect([...read(at, 5)].map(Number.isNaN), name).toEqual([true, false, false, false, true]);
    }
  });
});
