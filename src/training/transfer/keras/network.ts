/** Converts a Keras model to our layers: a chain, with sums around parts of it as residual blocks. */
import type { Layer } from '../../../experiment/network/index.js';
import type { SavedWeight } from '../../checkpoints/checkpoint.js';
import { TrainingError } from '../../errors.js';
import type { Trained } from '../types.js';
import { Settings, type KerasNode, type KerasTopology } from './config.js';
import type { Array32, Converted } from './arrays.js';
import { convert, type Dialect } from './layers.js';

/** One of our layers before it has its place, and thereby its name. */
interface Placed extends Converted {
  alias: string;
  /** Layers of a residual block. */
  inner?: Placed[];
}

/** Returns the arrays of a layer's weights, in Keras's order. */
export type ArraysOf = (node: KerasNode) => Array32[];

export function networkOf(
  { nodes, output }: KerasTopology,
  arraysOf: ArraysOf,
  dialect: Dialect,
): Pick<Trained, 'layers' | 'aliases' | 'weights' | 'inputShape'> {
  const reader = new Reader(nodes, arraysOf, dialect);
  const placed = reader.chain(null, output);
  const weights: SavedWeight[] = [];
  const layers = placed.map((one, i) => place(one, `${i + 1}.${one.layer.type}`, weights));
  if (layers.length === 0) throw new TrainingError('it has no layers that compute anything');
  return { layers, aliases: placed.map(({ alias }) => alias), weights, inputShape: inputShapeOf(nodes) };
}

function place(one: Placed, name: string, weights: SavedWeight[]): Layer {
  for (const [key, { shape, values }] of one.weights) weights.push({ name: `${name}/${key}`, shape, values });
  if (!one.inner) return one.layer;
  return {
    type: 'residual',
    layers: one.inner.map((inner, i) => place(inner, `${name}/${i + 1}.${inner.layer.type}`, weights)),
  };
}

/** Shape of one example, where the model tells it. */
function inputShapeOf(nodes: readonly KerasNode[]): number[] | null {
  const { config } = nodes[0] ?? {};
  const shape = config?.batch_shape ?? config?.batch_input_shape;
  if (!Array.isArray(shape)) return null;
  const lengths = shape.slice(1) as unknown[];
  return lengths.every((length) => Number.isInteger(length) && (length as number) > 0) ? (lengths as number[]) : null;
}

class Reader {
  private readonly byName: Map<string, KerasNode>;

  constructor(
    nodes: readonly KerasNode[],
    private readonly arraysOf: ArraysOf,
    private readonly dialect: Dialect,
  ) {
    this.byName = new Map(nodes.map((node) => [node.name, node]));
  }

  /** Returns the layers after `from` (null: the model's input) up to and with `to`. */
  chain(from: string | null, to: string): Placed[] {
    const parts: Placed[][] = [];
    const seen = new Set<string>();
    let at: string | undefined = to;
    while (at !== undefined && at !== from) {
      if (seen.has(at)) throw new TrainingError(`layer "${at}" takes its own output`);
      seen.add(at);
      const node = this.node(at);
      if (node.className === 'Add') {
        const { block, before } = this.residual(node);
        parts.push([block]);
        at = before;
        continue;
      }
      if (new Set(node.inputs).size > 1) {
        throw new TrainingError(
          `layer "${at}" joins ${node.inputs.length} layers: of those that do, only Add is supported`,
        );
      }
      parts.push(this.converted(node));
      at = node.inputs[0];
    }
    if (from !== null && at === undefined) throw new TrainingError(`layer "${to}" does not follow "${from}"`);
    return parts.reverse().flat();
  }

  private node(name: string): KerasNode {
    const node = this.byName.get(name);
    if (!node) throw new TrainingError(`it refers to a layer "${name}" that is not there`);
    return node;
  }

  private converted(node: KerasNode): Placed[] {
    const settings = new Settings(node.name, node.config);
    const made = convert(node.className, settings, this.arraysOf(node), this.dialect);
    return made.map((one) => ({ ...one, alias: node.name }));
  }

  /** A sum of two ways from one layer: itself, or one projection of it, and other layers. */
  private residual(node: KerasNode): { block: Placed; before: string } {
    const [first, second] = node.inputs;
    if (node.inputs.length !== 2)
      throw new TrainingError(`layer "${node.name}" adds ${node.inputs.length} layers; two are supported`);
    const before = this.joint(first!, second!);
    if (before === null) throw new TrainingError(`layer "${node.name}" adds layers that do not begin at one`);
    const ways = [first!, second!];
    for (const [short, long] of [ways, ways.toReversed()] as [string, string][]) {
      const shortcut = this.shortcut(before, short);
      if (!shortcut) continue;
      const inner = this.chain(before, long);
      if (inner.length === 0) continue;
      return { block: { alias: node.name, layer: { type: 'residual', layers: [] }, weights: shortcut, inner }, before };
    }
    throw new TrainingError(
      `layer "${node.name}" adds two ways with several layers each; one must be direct, or one 1×1 convolution or dense layer without bias`,
    );
  }

  /** Weights of the direct way: none, or a projection's; null: it is another way. */
  private shortcut(from: string, to: string): Converted['weights'] | null {
    if (from === to) return [];
    const node = this.node(to);
    if (node.inputs[0] !== from || !['Conv2D', 'Dense'].includes(node.className)) return null;
    const [one] = this.converted(node);
    const { layer } = one!;
    if (layer.type === 'conv' && layer.kernel.join() !== '1,1') return null;
    if ((layer.type !== 'conv' && layer.type !== 'dense') || layer.bias || layer.activation !== 'linear') return null;
    return [['projection', one!.weights[0]![1]]];
  }

  /** Returns the last layer through which both ways lead; null: there is none. */
  private joint(first: string, second: string): string | null {
    const above = this.above(first);
    const common = [...this.above(second)].filter((name) => above.has(name));
    // The last layer that both depend on depends on all others that they do.
    return common.find((name) => common.every((other) => other === name || this.above(name).has(other))) ?? null;
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
