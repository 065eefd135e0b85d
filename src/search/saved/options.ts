/** The saved options of a study. Fields that are not listed here are lost. */
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import { FloatMark, ParamValue } from '../../protocol/values/index.js';
import type { Rule, RuleTerm, Space, StudyOptions } from '../types.js';

const Named = z.union([z.string(), z.looseObject({ name: z.string() })]);
const bound = z.number().optional();
const Allowed = z.union([
  z.array(ParamValue),
  z.strictObject({ not: z.array(ParamValue) }),
  z.strictObject({ above: bound, atLeast: bound, below: bound, atMost: bound }),
]);
const Base = {
  name: z.string(),
  when: record(Allowed).nullable(),
  prior: z.object({ value: ParamValue, sd: z.number().optional() }).nullish(),
  stage: z.string().nullish(),
};
const Range = {
  ...Base,
  low: z.number(),
  high: z.number(),
  log: z.boolean(),
  unrounded: z.tuple([z.number(), z.number()]).nullish(),
};
const points = z.number().nullish();
const Dimension = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('float'), ...Range, step: z.number().nullable(), points }),
  z.object({ kind: z.literal('int'), ...Range, step: z.number(), points }),
  z.object({
    kind: z.literal('choice'),
    ...Base,
    choices: z.array(ParamValue),
    weights: z.array(z.number()).nullable(),
    floats: FloatMark.optional(),
  }),
  z.object({
    kind: z.literal('beta'),
    ...Base,
    a: z.number(),
    b: z.number(),
    low: z.number(),
    high: z.number(),
    step: z.number().nullable(),
  }),
  z.object({ kind: z.literal('constant'), ...Base, value: ParamValue, floats: FloatMark.optional() }),
  z.object({
    kind: z.literal('normal'),
    ...Base,
    mean: z.number(),
    sd: z.number(),
    log: z.boolean(),
    step: z.number().nullable(),
  }),
]);
const Linear = z.object({ terms: record(z.number()), atMost: z.number() });
const Term: z.ZodType<RuleTerm> = z.lazy(() =>
  z.union([
    z.object({ kind: z.literal('value'), value: ParamValue }),
    z.object({ kind: z.literal('param'), name: z.string() }),
    z.object({ kind: z.enum(['sum', 'difference', 'product', 'quotient']), of: z.tuple([Term, Term]) }),
  ]),
);
const RuleSchema: z.ZodType<Rule> = z.lazy(() =>
  z.union([
    z.object({ kind: z.literal('compare'), sign: z.enum(['<', '<=', '==', '!=']), left: Term, right: Term }),
    z.object({ kind: z.literal('in'), of: Term, values: z.array(ParamValue) }),
    z.object({ kind: z.enum(['and', 'or']), of: z.array(RuleSchema) }),
    z.object({ kind: z.literal('not'), of: RuleSchema }),
  ]),
);

const Stages = z.object({
  order: z
    .array(z.object({ name: z.string(), params: z.array(z.string()).optional(), share: z.number().optional() }))
    .optional(),
  joint: z.number().optional(),
});

export const SavedOptions = z.object({
  space: z.object({
    dimensions: z.array(Dimension),
    constraints: z.array(Linear).optional(),
    rules: z.array(z.object({ text: z.string(), rule: RuleSchema })).optional(),
  }) satisfies z.ZodType<Space>,
  goals: z.array(z.enum(['minimize', 'maximize'])),
  sampler: Named,
  pruner: Named.nullable(),
  seed: z.number(),
  trials: z.number().nullable(),
  workers: z.number().optional(),
  maxSteps: z.number().nullish(),
  checkpoints: z.boolean().optional(),
  stages: Stages.nullish(),
  warmStart: z
    .object({ free: z.number().optional(), first: z.number().optional(), note: z.string().optional() })
    .nullish(),
  repeat: z.object({ top: z.number(), times: z.number() }).nullish(),
  stop: z
    .object({
      gain: z.number().optional(),
      after: z.number().optional(),
      patience: z.number().optional(),
      stale: z.number().optional(),
      from: z.number().optional(),
    })
    .nullish(),
  cost: z.object({ seconds: z.number().optional() }).nullish(),
  noise: z.enum(['auto', 'none', 'some']).optional(),
}) satisfies z.ZodType<StudyOptions>;
