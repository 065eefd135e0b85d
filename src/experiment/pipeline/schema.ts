/** Schema of `pipeline:`: named stages, each a separate run that uses results of earlier ones. */
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import type { ParamValue } from '../../protocol/values/index.js';
import { filesSchema, outputSchema } from '../file/copiesSchema.js';
import { clusterResources } from '../clusters/resources.js';
import { NetworkTemplate } from '../network/index.js';
import { ObjectiveSchema } from '../search/schema.js';

/** Kinds that start a program of the person's. */
export const COMMAND_KINDS = ['run', 'module'] as const;
/** Kinds that the built-in trainer carries out. */
export const NETWORK_KINDS = ['train', 'decompose', 'transform', 'prune', 'distil', 'quantise', 'integrate'] as const;
export const STAGE_KINDS = [...COMMAND_KINDS, ...NETWORK_KINDS] as const;
export type StageKind = (typeof STAGE_KINDS)[number];

/** Most stages of a pipeline. */
const MOST = 100;
/** Names become parts of `{stage.NAME.dir}` and of the metrics' names. */
const NAME = /^[A-Za-z_][\w-]{0,63}$/;

const isValue = (v: unknown): v is ParamValue =>
  v === null || ['string', 'number', 'boolean'].includes(typeof v) || (Array.isArray(v) && v.every(isValue));
const Value = z.custom<ParamValue>(isValue, {
  error: 'must be a number, text, true, false, null or a list of them',
});

const name = z
  .string({
    error: (issue) => (issue.input === undefined ? 'a stage needs a name: stage: NAME' : 'stage must be text'),
  })
  .regex(NAME, 'a stage’s name consists of letters, digits, "_" and "-", and begins with a letter');
const paths = (what: string, example: string) =>
  z.array(z.string().min(1), { error: `${what} must be a list of paths, such as [${example}]` }).max(1000);

/** `deep`: with the networks' sections spelled out, for the JSON Schema; they have checks of their own. */
export function pipelineSchema(deep: boolean) {
  const open = z.unknown();
  const section = (key: 'prune' | 'decompose' | 'transform' | 'quantise') => (deep ? NetworkTemplate.shape[key] : open);
  const stage = z.strictObject(
    {
      stage: name.describe('Name of the stage.'),
      from: z
        .union([z.string(), z.array(z.string())], { error: 'from must be the name of a stage, or a list of names' })
        .optional()
        .describe(
          'Stage whose network or files it uses, or a part of its network as `STAGE.PART`; a list for several, `[]` for none. Default: the stages that `{stage.NAME.dir}` names, else the previous one.',
        ),
      run: z
        .union([z.string(), z.array(z.union([z.string(), z.number(), z.boolean()])).min(1, 'the command is empty')], {
          error: 'run must be a command, such as: python prepare.py --out {run.dir}/data.csv',
        })
        .optional()
        .describe('Command to run. `{stage.NAME.dir}` is the folder of an earlier stage’s run, `{run.dir}` its own.'),
      module: z
        .string({ error: 'module must be the path of a file' })
        .min(1, 'module must be the path of a file')
        .optional()
        .describe('JavaScript or TypeScript file to run.'),
      train: (deep ? NetworkTemplate.partial() : open)
        .optional()
        .describe(
          'Trains a network, as `network:` does; without `layers`, it continues to train the network of the previous stage.',
        ),
      prune: section('prune').optional().describe('Removes the least important parts and retrains the rest.'),
      decompose: section('decompose')
        .optional()
        .describe(
          'Replaces kernels by low-rank factors and retrains them; with `parts`, names parts of the network that later stages take as `STAGE.PART`.',
        ),
      transform: section('transform')
        .optional()
        .describe(
          'Smooths the mapping while it trains, normalises or whitens inputs of layers, or trains one part after the other.',
        ),
      quantise: section('quantise')
        .optional()
        .describe('Rounds the weights to few bits, and saves them in one byte each.'),
      integrate: (deep ? NetworkTemplate.partial() : open)
        .optional()
        .describe(
          'Puts the parts that the stages of `from` have worked on into one network, and trains all of it. Takes the settings of `train`.',
        ),
      distil: (deep ? record(open) : open)
        .optional()
        .describe(
          'Distils the network of `from` into a student with the `layers` of `network`; with `teacher: STAGE`, distils the teacher into the network of `from`.',
        ),
      network: (deep ? record(open) : open)
        .optional()
        .describe('Training settings that differ from those of the stage that its network comes from.'),
      params: record(Value, { error: 'params must name values, such as { epochs: 5 }' })
        .optional()
        .describe('Values for this stage only; `"{name}"` stands for one of the file.'),
      objective: ObjectiveSchema.optional(),
      inputs: paths('inputs', 'data.csv, helpers/')
        .optional()
        .describe(
          'Further files and folders that it depends on: when they change, the stage runs again. Those that its command or network names are included.',
        ),
      files: filesSchema.describe(
        'Configuration files that the command gets a copy of, with these values in it, as `files` of an experiment.',
      ),
      output: outputSchema.describe('Folder that the command starts in: `{run.dir}` or a folder in it.'),
      outputs: paths('outputs', 'data.csv')
        .optional()
        .describe('Files that it must write into its folder, `{run.dir}`; without them, the stage fails.'),
      cwd: z.string().min(1).optional().describe('Folder to run in. Default: that of the file.'),
      env: record(z.union([z.string(), z.number(), z.boolean()]), {
        error: 'env must name environment variables and their values',
      })
        .optional()
        .describe('Environment variables, in addition to those of the file.'),
      seed: z
        .number({ error: 'seed must be a whole number' })
        .int('seed must be a whole number')
        .min(0, 'seed must be at least 0')
        .max(2147483647)
        .optional()
        .describe('Seed of the stage. Default: the file’s, else a new one whenever it runs.'),
      resources: z
        .strictObject({
          gpus: z.number().int().min(0).optional(),
          perGpu: z.number().int().min(1).optional(),
          ...clusterResources,
        })
        .optional()
        .describe(
          '`gpus` and `perGpu` of this stage; on a cluster also `cpus`, `memory`, `time`, `nodes` and `tasksPerNode`.',
        ),
      on: z
        .literal('local', { error: 'on of a stage can only be local: the file says where the other stages run' })
        .optional()
        .describe('`local`: this stage runs on this machine, though the file names a cluster.'),
    },
    { error: 'a stage is a group of settings, such as { stage: base, train: { … } }' },
  );
  return z
    .array(stage, { error: 'pipeline must be a list of stages, such as: - stage: prepare' })
    .min(1, 'pipeline must name at least one stage')
    .max(MOST, `a pipeline has at most ${MOST} stages`)
    .describe(
      'Stages, each a separate run that uses the results of earlier ones. Finished ones are reused until something that they depend on changes.',
    );
}
export type WrittenStage = z.output<ReturnType<typeof pipelineSchema>>[number];
