/**
 * ONNX (onnx.ai), operator set 17. Images are [batch, height, width, channels] as in training. Convolutions expect
 * channels first, so values are transposed where needed. Recurrent cells that ONNX lacks are written as a Scan over
 * single steps.
 */
import type { Activation, Layer } from '../../experiment/network/index.js';
import { weightOf, type Affine, type GraphNode } from './graph.js';
import { littleEndian } from '../checkpoints/checkpoint.js';
import { bytes, float, int, message, type Field } from './protobuf.js';

const OPSET = 17;
const IR_VERSION = 8;
const TYPE = { float: 1, int64: 7 } as const;
/** Attribute types. */
const KIND = { float: 1, int: 2, graph: 5, ints: 7 } as const;

type Attribute = number | { float: number } | number[] | { graph: Buffer };
/** Position of a value's channels: ONNX expects them first for images. */
type Layout = 'last' | 'first';

export function onnxModel(nodes: readonly GraphNode[], name: string, card: unknown, version: string): Buffer {
  const graph = new OnnxGraph();
  for (const node of nodes) graph.add(node);
  const facts = Object.entries(card as Record<string, unknown>);
  return message(
    int(1, IR_VERSION),
    bytes(2, 'Tunesmith'),
    bytes(3, version),
    bytes(7, graph.encode(name, nodes[0]!, nodes.at(-1)!)),
    bytes(8, message(bytes(1, ''), int(2, OPSET))),
    ...facts.map(([key, value]) =>
      bytes(14, message(bytes(1, key), bytes(2, typeof value === 'string' ? value : JSON.stringify(value)))),
    ),
  );
}

/** Operations in the order of execution. */
class Ops {
  readonly fields: Field[] = [];
  private count = 0;

  constructor(
    private readonly prefix: string,
    private readonly constants: Field[],
  ) {}

  /** Adds an operation and returns the name of its (first) result. */
  do(type: string, inputs: string[], attributes: Record<string, Attribute> = {}, outputs?: string[]): string {
    const given = outputs ?? [this.fresh(type)];
    this.fields.push(
      message(
        ...inputs.map((input) => bytes(1, input)),
        ...given.map((output) => bytes(2, output)),
        bytes(3, given[0]!),
        bytes(4, type),
        ...Object.entries(attributes).map(([key, value]) => bytes(5, attribute(key, value))),
      ),
    );
    return given[0]!;
  }

  fresh(what: string): string {
    return `${this.prefix}${what.toLowerCase()}_${this.count++}`;
  }

  constant(name: string, shape: readonly number[], values: Float32Array | readonly number[]): string {
    const data = values instanceof Float32Array ? values : Float32Array.from(values);
    this.constants.push(tensor(name, shape, TYPE.float, littleEndian(data)));
    return name;
  }

  scalar(value: number): string {
    return this.constant(this.fresh('number'), [], [value]);
  }

  whole(values: readonly number[]): string {
    const name = this.fresh('numbers');
    const data = Buffer.alloc(8 * values.length);
    values.forEach((value, i) => data.writeBigInt64LE(BigInt(value), 8 * i));
    this.constants.push(tensor(name, [values.length], TYPE.int64, data));
    return name;
  }
}

class OnnxGraph {
  private readonly constants: Field[] = [];
  private readonly ops = new Ops('', this.constants);
  /** Names of each node's values, by layout. */
  private readonly values = new Map<GraphNode, Partial<Record<Layout, string>>>();

  encode(name: string, input: GraphNode, output: GraphNode): Buffer {
    this.ops.do('Identity', [this.value(output, 'last')], {}, ['output']);
    return message(
      ...this.ops.fields.map((field) => bytes(1, field)),
      bytes(2, name),
      ...this.constants.map((field) => bytes(5, field)),
      bytes(11, valueInfo('input', ['batch', ...input.shape])),
      bytes(12, valueInfo('output', ['batch', ...output.shape])),
    );
  }

