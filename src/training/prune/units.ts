/**
 * Units of a network: filters of convolutions, units of dense and recurrent layers, features of embeddings, heads of attention. Each index
 * of an axis of a weight belongs to a unit; removing the unit removes all its indexes. Units that a residual addition
 * joins are one unit. Inputs, outputs and the neighbors of layers that can't shrink are not removable.
 */
import type { Layer } from '../../experiment/network/index.js';
import { outputShape } from '../export/graph.js';
import { headWidth } from '../layers/attention.js';
import { BLOCKS } from '../layers/recurrent.js';
import type { Range } from '../parts.js';

/** `makes`: these weights compute the unit. `takes`: they read its output. `follows`: they change it on the way. */
export type Role = 'makes' | 'takes' | 'follows';

export interface OwnedAxis {
  axis: number;
  /** Unit of each index along the axis. */
  owners: Int32Array;
  role: Role;
}

export interface Units {
  /** Number of removable units, which are numbered from 0. */
  readonly count: number;
  /** Owned axes of each weight, by name; unit −1 is not removable. */
  readonly weights: ReadonlyMap<string, readonly OwnedAxis[]>;
  /** Units that each layer makes, by the layer's name; −1: not removable. */
  readonly made: ReadonlyMap<string, Int32Array>;
  /** Units along the last axis of each layer's output, by the layer's name. */
  readonly outputs: ReadonlyMap<string, Int32Array>;
}

/** Values that flow between two layers: their shape and the unit of each index of the last axis. */
interface Flow {
  shape: readonly number[];
  owners: Int32Array;
}

/** Finds the units of layers for examples of this shape. Names are those of the built layers. */
export function unitsOf(layers: readonly Layer[], inputShape: readonly number[]): Units {
  return new Tracer().trace(layers, inputShape);
}

/** Returns the units whose weights all lie in layers of `range`, so that the shapes at its borders stay; null: all units. */
export function unitsWithin(units: Units, range: Range | null): ReadonlySet<number> {
  const all = new Set(Array.from({ length: units.count }, (_, unit) => unit));
  if (!range) return all;
  for (const [name, axes] of units.weights) {
    const layer = Number.parseInt(name, 10) - 1;
    if (layer >= range.from && layer < range.to) continue;
    for (const { owners } of axes) owners.forEach((unit) => all.delete(unit));
  }
  return all;
}

class Tracer {
  private readonly parents: number[] = [];
  private readonly fixed: boolean[] = [];
  private readonly weights = new Map<string, OwnedAxis[]>();
  private readonly made = new Map<string, Int32Array>();
  private readonly outputs = new Map<string, Int32Array>();

  trace(layers: readonly Layer[], inputShape: readonly number[]): Units {
    const end = this.chain(layers, '', { shape: inputShape, owners: this.fresh(inputShape.at(-1)!, true) });
    this.fix(end.owners);
    const numbers = new Map<number, number>();
    const number = (unit: number): number => {
      const root = this.root(unit);
      if (this.fixed[root]) return -1;
      if (!numbers.has(root)) numbers.set(root, numbers.size);
      return numbers.get(root)!;
    };
    const numbered = (of: ReadonlyMap<string, Int32Array>) =>
      new Map([...of].map(([name, owners]) => [name, owners.map(number)]));
    const made = numbered(this.made);
    const weights = new Map(
      [...this.weights].map(([name, axes]) => [name, axes.map((one) => ({ ...one, owners: one.owners.map(number) }))]),
    );
    return { count: numbers.size, weights, made, outputs: numbered(this.outputs) };
  }

  private chain(layers: readonly Layer[], prefix: string, start: Flow): Flow {
    return layers.reduce((flow, layer, i) => {
      const name = `${prefix}${i + 1}.${layer.type}`;
      const next = this.layer(layer, name, flow);
      this.outputs.set(name, next.owners);
      return next;
    }, start);
  }

  private layer(layer: Layer, name: string, flow: Flow): Flow {
    const { owners } = flow;
    const shape = (): readonly number[] => outputShape(layer, name, flow.shape);
    switch (layer.type) {
      case 'dense':
        return { shape: shape(), owners: this.kernel(name, 2, layer.units, owners) };
      case 'conv':
        return { shape: shape(), owners: this.kernel(name, 4, layer.filters, owners) };
      case 'conv1d':
        return { shape: shape(), owners: this.kernel(name, 3, layer.filters, owners) };
      case 'depthwiseConv': {
        this.own(`${name}/kernel`, 2, owners, 'follows');
        const next = repeated(owners, layer.multiplier);
        this.own(`${name}/bias`, 0, next, 'follows');
        return { shape: shape(), owners: next };
      }
      case 'batchNorm':
      case 'layerNorm':
        for (const part of ['scale', 'shift', 'movingMean', 'movingVariance']) {
          this.own(`${name}/${part}`, 0, owners, 'follows');
        }
        return flow;
      case 'attention':
        return this.attention(layer, name, flow);
      case 'position':
        this.own(`${name}/table`, 1, owners, 'follows');
        // Each feature has a frequency of its own that depends on their number.
        if (layer.kind === 'sinusoidal') this.fix(owners);
        return flow;
      case 'activation':
      case 'dropout':
      case 'spatialDropout':
        return flow;
      case 'pool':
      case 'globalPool':
        return { shape: shape(), owners };
      case 'flatten':
        return { shape: shape(), owners: tiled(owners, shape()[0]! / owners.length) };
      case 'reshape': {
        const to = layer.shape.at(-1)!;
        // Only a new shape that leaves the last axis alone can shrink with it.
        if (to === owners.length) return { shape: shape(), owners };
        this.fix(owners);
        return { shape: shape(), owners: this.fresh(to, true) };
      }
      case 'embedding': {
        const next = this.make(name, layer.width);
        this.own(`${name}/table`, 1, next, 'makes');
        return { shape: shape(), owners: next };
      }
      case 'recurrent':
        return { shape: shape(), owners: this.recurrent(layer, name, owners) };
      case 'residual':
        return this.residual(layer, name, flow);
      default:
        return this.unknown(layer, name, flow);
    }
  }

