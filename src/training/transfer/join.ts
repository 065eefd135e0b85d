/** Puts a network together from parts of several: f = g_n ∘ … ∘ g_1. */
import type { Layer } from '../../experiment/network/index.js';
import type { SavedWeight } from '../checkpoints/checkpoint.js';
import { PlacedError } from '../errors.js';
import { checkPart, rangesOf, type Range } from '../parts.js';
import type { Trained } from './types.js';
import { said } from '../../format/said.js';

/** A part that replaces that of the same name. */
export interface Joined {
  part: string;
  trained: Trained;
}

/** Returns the base network with the given parts in place of its own. Throws PlacedError when one of them is not there. */
export function joined(base: Trained, given: readonly Joined[]): Trained {
  if (given.length === 0) return base;
  const parts = base.parts ?? [];
  given.forEach(({ part, trained }, i) => {
    const at = ['from', 'join', i];
    checkPart(parts, part, base.source, at);
    checkPart(trained.parts ?? [], part, trained.source, at);
    const twin = given.findIndex((other) => other.part === part);
    if (twin < i) throw new PlacedError(at, said('the part "{0}" is taken from two runs: take it from one', part));
  });
  const layers: Layer[] = [];
  const weights: SavedWeight[] = [];
  const counts = parts.map(({ name }) => {
    const from = given.find(({ part }) => part === name)?.trained ?? base;
    const range = rangesOf(from.parts ?? []).find((one) => one.name === name)!;
    const own = layersOf(from, range);
    weights.push(...weightsAt(from, range, own, layers.length));
    layers.push(...own);
    return { name, layers: own.length };
  });
  const source = [base.source, ...given.map(({ part, trained }) => `${part} of ${trained.source}`)].join(', ');
  return { ...base, source, layers, weights, parts: counts, aliases: [] };
}

const layersOf = ({ layers }: Trained, { from, to }: Range): Layer[] => (layers ?? []).slice(from, to);

/** Returns the weights of layers, under the names that they have after `before` others. */
function weightsAt({ weights }: Trained, { from }: Range, own: readonly Layer[], before: number): SavedWeight[] {
  return own.flatMap(({ type }, i) => {
    const was = `${from + i + 1}.${type}/`;
    const name = `${before + i + 1}.${type}/`;
    return weights
      .filter((weight) => weight.name.startsWith(was))
      .map((weight) => ({ ...weight, name: name + weight.name.slice(was.length), integers: undefined }));
  });
}
