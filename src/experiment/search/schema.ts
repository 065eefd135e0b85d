/** The experiment file's `objective:` and `search:`: types, validation, completion and hover. */
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import { PRUNERS, SAMPLERS } from '../../search/index.js';
import { timeSchema } from '../network/automatic.js';
import { DIMENSIONS, value } from './rangeSchema.js';

const named = (table: Record<string, { summary: string; settings: z.ZodType }>, extra: string[] = []) => {
  const list = Object.entries(table).map(([name, { summary }]) => `${name}: ${summary}`);
  const names = [...Object.keys(table), ...extra] as [string];
  const withSettings = Object.entries(table).map(([name, { summary, settings }]) => {
    const shape = settings instanceof z.ZodObject ? settings.shape : {};
    const fields = { name: z.literal(name).describe(summary), ...shape };
    // A module has settings of its own.
    return name === 'module' ? z.looseObject(fields) : z.strictObject(fields);
  });
  return { names, text: list.join('; '), exact: z.union([z.enum(names), ...withSettings]) };
};
const samplers = named(SAMPLERS);
const pruners = named(PRUNERS, ['none']);

const text = (what: string) => z.string({ error: `${what} must be text` });
const metric = (what: string) => text('metric').min(1, 'metric must not be empty').describe(what);
const whole = (what: string, least: number) =>
  z
    .number({ error: `${what} must be a whole number` })
    .int(`${what} must be a whole number`)
    .min(least, `${what} must be at least ${least}`);
const share = (what: string) =>
  z
    .number({ error: `${what} must be a number` })
    .min(0, `${what} must be from 0 to 1`)
    .max(1, `${what} must be from 0 to 1`);

const OneObjective = z.strictObject({
  metric: metric('Name of the logged metric.'),
  goal: z
    .enum(['minimize', 'maximize'], { error: 'goal must be minimize or maximize' })
    .describe('Direction in which values are better.'),
});
export const ObjectiveSchema = z
  .union([OneObjective, z.array(OneObjective).min(1, 'name at least one objective')], {
    error: 'objective must be { metric: …, goal: … }, or a list of them',
  })
  .describe('What makes one run better than another. A list: a search looks for the best trade-offs (Pareto front).');

const Measured = z
  .strictObject({
    metric: metric('Name of the logged metric; its last value counts.'),
    atMost: z.number({ error: 'atMost must be a number' }).optional().describe('Values above break the constraint.'),
    atLeast: z.number({ error: 'atLeast must be a number' }).optional().describe('Values below break the constraint.'),
  })
  .refine(({ atMost, atLeast }) => atMost !== undefined || atLeast !== undefined, {
    error: 'this metric has no bound; add atMost or atLeast',
  });
const Constraints = z
  .array(
    z.union([z.string(), Measured], {
      error: 'a constraint must be a text such as "a + 2 * b <= 5", or { metric: …, atMost: … }',
    }),
    { error: 'constraints must be a list' },
  )
  .describe(
    'Conditions that must hold. `layers * 4 + width <= 512`: known before a trial; every suggestion meets it. ' +
      '`{ metric: memory, atMost: 8000 }`: known afterwards; trials that violate it are never the best.',
  );

const Stage = z.strictObject({
  name: text('name').min(1, 'name must not be empty').describe('Name of the stage.'),
  params: z
    .array(z.string(), { error: 'params must be a list of names' })
    .optional()
    .describe('Parameters tuned in this stage. Default: those that name this stage, or by their names.'),
  share: share('share').optional().describe('Share of the trials that this stage gets.'),
});
const StageList = z.array(
  z.union([z.string().min(1), Stage], { error: 'a stage must be a name, or { name: …, params: […], share: … }' }),
);
const StagesSchema = z
  .union(
    [
      z.boolean(),
      StageList.min(1, 'name at least one stage'),
      z.strictObject({
        order: StageList.min(1, 'name at least one stage').optional().describe('The stages, first to last.'),
        joint: whole('joint', 0)
          .optional()
          .describe('Number of the most important parameters to tune together at the end. Default: 4. 0: none.'),
      }),
    ],
    { error: 'stages must be true, a list of stages, or { order: […], joint: 4 }' },
  )
  .describe(
    'Tunes one group of parameters after the other, each at the best values of the groups before. ' +
      '`true`: architecture, optimizer, regularization, batch.',
  );

const WarmStart = z
  .union(
    [
      z.boolean(),
      z.strictObject({
        from: z
          .array(z.string(), { error: 'from must be a list of search ids, or the word experiment' })
          .min(1, 'name at least one search')
          .optional()
          .describe(
            'Ids of earlier searches; `experiment`: all earlier searches of this file; `similar`: those of other files on similar data; `runs of NAME`: runs of an experiment that belong to no search, such as imported ones. Default: [experiment].',
          ),
        free: share('free')
          .optional()
          .describe(
            'Initial share of trials that search the whole space, in case earlier results mislead. Default: 0.3.',
          ),
        first: whole('first', 0)
          .optional()
          .describe('Number of the best earlier configurations to try first. Default: 3.'),
      }),
    ],
    { error: 'warmStart must be true, false, or { from: […], free: 0.3, first: 3 }' },
  )
  .describe('Begins where earlier searches were good. `true`: all earlier searches of this file.');

