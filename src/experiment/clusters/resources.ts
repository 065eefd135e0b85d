/** The parts of `resources:` that clusters need. */
import { z } from 'zod';

const UNITS = { K: 1 / 1024, M: 1, G: 1024, T: 1024 * 1024 } as const;
const MEMORY = /^(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B)?$/i;
const MEMORY_FORM = 'memory must be a size such as 16G or 500M';

/** Returns MiB; null: not a size. */
export function mebibytes(text: string): number | null {
  const [, number, unit] = MEMORY.exec(text.trim()) ?? [];
  if (number === undefined || unit === undefined) return null;
  const size = Math.ceil(Number(number) * UNITS[unit.toUpperCase() as keyof typeof UNITS]);
  return size >= 1 && size <= 2 ** 30 ? size : null;
}

const TIME_FORM = 'time must be a duration such as 90m, 12h, 2d 6h or 1-06:00:00';
const SPANS = { d: 1440, h: 60, m: 1 } as const;

/** Returns minutes, rounded up; null: not a duration. */
export function wholeMinutes(text: string): number | null {
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

const count = (what: string, most: number) =>
  z
    .number({ error: `${what} must be a whole number` })
    .int(`${what} must be a whole number`)
    .min(1, `${what} must be at least 1`)
    .max(most, `${what} must be at most ${most}`);

/** Further keys of `resources:`. */
export const clusterResources = {
  cpus: count('cpus', 100_000).optional().describe('Processor cores for each run, on each node. Only on a cluster.'),
  memory: z
    .string({ error: MEMORY_FORM })
    .refine((text) => mebibytes(text) !== null, MEMORY_FORM)
    .optional()
    .describe('Memory for each run, on each node, such as `16G`. Only on a cluster.'),
  time: z
    .string({ error: TIME_FORM })
    .refine((text) => wholeMinutes(text) !== null, TIME_FORM)
    .optional()
    .describe(
      'Time after which the cluster ends a job: `90m`, `12h`, `1-06:00:00`. The run then continues in another job. Only on a cluster.',
    ),
  nodes: count('nodes', 10_000)
    .optional()
    .describe('Nodes that train one run together. The program is started on each. Only with `on: slurm`.'),
  tasksPerNode: count('tasksPerNode', 1024)
    .optional()
    .describe(
      'Processes of one run on each node, each a rank of its own with the variables of torchrun. Only with `on: slurm`.',
    ),
};

export interface WrittenResources {
  gpus?: number | undefined;
  perGpu?: number | undefined;
  cpus?: number | undefined;
  memory?: string | undefined;
  time?: string | undefined;
  nodes?: number | undefined;
  tasksPerNode?: number | undefined;
}
