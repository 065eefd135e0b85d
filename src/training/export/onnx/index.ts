/**
 * ONNX (onnx.ai), operator set 17. Images are [batch, height, width, channels] as in training. Convolutions expect
 * channels first, so values are transposed where needed. Recurrent cells that ONNX lacks are written as a Scan over
 * single steps.
 */
import type { Layer } from '../../../experiment/network/index.js';
import { weightOf, type Affine, type GraphNode } from '../graph.js';
import { bytes, int, message, type Field } from '../protobuf.js';
import { activate } from './activations.js';
import { attention, position } from './attention.js';
import { conv, conv1d, slide } from './convolution.js';
import { TYPE, valueInfo } from './encoding.js';
import { Ops } from './ops.js';
import { recurrent } from './recurrent.js';

const OPSET = 17;
const IR_VERSION = 8;
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
        return give('first', conv(ops, node, op, given('first')));
      case 'conv1d':
        return give('last', conv1d(ops, node, op, given('last')));
      case 'pool':
        return give(
          'first',
          ops.do(op.kind === 'max' ? 'MaxPool' : 'AveragePool', [given('first')], {
            kernel_shape: op.size,
            ...slide(from!.shape, node.shape, op.size, op),
          }),
        );
      case 'globalPool': {
        const [layout, axes] = from!.shape.length === 2 ? (['last', [1]] as const) : (['first', [2, 3]] as const);
        const reduce = op.kind === 'max' ? 'ReduceMax' : 'ReduceMean';
        return give('last', ops.do(reduce, [given(layout)], { axes: [...axes], keepdims: 0 }));
      }
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
        const table = ops.weight(
          `${node.name}.table`,
          [op.size, op.width],
          weightOf(node, 'table', op.size * op.width),
          node.weights.get('table'),
          1,
        );
        const words = ops.do('Cast', [given('last')], { to: TYPE.int64 });
        const flat = from!.shape.length === 1 ? words : ops.do('Reshape', [words, ops.whole([-1, from!.shape[0]!])]);
        return give('last', ops.do('Gather', [table, flat]));
      }
      case 'attention':
        return give('last', attention(ops, node, op, given('last')));
      case 'position':
        return give('last', position(ops, node, op, given('last')));
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
    const shape = [inputs, op.units];
    const product = this.ops.do('MatMul', [
      x,
      this.ops.weight(`${name}.kernel`, shape, kernel, node.weights.get('kernel'), 1),
    ]);
    if (!op.bias) return product;
    const bias = this.ops.constant(`${name}.bias`, [op.units], weightOf(node, 'bias', op.units));
    return this.ops.do('Add', [product, bias]);
  }
}