const Repeat = z
  .union(
    [
      z.boolean(),
      z.strictObject({
        top: whole('top', 1).optional().describe('Number of the most promising trials to repeat. Default: 3.'),
        times: whole('times', 1).optional().describe('Maximum number of repeats of each. Default: 2.'),
      }),
    ],
    { error: 'repeat must be true, false, or { top: 3, times: 2 }' },
  )
  .describe('At the end, runs the most promising trials again with fresh seeds, beyond `trials`, to rule out luck.');

const Stop = z
  .union(
    [
      z.boolean(),
      z.strictObject({
        gain: z
          .number({ error: 'gain must be a number' })
          .min(0, 'gain must be at least 0')
          .optional()
          .describe(
            'Improvement of the objective that is not worth more trials. Default: the noise of a trial, or 1 % of the spread of the first trials.',
          ),
        after: whole('after', 1).optional().describe('Number of completed trials before the first check. Default: 20.'),
        patience: whole('patience', 1)
          .optional()
          .describe('Number of trials without an improvement before a model is consulted. Default: 10.'),
        stale: whole('stale', 1)
          .optional()
          .describe('Number of completed trials without an improvement after which the search ends in any case.'),
      }),
    ],
    { error: 'stop must be true, false, or { gain: 0.001, after: 20, stale: 50 }' },
  )
  .describe('Ends the search by itself once little is left to gain, before all trials are used.');

/** `deep`: with names and ranges spelled out, for the JSON Schema; those have checks of their own. */
export function searchSchema(deep: boolean) {
  const chosen = ({ names, text: list, exact }: ReturnType<typeof named>, what: string) => {
    const any = z.union([z.string(), z.looseObject({ name: z.string() })], {
      error: `${what} must be a name (${names.join(', ')}) or { name: …, setting: … }`,
    });
    return (deep ? (exact as unknown as typeof any) : any).describe(`${list}.`);
  };
  const kinds = [...Object.values(DIMENSIONS), value] as unknown as [z.ZodType, z.ZodType];
  return z.strictObject({
    sampler: chosen(samplers, 'sampler').optional().describe(`How trials are suggested. ${samplers.text}.`),
    pruner: chosen(pruners, 'pruner').nullish().describe(`Stops hopeless trials early. ${pruners.text}.`),
    trials: whole('trials', 1)
      .nullish()
      .describe('Number of trials. Default: until the space is exhausted or the search is stopped.'),
    time: timeSchema('time')
      .optional()
      .describe(
        'Time limit, such as 10m or 2h, at which trials are stopped and the search is complete. Default: no limit.',
      ),
    parallel: z
      .union([z.literal('auto'), z.number().int().min(1)], {
        error: 'parallel must be auto or a whole number of at least 1',
      })
      .optional()
      .describe('Trials at the same time. `auto`: as many as the devices hold.'),
    seed: z.number().int().min(0).max(2147483647).optional().describe('Seed that makes the search reproducible.'),
    maxSteps: whole('maxSteps', 1)
      .optional()
      .describe(
        'The epoch at which a full training ends, or the step if no epochs are logged. ' +
          'With it, pruners such as hyperband know from the first trial on where to compare.',
      ),
    checkpoints: z
      .boolean({ error: 'checkpoints must be true or false' })
      .optional()
      .describe('Whether the program saves and loads checkpoints, so that trials can pause and resume.'),
    giveUpAfter: whole('giveUpAfter', 0)
      .optional()
      .describe(
        'Number of failed trials, before any has reported the objective, that end the search: the fault is then in the program. ' +
          'Running trials are left to end first. 0: never. Default: 3.',
      ),
    constraints: Constraints.optional(),
    stages: StagesSchema.optional(),
    warmStart: WarmStart.optional(),
    repeat: Repeat.optional(),
    stop: Stop.optional(),
    cost: z
      .enum(['none', 'time'], { error: 'cost must be time or none' })
      .optional()
      .describe(
        '`time`: prefers trials that take less time, most at the beginning of the search. The samplers auto, gp and tpe learn the times from the trials. Default: `none`.',
      ),
    noise: z
      .enum(['auto', 'none', 'some'], { error: 'noise must be auto, none or some' })
      .optional()
      .describe(
        'Whether the same parameters may give different values. `none`: the best value seen is recommended. ' +
          '`some`: a model decides. Default: `auto`, the best value seen unless the trials show noise.',
      ),
    space: record(deep ? z.union(kinds) : z.unknown(), {
      error: 'space must name parameters and their ranges',
    }).describe(
      'Ranges to search: `lr: { log: [1e-5, 1e-1] }`, `size: { choice: [32, 64] }`, `{ uniform: [0, 1] }`, `{ int: [1, 8] }` …',
    ),
  });
}