  add(node: GraphNode): void {
    const { op, inputs } = node;
    const [from] = inputs;
    // Operations that work on images in either layout use the layout that exists already.
    const there: Layout = from && this.values.get(from)?.first ? 'first' : 'last';
    const give = (layout: Layout, value: string): void => void this.values.set(node, { [layout]: value });
    const given = (layout: Layout): string => this.value(from!, layout);
    const { ops } = this;
    switch (op.type) {
      case 'input':
        return give('last', 'input');
      case 'add':
        return give(
          there,
          ops.do(
            'Add',
            inputs.map((input) => this.value(input, there)),
          ),
        );
      case 'affine':
        return give(there, this.affine(node, op, given(there), there));
      case 'activation': {
        const layout = op.name === 'softmax' ? 'last' : there;
        return give(layout, activate(ops, op.name, given(layout)));
      }
      case 'dense':
        return give('last', this.dense(node, op, given('last')));
      case 'conv':
      case 'depthwiseConv':
        return give('first', this.conv(node, op, given('first')));
      case 'pool':
        return give(
          'first',
          ops.do(op.kind === 'max' ? 'MaxPool' : 'AveragePool', [given('first')], {
            kernel_shape: op.size,
            ...slide(from!.shape, node.shape, op.size, op),
          }),
        );
      case 'globalPool':
        return give(
          'last',
          ops.do(op.kind === 'max' ? 'ReduceMax' : 'ReduceMean', [given('first')], { axes: [2, 3], keepdims: 0 }),
        );
      case 'flatten':
      case 'reshape':
        return give(
          'last',
          ops.do('Reshape', [given('last'), ops.whole([0, ...node.shape].map((n, i) => (i ? n : -1)))]),
        );
      case 'dropout':
      case 'spatialDropout':
        return give(there, given(there));
      case 'batchNorm':
        return give(there, this.batchNorm(node, op, given(there), there));
      case 'layerNorm': {
        const width = node.shape.at(-1)!;
        const part = (key: string): string => ops.constant(`${node.name}.${key}`, [width], weightOf(node, key, width));
        const parts = [given('last'), part('scale'), part('shift')];
        return give('last', ops.do('LayerNormalization', parts, { axis: -1, epsilon: { float: op.epsilon } }));
      }
      case 'embedding': {
        const table = ops.constant(
          `${node.name}.table`,
          [op.size, op.width],
          weightOf(node, 'table', op.size * op.width),
        );
        const words = ops.do('Cast', [given('last')], { to: TYPE.int64 });
        const flat = from!.shape.length === 1 ? words : ops.do('Reshape', [words, ops.whole([-1, from!.shape[0]!])]);
        return give('last', ops.do('Gather', [table, flat]));
      }
      case 'recurrent':
        return give('last', recurrent(ops, node, op, given('last')));
    }
  }

  /** Returns a node's value in the given layout, transposing it if necessary. */
  private value(node: GraphNode, layout: Layout): string {
    const known = this.values.get(node)!;
    if (node.shape.length !== 3) return (known.last ?? known.first)!;
    known[layout] ??=
      layout === 'first'
        ? this.ops.do('Transpose', [known.last!], { perm: [0, 3, 1, 2] })
        : this.ops.do('Transpose', [known.first!], { perm: [0, 2, 3, 1] });
    return known[layout];
  }

  /** Returns one number per channel, shaped to broadcast over all positions. */
  private perChannel(name: string, values: readonly number[], layout: Layout): string {
    return this.ops.constant(name, layout === 'first' ? [values.length, 1, 1] : [values.length], values);
  }

  private affine({ name }: GraphNode, { mean, deviation, invert }: Affine, x: string, layout: Layout): string {
    const means = this.perChannel(`${name}.mean`, mean, layout);
    const deviations = this.perChannel(`${name}.deviation`, deviation, layout);
    if (invert) return this.ops.do('Add', [this.ops.do('Mul', [x, deviations]), means]);
    return this.ops.do('Div', [this.ops.do('Sub', [x, means]), deviations]);
  }

