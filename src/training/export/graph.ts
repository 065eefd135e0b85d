/**
 * A trained network as a plain graph from raw inputs to final results. It includes standardization before the layers
 * and, after them, the part that the loss contains (softmax, sigmoid) or the conversion back to the targets' own unit.
 * Every format is written from this graph.
 */
import type { Activation, Layer } from '../../experiment/network/index.js';
import type { SavedWeight } from '../checkpoints/checkpoint.js';
import { inputsOf, type Column, type InputColumn } from '../data/csv/columns.js';
import { TrainingError } from '../errors.js';
import { windowOutput } from '../layers/window.js';
import { lossShape } from '../losses/index.js';
import { withoutContained } from '../model.js';
import type { SavedNetwork } from '../checkpoints/saved.js';
import { said } from '../../format/said.js';

/** (x − mean) / deviation over the last axis; with `invert`, x · deviation + mean. */
export interface Affine {
  type: 'affine';
  mean: number[];
  deviation: number[];
  invert: boolean;
}

export type Op =
  | { type: 'input' }
  | { type: 'add' }
  | Affine
  | Exclude<Layer, { type: 'residual' | 'dropout' | 'spatialDropout' | 'rescale' }>
  | Dropout;
type Dropout = Extract<Layer, { type: 'dropout' | 'spatialDropout' }>;

/** One operation. Shapes omit the batch axis. Activations are separate operations. */
export interface GraphNode {
  /** Unique name of letters, digits, dots and underscores only. */
  name: string;
  op: Op;
  inputs: GraphNode[];
  shape: readonly number[];
  /** Weights by the last part of their names: `kernel`, `forward/input`. */
  weights: ReadonlyMap<string, SavedWeight>;
}

/** Returns all nodes in topological order; the last one gives the outputs. */
export function graphOf(saved: SavedNetwork): GraphNode[] {
  return new GraphBuilder(saved).build();
}

class GraphBuilder {
  private readonly nodes: GraphNode[] = [];
  private readonly weights: Map<string, SavedWeight>;

  constructor(private readonly saved: SavedNetwork) {
    this.weights = new Map(saved.weights.map((weight) => [weight.name, weight]));
  }

  build(): GraphNode[] {
    const { network, data } = this.saved;
    let at = this.standardized(this.node('input', { type: 'input' }, [], data.inputShape));
    withoutContained(network).forEach((layer, index) => (at = this.layer(layer, `${index + 1}.${layer.type}`, at)));
    const contained = lossShape(network.loss).contains;
    if (contained) at = this.activation('output', contained, at);
    if (data.targetScale) {
      const mean = data.targetScale.map((one) => one.mean);
      const deviation = data.targetScale.map((one) => one.deviation);
      this.node('output_unit', { type: 'affine', mean, deviation, invert: true }, [at], at.shape);
    }
    return this.nodes;
  }

  private node(
    name: string,
    op: Op,
    inputs: GraphNode[],
    shape: readonly number[],
    weights: GraphNode['weights'] = new Map(),
  ): GraphNode {
    const node = { name, op, inputs, shape, weights };
    this.nodes.push(node);
    return node;
  }

  /** Standardizes inputs by value · factor + offset, or by a table's column statistics. */
  private standardized(input: GraphNode): GraphNode {
    const { inputScale, preparation } = this.saved.data;
    const last = input.shape.at(-1)!;
    const columns = columnsOf(preparation);
    const mean =
      columns?.map((column) => column.mean) ?? Array<number>(last).fill(-inputScale.offset / inputScale.factor);
    const deviation = columns?.map((column) => column.deviation) ?? Array<number>(last).fill(1 / inputScale.factor);
    if (mean.every((value) => value === 0) && deviation.every((value) => value === 1)) return input;
    if (mean.length !== last)
      throw new TrainingError(said('the saved network is damaged: its columns are not its inputs'));
    return this.node('standardize', { type: 'affine', mean, deviation, invert: false }, [input], input.shape);
  }

  private layer(layer: Layer, name: string, input: GraphNode): GraphNode {
    switch (layer.type) {
      case 'residual':
        return this.residual(layer.layers, name, input);
      case 'activation':
        return this.activation(plainName(name), layer.name, input);
      case 'rescale':
        return this.rescaled(layer, name, input);
      case 'conv':
      case 'conv1d':
      case 'dense':
      case 'depthwiseConv': {
        const node = this.weighted(layer, name, input, outputShape(layer, name, input.shape));
        return layer.activation === 'linear' ? node : this.activation(node.name, layer.activation, node);
      }
      default:
        return this.weighted(layer, name, input, outputShape(layer, name, input.shape));
    }
  }

