/** The importances by which a round of pruning ranks what it may remove, whether units or layers. */
import type { PruneSettings } from '../../../experiment/network/index.js';
import type { Random } from '../../random.js';

export interface Ranking {
  /** Importance of each part. */
  scores: Float64Array;
  /** Names of the layers whose importance says nothing. */
  degenerate: string[];
}

/** How one kind of part computes each importance. */
export interface Measures {
  /** Number of parts. */
  count: number;
  taylor(): Promise<Float64Array>;
  fisher(): Promise<Float64Array>;
  magnitude(): Promise<Float64Array>;
  curvature(): Promise<Ranking>;
}

/** Returns the importance of each part by the method that was asked for. */
export async function rank(by: PruneSettings['by'], measures: Measures, random: Random): Promise<Ranking> {
  if (by === 'curvature') return measures.curvature();
  const scores =
    by === 'random' ? Float64Array.from({ length: measures.count }, () => random.uniform()) : await measures[by]();
  return { scores, degenerate: [] };
}
