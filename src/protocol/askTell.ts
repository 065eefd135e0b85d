/**
 * `tunesmith ask-tell`: one JSON object a line, a request on standard input, its answer on standard output, in order.
 * A request is an object with one key, its name. JSON has no NaN and no infinities: null and "NaN" stand for the
 * first, "Infinity" and "-Infinity" for the others.
 */
import { z } from 'zod';
import { record } from './values/recordSchema.js';
import { fromWire, Params, WireNumber, type ParamValue } from './values/index.js';

/** More trials than anybody asks for at once. */
const MOST_AT_ONCE = 10_000;
const whole = (what: string, least: number) =>
  z
    .number({ error: `${what} must be a whole number` })
    .int(`${what} must be a whole number`)
    .min(least, `${what} must be at least ${least}`);
const measured = z.union([WireNumber, z.null()], { error: 'must be a number, "NaN", "Infinity" or "-Infinity"' });
const list = (what: string) => z.array(measured, { error: `${what} must be a list of numbers` });
const named = (what: string) =>
  z.union([z.string(), z.looseObject({ name: z.string() })], {
    error: `${what} must be a name or { "name": …, "setting": … }`,
  });
const params = z.custom<Params>((given) => Params.safeParse(given).success, {
  error: 'params must name parameters and their values',
});
const space = record(z.unknown(), { error: 'space must name parameters and their ranges' });
const linear = z.array(z.string({ error: 'a constraint must be a text such as "a + 2 * b <= 5"' }), {
  error: 'constraints must be a list of texts',
});
const nothing = z.strictObject({});

const share = z.number({ error: 'a share must be a number' }).min(0).max(1, 'a share is from 0 to 1');

/** Begins a search, and ends the one before it. With `saved` alone: resumes a saved one. */
export const Init = z.strictObject({
  /** As `search.space` of an experiment file. */
  space: space.optional(),
  /**
   * Constraints that are known before a trial runs, such as "a + 2 * b <= 5"; the same as `search.constraints` of an
   * experiment file.
   */
  constraints: linear.optional(),
  directions: z
    .array(z.enum(['minimize', 'maximize'], { error: 'a direction is "minimize" or "maximize"' }), {
      error: 'directions must be a list of "minimize" and "maximize"',
    })
    .min(1, 'directions must have at least one')
    .optional(),
  sampler: named('sampler').optional(),
  pruner: named('pruner').nullish(),
  seed: whole('seed', 0).max(2147483647, 'seed must be at most 2147483647').optional(),
  /** Planned trials in total. Absent: as many as are requested. */
  trials: whole('trials', 1).nullish(),
  /** Run at the same time, as far as is known. */
  workers: whole('workers', 1).optional(),
  /** The step at which a full training ends, if it is known. */
  maxSteps: z.number({ error: 'maxSteps must be a number' }).positive('maxSteps must be above 0').nullish(),
  /** The program saves and loads checkpoints, so its trials can pause. */
  checkpoints: z.boolean({ error: 'checkpoints must be true or false' }).optional(),
  /** Parameters are tuned in groups, one after the other; the settings are those of `StudyOptions`. */
  stages: z
    .strictObject({
      order: z
        .array(z.strictObject({ name: z.string(), params: z.array(z.string()).optional(), share: share.optional() }))
        .optional(),
      joint: whole('joint', 0).optional(),
    })
    .nullish(),
  /** How imported trials are used; null: the sampler gets them as they are. */
  warmStart: z.strictObject({ free: share.optional(), first: whole('first', 0).optional() }).nullish(),
  /** The search ends by itself once little is left to gain; the settings as in `StudyOptions`. */
  stop: z
    .strictObject({
      gain: z.number().min(0).optional(),
      after: whole('after', 1).optional(),
      patience: whole('patience', 1).optional(),
      stale: whole('stale', 1).optional(),
    })
    .nullish(),
  /** Prefers trials that take less time, by the `seconds` that are told; `seconds`: the budget for their sum. */
  cost: z.strictObject({ seconds: z.number().positive('seconds must be greater than 0').optional() }).nullish(),
  /** At the end the best `top` trials are run again, up to `times` each. */
  repeat: z.strictObject({ top: whole('top', 1), times: whole('times', 1) }).nullish(),
  /** Tells whether the same params may give another value; decides which trial is recommended. */
  noise: z.enum(['auto', 'none', 'some'], { error: 'noise must be auto, none or some' }).optional(),
  /** The answer of an earlier `save`. */
  saved: z.unknown().optional(),
});
export type Init = z.output<typeof Init>;

