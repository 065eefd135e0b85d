/** Removes units or layers from a network: settings with fewer units, and weights of the matching shapes. */
import type { Layer } from '../../experiment/network/index.js';
import type { SavedWeight } from '../checkpoints/checkpoint.js';
import { headWidth } from '../layers/attention.js';
import type { Units } from './units.js';
import type { Said } from '../../protocol/said.js';

export interface Shape {
  layers: Layer[];
  weights: SavedWeight[];
}

/** A network whose form was changed. */
export interface Reshaped {
  shape: Shape;
  /** For each layer, the index of the one that it came from. */
  came: number[];
  /** Sentence about it. */
  news: Said;
  /** Figures to log. */
  values?: Record<string, number>;
}

/** Removes the units in `removed`. At least one unit of each layer must remain. */
export function removeUnits(from: Shape, units: Units, removed: ReadonlySet<number>): Shape {
  const kept = (owners: Int32Array): number[] => {
    const indexes: number[] = [];
    owners.forEach((unit, i) => void (removed.has(unit) || indexes.push(i)));
    return indexes;
  };
  const projected = new Set(from.weights.filter(({ name }) => name.endsWith(PROJECTION)).map(({ name }) => name));
  const shrink = (layers: readonly Layer[], prefix: string): Layer[] =>
    layers.map((layer, i) => {
      const name = `${prefix}${i + 1}.${layer.type}`;
      const made = units.made.get(name);
      const count = made ? kept(made).length : 0;
      switch (layer.type) {
        case 'dense':
        case 'recurrent':
          return { ...layer, units: count };
        case 'conv':
        case 'conv1d':
          return { ...layer, filters: count };
        case 'embedding':
          return { ...layer, width: count };
        case 'attention':
          // The heads that stay keep their width.
          return { ...layer, heads: count, width: headWidth(layer, units.outputs.get(name)!.length, name) };
        case 'reshape':
          return { ...layer, shape: [...layer.shape.slice(0, -1), kept(units.outputs.get(name)!).length] };
        case 'residual': {
          const projection = projected.has(`${name}${PROJECTION}`) ? { projection: true } : {};
          return { ...layer, layers: shrink(layer.layers, `${name}/`), ...projection };
        }
        default:
          return { ...layer };
      }
    });
  const weights = from.weights.map((weight) =>
    (units.weights.get(weight.name) ?? []).reduce<SavedWeight>((now, { axis, owners }) => {
      const indexes = kept(owners);
      return indexes.length === owners.length ? now : taken(now, axis, indexes);
    }, weight),
  );
  return { layers: shrink(from.layers, ''), weights };
}

const PROJECTION = '/projection';

/** Removes whole layers, counted from 0, whose outputs have the shape of their inputs. */
export function removeLayers(from: Shape, removed: ReadonlySet<number>): Shape {
  const layers: Layer[] = [];
  const names = new Map<string, string>();
  from.layers.forEach((layer, i) => {
    if (removed.has(i)) return;
    layers.push(layer);
    names.set(`${i + 1}.${layer.type}`, `${layers.length}.${layer.type}`);
  });
  const weights = from.weights.flatMap((weight) => {
    const own = weight.name.split('/', 1)[0]!;
    const next = names.get(own);
    return next === undefined ? [] : [{ ...weight, name: next + weight.name.slice(own.length) }];
  });
  return { layers, weights };
}

/** Returns the given indexes along one axis. */
export function taken({ name, shape, values }: SavedWeight, axis: number, indexes: readonly number[]): SavedWeight {
  const length = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const outer = shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const result = new Float32Array(outer * indexes.length * inner);
  let to = 0;
  for (let i = 0; i < outer; i++) {
    for (const index of indexes) {
      const from = (i * length + index) * inner;
      result.set(values.subarray(from, from + inner), to);
      to += inner;
    }
  }
  return { name, shape: shape.map((size, i) => (i === axis ? indexes.length : size)), values: result };
}
