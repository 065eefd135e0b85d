/** Operators over values that are known before the network runs: shapes, and weights before their use. */
import { lengths, refuse } from './flow.js';
import type { OnnxNode } from './model.js';
import { constantOf, FLOATS, isWhole, MOST_AXES, typedAs, type Constant } from './tensors.js';
import { axisOf, only, whole, type Operator, type Walk } from './walk.js';
import { said } from '../../../format/said.js';

/** Most numbers that an operator other than those on weights may make. */
const MOST_COMPUTED = 2 ** 16;

const full = (node: OnnxNode, { shape, values, isFill }: Constant): Float32Array | Float64Array => {
  if (!isFill) return (small(node, values.length), values);
  return Float64Array.from(
    {
      length: small(
        node,
        shape.reduce((a, b) => a * b, 1),
      ),
    },
    () => values[0]!,
  );
};

/** Returns the count, if an operator may make as many numbers. */
function small(node: OnnxNode, count: number): number {
  return count >= 0 && count <= MOST_COMPUTED ? count : refuse(node, said('makes an array that is too large'));
}

/** Returns the numbers of a known input as lengths of axes. */
function shapeOf(walk: Walk, node: OnnxNode, index: number, least: number): number[] {
  const given = walk.constant(node, index);
  const count = given.shape.reduce((a, b) => a * b, 1);
  const shape = count <= MOST_AXES ? Array.from(full(node, given)) : [];
  const isValid = count <= MOST_AXES && shape.every((length) => Number.isSafeInteger(length) && length >= least);
  return isValid ? shape : refuse(node, said('has no valid shape'));
}

