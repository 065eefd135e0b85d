/** A learning-rate range test: the request, and the `info` of its run. */
import { z } from 'zod';

export const RangeTest = z
  .object({
    /** The rates of the first and the last step. */
    from: z.number().positive().default(1e-7),
    to: z.number().positive().default(10),
    steps: z.number().int().min(20).max(10_000).default(200),
  })
  .strict()
  .refine(({ from, to }) => to > from, { message: 'the last rate must be above the first' });
export type RangeTest = z.infer<typeof RangeTest>;

export { RANGE } from './rangeNames.js';
