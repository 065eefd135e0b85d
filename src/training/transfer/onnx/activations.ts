/** Activations, and sums and products with numbers. */
import type { Activation } from '../../../experiment/network/index.js';
import { featuresAxis, isAligned, isOurs, lengths, perFeature, refuse, type Flow, type Value } from './flow.js';
import type { OnnxNode } from './model.js';
import { bare } from './shapes.js';
import { isWhole } from './tensors.js';
import { axisOf, float, plain, text, whole, type Operator, type Walk } from './walk.js';
import { said } from '../../../format/said.js';

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-5 * Math.max(1, Math.abs(b));

export const ACTIVATIONS: Readonly<Record<string, Operator>> = {
  Relu: (walk, node) => act(walk, node, 'relu'),
  Sigmoid: (walk, node) => act(walk, node, 'sigmoid'),
  Tanh: (walk, node) => act(walk, node, 'tanh'),
  Softplus: (walk, node) => act(walk, node, 'softplus'),
  Softsign: (walk, node) => act(walk, node, 'softsign'),
  Mish: (walk, node) => act(walk, node, 'mish'),
  LeakyRelu: (walk, node) => setting(walk, node, 'alpha', 0.01, 0.01, 'leakyRelu'),
  Elu: (walk, node) => setting(walk, node, 'alpha', 1, 1, 'elu'),
  Selu(walk, node) {
    const isUsual = near(float(node, 'gamma', 1.0507009873554805), 1.0507009873554805);
    return isUsual
      ? setting(walk, node, 'alpha', 1.6732632423543772, 1.6732632423543772, 'selu')
      : refuse(node, said('has another gamma than ours'));
  },
  HardSigmoid(walk, node) {
    const isOurs = near(float(node, 'beta', 0.5), 0.5);
    return isOurs
      ? setting(walk, node, 'alpha', 0.2, 1 / 6, 'hardSigmoid')
      : refuse(node, said('has another beta than 0.5'));
  },
  Gelu(walk, node) {
    if (text(node, 'approximate', 'none') !== 'none') return refuse(node, said('is approximate, and ours is exact'));
    return act(walk, node, 'gelu');
  },
  Swish: (walk, node) => setting(walk, node, 'alpha', 1, 1, 'silu'),
  Clip(walk, node) {
    const bounds = ['min', 'max'].map((key, i) => walk.numbers(node, i + 1, key)?.[0]);
    if (bounds[0] === 0 && bounds[1] === 6) return act(walk, node, 'relu6');
    return refuse(
      node,
      said('bounds values by {0} and {1}; only 0 and 6 are supported', String(bounds[0]), String(bounds[1])),
    );
  },
  Softmax(walk, node) {
    const flow = walk.flow(node, 0);
    checkAxis(walk, node, flow);
    return act(walk, node, 'softmax');
  },
  LogSoftmax(walk, node) {
    const flow = walk.flow(node, 0);
    if (!walk.model.outputs.some(({ name }) => name === node.outputs[0]))
      return refuse(node, said('is supported at the end only'));
    checkAxis(walk, node, flow);
    walk.note(said('the logarithm of the softmax at its end is left out, because the loss contains the softmax'));
    return flow;
  },
  Erf(walk, node) {
    const flow = walk.flow(node, 0);
    const scaled = scaleOf(walk, flow);
    if (!scaled || !near(scaled.factor, Math.SQRT1_2)) return refuse(node, said('is supported as a part of GELU only'));
    return { ...plain(flow), part: { kind: 'erf', factor: 1, of: scaled.of } };
  },
  Greater(walk, node) {
    const [flow, bound] = [walk.value(node, 0), walk.value(node, 1)];
    // PyTorch writes a softplus of large numbers as these numbers, which they are within 32-bit floats.
    const from = flow.kind === 'flow' && bound.kind === 'constant' ? perFeature(bound, flow) : null;
    if (flow.kind !== 'flow' || typeof from !== 'number' || from < 16)
      return refuse(node, said('is supported as a part of softplus only'));
    return { ...plain(flow), part: { kind: 'large', factor: 1, of: flow.node } };
  },
  Where(walk, node) {
    const [is, large, other] = [walk.value(node, 0), walk.value(node, 1), walk.value(node, 2)];
    if (is.kind === 'flow' && is.part?.kind === 'large' && large.kind === 'flow' && other.kind === 'flow') {
      const step = walk.steps.get(other.node);
      const [made] = step?.made ?? [];
      const isSoftplus = made?.layer.type === 'activation' && made.layer.name === 'softplus';
      const areAligned = isAligned(is, large) && isAligned(is, other);
      if (
        isSoftplus &&
        areAligned &&
        !large.part &&
        !other.part &&
        large.node === is.part.of &&
        step!.inputs[0] === is.part.of
      )
        return plain(other);
    }
    return refuse(node, said('is supported as a part of softplus only'));
  },
  Add(walk, node) {
    const [a, b] = [walk.value(node, 0), walk.value(node, 1)];
    if (a.kind === 'flow' && b.kind === 'flow') return sum(walk, node, a, b);
    const [flow, constant] = a.kind === 'flow' ? [a, b] : [b, a];
    if (flow.kind !== 'flow' || constant.kind !== 'constant')
      return refuse(node, said('adds joined states, which is not supported'));
    const part = flow.part;
    if (part) {
      const one = perFeature(constant, flow);
      if (part.kind === 'erf' && part.factor === 1 && typeof one === 'number' && near(one, 1))
        return { ...flow, part: { ...part, kind: 'phi', factor: 2 } };
      return refuse(node, said('adds to a part of an activation, which is not supported'));
    }
    const isTable = constant.shape.length >= 2 && constant.shape.slice(-2).join() === flow.shape.join() && isOurs(flow);
    if (
      isTable &&
      flow.shape.length === 2 &&
      constant.values.length === flow.shape[0]! * flow.shape[1]! &&
      flow.shape[0] !== 1
    ) {
      const table = { shape: [...flow.shape], values: Float32Array.from(constant.values) };
      return walk.step(node, [flow], [{ layer: { type: 'position', kind: 'learned' }, weights: [['table', table]] }]);
    }
    return affine(walk, node, flow, 1, perFeature(constant, flow));
  },
  Sub(walk, node) {
    const [a, b] = [walk.value(node, 0), walk.value(node, 1)];
    if (a.kind === 'flow' && b.kind === 'constant') return affine(walk, node, a, 1, negative(perFeature(b, a)));
    if (a.kind === 'constant' && b.kind === 'flow') return affine(walk, node, b, -1, perFeature(a, b));
    return refuse(node, said('subtracts two values of the network, which is not supported'));
  },
  Mul(walk, node) {
    const [a, b] = [walk.value(node, 0), walk.value(node, 1)];
    if (a.kind === 'flow' && b.kind === 'flow') return product(walk, node, a, b);
    const [flow, constant] = a.kind === 'flow' ? [a, b] : [b, a];
    if (flow.kind !== 'flow' || constant.kind !== 'constant')
      return refuse(node, said('multiplies joined states, which is not supported'));
    return affine(walk, node, flow, perFeature(constant, flow), 0);
  },
  Div(walk, node) {
    const [a, b] = [walk.value(node, 0), walk.value(node, 1)];
    if (a.kind !== 'flow' || b.kind !== 'constant')
      return refuse(node, said('divides by values of the network, which is not supported'));
    if (isWhole(b)) return refuse(node, said('divides whole numbers, which is not supported'));
    const by = perFeature(b, a);
    return affine(
      walk,
      node,
      a,
      by === null ? null : typeof by === 'number' ? 1 / by : by.map((value) => 1 / value),
      0,
    );
  },
};

