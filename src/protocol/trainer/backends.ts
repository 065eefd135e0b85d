/**
 * Lines (NDJSON) that `node dist/trainer.cjs --probe-backends`, `--install-backend ID [--python PATH]` and
 * `--remove-backend ID` print on their standard output. The last line is `reports`, `done` or `error`.
 */
import { z } from 'zod';
import { Said } from '../said.js';
import { BackendReport } from '../engine/index.js';

export const BackendLine = z.discriminatedUnion('type', [
  /** One step of the work, for the person. `fraction` is null when nobody can know. */
  z.object({ type: z.literal('progress'), fraction: z.number().min(0).max(1).nullable(), text: z.string() }),
  /** All backends in the order in which they are preferred; at most one is `chosen`. */
  z.object({
    type: z.literal('reports'),
    backends: z.array(BackendReport),
    /** Backends that were chosen lately by timing, one line each. */
    choices: z.array(z.string()).default([]),
  }),
  /** Installed (or removed) and tested, with this result. */
  z.object({ type: z.literal('done'), backend: BackendReport }),
  z.object({ type: z.literal('error'), message: z.string(), said: Said.optional().catch(undefined) }),
]);
export type BackendLine = z.infer<typeof BackendLine>;
