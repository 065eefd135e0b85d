/** Windows of convolutions and pooling, whose padding and order of axes differ from ours. */
import { refuse, type Flow } from './flow.js';
import type { OnnxNode } from './model.js';
import { bare } from './shapes.js';
import type { Constant } from './tensors.js';
import { only, text, type Walk } from './walk.js';
import { said } from '../../../format/said.js';

/**
 * Returns how many axes windows slide over. Images and sequences must have their channels first, as these operators
 * expect them. A sequence may be an image of height or width one: `skip` is this axis among those of the window.
 */
export function sliding(walk: Walk, node: OnnxNode): { flow: Flow; axes: 1 | 2; skip: number | null } {
  const flow = withChannel(walk, node, walk.flow(node, 0));
  const rank = flow.shape.length;
  const at = flow.axes.join();
  if (!flow.order && rank === 3 && at === '0,3,1,2') return { flow, axes: 2, skip: null };
  if (!flow.order && rank === 2 && at === '0,2,1') return { flow, axes: 1, skip: null };
  if (!flow.order && rank === 2 && at === '0,2,-1,1') return { flow, axes: 1, skip: 0 };
  if (!flow.order && rank === 2 && at === '0,2,1,-1') return { flow, axes: 1, skip: 1 };
  return refuse(
    node,
    said('takes something else than images or sequences with their channels second, which is not supported'),
  );
}

/** Values with an axis of length one in the channels' place, as images of one channel or sequences of one feature. */
function withChannel(walk: Walk, node: OnnxNode, flow: Flow): Flow {
  const at = flow.axes.join();
  if (flow.order || (at !== '0,-1,1,2' && at !== '0,-1,1')) return flow;
  const shape = [...flow.shape, 1];
  return walk.step(node, [flow], bare({ type: 'reshape', shape }), {
    shape,
    axes: flow.axes.with(1, shape.length),
  });
}

export interface Window {
  size: number[];
  stride: number[];
  padding: 'valid' | 'same';
  /** Zeros that make a kernel wider, at its beginning along each axis. */
  before: number[];
  output: number[];
}

/** Returns the window as ours pad: not at all, or to the length that the stride gives, with the odd one at the end. */
export function windowOf(
  walk: Walk,
  node: OnnxNode,
  input: readonly number[],
  size: number[],
  { isKernel, skip }: { isKernel: boolean; skip: number | null },
): Window {
  const axes = input.length;
  const list = (key: string, fallback: number): number[] => {
    const given = listOf(walk, node, key, skip, 1) ?? Array<number>(axes).fill(fallback);
    const isValid = given.length === axes && given.every((n) => Number.isInteger(n) && n >= 1 && n < 2 ** 20);
    return isValid ? given : refuse(node, said('has no valid "{0}"', key));
  };
  if (list('dilations', 1).some((n) => n !== 1)) return refuse(node, said('has dilations, which are not supported'));
  only(node, 'ceil_mode', 0);
  const stride = list('strides', 1);
  const auto = text(node, 'auto_pad', 'NOTSET');
  const same = input.map((length, i) => Math.ceil(length / stride[i]!));
  const missing = (i: number, width: number): number => Math.max(0, (same[i]! - 1) * stride[i]! + width - input[i]!);
  if (auto === 'SAME_UPPER') return { size, stride, padding: 'same', before: size.map(() => 0), output: same };
  if (auto !== 'NOTSET' && auto !== 'VALID')
    return refuse(node, said('has auto_pad: {0}, which is not supported', auto.slice(0, 40)));
  const pads = (auto === 'NOTSET' ? listOf(walk, node, 'pads', skip, 0) : null) ?? Array<number>(2 * axes).fill(0);
  if (pads.length !== 2 * axes || pads.some((n) => !Number.isInteger(n) || n < 0))
    return refuse(node, said('has no valid "pads"'));
  const output = input.map((n, i) => Math.floor((n + pads[i]! + pads[i + axes]! - size[i]!) / stride[i]!) + 1);
  if (output.some((length) => length < 1)) return refuse(node, said('has a window that is larger than its input'));
  if (pads.every((n) => n === 0)) return { size, stride, padding: 'valid', before: size.map(() => 0), output };
  const isSame = (widths: readonly number[]): boolean =>
    widths.every((width, i) => Math.floor(missing(i, width) / 2) === pads[i] && output[i] === same[i]);
  if (isSame(size)) return { size, stride, padding: 'same', before: size.map(() => 0), output };
  if (!isKernel || output.join() !== same.join()) {
    return refuse(node, said("has pads [{0}], which our padding can't do at this size", pads.join(', ')));
  }
  // A wider kernel, with zeros around, begins where the file's begins.
  const before: number[] = [];
  const wide = size.map((width, i) => {
    for (let wider = width; wider <= 2 * width + 2 * pads[i]! + stride[i]!; wider++) {
      const zeros = Math.floor(missing(i, wider) / 2) - pads[i]!;
      if (zeros >= 0 && wider >= zeros + width) {
        before.push(zeros);
        return wider;
      }
    }
    return refuse(node, said("has pads [{0}], which our padding can't do at this size", pads.join(', ')));
  });
  walk.note(
    said(
      'kernels of convolutions whose padding is the same on both sides were widened by zeros, because ours have the odd zero at the end ("{0}": {1} to {2})',
      node.name,
      size.join('×'),
      wide.join('×'),
    ),
  );
  return { size: wide, stride, padding: 'same', before, output };
}

/**
 * Returns an attribute with a number for each axis of the window, or two for padding, without the axis to skip, which must
 * have `idle`.
 */
export function listOf(walk: Walk, node: OnnxNode, key: string, skip: number | null, idle: number): number[] | null {
  const given = walk.numbers(node, 99, key);
  if (!given || skip === null) return given;
  const count = key === 'pads' ? given.length / 2 : given.length;
  const isSkipped = (i: number): boolean => i % count === skip;
  if (given.some((n, i) => isSkipped(i) && n !== idle)) return refuse(node, said('has no valid "{0}"', key));
  return given.filter((_, i) => !isSkipped(i));
}

/** Returns a kernel of [outputs, inputs, …window] without the axis of the window to skip. */
export function withoutAxis(node: OnnxNode, kernel: Constant, skip: number | null): Constant {
  if (skip === null) return kernel;
  if (kernel.shape[skip + 2] !== 1) return refuse(node, said('has a kernel that does not fit'));
  return { ...kernel, shape: kernel.shape.toSpliced(skip + 2, 1) };
}

/** Puts zeros around a kernel of [...size, inner]. */
export function widened(
  values: Float32Array,
  size: readonly number[],
  { size: wide, before }: Window,
  inner: number,
): Float32Array {
  const [height, width] = size.length === 1 ? [1, size[0]!] : (size as [number, number]);
  const [newHeight, newWidth] = wide.length === 1 ? [1, wide[0]!] : (wide as [number, number]);
  const [top, left] = before.length === 1 ? [0, before[0]!] : (before as [number, number]);
  const result = new Float32Array(newHeight * newWidth * inner);
  for (let row = 0; row < height; row++) {
    const from = row * width * inner;
    result.set(values.subarray(from, from + width * inner), ((row + top) * newWidth + left) * inner);
  }
  return result;
}
