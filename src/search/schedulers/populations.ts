/** Population-based training by name: pbt.ts with either explore step. */
import type { z } from 'zod';
import type { Scheduler, Space } from '../types.js';
import { Perturb } from './explore.js';
import { Bandit } from './pb2.js';
import { PbtScheduler, PbtSettings } from './pbt.js';

export { PbtSettings };
export const Pb2Settings = PbtSettings.omit({ resample: true, factor: true });

export function makePbt(settings: PbtSettings, space: Space): Scheduler {
  return new PbtScheduler('pbt', settings, new Perturb(space, settings));
}

export function makePb2(settings: z.infer<typeof Pb2Settings>, space: Space): Scheduler {
  // Explores as population-based training does until there is something to learn from.
  const perturb = new Perturb(space, PbtSettings.parse({}));
  return new PbtScheduler('pb2', settings, new Bandit(space, settings, perturb));
}
