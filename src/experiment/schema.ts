/**
 * The experiment file's only definition: types, validation and the JSON Schema for completion and hover all come
 * from here. Descriptions are what the editor shows on hover.
 */
import { z } from 'zod';
import { ParamValue } from '../protocol/values.js';
import { PRUNERS, SAMPLERS } from '../search/index.js';
import { NetworkTemplate } from './network/index.js';

const value = ParamValue.describe('A number, text, switch (true/false), null, or a list of them.');
const bound = z.number();
const range = z.tuple([bound, bound]);
const common = {
  when: z
    .record(z.string(), z.union([value, z.array(value)]))
    .optional()
    .describe('Searched only when these other parameters have one of these values: `{ optimizer: sgd }`.'),
};
const stepped = {
  ...common,
  step: z.number().positive('the step must be above 0').optional().describe('Distance between two values.'),
};
const ranged = {
  ...stepped,
  points: z.number().int().min(1).optional().describe('Into how many values a grid divides the range.'),
};

/** Each way to write a range, by the key that tells it. */
export const DIMENSIONS = {
  uniform: z.strictObject({ uniform: range.describe('[from, to], every value as likely as any other.'), ...ranged }),
  log: z.strictObject({ log: range.describe('[from, to] on a logarithmic scale; from must be above 0.'), ...ranged }),
  int: z.strictObject({ int: range.describe('[from, to], whole numbers, both ends included.'), ...ranged }),
  logInt: z.strictObject({ logInt: range.describe('[from, to], whole numbers on a logarithmic scale.'), ...ranged }),
  choice: z.strictObject({
    choice: z.array(value).min(1, 'name at least one choice').describe('One of these values.'),
    weights: z.array(z.number()).optional().describe('How likely each choice is, for random draws.'),
    ...common,
  }),
  constant: z.strictObject({ constant: value.describe('Always this value.'), ...common }),
  normal: z.strictObject({ normal: range.describe('[mean, standard deviation].'), ...stepped }),
  logNormal: z.strictObject({
    logNormal: range.describe('[mean, standard deviation] of the logarithm.'),
    ...stepped,
  }),
} as const;
export type DimensionKind = keyof typeof DIMENSIONS;

export interface NestedParams {
  [name: string]: ParamValue | NestedParams;
}
/** Numbers that are not finite pass here: they are refused later, by name. */
const isValue = (v: unknown): v is ParamValue =>
  v === null || ['string', 'number', 'boolean'].includes(typeof v) || (Array.isArray(v) && v.every(isValue));
const AnyValue = z.custom<ParamValue>(isValue);
const nestedParams = (one: z.ZodType<ParamValue>): z.ZodType<NestedParams> => {
  const nested: z.ZodType<NestedParams> = z.lazy(() =>
    z.record(
      z.string(),
      z.union([one, nested], { error: 'must be a number, a text, true, false, null or a list of them' }),
    ),
  );
  return nested;
};

const named = (table: Record<string, { summary: string }>, extra: string[] = []) => {
  const list = Object.entries(table).map(([name, { summary }]) => `${name}: ${summary}`);
  return { names: [...Object.keys(table), ...extra], text: list.join('; ') };
};
const samplers = named(SAMPLERS);
const pruners = named(PRUNERS, ['none']);

const text = (what: string) => z.string({ error: `${what} must be text` });

