/** The section `slurm:`. */
import { z } from 'zod';
import { setupLines, word } from './word.js';

/** Options of sbatch that are ours: with others, a run could not be watched. */
const OURS =
  /^--(array|begin|chdir|dependency|error|export|input|job-name|no-requeue|nodes|ntasks|ntasks-per-node|open-mode|output|parsable|requeue|signal|wait|wrap)(=|$)/;

export const WrittenSlurm = z
  .strictObject({
    partition: word('partition').optional().describe('Partition of the jobs. Default: the cluster’s.'),
    account: word('account').optional().describe('Account that the jobs are charged to.'),
    qos: word('qos').optional().describe('Quality of service.'),
    constraint: word('constraint').optional().describe('Features that a node must have.'),
    setup: setupLines.optional().describe('Lines of shell that the job runs before the program: `module load cuda`.'),
    extra: z
      .array(
        word('an option')
          .regex(/^--[a-z][\w-]*(=.*)?$/, 'an option must be one text, such as: --gres=gpu:a100:1')
          .refine((text) => !OURS.test(text), 'Tunesmith sets this option itself'),
        { error: 'extra must be a list of options, such as: ["--gres=gpu:a100:1"]' },
      )
      .max(50)
      .optional()
      .describe('Further options of sbatch, such as `--gres=gpu:a100:1`.'),
  })
  .describe('Resources and options of the jobs of `on: slurm`.');
