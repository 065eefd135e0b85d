/** Alerts: rules that a person sets on runs, and the messages when one applies. */
import { z } from 'zod';
import { Said } from '../said.js';

/** Circumstance of a run that a rule watches for. */
export const AlertCondition = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('above'), metric: z.string(), value: z.number() }).strict(),
  z.object({ kind: z.literal('below'), metric: z.string(), value: z.number() }).strict(),
  /** The last value of a metric is NaN or infinite. */
  z.object({ kind: z.literal('nan') }).strict(),
  /** Seconds without a record while the run is running. */
  z.object({ kind: z.literal('stall'), seconds: z.number().positive() }).strict(),
  z.object({ kind: z.literal('failed') }).strict(),
  z.object({ kind: z.literal('ended') }).strict(),
]);
export type AlertCondition = z.infer<typeof AlertCondition>;

export const AlertRule = z
  .object({
    /** Absolute path of the experiment file whose runs it is about; null: all runs. */
    file: z.string().nullable(),
    when: AlertCondition,
    /** Argument vector that is started on this machine, never through a shell; null: none. */
    command: z.array(z.string()).min(1).nullable(),
    /** Address that gets the alert as JSON (POST); null: none. */
    webhook: z.url({ protocol: /^https?$/ }).nullable(),
  })
  .strict();
export type AlertRule = z.infer<typeof AlertRule>;
export const KeptAlertRule = AlertRule.extend({
  id: z.string(),
  /** When it was set, in milliseconds since the epoch: runs that had ended before are no business of it. */
  since: z.number(),
});
export type KeptAlertRule = z.infer<typeof KeptAlertRule>;

/** One alert, as clients, commands and webhooks get it. */
export const Alert = z.object({
  /** Id of the rule. */
  rule: z.string(),
  run: z.string(),
  name: z.string(),
  experiment: z.string(),
  /** For a person, in one sentence. */
  text: z.string(),
  /** The reason with its values apart, for showing it in another language. */
  reason: Said.optional(),
  /** Milliseconds since the epoch. */
  time: z.number(),
});
export type Alert = z.infer<typeof Alert>;

export const AlertRequests = {
  'alerts/list': { params: z.object({}).strict(), result: z.object({ rules: z.array(KeptAlertRule) }) },
  /** For people: no tool offers it, as a rule may start a command. */
  'alerts/add': { params: AlertRule, result: z.object({ rules: z.array(KeptAlertRule) }) },
  /** For agents: a rule on the runs of one file that starts nothing and sends nothing. */
  'alerts/watch': {
    params: z.object({ file: z.string(), when: AlertCondition }).strict(),
    result: z.object({ rules: z.array(KeptAlertRule) }),
  },
  /** Removes one rule; null: all of them. */
  'alerts/remove': {
    params: z.object({ id: z.string().nullable() }).strict(),
    result: z.object({ rules: z.array(KeptAlertRule) }),
  },
} as const;