/** `deep`: with the network section and the ranges spelled out, for the JSON Schema; those have checks of their own. */
function fileSchema(deep: boolean) {
  const open = z.unknown();
  const chosen = ({ names, text: list }: ReturnType<typeof named>, what: string) => {
    const any = z.union([z.string(), z.looseObject({ name: z.string() })], {
      error: `${what} must be a name (${names.join(', ')}) or { name: …, setting: … }`,
    });
    const exact = z.union([z.enum(names as [string]), z.looseObject({ name: z.enum(names as [string]) })]);
    return (deep ? (exact as unknown as typeof any) : any).describe(`${list}.`);
  };
  const dimension = deep ? z.union([...Object.values(DIMENSIONS), value] as unknown as [z.ZodType, z.ZodType]) : open;
  return z.strictObject({
    $schema: z.string().optional(),
    name: text('name')
      .trim()
      .min(1, 'name must not be empty')
      .max(200, 'name must be at most 200 characters')
      .optional()
      .describe("The experiment's name. Default: the file's."),
    description: text('description').optional().describe('What this is about, for readers.'),
    run: z
      .union([z.string(), z.array(z.union([z.string(), z.number(), z.boolean()])).min(1, 'the command is empty')], {
        error: 'run must be a command, such as: python train.py --lr {lr}',
      })
      .optional()
      .describe(
        'Command to run, without a shell. `{name}` stands for a hyperparameter. A text, or a list of arguments.',
      ),
    module: text('module')
      .min(1, 'module must be the path of a file')
      .optional()
      .describe('JavaScript or TypeScript file whose default export trains: `export default async (run) => { … }`.'),
    network: (deep ? NetworkTemplate : open)
      .optional()
      .describe('A network for the built-in trainer; no code needed. `"{name}"` stands for a hyperparameter.'),
    params: nestedParams(deep ? ParamValue : AnyValue)
      .nullish()
      .describe('Hyperparameters and the values that a plain run uses.'),
    objective: z
      .strictObject({
        metric: text('metric').min(1, 'metric must not be empty').describe('Name of the logged metric.'),
        goal: z
          .enum(['minimize', 'maximize'], { error: 'goal must be minimize or maximize' })
          .describe('Which values are better.'),
      })
      .optional()
      .describe('What makes one run better than another.'),
    search: z
      .strictObject({
        sampler: chosen(samplers, 'sampler').optional().describe(`How trials are suggested. ${samplers.text}.`),
        pruner: chosen(pruners, 'pruner').nullish().describe(`Stops hopeless trials early. ${pruners.text}.`),
        trials: z
          .number({ error: 'trials must be a whole number' })
          .int('trials must be a whole number')
          .min(1, 'trials must be at least 1')
          .nullish()
          .describe('How many trials. Without it: until the space is used up or someone stops it.'),
        parallel: z
          .union([z.literal('auto'), z.number().int().min(1)], {
            error: 'parallel must be auto or a whole number of at least 1',
          })
          .optional()
          .describe('Trials at the same time. `auto`: as many as the devices hold.'),
        seed: z.number().int().min(0).max(2147483647).optional().describe('Makes the search repeatable.'),
        space: z
          .record(z.string(), dimension, { error: 'space must name parameters and their ranges' })
          .describe(
            'What is searched: `lr: { log: [1e-5, 1e-1] }`, `size: { choice: [32, 64] }`, `{ uniform: [0, 1] }`, `{ int: [1, 8] }` …',
          ),
      })
      .optional()
      .describe('Tries many values and keeps the best.'),
    cwd: text('cwd')
      .min(1)
      .optional()
      .describe("Folder to run in, relative to this file. Default: this file's folder."),
    env: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]), {
        error: 'env must name environment variables and their values',
      })
      .optional()
      .describe('Environment variables for the program.'),
    resources: z
      .strictObject({
        gpus: z.number().int('gpus must be a whole number; use perGpu to share one').min(0).optional(),
        perGpu: z.number().int('perGpu must be a whole number').min(1, 'perGpu must be at least 1').optional(),
      })
      .optional()
      .describe('`gpus`: GPUs for each run (default: one, if there are any). `perGpu`: runs that share one GPU.'),
    python: text('python').min(1).optional().describe('Python interpreter that stands for `python` in `run`.'),
    seed: z
      .number({ error: 'seed must be a whole number' })
      .int('seed must be a whole number')
      .min(0, 'seed must be at least 0')
      .max(2147483647)
      .optional()
      .describe('Seed handed to the program. Default: a new one for each run.'),
    stopGrace: z.number().min(0).max(86400).optional().describe('Seconds between asking a run to stop and force.'),
  });
}

export const ExperimentFile = fileSchema(false);
export type WrittenExperiment = z.output<typeof ExperimentFile>;

/** JSON Schema (draft 2020-12) of the file, for completion and hover. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(fileSchema(true), { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
  const oneOf = ['run', 'module', 'network'].map((key) => ({ required: [key] }));
  return {
    ...schema,
    title: 'Tunesmith experiment',
    description: 'An experiment that Tunesmith runs and tunes.',
    oneOf,
  };
}