const id = whole('id', 0);
const earlier = z.strictObject({ params, values: list('values'), constraints: list('constraints').optional() });
export const Tell = z.strictObject({
  id,
  values: list('values').optional(),
  state: z
    .enum(['completed', 'failed', 'pruned', 'paused'], { error: 'state must be completed, failed, pruned or paused' })
    .optional(),
  /** Met if at most 0. */
  constraints: list('constraints').optional(),
  seconds: z.number({ error: 'seconds must be a number' }).min(0, 'seconds must be at least 0').optional(),
});

const trials = whole('trials', 1);

/** Every request by its name. */
export const AskTellRequests = {
  init: Init,
  ask: z.strictObject({ n: whole('n', 1).max(MOST_AT_ONCE, `n must be at most ${MOST_AT_ONCE}`).optional() }),
  /** `value`: of the first objective; `values`: of all of them at this step, in place of `value`. */
  report: z.strictObject({
    id,
    step: z.number({ error: 'step must be a number' }),
    value: measured.optional(),
    values: list('values').optional(),
  }),
  tell: Tell,
  enqueue: z.strictObject({ params }),
  /** Completed trials of one earlier search, perhaps of another space. */
  import: z.strictObject({ trials: z.array(earlier, { error: 'trials must be a list' }) }),
  /** Continues in another space. */
  widen: z.strictObject({ space, constraints: linear.optional() }),
  /** New number of planned trials in total; null: as many as are requested. */
  extend: z.strictObject({ trials: trials.nullable() }),
  best: nothing,
  /** The trial to rely on: by its expected value, not by its luck. */
  recommend: nothing,
  importance: z.strictObject({
    method: z.enum(['pedAnova', 'fanova'], { error: 'method must be pedAnova or fanova' }).optional(),
    /** Which of several, from 0. */
    objective: whole('objective', 0).optional(),
  }),
  status: nothing,
  save: nothing,
};
export type AskTellName = keyof typeof AskTellRequests;
export type AskTellBody<N extends AskTellName> = z.output<(typeof AskTellRequests)[N]>;

export interface AskedTrial {
  id: number;
  params: Record<string, ParamValue>;
  /** It was paused and resumes from its checkpoint; absent: it begins. */
  resume?: true;
  /** The step after which it pauses. */
  until?: number;
  /** The trial whose latest checkpoint it begins from. */
  from?: number;
  /** The trial whose params are measured again, with a fresh seed. */
  repeatOf?: number;
}

export interface BestTrial {
  id: number;
  params: Record<string, ParamValue>;
  values: WireNumber[];
}

/** Answers by request. Any request can be answered with `error`; then nothing has changed. */
export interface AskTellAnswers {
  init: { ok: true };
  /**
   * Fewer than requested: `done` when there will be no more, `waiting` when there may be more after others have ended.
   */
  ask: { trials: AskedTrial[]; done?: true; waiting?: true };
  report: { prune: boolean; pause?: true };
  tell: { ok: true };
  enqueue: { ok: true };
  import: { ok: true };
  widen: { ok: true };
  extend: { ok: true };
  best: { trials: BestTrial[] };
  /** `mean` and `sd`: what is expected of it. Several objectives: the front. */
  recommend: { trials: (BestTrial & { mean?: WireNumber; sd?: WireNumber })[]; why?: string };
  /** Shares of 1; empty if they are not known yet, with the reason in `why`. */
  importance: { importance: Record<string, number>; why?: string };
  status: { trials: Record<string, number>; planned: number | null; sampler: string | null };
  save: { saved: unknown };
}

export const numberOf = (value: WireNumber | null): number => (value === null ? NaN : fromWire(value));
