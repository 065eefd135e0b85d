/** Dense layers, activations and dropout as links of a chain. */
import { rowMajor, transposed, type FastActivation } from '../../backends/webAssembly/simd/index.js';
import { drawMask } from '../../layers/simple.js';
import type { Link } from './types.js';

/** `kernel` and `bias` are offsets in θ; an activation is computed in place. */
export interface DenseSettings {
  from: number;
  width: number;
  kernel: number;
  bias: number | null;
  activation: FastActivation | null;
}

export function denseLink({ from: inputs, width, kernel, bias, activation }: DenseSettings): Link {
  return {
    width,
    kept: 0,
    weights: inputs * width + (bias === null ? 0 : width),
    forward(simd, { count, from, to, theta }) {
      const weights = rowMajor(theta + 4 * kernel, width);
      const added = bias === null ? 0 : theta + 4 * bias;
      simd.matMul(rowMajor(from, inputs), weights, to, count, width, inputs, added);
      if (activation) simd.activate(activation, to, count * width);
    },
    back(simd, { count, from, to, theta, slope, dy, dx }) {
      if (activation) simd.activateBack(activation, dy, to, count * width);
      const given = rowMajor(dy, width);
      simd.matMul(transposed(rowMajor(from, inputs)), given, slope + 4 * kernel, inputs, width, count);
      if (bias !== null) simd.columnSums(dy, count, width, slope + 4 * bias);
      if (dx) simd.matMul(given, transposed(rowMajor(theta + 4 * kernel, width)), dx, count, inputs, width);
    },
    tangent(simd, { count, from, to, theta, along, before, out, spare }) {
      const added = bias === null ? 0 : along + 4 * bias;
      const turning = rowMajor(along + 4 * kernel, width);
      simd.matMul(rowMajor(from, inputs), turning, out, count, width, inputs, added);
      if (before) {
        simd.matMul(rowMajor(before, inputs), rowMajor(theta + 4 * kernel, width), spare, count, width, inputs);
        const [sum, more] = [simd.numbers(out, count * width), simd.numbers(spare, count * width)];
        for (let i = 0; i < sum.length; i++) sum[i]! += more[i]!;
      }
      if (activation) simd.activateBack(activation, out, to, count * width);
      return true;
    },
  };
}

export function activationLink(name: FastActivation, width: number): Link {
  return {
    width,
    kept: 0,
    weights: 0,
    forward(simd, { count, from, to }) {
      simd.copy(from, count * width, to);
      simd.activate(name, to, count * width);
    },
    back(simd, { count, to, dy, dx }) {
      simd.copy(dy, count * width, dx);
      simd.activateBack(name, dx, to, count * width);
    },
    tangent(simd, { count, to, before, out }) {
      if (!before) return false;
      simd.copy(before, count * width, out);
      simd.activateBack(name, out, to, count * width);
      return true;
    },
  };
}

export function dropoutLink(rate: number, width: number): Link {
  return {
    width,
    kept: width,
    weights: 0,
    forward(simd, { count, from, to, kept, random }) {
      const values = simd.numbers(from, count * width);
      const left = simd.numbers(to, count * width);
      const mask = drawMask(simd.numbers(kept, count * width), rate, random);
      for (let i = 0; i < mask.length; i++) left[i] = values[i]! * mask[i]!;
    },
    back(simd, { count, kept, dy, dx }) {
      const given = simd.numbers(dy, count * width);
      const mask = simd.numbers(kept, count * width);
      const passed = simd.numbers(dx, count * width);
      for (let i = 0; i < mask.length; i++) passed[i] = given[i]! * mask[i]!;
    },
  };
}
