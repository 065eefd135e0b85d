/** Operators that turn, cut and reshape the network's values. */
import type { Layer } from '../../../experiment/network/index.js';
import type { Converted } from '../chain.js';
import { AXIS, EXAMPLES, features, isDivided, isOurs, lengths, refuse, type Flow, type Value } from './flow.js';
import { unsqueezed } from './fold.js';
import type { OnnxNode } from './model.js';
import { FLOATS } from './tensors.js';
import { axisOf, only, plain, whole, type Operator, type Walk } from './walk.js';
import { said } from '../../../format/said.js';

export const bare = (layer: Layer): Converted[] => [{ layer, weights: [] }];

export const SHAPES: Readonly<Record<string, Operator>> = {
  Identity: (walk, node) => walk.value(node, 0),
  Cast(walk, node) {
    const to = whole(node, 'to', node.attributes.get('to'));
    if (!FLOATS.has(to) && !walk.isWord(node.outputs[0]))
      return refuse(node, said('makes whole numbers of values, which is supported directly before an embedding only'));
    return walk.value(node, 0);
  },
  Transpose(walk, node) {
    const flow = walk.flow(node, 0);
    const perm = walk.numbers(node, 9, 'perm') ?? flow.axes.map((_, i) => flow.axes.length - 1 - i);
    if (perm.length !== flow.axes.length || !flow.axes.every((_, i) => perm.includes(i))) {
      return refuse(node, said('has no valid "perm"'));
    }
    return { ...flow, axes: perm.map((axis) => flow.axes[axis]!) };
  },
  Squeeze(walk, node) {
    const flow = walk.flow(node, 0);
    const all = lengths(flow);
    const given = walk.numbers(node, 1, 'axes')?.map((axis) => axisOf(node, axis, flow.axes.length));
    const gone = given ?? flow.axes.flatMap((_, i) => (all[i] === 1 ? [i] : []));
    if (gone.some((axis) => all[axis] !== 1)) return refuse(node, said('removes an axis that is not of length one'));
    const own = gone.map((axis) => flow.axes[axis]!).filter((axis) => axis > 0);
    const rest = { ...flow, axes: flow.axes.filter((_, i) => !gone.includes(i)) };
    if (own.length === 0) return rest;
    if (flow.order || isDivided(flow) || own.length === flow.shape.length)
      return refuse(node, said('removes an axis, which is not supported here'));
    const shape = flow.shape.filter((_, i) => !own.includes(i + 1));
    const axes = rest.axes.map((axis) => axis - (axis > 0 ? own.filter((one) => one < axis).length : 0));
    return walk.step(node, [flow], bare({ type: 'reshape', shape }), { shape, axes });
  },
  Unsqueeze(walk, node) {
    const flow = walk.flow(node, 0);
    return { ...flow, axes: unsqueezed<number>(node, flow.axes, walk.numbers(node, 1, 'axes') ?? [], AXIS.one) };
  },
  Flatten(walk, node) {
    const flow = walk.flow(node, 0);
    const axis = whole(node, 'axis', node.attributes.get('axis'), 1);
    if (axis !== 1) return refuse(node, said('flattens from axis {0} on; only 1 is supported', axis));
    return reshaped(walk, node, flow, [EXAMPLES, -1]);
  },
  Reshape(walk, node) {
    const flow = walk.flow(node, 0);
    const wanted = walk.numbers(node, 1, '') ?? [];
    if (wanted.includes(0)) only(node, 'allowzero', 0);
    return reshaped(walk, node, flow, wanted);
  },
  Gather(walk, node) {
    const value = walk.value(node, 0);
    if (value.kind === 'constant') return embedding(walk, node);
    const index = walk.constant(node, 1);
    const axis = whole(node, 'axis', node.attributes.get('axis'), 0);
    if (index.shape.some((length) => length !== 1))
      return refuse(node, said('picks several parts of a value, which is not supported'));
    return picked(walk, node, value, axis, index.values[0]!, index.shape.length === 0);
  },
  Slice(walk, node) {
    const value = walk.value(node, 0);
    if (value.kind === 'constant') return refuse(node, said('cuts an array, which is not supported'));
    const [starts, ends, axes, steps] = ['starts', 'ends', 'axes', 'steps'].map((key, i) =>
      walk.numbers(node, i + 1, key),
    );
    if (starts?.length !== 1 || ends?.length !== 1 || (steps?.[0] ?? 1) !== 1) {
      return refuse(node, said('cuts a part out of a value, which is not supported'));
    }
    const axis = axes?.[0] ?? 0;
    const length = lengthAt(node, value, axis);
    const [from, to] = [starts[0]!, ends[0]!].map((at) => Math.max(0, Math.min(length, at < 0 ? at + length : at))) as [
      number,
      number,
    ];
    if (from === 0 && to === length) return value;
    if (to - from !== 1) return refuse(node, said('cuts a part out of a value, which is not supported'));
    return picked(walk, node, value, axis, from, false);
  },
  Concat(walk, node) {
    const parts = node.inputs.map((_, i) => walk.value(node, i));
    const axis = whole(node, 'axis', node.attributes.get('axis'));
    const flows = parts.flatMap((part) =>
      part.kind === 'stack' ? part.items : part.kind === 'flow' ? halves(part) : [],
    );
    if (parts.length === 1) return parts[0]!;
    const isStates =
      axis === 0 && parts.every((part) => part.kind === 'stack' || (part.kind === 'flow' && part.axes[0]! < 0));
    if (isStates) return { kind: 'stack', items: flows };
    // The last states of both directions.
    const [first, second] = parts as [Value, Value];
    if (parts.length === 2 && first.kind === 'flow' && second.kind === 'flow' && first.node === second.node) {
      const at = axis < 0 ? axis + first.axes.length : axis;
      const isBoth = first.half === 0 && second.half === 1 && first.axes.join() === second.axes.join();
      if (isBoth && first.axes[at] === first.shape.length) return plain(first);
    }
    return refuse(node, said('joins several values; of the operators that do, only Add is supported'));
  },
};

