/** Named parts of a network: f = f_n ∘ … ∘ f_1, each of them consecutive layers. */
import type { Layer, Network, Part, PartEnd } from '../experiment/network/index.js';
import { PlacedError } from './errors.js';
import { layerNames, layersNamed, namesText } from './transfer/names.js';
import { said } from '../format/said.js';

/** Indexes of layers: from the first, up to but not including the last. */
export interface Range {
  from: number;
  to: number;
}

/** Returns the parts that these ends divide the layers into. Throws PlacedError when one of them names no layer. */
export function partsOf(ends: readonly PartEnd[], layers: readonly Layer[], aliases: readonly string[] = []): Part[] {
  const named = layerNames(layers, aliases);
  let start = 0;
  return ends.map(({ name, last }) => {
    const at = ['decompose', 'parts', name];
    // A type of which there are several ends at the last one.
    const found = last === null ? layers.length - 1 : layersNamed(named, last).at(-1);
    if (found === undefined) {
      throw new PlacedError(
        at,
        said('there is no layer {0}; the layers are {1}', JSON.stringify(last), namesText(named)),
      );
    }
    if (found < start) {
      throw new PlacedError(
        at,
        said('the part "{0}" has no layers: {1} belongs to the part before it', name, named[found]!.name),
      );
    }
    const part = { name, layers: found + 1 - start };
    start = found + 1;
    return part;
  });
}

/** Returns the layers of each part. */
export function rangesOf(parts: readonly Part[]): (Range & { name: string })[] {
  let from = 0;
  return parts.map(({ name, layers }) => ({ name, from, to: (from += layers) }));
}

/** Returns the layers of the part that is worked on; null: all are. */
export function workedRange({ from, parts }: Pick<Network, 'from' | 'parts'>): Range | null {
  const part = from?.part ?? null;
  if (part === null) return null;
  return rangesOf(parts).find(({ name }) => name === part) ?? null;
}

/**
 * Returns the parts after layers were replaced or removed. `came[i]` is the index of the former layer that the i-th new
 * one came from.
 */
export function movedParts(parts: readonly Part[], came: readonly number[]): Part[] {
  return rangesOf(parts).map(({ name, from, to }) => ({
    name,
    layers: came.filter((index) => index >= from && index < to).length,
  }));
}

/** Throws PlacedError when the network has no such part. */
export function checkPart(
  parts: readonly Part[],
  name: string,
  source: string,
  at: readonly (string | number)[],
): void {
  if (parts.some((part) => part.name === name)) return;
  throw new PlacedError(
    at,
    parts.length === 0
      ? said('{0} has no parts: name them with decompose: { parts: … }', source)
      : said('{0} has no part "{1}"; its parts are {2}', source, name, parts.map((part) => part.name).join(', ')),
  );
}
