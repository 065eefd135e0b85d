/** The network that a training has: layers of a trained one, and those that follow them. */
import { normalizeLayers, type FromSettings, type Layer, type Network } from '../../experiment/network/index.js';
import type { Dataset } from '../data/types.js';
import { PlacedError } from '../errors.js';
import { isOneOutput } from '../losses/index.js';
import { checkPart, partsOf } from '../parts.js';
import { layerNames, layersNamed, namesText } from './names.js';
import type { Trained } from './types.js';
import { said } from '../../format/said.js';

/** Returns whether the file's own layers are taken. Throws PlacedError when it has none, though they are asked for. */
export function takesLayers({ use }: FromSettings, trained: Trained): trained is Trained & { layers: Layer[] } {
  if (trained.layers === null && use === 'network') {
    throw new PlacedError(
      ['from', 'use'],
      said('{0} holds weights alone: name the network\'s "layers"', trained.source),
    );
  }
  return trained.layers !== null && use !== 'weights';
}

/** Returns how many of the trained layers the network begins with. */
export function keptCount(from: FromSettings, trained: Trained & { layers: Layer[] }): number {
  const { upTo, head } = from;
  const { layers, aliases } = trained;
  const named = layerNames(layers, aliases);
  let count = layers.length;
  if (upTo !== null) {
    // A type of which there are several ends at the last one.
    const found = layersNamed(named, upTo).at(-1);
    if (found === undefined) {
      throw new PlacedError(
        ['from', 'upTo'],
        said('{0} has no layer {1}; it has {2}', trained.source, JSON.stringify(upTo), namesText(named)),
      );
    }
    // Negative numbers say how many are left out.
    count = typeof upTo === 'number' && upTo < 0 ? found : found + 1;
  }
  if (head === 'keep') return count;
  const last = layers.slice(0, count).findLastIndex(({ type }) => type === 'dense');
  if (last < 0)
    throw new PlacedError(
      ['from', 'head'],
      said('{0} has no dense layer at its end that a new head could replace: use upTo and layers', trained.source),
    );
  return last;
}

/** Returns the network with all its layers. `network.layers` are those that the section names. */
export function composed(network: Network, trained: Trained | null, dataset: Dataset): Network {
  const { from } = network;
  if (!from || !trained) return network;
  if (!takesLayers(from, trained)) {
    if (network.layers.length > 0) return network;
    throw new PlacedError(
      ['layers'],
      said('{0} holds weights alone: "layers" must name the network that takes them', trained.source),
    );
  }
  const kept = trained.layers.slice(0, keptCount(from, trained));
  const outputs = isOneOutput(dataset, dataset.outputs) ? 1 : dataset.outputs;
  const head = from.head === 'new' ? normalizeLayers([{ dense: outputs }]) : [];
  // Each network has its own settings, because rates of dropout change while it trains.
  const layers = structuredClone([...kept, ...network.layers, ...head]);
  if (layers.length === 0)
    throw new PlacedError(['from', 'upTo'], said('nothing is left of the network: name its "layers"'));
  const isWhole = layers.length === trained.layers.length && head.length === 0 && network.layers.length === 0;
  const parts = isWhole ? (trained.parts ?? []) : [];
  if (from.part !== null) checkPart(parts, from.part, trained.source, ['from', 'part']);
  return { ...network, layers, parts, open: network.open.filter((key) => key !== 'layers') };
}

/** Returns the network with the parts that the section names; those of the trained network stay if it names none. */
export function divided(network: Network, aliases: readonly string[]): Network {
  const { split, layers } = network;
  return split ? { ...network, parts: partsOf(split, layers, aliases) } : network;
}
