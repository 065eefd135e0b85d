/** Networks that the built-in trainer has saved. */
import type { Part } from '../../experiment/network/index.js';
import { withoutContained } from '../model.js';
import { rangesOf } from '../parts.js';
import type { SavedNetwork } from '../checkpoints/saved.js';
import type { Trained } from './types.js';

export function trainedOf({ network, data, weights }: SavedNetwork, source: string): Trained {
  const layers = withoutContained(network);
  return {
    source,
    // The loss contains the last activation; another loss or more layers would have to do without it.
    layers,
    aliases: [],
    weights,
    inputShape: data.inputShape,
    data,
    parts: shortened(network.parts, layers.length),
    notes: [],
  };
}

/** Returns the parts without layers beyond a number. */
function shortened(parts: readonly Part[], count: number): Part[] {
  return rangesOf(parts).map(({ name, from, to }) => ({ name, layers: Math.max(0, Math.min(to, count) - from) }));
}