/** Last states of both directions as two; those of one direction as one. */
function halves(flow: Flow): Flow[] {
  if (flow.axes[0] !== AXIS.ways) return [flow];
  const axes = flow.axes.with(0, AXIS.one);
  return [0, 1].map((half): Flow => ({ ...flow, axes, half: half as 0 | 1 }));
}

function lengthAt(node: OnnxNode, value: Exclude<Value, { kind: 'constant' }>, axis: number): number {
  if (value.kind === 'stack') return value.items.length;
  return lengths(value)[axisOf(node, axis, value.axes.length)]!;
}

/** One place of an axis: a layer's or a direction's last state, or the last step of a sequence. */
function picked(walk: Walk, node: OnnxNode, value: Value, axis: number, index: number, isRemoved: boolean): Value {
  const drop = (flow: Flow, at: number): Flow => ({
    ...flow,
    axes: isRemoved ? flow.axes.toSpliced(at, 1) : flow.axes,
  });
  const unsupported = (): never =>
    refuse(node, said('picks a part of a value, which is not supported except the last step of a recurrent layer'));
  if (value.kind === 'constant') return unsupported();
  if (value.kind === 'stack' || (value.axes[axis] === AXIS.ways && axis === 0)) {
    const items = value.kind === 'stack' ? value.items : halves(value);
    const one = axis === 0 ? items.at(index) : undefined;
    return one ? drop(one, 0) : unsupported();
  }
  const at = axisOf(node, axis, value.axes.length);
  const length = lengths(value)[at]!;
  if (value.axes[at] === AXIS.one && (index === 0 || index === -1)) return drop(value, at);
  const [made] = walk.steps.get(value.node)?.made ?? [];
  const isTime = value.shape.length === 2 && value.axes[at] === 1 && (index === -1 || index === length - 1);
  if (!isTime || made?.layer.type !== 'recurrent' || made.layer.bidirectional) return unsupported();
  const from = walk.steps.get(value.node)!;
  const layer: Layer = { ...made.layer, sequences: false };
  const name = walk.fresh(from.name);
  walk.steps.set(name, { ...from, name, made: [{ ...made, layer }] });
  const axes = value.axes.map((one) => (one === 1 ? AXIS.one : one === 2 ? 1 : one));
  return drop({ ...plain(value), node: name, shape: [features(value)], axes }, at);
}

function embedding(walk: Walk, node: OnnxNode): Flow {
  const table = walk.constant(node, 0);
  const flow = walk.flow(node, 1);
  only(node, 'axis', 0);
  if (table.shape.length !== 2 || table.isFill || flow.shape.length !== 1 || flow.order) {
    return refuse(node, said('picks from something else than a table of words, which is not supported'));
  }
  const [size, width] = table.shape as [number, number];
  const values = Float32Array.from(table.values);
  const made: Converted[] = [
    { layer: { type: 'embedding', size, width }, weights: [['table', { shape: [size, width], values }]] },
  ];
  return walk.step(node, [flow], made, { shape: [...flow.shape, width], axes: [...flow.axes, 2] });
}

