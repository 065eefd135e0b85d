/** The key `retries:` of an experiment file as it is written, and its normal form. */
import { z } from 'zod';
import type { Retries } from '../protocol/run/retries.js';

const MOST = 1000;

const times = (what: string) =>
  z
    .number({ error: `${what} must be a whole number` })
    .int(`${what} must be a whole number`)
    .min(0, `${what} must be at least 0`)
    .max(MOST, `${what} must be at most ${MOST}`);

export const WrittenRetries = z
  .union(
    [
      times('retries'),
      z.strictObject({
        lost: times('lost')
          .optional()
          .describe('After the program vanished: its machine went down, or it was killed without a trace.'),
        preempted: times('preempted')
          .optional()
          .describe('After a cluster preempted it, or ended it at its time limit. Default: 1000.'),
        outOfMemory: times('outOfMemory').optional().describe('After memory ran out, of the machine or of a GPU.'),
        failed: times('failed').optional().describe('After any other failure of the program.'),
      }),
    ],
    {
      error: `retries must be a whole number, or one for each reason, such as: { lost: 2, outOfMemory: 1, failed: 0 }`,
    },
  )
  .describe(
    'How often a run that was lost, ran out of memory or failed is retried, in its own folder and from its newest checkpoint. A number, or one for each reason. Default: 0.',
  );
export type WrittenRetries = z.output<typeof WrittenRetries>;

export function normalRetries(written: WrittenRetries): Retries {
  return typeof written === 'number' ? { all: written } : written;
}
