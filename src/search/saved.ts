/** How a study is written down: plain JSON with a version. */
import { z } from 'zod';
import { fromWire, Params, ParamValue, toWire, WireNumber } from '../protocol/values.js';
import { SearchError } from './errors.js';
import type { Space, StudyOptions, Trial } from './types.js';

export interface SavedState {
  options: StudyOptions;
  trials: Trial[];
  queue: Params[];
  random: number[];
  sampler: unknown;
  pruner: unknown;
}

const VERSION = 1;
const Named = z.union([z.string(), z.looseObject({ name: z.string() })]);
const Base = {
  name: z.string(),
  when: z.record(z.string(), z.array(ParamValue)).nullable(),
  prior: z.object({ value: ParamValue, sd: z.number().optional() }).nullish(),
  stage: z.string().nullish(),
};
const Range = { ...Base, low: z.number(), high: z.number(), log: z.boolean() };
const points = z.number().nullish();
const Dimension = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('float'), ...Range, step: z.number().nullable(), points }),
  z.object({ kind: z.literal('int'), ...Range, step: z.number(), points }),
  z.object({
    kind: z.literal('choice'),
    ...Base,
    choices: z.array(ParamValue),
    weights: z.array(z.number()).nullable(),
  }),
  z.object({ kind: z.literal('constant'), ...Base, value: ParamValue }),
  z.object({
    ...{ kind: z.literal('normal'), ...Base, mean: z.number(), sd: z.number(), log: z.boolean() },
    step: z.number().nullable(),
  }),
]);
const Linear = z.object({ terms: z.record(z.string(), z.number()), atMost: z.number() });
/** What most trials don't have. */
const More = z.object({
  constraints: z.array(WireNumber).optional(),
  seconds: z.number().optional(),
  until: z.number().optional(),
  bracket: z.number().optional(),
  from: z.number().optional(),
  repeatOf: z.number().optional(),
  changes: z.array(z.object({ step: z.number(), params: Params, from: z.number().optional() })).optional(),
});
/** Trials and reports are tuples: with ten thousand trials the names of their fields would be most of the text. */
const SavedTrial = z.tuple([
  Params,
  z.enum(['running', 'paused', 'completed', 'pruned', 'failed']),
  z.array(WireNumber).nullable(),
  z.array(z.tuple([z.number(), WireNumber])),
  z.boolean(),
  More.optional(),
]);
const Saved = z.object({
  version: z.literal(VERSION),
  options: z.object({
    space: z.object({
      dimensions: z.array(Dimension),
      constraints: z.array(Linear).optional(),
    }) satisfies z.ZodType<Space>,
    goals: z.array(z.enum(['minimize', 'maximize'])),
    sampler: Named,
    pruner: Named.nullable(),
    seed: z.number(),
    trials: z.number().nullable(),
    workers: z.number().optional(),
    maxSteps: z.number().nullish(),
  }),
  trials: z.array(SavedTrial),
  queue: z.array(Params),
  random: z.array(z.number()).length(4),
  sampler: z.unknown(),
  pruner: z.unknown(),
});

export function toSaved(state: SavedState): unknown {
  return {
    version: VERSION,
    ...state,
    trials: state.trials.map(({ id: _, params, state: ended, values, reports, enqueued, ...more }) => [
      ...[params, ended, values && values.map(toWire)],
      ...[reports.map(({ step, value }) => [step, toWire(value)]), enqueued],
      ...(Object.keys(more).length
        ? [{ ...more, ...(more.constraints && { constraints: more.constraints.map(toWire) }) }]
        : []),
    ]),
  };
}

export function fromSaved(saved: unknown): SavedState {
  const version = (saved as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > VERSION) {
    throw new SearchError('this search was saved by a newer version of Tunesmith; update to go on with it');
  }
  const result = Saved.safeParse(saved);
  if (!result.success) {
    const { path, message } = result.error.issues[0]!;
    throw new SearchError(`the saved state of the search can't be read (${path.join('.')}: ${message})`);
  }
  const { trials, sampler = null, pruner = null, ...rest } = result.data;
  return {
    ...rest,
    sampler,
    pruner,
    trials: trials.map(([params, state, values, reports, enqueued, { constraints, ...more } = {}], id) => ({
      ...{ id, params, state, values: values && values.map(fromWire), enqueued, ...more },
      ...(constraints && { constraints: constraints.map(fromWire) }),
      reports: reports.map(([step, value]) => ({ step, value: fromWire(value) })),
    })),
  };
}