  private batchNorm(node: GraphNode, op: Extract<Layer, { type: 'batchNorm' }>, x: string, layout: Layout): string {
    const { name } = node;
    const width = node.shape.at(-1)!;
    const part = (key: string): Float32Array => weightOf(node, key, width);
    const [scale, shift, mean, variance] = ['scale', 'shift', 'movingMean', 'movingVariance'].map(part) as [
      ...Float32Array[],
    ];
    const factor = Array.from(scale!, (value, i) => value / Math.sqrt(variance![i]! + op.epsilon));
    const rest = factor.map((value, i) => shift![i]! - mean![i]! * value);
    const product = this.ops.do('Mul', [x, this.perChannel(`${name}.factor`, factor, layout)]);
    return this.ops.do('Add', [product, this.perChannel(`${name}.shift`, rest, layout)]);
  }

  private dense(node: GraphNode, op: Extract<Layer, { type: 'dense' }>, x: string): string {
    const { name } = node;
    const inputs = node.inputs[0]!.shape[0]!;
    const kernel = weightOf(node, 'kernel', inputs * op.units);
    const product = this.ops.do('MatMul', [x, this.ops.constant(`${name}.kernel`, [inputs, op.units], kernel)]);
    if (!op.bias) return product;
    const bias = this.ops.constant(`${name}.bias`, [op.units], weightOf(node, 'bias', op.units));
    return this.ops.do('Add', [product, bias]);
  }

  private conv(node: GraphNode, op: Extract<Layer, { type: 'conv' | 'depthwiseConv' }>, x: string): string {
    const [height, width] = op.kernel;
    const from = node.inputs[0]!.shape;
    const channels = from[2]!;
    const outputs = node.shape[2]!;
    const own = op.type === 'conv' ? outputs : op.multiplier;
    const source = weightOf(node, 'kernel', height * width * channels * own);
    // [height, width, input, output] → [output, input, height, width]; depthwise, each channel has one input.
    const kernel = new Float32Array(source.length);
    const area = height * width;
    for (let at = 0; at < area; at++) {
      for (let c = 0; c < channels; c++) {
        for (let o = 0; o < own; o++) {
          kernel[(op.type === 'conv' ? o * channels + c : c * own + o) * area + at] =
            source[(at * channels + c) * own + o]!;
        }
      }
    }
    const shape = op.type === 'conv' ? [outputs, channels, height, width] : [outputs, 1, height, width];
    const inputs = [x, this.ops.constant(`${node.name}.kernel`, shape, kernel)];
    if (op.bias) inputs.push(this.ops.constant(`${node.name}.bias`, [outputs], weightOf(node, 'bias', outputs)));
    return this.ops.do('Conv', inputs, {
      kernel_shape: op.kernel,
      group: op.type === 'conv' ? 1 : channels,
      ...slide(from, node.shape, op.kernel, op),
    });
  }
}

/** Returns strides and padding; for an odd amount of padding, the extra zero is at the end. */
function slide(
  from: readonly number[],
  to: readonly number[],
  window: readonly [number, number],
  { stride, padding }: { stride: [number, number]; padding: 'valid' | 'same' },
): { strides: number[]; pads: number[] } {
  const missing = window.map((length, axis) =>
    padding === 'same' ? Math.max(0, (to[axis]! - 1) * stride[axis]! + length - from[axis]!) : 0,
  );
  return {
    strides: stride,
    pads: [...missing.map((n) => Math.floor(n / 2)), ...missing.map((n) => Math.ceil(n / 2))],
  };
}

