/** Facts about a value that depends on the network's input. */
import { TrainingError } from '../../errors.js';
import type { Array32 } from '../chain.js';
import type { OnnxNode } from './model.js';
import type { Constant } from './tensors.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

/** Axes of a value that are none of ours. */
export const AXIS = { batch: 0, one: -1, ways: -2 } as const;

/**
 * Stands for the number of examples in shapes, which no network fixes. No product of lengths in a network is likely to be a
 * multiple of this prime.
 */
export const EXAMPLES = 1_000_003;

export interface Flow {
  kind: 'flow';
  /** Name of the node that gives it. */
  node: string;
  /** Our shape of one example. */
  shape: number[];
  /**
   * Axes as the file has them: 0 is the batch, i is our axis i - 1 of an example, −1 has length one and is none of
   * ours. −2 tells the two directions of a recurrent layer apart, whose features are then half as many.
   */
  axes: number[];
  /** Index in the file of each of our features, if flattening has changed their order. */
  order: Int32Array | null;
  /** True if another operator takes the value, too. */
  isShared: boolean;
  /**
   * Part of an activation that several operators compute: a factor times erf(x/√2), Φ(x) or x·Φ(x) of this
   * node, or where it is large.
   */
  part?: { kind: 'erf' | 'phi' | 'gelu' | 'large'; factor: number; of: string };
  /** Direction of a recurrent layer whose last state this is. */
  half?: 0 | 1;
}

/** Last states of recurrent layers, joined at the first axis. */
export interface Stack {
  kind: 'stack';
  items: Flow[];
}

export type Value = Constant | Flow | Stack;

export function refuse(node: OnnxNode, why: Said): never {
  throw new TrainingError(said('operator {0} ("{1}") {2}', node.operator.slice(0, 100), node.name.slice(0, 100), why));
}

/** Returns whether the directions of a recurrent layer are apart, or one of them is missing. */
export const isDivided = ({ half, axes }: Flow): boolean => half !== undefined || axes.includes(AXIS.ways);

/** Returns whether two values have their places in the same order. */
export const isAligned = (a: Flow, b: Flow): boolean =>
  a.shape.join() === b.shape.join() && a.axes.join() === b.axes.join() && a.order === b.order && a.half === b.half;

export const featuresAxis = (flow: Flow): number => flow.axes.indexOf(flow.shape.length);
export const features = (flow: Flow): number => flow.shape.at(-1)!;

/** Length of each axis as the file has it. */
export function lengths({ axes, shape, half }: Flow): number[] {
  const isSplit = half !== undefined || axes.includes(AXIS.ways);
  return axes.map((axis) => {
    if (axis === AXIS.batch) return EXAMPLES;
    if (axis === AXIS.one) return 1;
    if (axis === AXIS.ways) return 2;
    return isSplit && axis === shape.length ? shape[axis - 1]! / 2 : shape[axis - 1]!;
  });
}

/** Axes in our order, without those that are none of ours. */
export const isOurs = ({ axes, order }: Flow): boolean => order === null && axes.every((axis, i) => axis === i);

/** Returns a number for all features, or one for each of ours; null: the constant is of another shape. */
export function perFeature(constant: Constant, flow: Flow): number | number[] | null {
  const { shape, values, isFill } = constant;
  const all = lengths(flow).slice(flow.axes.length - shape.length);
  // Longer arrays would make the value itself longer.
  if (shape.length > flow.axes.length || shape.some((length, i) => length !== 1 && length !== all[i])) return null;
  const count = isFill ? 1 : values.length;
  if (count === 1) return values[0]!;
  const wide = shape.map((length, i) => ({ length, axis: flow.axes[flow.axes.length - shape.length + i] }));
  const [only, ...others] = wide.filter(({ length }) => length !== 1);
  if (!only || others.length > 0 || only.axis !== flow.shape.length || count !== features(flow)) return null;
  if (flow.axes.includes(AXIS.ways)) return null;
  return reordered(values, flow);
}

/** Returns numbers of the file's features in our order. */
export function reordered(values: ArrayLike<number>, { order }: Flow): number[] {
  return Array.from(values, (value, i) => (order ? values[order[i]!]! : value));
}

export const vector = (values: ArrayLike<number>): Array32 => ({
  shape: [values.length],
  values: Float32Array.from(values),
});
