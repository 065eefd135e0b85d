/** Finds layers by the words that people use for them. */
import type { LayerName } from '../../experiment/network/index.js';
import { listOf } from '../errors.js';

/** A layer's own name (`2.conv`), its type, and the name that a file gave it. */
export interface NamedLayer {
  name: string;
  type: string;
  alias?: string | undefined;
}

export const layerNames = (types: readonly { type: string }[], aliases: readonly string[] = []): NamedLayer[] =>
  types.map(({ type }, i) => ({ name: `${i + 1}.${type}`, type, alias: aliases[i] }));

/** Returns the indexes of the layers that a word means; empty: none. Numbers count from 1, negative ones from the end. */
export function layersNamed(layers: readonly NamedLayer[], word: LayerName): number[] {
  const number = typeof word === 'number' || /^-?\d+$/.test(word) ? Number(word) : null;
  if (number !== null) {
    const index = number > 0 ? number - 1 : layers.length + number;
    return number !== 0 && index >= 0 && index < layers.length ? [index] : [];
  }
  const all = layers.map((_, i) => i);
  const exact = all.filter((i) => layers[i]!.name === word || layers[i]!.alias === word);
  return exact.length > 0 ? exact : all.filter((i) => layers[i]!.type === word);
}

/** Lists the layers for a message. */
export const namesText = (layers: readonly NamedLayer[]): string =>
  listOf(layers.map(({ name, alias }) => (alias ? `${name} (${alias})` : name)));