function activate(ops: Ops, name: Activation, x: string): string {
  switch (name) {
    case 'linear':
      return x;
    case 'relu':
      return ops.do('Relu', [x]);
    case 'relu6':
      return ops.do('Clip', [x, ops.scalar(0), ops.scalar(6)]);
    case 'leakyRelu':
      return ops.do('LeakyRelu', [x], { alpha: { float: 0.01 } });
    case 'elu':
      return ops.do('Elu', [x]);
    case 'selu':
      return ops.do('Selu', [x]);
    case 'gelu': {
      const share = ops.do('Erf', [ops.do('Mul', [x, ops.scalar(Math.SQRT1_2)])]);
      return ops.do('Mul', [ops.do('Mul', [x, ops.scalar(0.5)]), ops.do('Add', [share, ops.scalar(1)])]);
    }
    case 'silu':
      return ops.do('Mul', [x, ops.do('Sigmoid', [x])]);
    case 'sigmoid':
      return ops.do('Sigmoid', [x]);
    case 'hardSigmoid':
      return ops.do('HardSigmoid', [x], { alpha: { float: 1 / 6 }, beta: { float: 0.5 } });
    case 'tanh':
      return ops.do('Tanh', [x]);
    case 'softplus':
      return ops.do('Softplus', [x]);
    case 'softsign':
      return ops.do('Softsign', [x]);
    case 'mish':
      return ops.do('Mul', [x, ops.do('Tanh', [ops.do('Softplus', [x])])]);
    case 'softmax':
      return ops.do('Softmax', [x], { axis: -1 });
  }
}

type Recurrent = Extract<Layer, { type: 'recurrent' }>;

/** Combines both directions: the last states, or all of them. */
function recurrent(ops: Ops, node: GraphNode, op: Recurrent, x: string): string {
  const ways = (op.bidirectional ? (['forward', 'backward'] as const) : (['forward'] as const)).map((way) =>
    scan(ops, node, op, way, x),
  );
  const [first] = ways as [string];
  return ways.length === 1 ? first : ops.do('Concat', ways, { axis: -1 });
}

/** Runs one direction over time: the products of all inputs at once, then step by step. */
function scan(ops: Ops, node: GraphNode, op: Recurrent, way: 'forward' | 'backward', x: string): string {
  const { units, cell, sequences } = op;
  const blocks = { simple: 1, lstm: 4, gru: 3, gated: 2 }[cell];
  const width = blocks * units;
  const features = node.inputs[0]!.shape[1]!;
  const part = (key: string, shape: number[]): string => {
    const values = weightOf(
      node,
      `${way}/${key}`,
      shape.reduce((a, b) => a * b, 1),
    );
    return ops.constant(`${node.name}.${way}.${key}`, shape, values);
  };
  const given = ops.do('Add', [ops.do('MatMul', [x, part('input', [features, width])]), part('bias', [width])]);
  const state = part('state', [units, width]);
  const stateBias = cell === 'gru' ? part('stateBias', [units]) : null;
  const rows = ops.do('Slice', [ops.do('Shape', [x]), ops.whole([0]), ops.whole([1])]);
  const zeros = ops.do('ConstantOfShape', [ops.do('Concat', [rows, ops.whole([units])], { axis: 0 })]);

  const constants: Field[] = [];
  const inner = new Ops(`${node.name}.${way}.`, constants);
  const names = ['hidden', ...(cell === 'lstm' ? ['memory'] : []), 'given'].map((name) => inner.fresh(name));
  const results = step(inner, op, { given: names.at(-1)!, hidden: names[0]!, memory: names[1]!, state, stateBias });
  const outputs = [...results, results[0]!].map((value) => inner.do('Identity', [value]));
  const body = message(
    ...inner.fields.map((field) => bytes(1, field)),
    bytes(2, `${node.name}_step`),
    ...constants.map((field) => bytes(5, field)),
    ...names.map((name, i) => bytes(11, valueInfo(name, ['batch', i === names.length - 1 ? width : units]))),
    ...outputs.map((name) => bytes(12, valueInfo(name, ['batch', units]))),
  );
  const direction = way === 'backward' ? 1 : 0;
  const finals = results.map(() => ops.fresh('last'));
  const all = ops.fresh('all');
  ops.do(
    'Scan',
    [...results.map(() => zeros), given],
    {
      body: { graph: body },
      num_scan_inputs: 1,
      scan_input_axes: [1],
      scan_input_directions: [direction],
      scan_output_axes: [1],
      scan_output_directions: [direction],
    },
    [...finals, all],
  );
  return sequences ? all : finals[0]!;
}