/** Folds operators all of whose inputs are known, and the shape of a value. */
export const FOLDED: Readonly<Record<string, Operator>> = {
  Constant(_walk, node) {
    const [key, value] = [...node.attributes].find(([name]) => name.startsWith('value')) ?? ['', undefined];
    if (typeof value === 'object' && 'kind' in value) return value;
    if (Array.isArray(value)) return constantOf(value);
    if (typeof value === 'number' && key === 'value_int') return constantOf([value], []);
    if (typeof value === 'number' && key === 'value_float')
      return { kind: 'constant', shape: [], values: Float32Array.of(value) };
    return refuse(node, said('is of a kind that is not supported'));
  },
  Shape(walk, node) {
    const value = walk.value(node, 0);
    if (value.kind === 'stack') return refuse(node, said('takes joined states, which is not supported'));
    const shape = value.kind === 'flow' ? lengths(value) : value.shape;
    const start = whole(node, 'start', node.attributes.get('start'), 0);
    const end = node.attributes.get('end');
    return constantOf(shape.slice(start, end === undefined ? undefined : whole(node, 'end', end)));
  },
  ConstantOfShape(walk, node) {
    const shape = shapeOf(walk, node, 0, 0);
    const value = node.attributes.get('value');
    const values = typeof value === 'object' && 'kind' in value ? value.values.slice(0, 1) : Float32Array.of(0);
    if (values.length === 0) return refuse(node, said('has no valid "value"'));
    return { kind: 'constant', shape, values, isFill: true };
  },
  Expand(walk, node) {
    const given = walk.constant(node, 0);
    const wanted = shapeOf(walk, node, 1, 1);
    if (given.values.length !== 1 || given.shape.some((length) => length !== 1))
      return refuse(node, said('repeats an array, which is not supported'));
    const shape = [...Array<number>(Math.max(0, given.shape.length - wanted.length)).fill(1), ...wanted];
    return { kind: 'constant', shape, values: given.values, isFill: true };
  },
  Identity: (walk, node) => walk.constant(node, 0),
  Cast(walk, node) {
    const given = walk.constant(node, 0);
    const to = whole(node, 'to', node.attributes.get('to'));
    if (isWhole(given) ? to === 6 || to === 7 : FLOATS.has(to)) return given;
    walk.copies.take([given.values.length]);
    if (FLOATS.has(to)) return { ...given, values: Float32Array.from(given.values) };
    if (to === 9) return { ...given, values: Float64Array.from(given.values, (value) => Number(value !== 0)) };
    if ((to !== 6 && to !== 7) || !given.values.every((value) => Math.abs(value) < 2 ** 31))
      return refuse(node, said('changes numbers to a type ({0}) that is not supported', to));
    return { ...given, values: Float64Array.from(given.values, Math.trunc) };
  },
  Transpose(walk, node) {
    const given = walk.constant(node, 0);
    const rank = given.shape.length;
    const perm = walk.numbers(node, 9, 'perm') ?? given.shape.map((_, i) => rank - 1 - i);
    return transposed(node, walk, given, perm);
  },
  Reshape(walk, node) {
    const given = walk.constant(node, 0);
    const wanted = shapeOf(walk, node, 1, -1);
    if (wanted.includes(0)) only(node, 'allowzero', 0);
    const count = given.shape.reduce((a, b) => a * b, 1);
    const shape = wanted.map((length, i) => (length === 0 ? (given.shape[i] ?? 0) : length));
    const known = shape.reduce((a, b) => (b === -1 ? a : a * b), 1);
    const done = shape.map((length) => (length === -1 ? count / known : length));
    if (
      done.reduce((a, b) => a * b, 1) !== count ||
      done.some((length) => !(Number.isInteger(length) && length >= 0))
    ) {
      return refuse(node, said('has a shape that does not fit'));
    }
    return { ...given, shape: done };
  },
  Squeeze(walk, node) {
    const given = walk.constant(node, 0);
    const axes = walk.numbers(node, 1, 'axes')?.map((axis) => axisOf(node, axis, given.shape.length));
    return { ...given, shape: given.shape.filter((length, i) => (axes ? !axes.includes(i) : length !== 1)) };
  },
  Unsqueeze(walk, node) {
    const given = walk.constant(node, 0);
    return { ...given, shape: unsqueezed(node, given.shape, walk.numbers(node, 1, 'axes') ?? [], 1) };
  },
  Concat(walk, node) {
    const parts = node.inputs.map((_, i) => walk.constant(node, i));
    if (parts.length === 0) return refuse(node, said('joins nothing'));
    if (parts.some((part) => part.shape.length !== parts[0]!.shape.length))
      return refuse(node, said('joins arrays that do not fit'));
    if (parts.every(({ isFill, values }) => isFill && values[0] === parts[0]!.values[0])) {
      const axis = axisOf(node, whole(node, 'axis', node.attributes.get('axis')), parts[0]!.shape.length);
      const others = parts.map(({ shape }) => shape.toSpliced(axis, 1).join());
      if (new Set(others).size > 1) return refuse(node, said('joins arrays that do not fit'));
      const length = parts.reduce((sum, part) => sum + part.shape[axis]!, 0);
      return { ...parts[0]!, shape: parts[0]!.shape.with(axis, length) };
    }
    if (parts.some(({ shape }) => shape.length !== 1))
      return refuse(node, said('joins arrays, which is not supported'));
    small(
      node,
      parts.reduce((sum, { shape }) => sum + shape[0]!, 0),
    );
    return typedAs(
      parts[0]!,
      parts.flatMap((part) => Array.from(full(node, part))),
    );
  },
  Gather(walk, node) {
    const given = walk.constant(node, 0);
    const index = walk.constant(node, 1);
    only(node, 'axis', 0);
    if (given.shape.length !== 1) return refuse(node, said('picks from a table, which is not supported'));
    const from = full(node, given);
    const values = Array.from(
      full(node, index),
      (at) => from[at < 0 ? at + from.length : at] ?? refuse(node, said('has no such index')),
    );
    return typedAs(given, values, index.shape);
  },
  Slice(walk, node) {
    const given = walk.constant(node, 0);
    const [starts, ends, axes, steps] = ['starts', 'ends', 'axes', 'steps'].map((key, i) =>
      walk.numbers(node, i + 1, key),
    );
    const axis = axisOf(node, axes?.[0] ?? 0, given.shape.length);
    const isSimple = starts?.length === 1 && ends?.length === 1 && (steps?.[0] ?? 1) === 1;
    if (!isSimple || (given.shape.length !== 1 && !given.isFill))
      return refuse(node, said('cuts an array, which is not supported'));
    const length = given.shape[axis]!;
    const at = (value: number): number => Math.min(length, Math.max(0, value < 0 ? value + length : value));
    const [from, to] = [at(starts[0]!), Math.max(at(starts[0]!), at(ends[0]!))];
    if (given.isFill) return { ...given, shape: given.shape.with(axis, to - from) };
    small(node, to - from);
    return { kind: 'constant', shape: [to - from], values: given.values.slice(from, to) };
  },
  DequantizeLinear(walk, node) {
    const [given, scale] = [walk.constant(node, 0), walk.constant(node, 1)];
    const zero = walk.optional(node, 2);
    if (zero && zero.kind !== 'constant') return refuse(node, said('computes its zero point, which is not supported'));
    const rank = given.shape.length;
    const isPerTensor = scale.values.length === 1;
    const axis = isPerTensor ? 0 : axisOf(node, whole(node, 'axis', node.attributes.get('axis'), 1), rank);
    only(node, 'block_size', 0);
    if (!isPerTensor && scale.values.length !== given.shape[axis])
      return refuse(node, said('has scales that do not fit'));
    const isOf = (count: number): boolean => count === 1 || count === scale.values.length;
    if (zero && !isOf(zero.values.length)) return refuse(node, said('has zero points that do not fit'));
    if (given.isFill) return refuse(node, said('takes an array of one number, which is not supported'));
    const inner = given.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
    walk.model.budget.take(given.shape);
    const values = Float32Array.from(given.values, (value, i) => {
      const at = isPerTensor ? 0 : Math.floor(i / inner) % scale.values.length;
      return (value - (zero?.values[zero.values.length === 1 ? 0 : at] ?? 0)) * scale.values[at]!;
    });
    return { kind: 'constant', shape: given.shape, values };
  },
  Add: pairwise((a, b) => a + b),
  Sub: pairwise((a, b) => a - b),
  Mul: pairwise((a, b) => a * b),
  Div: pairwise((a, b, isInteger) => {
    const quotient = a / b;
    // Whole numbers have no Infinity.
    return isInteger ? (b === 0 ? null : Math.trunc(quotient)) : quotient;
  }),
};

