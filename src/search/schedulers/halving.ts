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
    .describe('All of a round pause and the best go on (needs checkpoints), or trials stop. By what the program can.'),
  ...shared,
  size: z.number().int().min(2).optional().describe('Trials of a round. By default so many that one gets to its end.'),
});
export const HyperbandSettings = z.strictObject({
  form: z
    .enum(['stop', 'promote', 'rounds'])
    .optional()
    .describe('As of asha, in brackets; or rounds as in the paper, with pauses. By what the program can.'),
  ...shared,
});

/** Creates the scheduler; `checkpoints` means that the program can pause and resume. */
export function makeAsha(settings: z.infer<typeof AshaSettings>, checkpoints: boolean): Scheduler {
  return new AshaScheduler('asha', { ...settings, form: settings.form ?? (checkpoints ? 'promote' : 'stop') }, false);
}

export function makeHalving(settings: z.infer<typeof HalvingSettings>, checkpoints: boolean): Scheduler {
  const form = settings.form ?? (checkpoints ? 'rounds' : 'stop');
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
