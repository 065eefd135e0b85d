/** The key `alerts:` of an experiment file as it is written, and its normal form. */
import { z } from 'zod';
import type { AlertCondition } from '../protocol/engine/alerts.js';

const MOST = 20;
const threshold = z.number({ error: 'an alert on a metric needs above: NUMBER or below: NUMBER' });
const metric = z.string({ error: 'metric must be the name of a metric' }).min(1, 'metric must not be empty').max(512);

const WrittenAlert = z.union(
  [
    z.enum(['nan', 'failed', 'ended']),
    z.strictObject({
      stall: z
        .number({ error: 'stall must be a number of seconds' })
        .positive('stall must be above 0')
        .describe('Seconds in which a running run logs nothing.'),
    }),
    z.strictObject({ metric, above: threshold }),
    z.strictObject({ metric, below: threshold }),
  ],
  { error: 'an alert must be nan, failed, ended, { stall: SECONDS }, or { metric: NAME, above: X } (or below)' },
);

export const WrittenAlerts = z
  .array(WrittenAlert, { error: 'alerts must be a list, such as: [nan, { stall: 600 }]' })
  .max(MOST, `alerts: at most ${MOST}`)
  .describe(
    'Alerts about the runs of this file: `nan`, `failed`, `ended` (not for trials), `{ stall: 600 }`, `{ metric: val/loss, above: 5 }`. The editor shows them, and agents that wait get them.',
  );
export type WrittenAlerts = z.output<typeof WrittenAlerts>;

export function alertConditions(written: WrittenAlerts): AlertCondition[] {
  return written.map((alert): AlertCondition => {
    if (typeof alert === 'string') return { kind: alert };
    if ('stall' in alert) return { kind: 'stall', seconds: alert.stall };
    if ('above' in alert) return { kind: 'above', metric: alert.metric, value: alert.above };
    return { kind: 'below', metric: alert.metric, value: alert.below };
  });
}