/** Arithmetic on lengths and factors. */
function pairwise(of: (a: number, b: number, isInteger: boolean) => number | null): Operator {
  return (walk, node) => {
    const [a, b] = [walk.constant(node, 0), walk.constant(node, 1)];
    if (isWhole(a) !== isWhole(b))
      return refuse(node, said('computes with whole numbers and others, which is not supported'));
    const [x, y] = [full(node, a), full(node, b)];
    const longer = x.length >= y.length ? a : b;
    if (longer.shape.length > 1 || (x.length !== y.length && Math.min(x.length, y.length) !== 1)) {
      return refuse(node, said('computes an array, which is not supported'));
    }
    const count = Math.max(x.length, y.length);
    const values = Array.from(
      { length: count },
      (_, i) =>
        of(x[x.length === 1 ? 0 : i]!, y[y.length === 1 ? 0 : i]!, isWhole(a)) ?? refuse(node, said('divides by zero')),
    );
    return typedAs(a, values, longer.shape);
  };
}

export function transposed(
  node: OnnxNode,
  walk: Walk,
  { shape, values, isFill }: Constant,
  perm: readonly number[],
): Constant {
  const isValid = perm.length === shape.length && shape.every((_, axis) => perm.includes(axis));
  if (!isValid) return refuse(node, said('has no valid "perm"'));
  const turned = perm.map((axis) => shape[axis]!);
  if (isFill) return { kind: 'constant', shape: turned, values, isFill };
  walk.model.budget.take(shape);
  return { kind: 'constant', shape: turned, values: permuted(values, shape, perm) };
}

/** Returns the values with their axes in another order. */
export function permuted<T extends Float32Array | Float64Array>(
  values: T,
  shape: readonly number[],
  perm: readonly number[],
): T {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const steps = perm.map((axis) => strides[axis]!);
  const ends = perm.map((axis) => shape[axis]!);
  const result = new (values.constructor as new (length: number) => T)(values.length);
  const at = ends.map(() => 0);
  let from = 0;
  for (let i = 0; i < values.length; i++) {
    result[i] = values[from]!;
    for (let axis = at.length - 1; axis >= 0; axis--) {
      from += steps[axis]!;
      if (++at[axis]! < ends[axis]!) break;
      from -= steps[axis]! * ends[axis]!;
      at[axis] = 0;
    }
  }
  return result;
}

/** Returns a list with `one` inserted at these places of the result. */
export function unsqueezed<T>(node: OnnxNode, list: readonly T[], axes: readonly number[], one: T): T[] {
  const rank = list.length + axes.length;
  if (rank > MOST_AXES) return refuse(node, said('has more than {0} axes', MOST_AXES));
  const places = new Set(axes.map((axis) => axisOf(node, axis, rank)));
  if (places.size !== axes.length) return refuse(node, said('names an axis twice'));
  const rest = list.values();
  return Array.from({ length: rank }, (_, i) => (places.has(i) ? one : (rest.next().value as T)));
}
