/** Successive halving and Hyperband by name: selects asha.ts or rounds.ts. */
import { z } from 'zod';
import type { Scheduler } from '../types.js';
import { AshaScheduler, AshaSettings } from './asha.js';
import { LadderSettings } from './ladder.js';
import { RoundsScheduler } from './rounds.js';

const shared = { ...LadderSettings, finish: AshaSettings.shape.finish };
export const HalvingSettings = z.strictObject({
  form: z
    .enum(['rounds', 'stop'])
    .optional()
    .describe(
      'Pause all trials of a round and resume the best (the default if the program saves checkpoints), or stop trials.',
    ),
  ...shared,
  size: z
    .number()
    .int()
    .min(2)
    .optional()
    .describe('Number of trials per round. By default, enough that one reaches its end.'),
});
export const HyperbandSettings = z.strictObject({
  form: z
    .enum(['stop', 'promote', 'rounds'])
    .optional()
    .describe('As for asha, in brackets (with the same default); or rounds with pauses, as in the paper.'),
  ...shared,
});

/** Creates the scheduler; `checkpoints` means that the program can pause and resume. */
export function makeAsha(settings: z.infer<typeof AshaSettings>, checkpoints: boolean): Scheduler {
  return new AshaScheduler('asha', { ...settings, form: settings.form ?? (checkpoints ? 'promote' : 'stop') }, false);
}

/** `pauses` means that the program can pause, and one objective tells which trials resume. */
export function makeHalving(settings: z.infer<typeof HalvingSettings>, pauses: boolean): Scheduler {
  const form = settings.form ?? (pauses ? 'rounds' : 'stop');
  return form === 'stop'
    ? new AshaScheduler('halving', { ...settings, form }, false)
    : new RoundsScheduler('halving', settings, false);
}

export function makeHyperband(settings: z.infer<typeof HyperbandSettings>, checkpoints: boolean): Scheduler {
  const form = settings.form ?? (checkpoints ? 'promote' : 'stop');
  return form === 'rounds'
    ? new RoundsScheduler('hyperband', settings, true)
    : new AshaScheduler('hyperband', { ...settings, form }, true);
}
