/** Schema and normal form of the losses. */
import { z } from 'zod';
import { record } from '../../../protocol/values/recordSchema.js';
import { number, oneOf, type Kit } from '../kit.js';

/** Task of each loss: `numbers` marks regression losses; the others are classification losses. */
export const LOSSES = {
  crossEntropy: 'classes',
  binaryCrossEntropy: 'classes',
  hinge: 'classes',
  squaredHinge: 'classes',
  categoricalHinge: 'classes',
  mse: 'numbers',
  mae: 'numbers',
  huber: 'numbers',
} as const;
export type LossName = keyof typeof LOSSES;
const NAMES = Object.keys(LOSSES) as [LossName, ...LossName[]];

export interface LossSettings {
  name: LossName;
  /** Error at which huber becomes linear, in the (standardized) unit of the targets. */
  delta: number;
  /** Share of each target that is spread evenly over all classes. */
  labelSmoothing: number;
  /** Weight of an example by class name; `balanced` gives all classes equal influence, null gives every example 1. */
  classWeights: 'balanced' | Record<string, number> | null;
}

export function lossSchema({ p, optional }: Kit) {
  const name = oneOf('loss', NAMES);
  const settings = z.strictObject({
    name: p(name),
    delta: optional(number('delta').positive('delta must be above 0')).describe(
      'huber: error above which the loss is linear instead of quadratic. Default: 1.',
    ),
    labelSmoothing: optional(
      number('labelSmoothing').min(0, 'labelSmoothing must be at least 0').lt(1, 'labelSmoothing must be below 1'),
    ).describe('Share of each label that is spread over all classes. Default: 0.'),
    classWeights: z
      .union([p(z.literal('balanced')), record(p(number('a weight').min(0, 'weights must be at least 0')))])
      .nullish()
      .describe(
        'Weight of each class: { cat: 1, dog: 2 }, or `balanced`, by inverse frequency. Default: equal weights.',
      ),
  });
  return z.union([p(name), settings], {
    error: (issue) =>
      issue.input === undefined
        ? 'loss is missing'
        : 'loss must be a name such as crossEntropy, or { name: crossEntropy, labelSmoothing: 0.1 }',
  });
}
export type WrittenLoss = z.output<ReturnType<typeof lossSchema>>;

export function normalizeLoss(written: WrittenLoss): LossSettings {
  const given = typeof written === 'string' ? { name: written } : written;
  return {
    name: given.name,
    delta: ('delta' in given ? given.delta : null) ?? 1,
    labelSmoothing: ('labelSmoothing' in given ? given.labelSmoothing : null) ?? 0,
    classWeights: ('classWeights' in given ? given.classWeights : null) ?? null,
  };
}
