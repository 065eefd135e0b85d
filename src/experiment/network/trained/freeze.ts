/** Schema and normal form of layers that do not learn, or learn more slowly. */
import { z } from 'zod';
import { flag, number, whole, type Kit } from '../kit.js';
import { record } from '../../../protocol/values/recordSchema.js';

/** A layer by its name (`2.conv`), its type (`conv`: all such layers), or its number from 1. */
export type LayerName = string | number;

export interface FreezeSettings {
  layers: LayerName[];
  /** Last frozen layer: it and all before it are; null: see the others. */
  until: LayerName | null;
  /** Number of layers with weights, counted from the end, that learn; null: see the others. */
  allButLast: number | null;
  /** Keeps the moving averages of frozen batch normalizations, and normalizes by them. */
  statistics: boolean;
  /** Gradual unfreezing; null: frozen layers stay frozen. */
  unfreeze: { from: number; every: number; layers: number } | null;
}

export interface RateSettings {
  /** Factor of the learning rate from each layer with weights to the one before it; 1: all learn alike. */
  decay: number;
  /** Factors of single layers, by name, type or number. */
  layers: Record<string, number>;
}

const MOST_NAMES = 1000;

export function freezeSchema({ p, optional }: Kit) {
  const text = z.string().min(1, 'a layer needs a name').max(200, 'this name is too long for a layer');
  const name = z.union([whole('a layer'), text], {
    error: 'a layer is named by a number from 1 or a name such as 2.conv',
  });
  const unfreeze = z.strictObject({
    from: optional(whole('from')).describe('Epoch, from 1, that unfreezes the first layers. Default: 2.'),
    every: optional(whole('every')).describe('Epochs between two steps. Default: 1.'),
    layers: optional(whole('layers')).describe(
      'Layers with weights that each step unfreezes, from the last. Default: 1.',
    ),
  });
  const settings = z.strictObject({
    layers: z.array(p(name)).max(MOST_NAMES).nullish().describe('Layers by name (`2.conv`), type (`conv`) or number.'),
    until: p(name).nullish().describe('Freezes this layer and all before it.'),
    allButLast: optional(whole('allButLast', 0)).describe(
      'Freezes all but this many layers with weights at the end. 0: all.',
    ),
    statistics: optional(flag('statistics')).describe(
      'Frozen batch normalizations keep and use their moving averages. Default: true.',
    ),
    unfreeze: z
      .union([flag('unfreeze'), unfreeze], { error: 'unfreeze must be true, or { from: 2, every: 1, layers: 1 }' })
      .nullish()
      .describe('Unfreezes layers step by step, the last first. Default: false.'),
  });
  return z.union([z.array(p(name)).max(MOST_NAMES), settings], {
    error: 'freeze must be a list of layers, or { until: 3.conv }, { allButLast: 1 } or { layers: [1.conv] }',
  });
}
export type WrittenFreeze = z.output<ReturnType<typeof freezeSchema>>;

export function normalizeFreeze(written: WrittenFreeze | null | undefined): FreezeSettings | null {
  if (written === null || written === undefined) return null;
  const given = Array.isArray(written) ? { layers: written } : written;
  const { layers, until, allButLast, statistics, unfreeze } = given as Exclude<WrittenFreeze, unknown[]>;
  const steps = unfreeze === true ? {} : unfreeze || null;
  return {
    layers: layers ?? [],
    until: until ?? null,
    allButLast: allButLast ?? null,
    statistics: statistics ?? true,
    unfreeze: steps && { from: steps.from ?? 2, every: steps.every ?? 1, layers: steps.layers ?? 1 },
  };
}

export function ratesSchema({ p, optional }: Kit) {
  const factor = (what: string) => number(what).min(0, `${what} must be at least 0`);
  return z.strictObject(
    {
      decay: optional(factor('decay').max(1, 'decay must be at most 1')).describe(
        'Factor of the learning rate from each layer with weights to the one before it, such as 0.4. Default: 1.',
      ),
      layers: record(p(factor('a factor')), { error: 'layers must name layers and factors: { 1.conv: 0.1 }' })
        .nullish()
        .describe('Factors of the learning rate by layer: name (`1.conv`), type (`conv`) or number.'),
    },
    { error: 'rates must be { decay: 0.4 } or { layers: { 1.conv: 0.1 } }' },
  );
}
export type WrittenRates = z.output<ReturnType<typeof ratesSchema>>;

export function normalizeRates(written: WrittenRates | null | undefined): RateSettings {
  return { decay: written?.decay ?? 1, layers: written?.layers ?? {} };
}
