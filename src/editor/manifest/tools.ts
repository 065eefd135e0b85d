/** Tools that an agent in the editor may use, declared once: their schemas check what comes in and go into package.json. */
import { z } from 'zod';
import { RunStatus } from '../../protocol/engine.js';
import { Params } from '../../protocol/values.js';

export interface ToolSpec {
  /** For the person. */
  title: string;
  description: string;
  /** For the model: what it does, when to use it, what comes back. */
  model: string;
  reference: string;
  icon: string;
  input: z.ZodObject;
  /** Starts or changes something, so the person is asked first. */
  acts: boolean;
}

const file = z
  .string()
  .describe('Path of the experiment file (*.tune.yaml), absolute or relative to the workspace folder.');

export const TOOLS = {
  tunesmith_list_runs: {
    title: 'List training runs',
    description: 'Lists runs with their parameters, metrics and status.',
    model:
      'Lists training runs that Tunesmith tracked in this workspace: id, name, experiment, status, parameters, last value of each metric and objective. Use it to compare runs or to find the best one (sort "objective").',
    reference: 'tunesmithRuns',
    icon: 'graph-line',
    acts: false,
    input: z
      .object({
        experiment: z.string().optional().describe('Only runs of this experiment.'),
        status: z.array(RunStatus).optional().describe('Only runs in one of these states.'),
        text: z.string().optional().describe('Words that must occur in name, tags, note or a parameter as name=value.'),
        sort: z
          .string()
          .default('createdAt')
          .describe('createdAt, name, status, objective, duration, param:NAME or metric:NAME.'),
        descending: z.boolean().default(true),
        limit: z.number().int().min(1).max(100).default(20),
      })
      .strict(),
  },
  tunesmith_show_run: {
    title: 'Show a training run',
    description: 'Shows one run with the course of its metrics and the end of its log.',
    model:
      'Shows one tracked run in detail: parameters, command, git commit, error, the course of each metric (downsampled) and the last lines that the program printed. Use it to explain a failure or to judge convergence.',
    reference: 'tunesmithRun',
    icon: 'output',
    acts: false,
    input: z
      .object({
        run: z.string().describe('Id of the run.'),
        points: z.number().int().min(2).max(200).default(30).describe('About how many points of each metric.'),
        logBytes: z.number().int().min(0).max(20_000).default(2000),
      })
      .strict(),
  },
  tunesmith_start_run: {
    title: 'Start a training run',
    description: 'Starts a run of an experiment file.',
    model:
      'Starts one training run of an experiment file, with parameters laid over those of the file, and returns its id at once. The run goes on in the background; ask for it later with tunesmith_show_run.',
    reference: 'tunesmithStartRun',
    icon: 'play',
    acts: true,
    input: z.object({ file, params: Params.optional().describe('Values laid over the params of the file.') }).strict(),
  },
  tunesmith_start_search: {
    title: 'Start a hyperparameter search',
    description: 'Starts the search that an experiment file describes.',
    model:
      'Starts the hyperparameter search of an experiment file (its search section) and returns its id at once. Trials run in the background; ask for them later with tunesmith_list_runs.',
    reference: 'tunesmithStartSearch',
    icon: 'search',
    acts: true,
    input: z
      .object({
        file,
        trials: z.number().int().min(1).max(10_000).optional().describe('Instead of the number in the file.'),
      })
      .strict(),
  },
} as const satisfies Record<string, ToolSpec>;

export type ToolName = keyof typeof TOOLS;
export type ToolInput<N extends ToolName> = z.output<(typeof TOOLS)[N]['input']>;
