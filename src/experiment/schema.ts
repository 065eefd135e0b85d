/**
 * The experiment file's only definition: types, validation and the JSON Schema for completion and hover all come
 * from here. Descriptions are what the editor shows on hover.
 */
import { z } from 'zod';
import { WrittenCapture } from '../protocol/run/capture.js';
import { record } from '../protocol/values/recordSchema.js';
import { ParamValue } from '../protocol/values/index.js';
import { WrittenAlerts } from './alerts.js';
import { clusterResources, WrittenOn } from './cluster.js';
import { WrittenKubernetes } from './clusters/kubernetes.js';
import { WrittenRay } from './clusters/ray.js';
import { WrittenSlurm } from './clusters/slurm.js';
import { WrittenSsh } from './clusters/ssh.js';
import { AnyValue, filesSchema, NO_VALUE, outputSchema } from './file/copiesSchema.js';
import { NetworkTemplate } from './network/index.js';
import { WrittenRetries } from './retries.js';
import { pipelineSchema } from './pipeline/schema.js';
import { ObjectiveSchema, searchSchema } from './search/schema.js';

export interface NestedParams {
  [name: string]: ParamValue | NestedParams;
}
const nestedParams = (one: z.ZodType<ParamValue>): z.ZodType<NestedParams> => {
  const nested: z.ZodType<NestedParams> = z.lazy(() => record(z.union([one, nested], NO_VALUE)));
  return nested;
};

const text = (what: string) => z.string({ error: `${what} must be text` });

/** `deep`: with the network section and the ranges spelled out, for the JSON Schema; those have checks of their own. */
function fileSchema(deep: boolean) {
  const open = z.unknown();
  return z.strictObject({
    $schema: z.string().optional(),
    name: text('name')
      .trim()
      .min(1, 'name must not be empty')
      .max(200, 'name must be at most 200 characters')
      .optional()
      .describe("The experiment's name. Default: the file's."),
    description: text('description').optional().describe('Description for readers.'),
    run: z
      .union([z.string(), z.array(z.union([z.string(), z.number(), z.boolean()])).min(1, 'the command is empty')], {
        error: 'run must be a command, such as: python train.py --lr {lr}',
      })
      .optional()
      .describe('Command to run, without a shell. `{name}` stands for a hyperparameter. Text, or a list of arguments.'),
    module: text('module')
      .min(1, 'module must be the path of a file')
      .optional()
      .describe('JavaScript or TypeScript file whose default export trains: `export default async (run) => { … }`.'),
    network: (deep ? NetworkTemplate : open)
      .optional()
      .describe('A network for the built-in trainer; no code needed. `"{name}"` stands for a hyperparameter.'),
    pipeline: pipelineSchema(deep).optional(),
    params: nestedParams(deep ? ParamValue : AnyValue)
      .nullish()
      .describe('Hyperparameters and the values that a plain run uses.'),
    objective: ObjectiveSchema.optional(),
    search: searchSchema(deep).optional().describe('Tries many values and keeps the best.'),
    cwd: text('cwd')
      .min(1)
      .optional()
      .describe("Folder to run in, relative to this file. Default: this file's folder."),
    env: record(z.union([z.string(), z.number(), z.boolean()]), {
      error: 'env must name environment variables and their values',
    })
      .optional()
      .describe('Environment variables for the program.'),
    capture: WrittenCapture.optional(),
    alerts: WrittenAlerts.optional(),
    files: filesSchema,
    output: outputSchema,
    resources: z
      .strictObject({
        gpus: z.number().int('gpus must be a whole number; use perGpu to share one').min(0).optional(),
        perGpu: z.number().int('perGpu must be a whole number').min(1, 'perGpu must be at least 1').optional(),
        ...clusterResources,
      })
      .optional()
      .describe(
        '`gpus`: GPUs for each run (default: one, if there are any; none on a cluster). `perGpu`: runs that share one GPU. On a cluster also `cpus`, `memory`, `time`, `nodes` and `tasksPerNode`.',
      ),
    on: WrittenOn.optional(),
    slurm: WrittenSlurm.optional(),
    ssh: WrittenSsh.optional(),
    ray: WrittenRay.optional(),
    kubernetes: WrittenKubernetes.optional(),
    retries: WrittenRetries.optional(),
    python: text('python').min(1).optional().describe('Python interpreter to use for `python` in `run`.'),
    seed: z
      .number({ error: 'seed must be a whole number' })
      .int('seed must be a whole number')
      .min(0, 'seed must be at least 0')
      .max(2147483647)
      .optional()
      .describe('Seed passed to the program. Default: a new one for each run.'),
    stopGrace: z.number().min(0).max(86400).optional().describe('Seconds between asking a run to stop and killing it.'),
    syncInterval: z
      .number({ error: 'syncInterval must be a number of seconds' })
      .min(0, 'syncInterval must be at least 0')
      .max(3600, 'syncInterval must be at most 3600 seconds')
      .optional()
      .describe(
        'Seconds after which logged records are forced to disk: the most that a power cut can lose. 0: leaves it to the operating system. Default: 1.',
      ),
  });
}

export const ExperimentFile = fileSchema(false);
export type WrittenExperiment = z.output<typeof ExperimentFile>;

/** JSON Schema (draft 2020-12) of the file, for completion and hover. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(fileSchema(true), { io: 'input', unrepresentable: 'any' }) as Record<string, unknown>;
  const oneOf = ['run', 'module', 'network', 'pipeline'].map((key) => ({ required: [key] }));
  return {
    ...schema,
    title: 'Tunesmith experiment',
    description: 'An experiment that Tunesmith runs and tunes.',
    oneOf,
  };
}
