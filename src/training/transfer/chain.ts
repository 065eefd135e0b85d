/** Turns a graph of converted layers into our layers: a chain, with sums around parts of it as residual blocks. */
import type { Layer } from '../../experiment/network/index.js';
import type { SavedWeight } from '../checkpoints/checkpoint.js';
import { TrainingError } from '../errors.js';
import type { Trained } from './types.js';
import { said } from '../../format/said.js';

export interface Array32 {
  shape: number[];
  values: Float32Array;
}

/** One of our layers and its weights, by the last part of their names. */
export interface Converted {
  layer: Layer;
  weights: [key: string, array: Array32][];
}

/** A layer or an operation of the file. */
export interface ChainNode {
  name: string;
  /** Names of the nodes whose outputs it takes. */
  inputs: string[];
  isSum: boolean;
  /** Returns our layers for it; none for one that does nothing in a trained network. */
  convert(): Converted[];
}

/** One of our layers before it has its place, and thereby its name. */
interface Placed extends Converted {
  alias: string;
  /** Layers of a residual block. */
  inner?: Placed[];
}

/** Follows the nodes from `output` back to the node without inputs, and names our layers in this order. */
export function chained(
  nodes: readonly ChainNode[],
  output: string,
): Pick<Trained, 'layers' | 'aliases' | 'weights'> & { layers: Layer[] } {
  const placed = new Chain(nodes).from(null, output);
  const weights: SavedWeight[] = [];
  const layers = placed.map((one, i) => place(one, `${i + 1}.${one.layer.type}`, weights));
  if (layers.length === 0) throw new TrainingError(said('it has no layers that compute anything'));
  return { layers, aliases: placed.map(({ alias }) => alias), weights };
}

function place(one: Placed, name: string, weights: SavedWeight[]): Layer {
  for (const [key, { shape, values }] of one.weights) weights.push({ name: `${name}/${key}`, shape, values });
  if (!one.inner) return one.layer;
  return {
    type: 'residual',
    layers: one.inner.map((inner, i) => place(inner, `${name}/${i + 1}.${inner.layer.type}`, weights)),
  };
}

/** The direct way of a residual block. */
interface Shortcut {
  weights: Converted['weights'];
  offset: number[] | null;
  stride: readonly number[];
}

/** Layers whose outputs have the size of their inputs. */
const KEEPING = new Set<Layer['type']>(['activation', 'batchNorm', 'dropout', 'layerNorm', 'rescale']);

/** Returns false if layers surely give images of another size than a stride does. */
function isStride(layers: readonly Placed[], stride: readonly number[]): boolean {
  const own = [1, 1];
  for (const { layer } of layers) {
    if (KEEPING.has(layer.type)) continue;
    if (layer.type !== 'conv' && layer.type !== 'depthwiseConv' && layer.type !== 'pool') return true;
    // Windows without padding make images smaller, too.
    if (layer.padding !== 'same') return true;
    layer.stride.forEach((each, axis) => (own[axis]! *= each));
  }
  return own.every((each, axis) => each === stride[axis]);
}

class Chain {
  private readonly byName: Map<string, ChainNode>;

  /** Place of each node in a topological order. */
  private readonly order = new Map<string, number>();