  /** Returns the units that a kernel makes from its two last axes, [inputs, outputs]. */
  private kernel(name: string, rank: number, count: number, inputs: Int32Array): Int32Array {
    const next = this.make(name, count);
    this.own(`${name}/kernel`, rank - 2, inputs, 'takes');
    this.own(`${name}/kernel`, rank - 1, next, 'makes');
    this.own(`${name}/bias`, 0, next, 'makes');
    return next;
  }

  private recurrent(layer: Extract<Layer, { type: 'recurrent' }>, name: string, inputs: Int32Array): Int32Array {
    const units = this.make(name, layer.units);
    for (const way of layer.bidirectional ? ['forward', 'backward'] : ['forward']) {
      const blocks = tiled(units, BLOCKS[layer.cell]);
      this.own(`${name}/${way}/input`, 0, inputs, 'takes');
      this.own(`${name}/${way}/input`, 1, blocks, 'makes');
      this.own(`${name}/${way}/state`, 0, units, 'takes');
      this.own(`${name}/${way}/state`, 1, blocks, 'makes');
      this.own(`${name}/${way}/bias`, 0, blocks, 'makes');
      this.own(`${name}/${way}/stateBias`, 0, units, 'makes');
    }
    // Both directions have the same number of units, so they lose the same ones.
    return tiled(units, layer.bidirectional ? 2 : 1);
  }

  /** The units are heads. As many features go out as come in, so both lose the same ones. */
  private attention(layer: Extract<Layer, { type: 'attention' }>, name: string, flow: Flow): Flow {
    const heads = this.make(name, layer.heads);
    const all = repeated(heads, headWidth(layer, flow.owners.length, name));
    for (const part of ['query', 'key', 'value']) {
      this.own(`${name}/${part}`, 0, flow.owners, 'takes');
      this.own(`${name}/${part}`, 1, all, 'makes');
      if (part !== 'key') this.own(`${name}/${part}Bias`, 0, all, 'makes');
    }
    this.own(`${name}/output`, 0, all, 'takes');
    this.own(`${name}/output`, 1, flow.owners, 'makes');
    this.own(`${name}/outputBias`, 0, flow.owners, 'makes');
    return flow;
  }

  private residual(layer: Extract<Layer, { type: 'residual' }>, name: string, flow: Flow): Flow {
    const inner = this.chain(layer.layers, `${name}/`, flow);
    if (layer.projection || inner.shape.join() !== flow.shape.join()) {
      const rank = flow.shape.length === 3 ? 4 : 2;
      this.own(`${name}/projection`, rank - 2, flow.owners, 'takes');
      this.own(`${name}/projection`, rank - 1, inner.owners, 'makes');
      return inner;
    }
    flow.owners.forEach((unit, i) => this.join(unit, inner.owners[i]!));
    return inner;
  }

  /** Neither the inputs nor the outputs of a layer that this module does not know may shrink. */
  private unknown(layer: Layer, name: string, flow: Flow): Flow {
    this.fix(flow.owners);
    const shape = outputShape(layer, name, flow.shape);
    return { shape, owners: this.fresh(shape.at(-1)!, true) };
  }

  private own(weight: string, axis: number, owners: Int32Array, role: Role): void {
    this.weights.set(weight, [...(this.weights.get(weight) ?? []), { axis, owners, role }]);
  }

  private make(name: string, count: number): Int32Array {
    const units = this.fresh(count, false);
    this.made.set(name, units);
    return units;
  }

  private fresh(count: number, fixed: boolean): Int32Array {
    const from = this.parents.length;
    for (let i = 0; i < count; i++) {
      this.parents.push(from + i);
      this.fixed.push(fixed);
    }
    return Int32Array.from({ length: count }, (_, i) => from + i);
  }

  private root(unit: number): number {
    let at = unit;
    while (this.parents[at] !== at) at = this.parents[at]!;
    return at;
  }

  private join(a: number, b: number): void {
    const [to, from] = [this.root(a), this.root(b)];
    this.parents[from] = to;
    this.fixed[to] ||= this.fixed[from]!;
  }

  private fix(owners: Int32Array): void {
    for (const unit of owners) this.fixed[this.root(unit)] = true;
  }
}

const tiled = (owners: Int32Array, times: number): Int32Array =>
  Int32Array.from({ length: owners.length * times }, (_, i) => owners[i % owners.length]!);

const repeated = (owners: Int32Array, times: number): Int32Array =>
  Int32Array.from({ length: owners.length * times }, (_, i) => owners[Math.floor(i / times)]!);