/** `wanted`: lengths, in which 0 keeps one and −1 stands for the one that is left. */
function reshaped(walk: Walk, node: OnnxNode, flow: Flow, wanted: number[]): Flow {
  const from = lengths(flow);
  const total = from.reduce((a, b) => a * b, 1);
  const fits = (lengths: number[]): number[] | null => {
    const known = lengths.reduce((a, b) => (b === -1 ? a : a * b), 1);
    const done = lengths.map((length) => (length === -1 ? total / known : length));
    const isWhole = done.every((length) => Number.isInteger(length) && length > 0);
    return isWhole && done.reduce((a, b) => a * b, 1) === total ? done : null;
  };
  const target = wanted.map((length, i) => (length === 0 ? (from[i] ?? 0) : length));
  // A file made for a fixed number of examples may have that number in the shape, or leave it open.
  const to = fits(target) ?? (from[0] === EXAMPLES ? fits([EXAMPLES, ...target.slice(1)]) : null);
  if (!to || to.filter((length) => length === -1).length > 1) {
    return refuse(node, said('has a shape [{0}] that does not fit', wanted.slice(0, 32).join(', ')));
  }
  const axes: number[] = [];
  const groups = grouped(from, to);
  let merged: number[] | null = null;
  for (const { ins, outs } of groups) {
    const own = ins.map((i) => flow.axes[i]!).filter((axis) => axis !== AXIS.one);
    const real = outs.filter((i) => to[i]! !== 1).length;
    if (own.length <= 1 && real <= 1) {
      // Only axes of length one come and go. One that is ours stays ours.
      let isGiven = false;
      for (const i of outs) {
        const isOwn: boolean = own.length === 1 && !isGiven && (to[i] !== 1 || real === 0);
        axes.push(isOwn ? own[0]! : AXIS.one);
        isGiven ||= isOwn;
      }
      if (own.length === 1 && !isGiven) return whole2d(walk, node, flow, to);
    } else if (own.length === 2 && own[0] === AXIS.ways && own[1] === flow.shape.length && outs.length === 1) {
      axes.push(own[1]);
    } else if (real === 1 && own.length === flow.shape.length && !own.includes(0) && !flow.axes.includes(AXIS.ways)) {
      merged = own;
      for (const i of outs) axes.push(to[i] === 1 ? AXIS.one : 1);
    } else return whole2d(walk, node, flow, to);
  }
  if (!merged) return { ...flow, axes };
  if (flow.half !== undefined) return refuse(node, said('takes one direction of a layer, which is not supported'));
  walk.copies.take(flow.shape);
  return walk.step(node, [flow], bare({ type: 'flatten' }), {
    shape: [flow.shape.reduce((a, b) => a * b, 1)],
    axes,
    order: flatOrder(flow, merged),
  });
}

/** A reshape that only our own layer can do: with the examples first and our axes in their order. */
function whole2d(walk: Walk, node: OnnxNode, flow: Flow, to: number[]): Flow {
  const inner = { ...flow, axes: flow.axes.filter((axis) => axis !== AXIS.one) };
  if (isDivided(flow) || !isOurs(inner) || to[0] !== EXAMPLES || to.length < 2 || to.length > 4) {
    return refuse(
      node,
      said(
        'reshapes to [{0}], which is not supported in this place',
        to.map((n) => (n === EXAMPLES ? 'batch' : n)).join(', '),
      ),
    );
  }
  const shape = to.slice(1);
  return walk.step(node, [flow], bare({ type: 'reshape', shape }), { shape, axes: to.map((_, i) => i), order: null });
}

/** Splits two lists of lengths into the smallest groups of equal products. */
function grouped(from: readonly number[], to: readonly number[]): { ins: number[]; outs: number[] }[] {
  const groups: { ins: number[]; outs: number[] }[] = [];
  let [i, j] = [0, 0];
  while (i < from.length || j < to.length) {
    const ins: number[] = [];
    const outs: number[] = [];
    let [a, b] = [1, 1];
    if (i < from.length) a = from[ins[ins.push(i++) - 1]!]!;
    if (j < to.length) b = to[outs[outs.push(j++) - 1]!]!;
    while (a !== b && (i < from.length || j < to.length)) {
      if (a < b && i < from.length) a *= from[ins[ins.push(i++) - 1]!]!;
      else if (j < to.length) b *= to[outs[outs.push(j++) - 1]!]!;
      else a *= from[ins[ins.push(i++) - 1]!]!;
    }
    // Axes of length one that follow belong here if the other list has ended.
    if (j === to.length) while (i < from.length && from[i] === 1) ins.push(i++);
    if (i === from.length) while (j < to.length && to[j] === 1) outs.push(j++);
    groups.push({ ins, outs });
  }
  return groups;
}

/** Index in the file of each of our features after flattening; null: the order is the same. */
function flatOrder(flow: Flow, axes: readonly number[]): Int32Array | null {
  if (axes.every((axis, i) => axis === i + 1)) return flow.order;
  const { shape } = flow;
  const total = shape.reduce((a, b) => a * b, 1);
  const order = new Int32Array(total);
  const strides = axes.map((_, i) => axes.slice(i + 1).reduce((a, axis) => a * shape[axis - 1]!, 1));
  const at = shape.map(() => 0);
  for (let i = 0; i < total; i++) {
    order[i] = axes.reduce((sum, axis, k) => sum + at[axis - 1]! * strides[k]!, 0);
    for (let axis = at.length - 1; axis >= 0; axis--) {
      if (++at[axis]! < shape[axis]!) break;
      at[axis] = 0;
    }
  }
  return order;
}
