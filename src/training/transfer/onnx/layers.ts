/** Operators with weights, and windows, as our layers. */
import type { Layer } from '../../../experiment/network/index.js';
import type { Array32, Converted } from '../chain.js';
import { AXIS, features, featuresAxis, perFeature, refuse, reordered, vector, type Flow } from './flow.js';
import { permuted } from './fold.js';
import type { OnnxNode } from './model.js';
import { bare } from './shapes.js';
import type { Constant } from './tensors.js';
import { float, only, whole, type Operator, type Walk } from './walk.js';
import { listOf, sliding, widened, windowOf, withoutAxis } from './windows.js';
import { said } from '../../../format/said.js';

const plainInit = { init: 'glorotUniform' } as const;

export const LAYERS: Readonly<Record<string, Operator>> = {
  Gemm(walk, node) {
    only(node, 'alpha', 1);
    only(node, 'beta', 1);
    only(node, 'transA', 0);
    const flow = walk.flow(node, 0);
    const kernel = kernelOf(walk, node, 1, whole(node, 'transB', node.attributes.get('transB'), 0) === 1);
    const given = walk.optional(node, 2);
    if (given && given.kind !== 'constant') return refuse(node, said('computes its bias, which is not supported'));
    return dense(walk, node, flow, kernel, given ?? null);
  },
  MatMul: (walk, node) => dense(walk, node, walk.flow(node, 0), kernelOf(walk, node, 1, false), null),
  Conv: convolution,
  BatchNormalization(walk, node) {
    const flow = walk.flow(node, 0);
    only(node, 'training_mode', 0);
    only(node, 'spatial', 1);
    if (featuresAxis(flow) !== 1) return refuse(node, said('normalizes another axis than that of the features'));
    const keys = ['scale', 'shift', 'movingMean', 'movingVariance'];
    const weights = keys.map((key, i): [string, Array32] => {
      const { shape, values } = walk.constant(node, i + 1);
      if (shape.length !== 1 || values.length !== features(flow))
        return refuse(node, said('has a {0} of another length than its input', key));
      return [key, vector(reordered(values, flow))];
    });
    const momentum = float(node, 'momentum', 0.9);
    const epsilon = float(node, 'epsilon', 1e-5);
    return walk.step(node, [flow], [{ layer: { type: 'batchNorm', momentum, epsilon }, weights }], {
      order: flow.order,
    });
  },
  LayerNormalization(walk, node) {
    const flow = walk.flow(node, 0);
    const axis = whole(node, 'axis', node.attributes.get('axis'), -1);
    const last = flow.axes.length - 1;
    if ((axis !== -1 && axis !== last) || featuresAxis(flow) !== last)
      return refuse(node, said('normalizes other axes than that of the features'));
    const scale = walk.constant(node, 1);
    const shift = walk.optional(node, 2);
    const isOne = (values: ArrayLike<number> | undefined): boolean => !values || values.length === features(flow);
    if ((shift && shift.kind !== 'constant') || !isOne(scale.values) || !isOne(shift?.values))
      return refuse(node, said('has a scale or shift that does not fit'));
    const zeros = new Float32Array(features(flow));
    const weights: Converted['weights'] = [
      ['scale', vector(reordered(scale.values, flow))],
      ['shift', vector(reordered(shift?.values ?? zeros, flow))],
    ];
    return walk.step(node, [flow], [{ layer: { type: 'layerNorm', epsilon: float(node, 'epsilon', 1e-5) }, weights }], {
      order: flow.order,
    });
  },
  MaxPool: (walk, node) => pool(walk, node, 'max'),
  AveragePool: (walk, node) => pool(walk, node, 'average'),
  GlobalMaxPool: (walk, node) => globalPool(walk, node, 'max'),
  GlobalAveragePool: (walk, node) => globalPool(walk, node, 'average'),
  ReduceMean: (walk, node) => reduced(walk, node, 'average'),
  ReduceMax: (walk, node) => reduced(walk, node, 'max'),
  Dropout(walk, node) {
    const flow = walk.flow(node, 0);
    const given = walk.optional(node, 1);
    const rate = given?.kind === 'constant' ? given.values[0]! : float(node, 'ratio', 0.5);
    if (!(rate >= 0 && rate < 1)) return refuse(node, said('has no valid "ratio"'));
    return walk.step(node, [flow], bare({ type: 'dropout', rate }));
  },
};