/** Throws unless a softmax is over the features. */
function checkAxis({ model }: Walk, node: OnnxNode, flow: Flow): void {
  const isOld = model.opset < 13;
  const axis = axisOf(node, whole(node, 'axis', node.attributes.get('axis'), isOld ? 1 : -1), flow.axes.length);
  const own = featuresAxis(flow);
  // Up to version 12, it is over all axes from this one on.
  const isAlone = lengths(flow).every((length, i) => i < axis || i === own || length === 1);
  if (isOld ? own < axis || !isAlone : own !== axis)
    refuse(node, said('is over another axis than that of the features'));
}

const negative = (value: number | number[] | null) =>
  value === null ? null : typeof value === 'number' ? -value : value.map((one) => -one);

function setting(walk: Walk, node: OnnxNode, key: string, fallback: number, ours: number, name: Activation): Flow {
  const value = float(node, key, fallback);
  return near(value, ours)
    ? act(walk, node, name)
    : refuse(node, said('has {0}: {1}; only {2} is supported', key, value, ours));
}

/** Layers that an activation, and a bias, can belong to. */
const OWN = ['dense', 'conv', 'conv1d', 'depthwiseConv'] as const;
function ownLayer(walk: Walk, flow: Flow) {
  const made = walk.steps.get(flow.node)?.made.at(-1);
  const isOwn = made && !flow.isShared && !flow.part && (OWN as readonly string[]).includes(made.layer.type);
  if (!isOwn) return null;
  const layer = made.layer as Extract<typeof made.layer, { type: (typeof OWN)[number] }>;
  return layer.activation === 'linear' ? { made, layer } : null;
}

function act(walk: Walk, node: OnnxNode, name: Activation): Flow {
  const flow = walk.flow(node, 0);
  if (flow.part) return refuse(node, said('follows a part of an activation, which is not supported'));
  const own = ownLayer(walk, flow);
  if (!own) return walk.step(node, [flow], bare({ type: 'activation', name }));
  own.made.layer = { ...own.layer, activation: name };
  return plain(flow);
}

