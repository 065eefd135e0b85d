/** One round of pruning: ranks the parts of a trained network and removes the least important ones. */
import type { Layer, PruneSettings } from '../../experiment/network/index.js';
import { PlacedError } from '../errors.js';
import type { Range } from '../parts.js';
import type { Random } from '../random.js';
import type { Examined } from './gradients.js';
import { curvature } from './importance/curvature.js';
import { layerImportance, removableLayers } from './importance/layers.js';
import { rank, type Ranking } from './importance/ranking.js';
import { fisher, magnitude, taylor } from './importance/units.js';
import { leastLayers, leastUnits, removedBy } from './select.js';
import { removeLayers, removeUnits, type Shape } from './shrink.js';
import { unitsOf, unitsWithin, type Units } from './units.js';
import { said } from '../../format/said.js';

export interface Cut {
  shape: Shape;
  /** For each layer, the index of the one that it came from. */
  came: number[];
  /** Number of parts removed in this round. */
  removed: number;
  /** Names of layers whose importance says nothing. */
  degenerate: string[];
}

/** Returns the number of parts that could be removed from the layers in `range` (null: from all). */
export function removableCount(
  parts: Pick<Examined, 'model' | 'inputShape'>,
  layers: readonly Layer[],
  of: PruneSettings['of'],
  range: Range | null = null,
): number {
  return of === 'units'
    ? unitsWithin(unitsOf(layers, parts.inputShape), range).size
    : removableLayers(parts, layers).filter((layer) => isWithin(layer, range)).length;
}

const isWithin = (layer: number, range: Range | null): boolean => !range || (layer >= range.from && layer < range.to);

/**
 * Removes parts. `total` is the number of removable parts before the first round, `done` the number removed since.
 * `shape.layers` are the layers that the model was built from.
 */
export async function cut(
  parts: Examined,
  shape: Shape,
  settings: PruneSettings,
  at: { round: number; total: number; done: number },
  random: Random,
  range: Range | null = null,
): Promise<Cut> {
  const count = removedBy(at.round, settings.rounds, settings.remove, at.total) - at.done;
  if (settings.of === 'layers') {
    const removable = removableLayers(parts, shape.layers).filter((layer) => isWithin(layer, range));
    const { scores, degenerate } = await layerImportance(parts, shape.layers, removable, settings, random);
    const removed = leastLayers(scores, removable, count);
    const came = [...shape.layers.keys()].filter((layer) => !removed.has(layer));
    return { shape: removeLayers(shape, removed), came, removed: removed.size, degenerate };
  }
  const units = unitsOf(shape.layers, parts.inputShape);
  const { scores, degenerate } = await unitImportance(parts, shape.layers, units, settings, random);
  const removed = leastUnits(scores, units, count, settings.scope, unitsWithin(units, range));
  const came = [...shape.layers.keys()];
  return { shape: removeUnits(shape, units, removed), came, removed: removed.size, degenerate };
}

/** A head has no output of its own, but a share in all features. */
function refuseHeads(layers: readonly Layer[]): void {
  for (const layer of layers) {
    if (layer.type === 'residual') refuseHeads(layer.layers);
    if (layer.type !== 'attention') continue;
    throw new PlacedError(
      ['prune', 'by'],
      said(
        'curvature compares outputs of units, and heads of attention have none of their own: use taylor, fisher or magnitude, or of: layers',
      ),
    );
  }
}

/** Returns the importance of each unit. */
function unitImportance(
  parts: Examined,
  layers: readonly Layer[],
  units: Units,
  { by, probes }: Pick<PruneSettings, 'by' | 'probes'>,
  random: Random,
): Promise<Ranking> {
  const measures = {
    count: units.count,
    taylor: () => taylor(parts, units, probes, random),
    fisher: () => fisher(parts, units),
    magnitude: () => magnitude(parts, units),
    curvature: () => {
      refuseHeads(layers);
      return curvature(parts, layers, units, probes, random);
    },
  };
  return rank(by, measures, random);
}
