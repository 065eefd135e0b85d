/** The keys `on:`, `slurm:` and the parts of `resources:` that clusters need, as they are written and in their normal form. */
import { z } from 'zod';
import { CLUSTER_KINDS, type ClusterNeed } from '../protocol/cluster.js';
import type { WrittenRay } from './clusters/ray.js';
import type { WrittenSsh } from './clusters/ssh.js';
import { setupLines, word } from './clusters/word.js';

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

/** Relative to the home on the host. */
const SSH_FOLDER = 'tunesmith';
/** Ray's own default. */
const RAY_ADDRESS = 'http://127.0.0.1:8265';

const atLeastOne = (minutes: number): number | null => (minutes >= 1 && minutes <= 1_000_000 ? minutes : null);

/** Further keys of `resources:`. */
export const clusterResources = {
  cpus: z
    .number({ error: 'cpus must be a whole number' })
    .int('cpus must be a whole number')
    .min(1, 'cpus must be at least 1')
    .optional()
    .describe('Processor cores for each run. Only with `on: slurm` and `on: ray`.'),
  memory: z
    .string({ error: MEMORY_FORM })
    .refine((text) => mebibytes(text) !== null, MEMORY_FORM)
    .optional()
    .describe('Memory for each run, such as `16G`. Only with `on: slurm` and `on: ray`.'),
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
  .enum(['local', ...CLUSTER_KINDS], { error: 'on must be local, slurm, ssh or ray' })
  .describe(
    'Where runs execute: `local` (this machine), `ssh` (another machine of yours), or `slurm` or `ray` (a job for each run; see docs/anywhere.md).',
  );

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

interface Written {
  pipeline?: unknown;
  on?: z.output<typeof WrittenOn> | undefined;
  slurm?: z.output<typeof WrittenSlurm> | undefined;
  ssh?: z.output<typeof WrittenSsh> | undefined;
  ray?: z.output<typeof WrittenRay> | undefined;
  resources?: { gpus?: number; perGpu?: number; cpus?: number; memory?: string; time?: string } | undefined;
}

/** Undefined: runs work on this machine. */
export function clusterNeed({
  on = 'local',
  slurm = {},
  ssh,
  ray = {},
  resources = {},
}: Written): ClusterNeed | undefined {
  if (on === 'local' || (on === 'ssh' && !ssh)) return undefined;
  const { gpus, perGpu, cpus, memory, time } = resources;
  const need = {
    gpus,
    cpus,
    memory: memory === undefined ? undefined : mebibytes(memory)!,
    minutes: time === undefined ? undefined : wholeMinutes(time)!,
    ...(on === 'slurm' && slurm),
    ...(on === 'ssh' && { perGpu, ssh: { folder: SSH_FOLDER, ...ssh! } }),
    ...(on === 'ray' && { ray: { ...ray, address: (ray.address ?? RAY_ADDRESS).replace(/\/+$/, '') } }),
  };
  const given = Object.entries(need).filter(([, value]) => value !== undefined);
  return { kind: on, ...(Object.fromEntries(given) as Omit<ClusterNeed, 'kind'>) };
}

/** Keys of `resources:` that have no effect, by where the runs work. */
const WITHOUT_EFFECT = {
  local: ['cpus', 'memory', 'time'],
  slurm: [],
  ssh: ['cpus', 'memory', 'time'],
  ray: ['time'],
} as const;

/** Keys that say nothing, or can't be done, where the runs work: the path of each and why. `has`: the section is there, valid or not. */
export function uselessKeys(written: Written, has: (section: string) => boolean): UselessKey[] {
  const { on = 'local', resources = {}, pipeline } = written;
  const useless: UselessKey[] = [];
  for (const key of WITHOUT_EFFECT[on]) {
    if (resources[key] === undefined) continue;
    const message =
      on === 'local'
        ? `${key} has no effect on this machine: it needs "on: slurm"`
        : `${key} has no effect with "on: ${on}"`;
    useless.push({ at: ['resources', key], message });
  }
  for (const section of CLUSTER_KINDS)
    if (written[section] && section !== on)
      useless.push({ at: [section], message: `${section} has no effect without "on: ${section}"` });
  if (on === 'local') return useless;
  if (on === 'ssh' && !has('ssh'))
    useless.push({ at: ['on'], message: 'on: ssh needs a host, such as "ssh: { host: gpu-box }"', isError: true });
  if (pipeline !== undefined)
    useless.push({
      at: ['on'],
      message: `pipelines run on this machine only: "on: ${on}" is not supported`,
      isError: true,
    });
  if (resources.perGpu !== undefined && on !== 'ssh') {
    const message = `perGpu has no effect with "on: ${on}": each run is a separate job`;
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