/** x · factor + offset; null: the numbers are of another shape. */
function affine(
  walk: Walk,
  node: OnnxNode,
  flow: Flow,
  factor: number | number[] | null,
  offset: number | number[] | null,
): Flow {
  if (factor === null || offset === null)
    return refuse(
      node,
      said('takes an array that is neither one number nor one for each feature, which is not supported'),
    );
  const { part } = flow;
  if (part) {
    if (offset !== 0 || typeof factor !== 'number')
      return refuse(node, said('changes a part of an activation, which is not supported'));
    const next = { ...part, factor: part.factor * factor };
    return next.kind === 'gelu' && near(next.factor, 1) ? geluOf(walk, node, flow, part.of) : { ...flow, part: next };
  }
  const own = ownLayer(walk, flow);
  if (own && factor === 1 && !own.layer.bias) {
    const count = flow.shape.at(-1)!;
    const values = typeof offset === 'number' ? new Float32Array(count).fill(offset) : Float32Array.from(offset);
    own.made.layer = { ...own.layer, bias: true };
    own.made.weights = [...own.made.weights, ['bias', { shape: [count], values }]];
    return plain(flow);
  }
  const before = walk.steps.get(flow.node)?.made.at(-1);
  if (before?.layer.type === 'rescale' && !flow.isShared) {
    const { factor: first, offset: second } = before.layer;
    const layer = {
      type: 'rescale' as const,
      factor: each(first, factor, (a, b) => a * b),
      offset: each(
        each(second, factor, (a, b) => a * b),
        offset,
        (a, b) => a + b,
      ),
    };
    before.layer = layer;
    return plain(flow);
  }
  return walk.step(node, [flow], bare({ type: 'rescale', factor, offset }));
}

function each(a: number | number[], b: number | number[], of: (a: number, b: number) => number): number | number[] {
  if (typeof a === 'number' && typeof b === 'number') return of(a, b);
  const length = Array.isArray(a) ? a.length : (b as number[]).length;
  const at = (list: number | number[], i: number): number => (typeof list === 'number' ? list : list[i]!);
  return Array.from({ length }, (_, i) => of(at(a, i), at(b, i)));
}

/** The node and the factor, if a value is a multiple of a node's output. */
function scaleOf(walk: Walk, flow: Flow): { of: string; factor: number } | null {
  const step = walk.steps.get(flow.node);
  const [made] = step?.made ?? [];
  if (made?.layer.type !== 'rescale' || made.layer.offset !== 0 || typeof made.layer.factor !== 'number') return null;
  return { of: step!.inputs[0]!, factor: made.layer.factor };
}

function geluOf(walk: Walk, node: OnnxNode, flow: Flow, of: string): Flow {
  return walk.step(node, [{ ...plain(flow), node: of }], bare({ type: 'activation', name: 'gelu' }));
}

/** A sum of two ways, which becomes a residual block. */
function sum(walk: Walk, node: OnnxNode, a: Flow, b: Flow): Flow {
  if (!isAligned(a, b) || a.part || b.part)
    return refuse(node, said('adds two values of different shapes, which is not supported'));
  return walk.step(node, [a, b], [], { order: a.order }, true);
}

/** A product of two values of the network, as far as it is an activation. */
function product(walk: Walk, node: OnnxNode, a: Flow, b: Flow): Value {
  if (!isAligned(a, b)) return refuse(node, said('multiplies two values in different orders, which is not supported'));
  for (const [x, gate] of [
    [a, b],
    [b, a],
  ] as const) {
    if (gate.part?.kind === 'phi') {
      const scaled = x.node === gate.part.of ? { of: x.node, factor: 1 } : scaleOf(walk, x);
      if (scaled?.of !== gate.part.of) continue;
      const factor = scaled.factor * gate.part.factor;
      if (near(factor, 1)) return geluOf(walk, node, x, scaled.of);
      return { ...plain(x), part: { kind: 'gelu', factor, of: scaled.of } };
    }
    const step = walk.steps.get(gate.node);
    const [made] = step?.made ?? [];
    if (x.part || made?.layer.type !== 'activation' || step!.made.length !== 1) continue;
    const { name } = made.layer;
    const [before] = step!.inputs as [string];
    if (name === 'sigmoid' && before === x.node)
      return walk.step(node, [x], bare({ type: 'activation', name: 'silu' }));
    const [first] = walk.steps.get(before)?.made ?? [];
    const isMish = name === 'tanh' && first?.layer.type === 'activation' && first.layer.name === 'softplus';
    if (isMish && walk.steps.get(before)!.inputs[0] === x.node)
      return walk.step(node, [x], bare({ type: 'activation', name: 'mish' }));
  }
  return refuse(
    node,
    said('multiplies two values of the network, which is supported as a part of SiLU, Mish and GELU only'),
  );
}