/** A kernel of [inputs, outputs]. */
function kernelOf(walk: Walk, node: OnnxNode, index: number, isTurned: boolean): Array32 {
  const { shape, values, isFill } = walk.constant(node, index);
  if (shape.length !== 2 || isFill || shape.includes(0))
    return refuse(node, said('multiplies by an array of shape [{0}]; two axes are supported', shape.join(', ')));
  const kernel = values instanceof Float32Array ? values : Float32Array.from(values);
  if (!isTurned) return { shape, values: kernel };
  return { shape: shape.toReversed(), values: permuted(kernel, shape, [1, 0]) };
}

/** A dense layer; over sequences and images, the same as a convolution of one place. */
function dense(walk: Walk, node: OnnxNode, flow: Flow, { shape, values }: Array32, offset: Constant | null): Flow {
  const [inputs, units] = shape as [number, number];
  const rank = flow.shape.length;
  if (inputs !== features(flow) || featuresAxis(flow) !== flow.axes.length - 1) {
    return refuse(node, said('multiplies {0} features by a matrix, but its input has other features last', inputs));
  }
  if (rank > 1 && flow.order)
    return refuse(node, said('takes features in another order than ours, which is not supported'));
  // In our order of the inputs.
  const kernel = flow.order ? rows(values, units, flow.order) : values;
  const weights: Converted['weights'] = [
    ['kernel', { shape: rank === 1 ? shape : [...Array<number>(rank - 1).fill(1), inputs, units], values: kernel }],
  ];
  const result = { ...flow, shape: flow.shape.with(-1, units), order: null };
  const bias = offset ? perFeature(offset, result) : null;
  if (offset && bias === null) return refuse(node, said('has a bias that does not fit'));
  if (bias !== null) weights.push(['bias', vector(typeof bias === 'number' ? Array<number>(units).fill(bias) : bias)]);
  const common = { activation: 'linear', bias: bias !== null, ...plainInit } as const;
  const layer: Layer =
    rank === 1
      ? { type: 'dense', units, ...common }
      : rank === 2
        ? { type: 'conv1d', filters: units, kernel: 1, stride: 1, padding: 'valid', ...common }
        : { type: 'conv', filters: units, kernel: [1, 1], stride: [1, 1], padding: 'valid', ...common };
  return walk.step(node, [flow], [{ layer, weights }], { shape: result.shape, order: null });
}

function rows(values: Float32Array, width: number, order: Int32Array): Float32Array {
  const result = new Float32Array(values.length);
  order.forEach((from, i) => result.set(values.subarray(from * width, (from + 1) * width), i * width));
  return result;
}

/** The kernel [outputs, inputs, …window] becomes [...window, inputs, outputs], or for single channels [...window, channels, multiplier]. */
function convolution(walk: Walk, node: OnnxNode): Flow {
  const { flow, axes, skip } = sliding(walk, node);
  const given = withoutAxis(node, walk.constant(node, 1), skip);
  const channels = features(flow);
  const group = whole(node, 'group', node.attributes.get('group'), 1);
  const [outputs, own, ...size] = given.shape as [number, number, ...number[]];
  const isDepthwise = group > 1 && group === channels && own === 1 && outputs % channels === 0;
  if (given.isFill || size.length !== axes || outputs < 1 || size.some((n) => n < 1))
    return refuse(node, said('has a kernel that does not fit'));
  if (group !== 1 && (!isDepthwise || axes === 1))
    return refuse(node, said('has {0} groups; one, or one for each channel of images, are supported', group));
  if (group === 1 && own !== channels)
    return refuse(node, said('has a kernel for {0} channels, but its input has {1}', own, channels));
  const spatial = flow.shape.slice(0, -1);
  const window = windowOf(walk, node, spatial, size, { isKernel: true, skip });
  const order = [...size.map((_, i) => i + 2), 1, 0];
  let kernel = permuted(
    given.values instanceof Float32Array ? given.values : Float32Array.from(given.values),
    given.shape,
    order,
  );
  if (window.size.join() !== size.join()) {
    walk.model.budget.take([...window.size, own, outputs]);
    kernel = widened(kernel, size, window, own * outputs);
  }
  const shape = isDepthwise ? [...window.size, channels, outputs / channels] : [...window.size, channels, outputs];
  const weights: Converted['weights'] = [['kernel', { shape, values: kernel }]];
  const offset = walk.optional(node, 2);
  if (offset) {
    if (offset.kind !== 'constant' || offset.values.length !== outputs)
      return refuse(node, said('has a bias that does not fit'));
    weights.push(['bias', vector(offset.values)]);
  }
  const { stride, padding } = window;
  const common = { padding, activation: 'linear', bias: offset !== undefined, ...plainInit } as const;
  const two = (list: number[]): [number, number] => [list[0]!, list[1]!];
  const layer: Layer =
    axes === 1
      ? { type: 'conv1d', filters: outputs, kernel: window.size[0]!, stride: stride[0]!, ...common }
      : isDepthwise
        ? {
            type: 'depthwiseConv',
            kernel: two(window.size),
            stride: two(stride),
            multiplier: outputs / channels,
            ...common,
          }
        : { type: 'conv', filters: outputs, kernel: two(window.size), stride: two(stride), ...common };
  return walk.step(node, [flow], [{ layer, weights }], { shape: [...window.output, outputs] });
}

