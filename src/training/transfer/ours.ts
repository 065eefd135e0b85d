/** Networks that the built-in trainer has saved. */
import { withoutContained } from '../model.js';
import type { SavedNetwork } from '../checkpoints/saved.js';
import type { Trained } from './types.js';

export function trainedOf({ network, data, weights }: SavedNetwork, source: string): Trained {
  return {
    source,
    // The loss contains the last activation; another loss or more layers would have to do without it.
    layers: withoutContained(network),
    aliases: [],
    weights,
    inputShape: data.inputShape,
    data,
    notes: [],
  };
}