  private rescaled({ factor, offset }: Extract<Layer, { type: 'rescale' }>, name: string, input: GraphNode): GraphNode {
    const all = (value: number | number[]) =>
      typeof value === 'number' ? Array<number>(input.shape.at(-1)!).fill(value) : value;
    const op: Affine = { type: 'affine', mean: all(offset), deviation: all(factor), invert: true };
    return this.node(plainName(name), op, [input], input.shape);
  }

  private weighted(op: Op, name: string, input: GraphNode, shape: readonly number[]): GraphNode {
    const own = [...this.weights].filter(([key]) => key.startsWith(`${name}/`));
    const weights = new Map(own.map(([key, weight]) => [key.slice(name.length + 1), weight]));
    return this.node(plainName(name), op, [input], shape, weights);
  }

  private activation(name: string, activation: Activation, input: GraphNode): GraphNode {
    const taken = this.nodes.some((node) => node.name === name) || name === 'output';
    return this.node(
      taken ? `${name}_${activation}` : name,
      { type: 'activation', name: activation },
      [input],
      input.shape,
    );
  }

  private residual(layers: readonly Layer[], name: string, input: GraphNode): GraphNode {
    const inner = layers.reduce((at, layer, i) => this.layer(layer, `${name}/${i + 1}.${layer.type}`, at), input);
    const kernel = this.weights.get(`${name}/projection`);
    let way = input;
    if (kernel) {
      const stride = input.shape
        .slice(0, -1)
        .map((length, axis) => Math.max(1, Math.round(length / inner.shape[axis]!)));
      const plain = { activation: 'linear', bias: false, init: 'heNormal' } as const;
      const op: Op =
        input.shape.length === 3
          ? {
              type: 'conv',
              ...plain,
              filters: inner.shape[2]!,
              kernel: [1, 1],
              stride: stride as [number, number],
              padding: 'same',
            }
          : { type: 'dense', ...plain, units: inner.shape[0]! };
      way = this.node(`${plainName(name)}_projection`, op, [input], inner.shape, new Map([['kernel', kernel]]));
    }
    return this.node(plainName(name), { type: 'add' }, [way, inner], inner.shape);
  }
}

/** Converts a layer's name: `2.residual/1.conv` → `residual_2_conv_1`. */
function plainName(name: string): string {
  return name
    .split('/')
    .map((part) => part.replace(/^(\d+)\.(.*)$/, '$2_$1'))
    .join('_');
}

/** Returns the shape of a layer's output, without the batch axis; for layers other than `residual`. */
export function outputShape(layer: Layer, name: string, input: readonly number[]): readonly number[] {
  switch (layer.type) {
    case 'dense':
      return [layer.units];
    case 'conv':
    case 'depthwiseConv':
    case 'pool': {
      const [height, width, channels] = input as [number, number, number];
      const window = layer.type === 'pool' ? layer.size : layer.kernel;
      const filters =
        layer.type === 'conv' ? layer.filters : layer.type === 'pool' ? channels : channels * layer.multiplier;
      return [...windowOutput(name, [height, width], window, layer.stride, layer.padding), filters];
    }
    case 'conv1d': {
      const { kernel, stride, padding } = layer;
      return [windowOutput(name, [1, input[0]!], [1, kernel], [1, stride], padding)[1], layer.filters];
    }
    case 'globalPool':
      return [input.at(-1)!];
    case 'flatten':
      return [input.reduce((a, b) => a * b, 1)];
    case 'reshape':
      return layer.shape;
    case 'embedding':
      return [input[0]!, layer.width];
    case 'recurrent': {
      const width = layer.units * (layer.bidirectional ? 2 : 1);
      return layer.sequences ? [input[0]!, width] : [width];
    }
    default:
      return input;
  }
}

/** Describes each input of a network for tables; null for other data. */
export function columnsOf(preparation: Record<string, unknown>): InputColumn[] | null {
  const { columns } = preparation;
  return Array.isArray(columns) ? (columns as Column[]).flatMap(inputsOf) : null;
}

/** Returns the values of a required weight. */
export function weightOf(node: GraphNode, key: string, size: number): Float32Array {
  const weight = node.weights.get(key);
  if (weight?.values.length !== size) {
    throw new TrainingError(
      weight
        ? said('the saved network is damaged: {0} has a wrong {1}', node.name, key)
        : said('the saved network is damaged: {0} has no {1}', node.name, key),
    );
  }
  return weight.values;
}
