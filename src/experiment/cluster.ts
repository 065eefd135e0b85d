/** The keys `on:`, `slurm:` and the parts of `resources:` that clusters need, as they are written and in their normal form. */
import { z } from 'zod';
import type { ClusterNeed } from '../protocol/cluster.js';

const word = (what: string) =>
  z
    .string({ error: `${what} must be text` })
    .min(1, `${what} must not be empty`)
    .max(200)
    .refine((text) => !/[\u0000-\u001f]/.test(text), `${what} must be one line`);

const UNITS = { K: 1 / 1024, M: 1, G: 1024, T: 1024 * 1024 } as const;
const MEMORY = /^(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B)?$/i;
const MEMORY_FORM = 'memory must be a size such as 16G or 500M';

/** Returns MiB; null: not a size. */
function mebibytes(text: string): number | null {
  const [, number, unit] = MEMORY.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined) return null;
  const size = Math.ceil(Number(number) * UNITS[unit.toUpperCase() as keyof typeof UNITS]);
  return size >= 1 && size <= 2 ** 30 ? size : null;
}

const TIME_FORM = 'time must be a duration such as 90m, 12h, 2d 6h or 1-06:00:00';
const SPANS = { d: 1440, h: 60, m: 1 } as const;

/** Returns minutes, rounded up; null: not a duration. */
function wholeMinutes(text: string): number | null {
  const [, days = '0', hours, minutes, seconds] = /^(?:(\d{1,3})-)?(\d{1,3}):(\d\d):(\d\d)$/.exec(text.trim()) ?? [];
  if (hours !== undefined)
    return atLeastOne(Number(days) * 1440 + Number(hours) * 60 + Number(minutes) + (Number(seconds) > 0 ? 1 : 0));
  const spans = [...text.matchAll(/(\d+(?:\.\d+)?)\s*([dhm])/g)];
  if (spans.length === 0 || text.replaceAll(/(\d+(?:\.\d+)?)\s*([dhm])/g, '').trim() !== '') return null;
  return atLeastOne(
    Math.ceil(spans.reduce((sum, [, count, unit]) => sum + Number(count) * SPANS[unit as keyof typeof SPANS], 0)),
  );
}

const atLeastOne = (minutes: number): number | null => (minutes >= 1 && minutes <= 1_000_000 ? minutes : null);

/** Further keys of `resources:`. */
export const clusterResources = {
  cpus: z
    .number({ error: 'cpus must be a whole number' })
    .int('cpus must be a whole number')
    .min(1, 'cpus must be at least 1')
    .optional()
    .describe('Processor cores for each run. Only with `on: slurm`.'),
  memory: z
    .string({ error: MEMORY_FORM })
    .refine((text) => mebibytes(text) !== null, MEMORY_FORM)
    .optional()
    .describe('Memory for each run, such as `16G`. Only with `on: slurm`.'),
  time: z
    .string({ error: TIME_FORM })
    .refine((text) => wholeMinutes(text) !== null, TIME_FORM)
    .optional()
    .describe(
      'Time after which the cluster ends a job: `90m`, `12h`, `1-06:00:00`. The run then continues in another job. Only with `on: slurm`.',
    ),
};

/** Options of sbatch that we set ourselves: with others, a run could not be monitored. */
const OURS =
  /^--(array|begin|chdir|dependency|error|export|input|job-name|no-requeue|nodes|ntasks|open-mode|output|parsable|requeue|signal|wait|wrap)(=|$)/;

export const WrittenOn = z
  .enum(['local', 'slurm'], { error: 'on must be local or slurm' })
  .describe('Where runs execute: `local` (this machine), or `slurm` (a job for each run; see docs/anywhere.md).');

export const WrittenSlurm = z
  .strictObject({
    partition: word('partition').optional().describe('Partition of the jobs. Default: the cluster’s.'),
    account: word('account').optional().describe('Account that the jobs are charged to.'),
    qos: word('qos').optional().describe('Quality of service.'),
    constraint: word('constraint').optional().describe('Features that a node must have.'),
    setup: z
      .array(word('a line of setup'), { error: 'setup must be a list of lines, such as: [module load cuda]' })
      .max(50)
      .optional()
      .describe('Lines of shell that the job runs before the program: `module load cuda`.'),
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

interface Written {
  pipeline?: unknown;
  on?: z.output<typeof WrittenOn> | undefined;
  slurm?: z.output<typeof WrittenSlurm> | undefined;
  resources?: { gpus?: number; perGpu?: number; cpus?: number; memory?: string; time?: string } | undefined;
}

/** Undefined: runs work on this machine. */
export function clusterNeed({ on = 'local', slurm = {}, resources = {} }: Written): ClusterNeed | undefined {
  if (on === 'local') return undefined;
  const { gpus, cpus, memory, time } = resources;
  const need = {
    ...slurm,
    gpus,
    cpus,
    memory: memory === undefined ? undefined : mebibytes(memory)!,
    minutes: time === undefined ? undefined : wholeMinutes(time)!,
  };
  const given = Object.entries(need).filter(([, value]) => value !== undefined);
  return { kind: on, ...(Object.fromEntries(given) as Omit<ClusterNeed, 'kind'>) };
}

/** Keys that say nothing, or can't be done, where the runs work: the path of each and why. */
export function uselessKeys({ on = 'local', slurm, resources = {}, pipeline }: Written): UselessKey[] {
  const useless: UselessKey[] = [];
  if (on === 'local') {
    for (const key of ['cpus', 'memory', 'time'] as const)
      if (resources[key] !== undefined)
        useless.push({
          at: ['resources', key],
          message: `${key} has no effect on this machine: it needs "on: slurm"`,
        });
    if (slurm) useless.push({ at: ['slurm'], message: 'slurm has no effect without "on: slurm"' });
    return useless;
  }
  if (pipeline !== undefined)
    useless.push({
      at: ['on'],
      message: 'pipelines run on this machine only: "on: slurm" is not supported',
      isError: true,
    });
  if (resources.perGpu !== undefined) {
    const message = 'perGpu has no effect with "on: slurm": each run is a separate job';
    useless.push({ at: ['resources', 'perGpu'], message });
  }
  return useless;
}

interface UselessKey {
  at: string[];
  message: string;
  /** The file can't be run with it. */
  isError?: boolean;
}
