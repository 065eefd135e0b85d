/** The first format of saved studies: trials as tuples with their parameters' names. */
import { z } from 'zod';
import { fromWire, Params, WireNumber } from '../../protocol/values/index.js';
import type { SavedState } from './state.js';
import { SavedOptions } from './options.js';
import { More } from './trialTexts.js';

const SavedTrial = z.tuple([
  Params,
  z.enum(['running', 'paused', 'completed', 'pruned', 'failed']),
  z.array(WireNumber).nullable(),
  z.array(z.tuple([z.number(), WireNumber])),
  z.boolean(),
  More.optional(),
]);

export const Version1 = z.object({
  version: z.literal(1),
  options: SavedOptions,
  trials: z.array(SavedTrial),
  queue: z.array(Params),
  random: z.array(z.number()).length(4),
  sampler: z.unknown(),
  pruner: z.unknown(),
});

export function fromVersion1({ version: _, options, ...saved }: z.infer<typeof Version1>): SavedState {
  const trials = saved.trials.map(([params, state, values, reports, enqueued, { constraints, ...more } = {}], id) => ({
    id,
    params,
    state,
    values: values && values.map(fromWire),
    enqueued,
    ...more,
    ...(constraints && { constraints: constraints.map(fromWire) }),
    reports: reports.map(([step, value]) => ({ step, value: fromWire(value) })),
  }));
  // Enqueued trials counted as planned in this version.
  const given = saved.queue.length + trials.filter(({ enqueued }) => enqueued).length;
  const planned = options.trials === null ? null : Math.max(0, options.trials - given);
  return {
    options: { ...options, trials: planned },
    trials,
    queue: saved.queue,
    imported: [],
    random: saved.random,
    // The sampler's state is now wrapped in that of the warm start.
    sampler: { full: saved.sampler ?? null, box: null, version: 0, arms: '', begun: 0, joined: false },
    pruner: saved.pruner ?? null,
    widened: false,
    dry: false,
  };
}
