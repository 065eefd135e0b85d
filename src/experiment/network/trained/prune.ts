/** Schema and normal form of pruning: the parts to remove from a trained network, the importance, and the rounds. */
import { z } from 'zod';
import { number, oneOf, whole, type Kit } from '../kit.js';

export const IMPORTANCES = ['taylor', 'fisher', 'curvature', 'magnitude', 'random'] as const;
export const PRUNED_PARTS = ['units', 'layers'] as const;
export const PRUNE_SCOPES = ['network', 'layer'] as const;

export interface PruneSettings {
  /** Importance by which parts are ranked; the least important ones are removed. */
  by: (typeof IMPORTANCES)[number];
  /** `units`: filters of convolutions and units of other layers; `layers`: whole layers and residual blocks. */
  of: (typeof PRUNED_PARTS)[number];
  /** Parts removed in all rounds together: below 1 a share of the removable ones, else their number. */
  remove: number;
  rounds: number;
  /** Epochs of retraining after each round. */
  retrain: number;
  /** Largest loss of accuracy (for numbers, largest relative rise of the loss); null: unbounded. */
  maxDrop: number | null;
  /** `network` ranks all units together, `layer` the units of each layer separately. */
  scope: (typeof PRUNE_SCOPES)[number];
  /** Training examples on which the importance is estimated. */
  examples: number;
  /** Random directions of the estimate. */
  probes: number;
}

const NOT_WHOLE = 'remove must be a share below 1 or a whole number of parts';

export function pruneSchema({ optional }: Kit) {
  return z.strictObject(
    {
      by: optional(oneOf('importance', IMPORTANCES)).describe(
        'Importance. taylor (the default): second-order change of the loss. fisher: Molchanov 2019. curvature: second derivatives of the part itself. magnitude and random are controls.',
      ),
      of: optional(oneOf('part', PRUNED_PARTS)).describe(
        'units (the default): filters and units. layers: whole layers and residual blocks whose output has the shape of their input.',
      ),
      remove: optional(
        number('remove')
          .positive('remove must be above 0')
          .refine((value) => value < 1 || Number.isInteger(value), { error: NOT_WHOLE }),
      ).describe('Parts to remove: below 1 a share of them, else their number. Default: 0.5.'),
      rounds: optional(whole('rounds').max(1000, 'rounds must be at most 1000')).describe(
        'Rounds in which they are removed. Default: 1.',
      ),
      retrain: optional(whole('retrain', 0)).describe('Epochs of retraining after each round. Default: 1.'),
      maxDrop: optional(number('maxDrop').positive('maxDrop must be above 0')).describe(
        'Keeps the last round that loses at most this much accuracy, such as 0.01; for regression, whose loss is at most this share higher.',
      ),
      scope: optional(oneOf('scope', PRUNE_SCOPES)).describe(
        'network: ranks all units together. layer: removes the same share of every layer. Default: network for taylor, fisher and random, else layer.',
      ),
      examples: optional(whole('examples')).describe(
        'Training examples on which the importance is estimated. Default: 512.',
      ),
      probes: optional(whole('probes')).describe('Random directions for the estimate. Default: 16.'),
    },
    { error: 'prune must be a group of settings, such as { by: taylor, remove: 0.5, rounds: 3, retrain: 2 }' },
  );
}
export type WrittenPrune = z.output<ReturnType<typeof pruneSchema>>;

export function normalizePrune(written: WrittenPrune | null | undefined): PruneSettings | null {
  if (!written) return null;
  const by = written.by ?? 'taylor';
  // Norms and second derivatives have other scales in other layers.
  const comparable = by === 'taylor' || by === 'fisher' || by === 'random';
  return {
    by,
    of: written.of ?? 'units',
    remove: written.remove ?? 0.5,
    rounds: written.rounds ?? 1,
    retrain: written.retrain ?? 1,
    maxDrop: written.maxDrop ?? null,
    scope: written.scope ?? (comparable ? 'network' : 'layer'),
    examples: written.examples ?? 512,
    probes: written.probes ?? 16,
  };
}