  constructor(nodes: readonly ChainNode[]) {
    this.byName = new Map(nodes.map((node) => [node.name, node]));
    const seen = new Set<string>();
    const open = nodes.map(({ name }) => ({ name, isDone: false }));
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.isDone) this.order.set(next.name, this.order.size);
      if (next.isDone || seen.has(next.name)) continue;
      seen.add(next.name);
      open.push({ ...next, isDone: true });
      open.push(...(this.byName.get(next.name)?.inputs ?? []).map((name) => ({ name, isDone: false })));
    }
  }

  /** Returns the layers after `from` (null: the network's input) up to and with `to`. */
  from(from: string | null, to: string): Placed[] {
    const parts: Placed[][] = [];
    const seen = new Set<string>();
    let at: string | undefined = to;
    while (at !== undefined && at !== from) {
      if (seen.has(at)) throw new TrainingError(said('layer "{0}" takes its own output', at));
      seen.add(at);
      const node = this.node(at);
      if (node.isSum) {
        const { block, before } = this.residual(node);
        parts.push([block]);
        at = before;
        continue;
      }
      if (new Set(node.inputs).size > 1) {
        throw new TrainingError(
          said('layer "{0}" joins {1} layers: of those that do, only Add is supported', at, node.inputs.length),
        );
      }
      parts.push(this.converted(node));
      at = node.inputs[0];
    }
    if (from !== null && at === undefined) throw new TrainingError(said('layer "{0}" does not follow "{1}"', to, from));
    return parts.reverse().flat();
  }

  private node(name: string): ChainNode {
    const node = this.byName.get(name);
    if (!node) throw new TrainingError(said('it refers to a layer "{0}" that is not there', name));
    return node;
  }

  private converted(node: ChainNode): Placed[] {
    return node.convert().map((one) => ({ ...one, alias: node.name }));
  }

  /** A sum of two ways from one layer: itself, or one projection of it, and other layers. */
  private residual(node: ChainNode): { block: Placed; before: string } {
    const [first, second] = node.inputs;
    if (node.inputs.length !== 2)
      throw new TrainingError(said('layer "{0}" adds {1} layers; two are supported', node.name, node.inputs.length));
    const before = this.joint(first!, second!);
    if (before === null) throw new TrainingError(said('layer "{0}" adds layers that do not begin at one', node.name));
    const ways = [first!, second!];
    for (const [short, long] of [ways, ways.toReversed()] as [string, string][]) {
      const shortcut = this.shortcut(before, short);
      if (!shortcut) continue;
      const inner = this.from(before, long);
      if (inner.length === 0) continue;
      const { weights, offset, stride } = shortcut;
      if (!isStride(inner, stride))
        throw new TrainingError(
          said(
            'layer "{0}" adds two ways of different strides, whose lengths differ, which is not supported',
            node.name,
          ),
        );
      if (offset) {
        // The projection has no bias here, so its bias is added to the other way.
        const layer: Layer = { type: 'rescale', factor: 1, offset };
        inner.push({ alias: short, layer, weights: [] });
      }
      const projected = weights.length > 0 ? { projection: true } : {};
      const layer: Layer = { type: 'residual', layers: [], ...projected };
      return { block: { alias: node.name, layer, weights, inner }, before };
    }
    throw new TrainingError(
      said(
        'layer "{0}" adds two ways with several layers each; one must be direct, or one 1×1 convolution or dense layer',
        node.name,
      ),
    );
  }

  /** Weights of the direct way: none, or a projection's; null: it is another way. */
  private shortcut(from: string, to: string): Shortcut | null {
    if (from === to) return { weights: [], offset: null, stride: [1, 1] };
    const node = this.node(to);
    if (node.inputs[0] !== from || node.isSum) return null;
    const [one, ...more] = node.convert();
    if (!one || more.length > 0) return null;
    const { layer, weights } = one;
    if (layer.type === 'conv' && layer.kernel.join() !== '1,1') return null;
    if ((layer.type !== 'conv' && layer.type !== 'dense') || layer.activation !== 'linear') return null;
    // A residual block computes its projection's stride from both sizes, which is certain up to 2 only: 4 → 2 is 2 or 3.
    if (layer.type === 'conv' && layer.stride.some((stride) => stride > 2))
      throw new TrainingError(
        said('layer "{0}" is a shortcut with stride {1}; 1 and 2 are supported', to, layer.stride.join('×')),
      );
    const part = (key: string) => weights.find(([name]) => name === key)?.[1];
    const bias = part('bias');
    return {
      weights: [['projection', part('kernel')!]],
      offset: bias ? Array.from(bias.values) : null,
      stride: layer.type === 'conv' ? layer.stride : [1, 1],
    };
  }

  /** Returns the last layer through which both ways lead; null: there is none. */
  private joint(first: string, second: string): string | null {
    const above = this.above(first);
    const common = [...this.above(second)].filter((name) => above.has(name));
    const [start, ...others] = common;
    if (start === undefined) return null;
    // The last layer that both depend on depends on all others that they do, so it is the last of them in the order.
    const last = others.reduce((best, name) => (this.order.get(name)! > this.order.get(best)! ? name : best), start);
    const over = this.above(last);
    return common.every((name) => over.has(name)) ? last : null;
  }

  /** The layer and all that it depends on. */
  private above(name: string): Set<string> {
    const found = new Set<string>();
    const open = [name];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      open.push(...this.node(next).inputs);
    }
    return found;
  }
}
