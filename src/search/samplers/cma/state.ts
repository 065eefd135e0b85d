/**
 * The saved state of a CMA-ES search. Losses and places of trials are not included: they come back from the history.
 */
import { z } from 'zod';
import { Params } from '../../../protocol/values/index.js';
import { EndedState } from '../evolution/ended.js';

const numbers = z.array(z.number());
const whole = z.number().int();
const Drawn = z.object({ at: numbers, picks: numbers, generation: whole, foreign: z.boolean() });

export const CmaState = z.object({
  generation: whole,
  /** First generation of this run, and the best trial since. */
  begun: whole,
  best: whole.nullable(),
  gaussian: z.object({ generation: whole, sigma: z.number(), stale: whole, lists: z.array(numbers).length(7) }),
  shares: z.array(numbers),
  regimes: z.object({
    size: whole,
    larger: whole,
    small: z.boolean(),
    spent: z.object({ small: z.number(), large: z.number() }),
    widest: z.number(),
    alike: whole,
  }),
  surrogate: z.object({
    trusted: z.boolean(),
    fresh: whole,
    unexplained: z.number().default(0),
    puzzled: z.boolean().default(false),
    misses: z.array(z.boolean()),
    trials: numbers,
    model: z
      .object({ shape: z.enum(['linear', 'diagonal', 'full']), centre: numbers, unit: z.number(), is: numbers })
      .nullable(),
  }),
  /** Absent in states saved by older versions. */
  probe: z
    .object({
      noisy: z.boolean(),
      tries: whole,
      next: whole,
      pending: z.object({ trial: whole, of: whole }).nullable(),
    })
    .optional(),
  /** Candidates; without params if these can be derived. */
  candidates: z.array(z.tuple([Params.nullable(), Drawn])),
  /** By trial: the point that was drawn for it, and the point's key. */
  asked: z.array(z.tuple([whole, Drawn, z.string()])),
  /** Trials that have ended but are not learned from yet. */
  members: z.array(z.tuple([whole, Drawn])),
  ended: EndedState,
});
export type CmaState = z.infer<typeof CmaState>;
