/** A run that began from another run's checkpoint. */
import { z } from 'zod';
import { ID_PATTERN } from '../run/runFiles.js';

export const Branch = z.object({
  /** Id of the run whose checkpoint it is. That run may be gone since. */
  run: z.string().regex(ID_PATTERN),
  /** Step that the checkpoint was saved at; null if its name does not tell. */
  step: z.number().nullable(),
});
export type Branch = z.infer<typeof Branch>;