function pool(walk: Walk, node: OnnxNode, kind: 'max' | 'average'): Flow {
  const { flow, axes, skip } = sliding(walk, node);
  const size = listOf(walk, node, 'kernel_shape', skip, 1) ?? [];
  const spatial = flow.shape.slice(0, -1);
  if (size.length !== axes || size.some((n) => !Number.isInteger(n) || n < 1))
    return refuse(node, said('has no valid "kernel_shape"'));
  if (walk.isUsed(node.outputs[1])) return refuse(node, said('gives the places of its maxima, which is not supported'));
  const { stride, padding, output } = windowOf(walk, node, spatial, size, { isKernel: false, skip });
  if (size.join() === spatial.join() && output.every((n) => n === 1)) return global(walk, node, kind, null, true);
  if (axes === 1) return refuse(node, said('pools sequences, which is supported over their whole length only'));
  if (kind === 'average' && padding === 'same') only(node, 'count_include_pad', 0);
  const two = (list: number[]): [number, number] => [list[0]!, list[1]!];
  return walk.step(node, [flow], bare({ type: 'pool', kind, size: two(size), stride: two(stride), padding }), {
    shape: [...output, features(flow)],
  });
}

/** Pools what the file has after its second axis. */
function globalPool(walk: Walk, node: OnnxNode, kind: 'max' | 'average'): Flow {
  const flow = walk.flow(node, 0);
  if (flow.axes[0] !== AXIS.batch || featuresAxis(flow) !== 1)
    return refuse(node, said('takes values whose channels are not second, which is not supported'));
  return global(walk, node, kind, null, true);
}

/** Mean or maximum over all axes but that of the features. `axes`: null: all of them. */
function global(walk: Walk, node: OnnxNode, kind: 'max' | 'average', axes: number[] | null, isKept: boolean): Flow {
  const flow = walk.flow(node, 0);
  const rank = flow.shape.length;
  const over = axes ?? flow.axes.flatMap((axis, i) => (axis > 0 && axis !== rank ? [i] : []));
  const ours = over.map((i) => flow.axes[i]!).filter((axis) => axis !== AXIS.one);
  const isAll = ours.length === rank - 1 && ours.every((axis) => axis > 0 && axis < rank);
  if (!isAll || rank < 2 || flow.order)
    return refuse(node, said('reduces other axes than all but the features, which is not supported'));
  const left = flow.axes.flatMap((axis, i) =>
    over.includes(i) ? (isKept ? [AXIS.one] : []) : [axis === rank ? 1 : axis],
  );
  return walk.step(node, [flow], bare({ type: 'globalPool', kind }), {
    shape: [features(flow)],
    axes: left,
    half: flow.half,
  });
}

function reduced(walk: Walk, node: OnnxNode, kind: 'max' | 'average'): Flow {
  const rank = walk.flow(node, 0).axes.length;
  const axes = walk.numbers(node, 1, 'axes')?.map((axis) => (axis < 0 ? axis + rank : axis)) ?? null;
  if (axes === null) return refuse(node, said('reduces all axes, which is not supported'));
  return global(walk, node, kind, axes, whole(node, 'keepdims', node.attributes.get('keepdims'), 1) === 1);
}
