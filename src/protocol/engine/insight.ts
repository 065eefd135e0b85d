/** Insights into a search's trials; the answer to `searches/insight`. */
import { z } from 'zod';
import { ParamValue, WireNumber } from '../values/index.js';

export const InsightPart = z.enum(['history', 'importance', 'curves', 'left', 'front']);
export type InsightPart = z.infer<typeof InsightPart>;

export const ImportanceMethod = z.enum(['pedAnova', 'fanova']);
export type ImportanceMethod = z.infer<typeof ImportanceMethod>;

export const InsightQuery = z
  .object({
    /** Id of the search. */
    id: z.string(),
    /** Index of the objective, from 0. */
    objective: z.number().int().min(0).default(0),
    method: ImportanceMethod.default('pedAnova'),
    parts: z.array(InsightPart).default([...InsightPart.options]),
    /** Two parameters whose joint effect is wanted. */
    surface: z.tuple([z.string(), z.string()]).optional(),
  })
  .strict();
export type InsightQuery = z.output<typeof InsightQuery>;

/** There are too few trials, or they are too much alike. */
export const Unknown = z.object({
  /** Missing data, for the person. */
  unknown: z.string(),
  trials: z.number().int(),
  needed: z.number().int(),
});
export type Unknown = z.infer<typeof Unknown>;

export const Importance = z.object({
  method: ImportanceMethod,
  trials: z.number().int(),
  /** Greatest first; they sum to 1. */
  shares: z.array(z.object({ name: z.string(), share: z.number() })),
  /** fANOVA: the share of the variance that parameters cause by themselves. */
  alone: z.number().nullable(),
  /** fANOVA: the share of the variance that two parameters cause only together; greatest first. */
  pairs: z.array(z.object({ names: z.tuple([z.string(), z.string()]), share: z.number() })),
});
export type Importance = z.infer<typeof Importance>;

/** How a parameter's values lie on an axis. */
export const Scale = z.enum(['linear', 'log', 'choice']);
export type Scale = z.infer<typeof Scale>;

/** Expected objective for each value of one parameter, averaged over the others. */
export const Curve = z.object({
  name: z.string(),
  scale: Scale,
  values: z.array(ParamValue),
  mean: z.array(z.number()),
  /** Standard deviation of the uncertainty. */
  sd: z.array(z.number()),
});
export type Curve = z.infer<typeof Curve>;

export const Curves = z.object({ model: z.enum(['gp', 'forest']), trials: z.number().int(), curves: z.array(Curve) });

/** Like a curve, for two parameters: row by row, one row for each value of the first. Null for pairs that cannot occur together. */
export const Surface = z.object({
  names: z.tuple([z.string(), z.string()]),
  scales: z.tuple([Scale, Scale]),
  values: z.tuple([z.array(ParamValue), z.array(ParamValue)]),
  mean: z.array(z.number().nullable()),
  sd: z.array(z.number().nullable()),
});
export type Surface = z.infer<typeof Surface>;

/** How much can still be gained. */
export const GainLeft = z.object({
  /** At most, in the objective's unit, as far as a model can tell. */
  atMost: z.number(),
  /** Standard deviation of one trial's value. */
  noise: z.number(),
  sentence: z.string(),
  trials: z.number().int(),
});
export type GainLeft = z.infer<typeof GainLeft>;

/** `run`: null when the trial's run was deleted. */
export const FrontPoint = z.object({
  trial: z.number().int(),
  run: z.string().nullable(),
  values: z.array(WireNumber),
});
export type FrontPoint = z.infer<typeof FrontPoint>;

export const Front = z.object({
  /** Trials that none beats, in the order of the first objective. */
  front: z.array(FrontPoint),
  /** At most a thousand of the other trials, evenly spaced. */
  others: z.array(FrontPoint),
  reference: z.array(z.number()),
  /** After each trial that changed it. */
  hypervolume: z.array(z.object({ trial: z.number().int(), value: z.number() })),
});
export type Front = z.infer<typeof Front>;

export const HistoryPoint = z.object({
  trial: z.number().int(),
  run: z.string().nullable(),
  value: WireNumber,
  /** Better than every trial before. */
  best: z.boolean(),
});
export type HistoryPoint = z.infer<typeof HistoryPoint>;

/** Each part is null when it was not asked for. */
export const Insight = z.object({
  search: z.string(),
  objectives: z.array(z.object({ metric: z.string(), goal: z.enum(['minimize', 'maximize']) })),
  objective: z.number().int(),
  /** Completed trials in order: all that were the best so far, and at most a thousand of the others, evenly spaced. */
  history: z.array(HistoryPoint).nullable(),
  importance: z.union([Importance, Unknown]).nullable(),
  curves: z.union([Curves, Unknown]).nullable(),
  surface: Surface.nullable(),
  left: z.union([GainLeft, Unknown]).nullable(),
  /** Pareto front of a search with several objectives; null otherwise. */
  front: Front.nullable(),
});
export type Insight = z.infer<typeof Insight>;
