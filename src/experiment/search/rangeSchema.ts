/** How a parameter's range is written: the only definition. Descriptions are what the editor shows on hover. */
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import { ParamValue } from '../../protocol/values/index.js';

export const value = ParamValue.describe('A number, text, switch (true/false), null, or a list of them.');
const pair = z.tuple([z.number(), z.number()]);

const bound = (what: string) => z.number().optional().describe(what);
const allowed = z.union([
  value,
  z.array(value),
  z
    .strictObject({
      above: bound('More than this.'),
      atLeast: bound('This or more.'),
      below: bound('Less than this.'),
      atMost: bound('This or less.'),
    })
    .refine((bounds) => Object.keys(bounds).length > 0, { error: 'name a bound: above, atLeast, below or atMost' }),
  z.strictObject({ not: z.union([value, z.array(value)]).describe('Any value except these.') }),
]);
const common = {
  when: record(allowed)
    .optional()
    .describe(
      "Searched only if these other parameters have such values: `{ optimizer: sgd }`, `{ layers: '>= 2' }`, " +
        '`{ lr: { above: 0.001, atMost: 0.1 } }`, `{ optimizer: { not: sgd } }`.',
    ),
  prior: z
    .union([
      value,
      z.strictObject({
        value: value.describe('Value that is most likely best.'),
        sd: z
          .number()
          .gt(0, 'sd must be above 0')
          .max(1, 'sd must be at most 1')
          .optional()
          .describe('Standard deviation of that guess, as a share of the whole range. Default: 0.25.'),
      }),
    ])
    .optional()
    .describe('What you believe to be best: the search looks there first. `0.01`, or `{ value: 0.01, sd: 0.1 }`.'),
  stage: z
    .string({ error: 'stage must be the name of a stage' })
    .min(1, 'stage must not be empty')
    .optional()
    .describe('Stage in which it is tuned, one of `stages`. Default: by its name.'),
};
const stepped = {
  ...common,
  step: z.number().positive('the step must be above 0').optional().describe('Distance between two values.'),
};
const ranged = {
  ...stepped,
  unrounded: pair
    .optional()
    .describe(
      '[from, to] of the number that a random draw rounds to the nearest step: values at the ends are less likely.',
    ),
  points: z.number().int().min(1).optional().describe('Number of values into which a grid divides the range.'),
};

/** Each way to write a range, by the key that tells it. */
export const DIMENSIONS = {
  uniform: z.strictObject({ uniform: pair.describe('[from, to], all values equally likely.'), ...ranged }),
  log: z.strictObject({ log: pair.describe('[from, to] on a logarithmic scale; from must be above 0.'), ...ranged }),
  int: z.strictObject({ int: pair.describe('[from, to], whole numbers, both ends included.'), ...ranged }),
  logInt: z.strictObject({ logInt: pair.describe('[from, to], whole numbers on a logarithmic scale.'), ...ranged }),
  choice: z.strictObject({
    choice: z.array(value).min(1, 'name at least one choice').describe('One of these values.'),
    weights: z.array(z.number()).optional().describe('Weight of each choice in random draws.'),
    ...common,
  }),
  constant: z.strictObject({ constant: value.describe('Always this value.'), ...common }),
  normal: z.strictObject({ normal: pair.describe('[mean, standard deviation].'), ...stepped }),
  logNormal: z.strictObject({
    logNormal: pair.describe('[mean, standard deviation] of the logarithm.'),
    ...stepped,
  }),
  beta: z.strictObject({
    beta: pair.describe('[a, b], the two shapes of a beta distribution; its mean is a / (a + b) of the range.'),
    range: pair.optional().describe('[from, to] of the values. Default: [0, 1].'),
    ...stepped,
  }),
} as const;
export type DimensionKind = keyof typeof DIMENSIONS;