interface StepValues {
  given: string;
  hidden: string;
  memory: string;
  state: string;
  stateBias: string | null;
}

/** Returns the next hidden state and, for an LSTM, its cell state, as in `layers/recurrent.ts`. */
function step(
  ops: Ops,
  { cell, gate, units }: Recurrent,
  { given, hidden, memory, state, stateBias }: StepValues,
): string[] {
  const recalled = ops.do('MatMul', [hidden, state]);
  const split = (value: string, count: number): string[] => {
    const parts = Array.from({ length: count }, () => ops.fresh('part'));
    ops.do('Split', [value, ops.whole(parts.map(() => units))], { axis: -1 }, parts);
    return parts;
  };
  const open = (z: string): string => {
    if (gate === 'sigmoid') return ops.do('Sigmoid', [z]);
    if (gate === 'gaussian') return ops.do('Exp', [ops.do('Mul', [ops.do('Mul', [z, z]), ops.scalar(-0.5)])]);
    return ops.do('Mul', [ops.do('Add', [ops.do('Sin', [z]), ops.scalar(1)]), ops.scalar(0.5)]);
  };
  const tanh = (value: string): string => ops.do('Tanh', [value]);
  if (cell === 'simple') return [tanh(ops.do('Add', [given, recalled]))];
  if (cell === 'lstm') {
    const [input, forget, candidate, output] = split(ops.do('Add', [given, recalled]), 4) as [...string[]];
    const kept = ops.do('Mul', [open(forget!), memory]);
    const next = ops.do('Add', [kept, ops.do('Mul', [open(input!), tanh(candidate!)])]);
    return [ops.do('Mul', [open(output!), tanh(next)]), next];
  }
  if (cell === 'gru') {
    const [resetIn, updateIn, candidateIn] = split(given, 3) as [...string[]];
    const [resetOf, updateOf, candidateOf] = split(recalled, 3) as [...string[]];
    const reset = open(ops.do('Add', [resetIn!, resetOf!]));
    const update = open(ops.do('Add', [updateIn!, updateOf!]));
    const recall = ops.do('Mul', [reset, ops.do('Add', [candidateOf!, stateBias!])]);
    const candidate = tanh(ops.do('Add', [candidateIn!, recall]));
    return [ops.do('Add', [candidate, ops.do('Mul', [update, ops.do('Sub', [hidden, candidate])])])];
  }
  const [opening, candidate] = split(ops.do('Add', [given, recalled]), 2) as [...string[]];
  const change = ops.do('Mul', [open(opening!), ops.do('Sub', [tanh(candidate!), hidden])]);
  return [ops.do('Add', [hidden, change])];
}

function tensor(name: string, shape: readonly number[], type: number, data: Buffer): Field {
  return message(...shape.map((length) => int(1, length)), int(2, type), bytes(8, name), bytes(9, data));
}

function valueInfo(name: string, shape: readonly (string | number)[]): Buffer {
  const dimensions = shape.map((length) => bytes(1, typeof length === 'string' ? bytes(2, length) : int(1, length)));
  const type = bytes(1, message(int(1, TYPE.float), bytes(2, message(...dimensions))));
  return message(bytes(1, name), bytes(2, type));
}

function attribute(name: string, value: Attribute): Buffer {
  if (typeof value === 'number') return message(bytes(1, name), int(3, value), int(20, KIND.int));
  if (Array.isArray(value)) return message(bytes(1, name), ...value.map((each) => int(8, each)), int(20, KIND.ints));
  if ('float' in value) return message(bytes(1, name), float(2, value.float), int(20, KIND.float));
  return message(bytes(1, name), bytes(6, value.graph), int(20, KIND.graph));
}
