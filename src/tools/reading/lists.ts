/** Tools that list experiments, runs, searches and devices. */
import { z } from 'zod';
import { RunStatus } from '../../protocol/engine/index.js';
import type { BenchFolder, Bench } from '../bench.js';
import { briefRun, briefSearch, page } from '../answers.js';
import { usedFolders } from '../find.js';
import { readingTool } from '../tool.js';
import { isoTime, NOTICE, shortName } from '../texts.js';

const offset = z.number().int().min(0).default(0).describe('Where the page begins: next_offset of the page before.');
const limit = z.number().int().min(1).max(100).default(20);

export const listExperiments = readingTool({
  name: 'list_experiments',
  title: 'List experiments',
  summary: 'Lists the experiments that have runs, with how many there are.',
  description:
    'Lists the experiments that Tunesmith has tracked in this workspace, newest activity first: name, number of runs, of live runs and of searches. Begin here, then use list_runs or list_searches.',
  icon: 'beaker',
  input: z.object({ offset, limit }).strict(),
  async read({ offset, limit }, bench) {
    const folders = await usedFolders(bench);
    const lists = await Promise.all(folders.map((folder) => folder.request('experiments/list', {})));
    const all = lists.flatMap(({ experiments }) => experiments).sort((a, b) => b.lastActivity - a.lastActivity);
    const items = all.slice(offset, offset + limit).map(({ name, runs, live, searches, lastActivity }) => ({
      name: shortName(name),
      runs,
      live_runs: live,
      searches,
      last_activity: isoTime(lastActivity),
    }));
    return { notice: NOTICE, ...page('experiments', items, all.length, offset) };
  },
});

export const listRuns = readingTool({
  name: 'list_runs',
  title: 'List training runs',
  summary: 'Lists runs with their parameters, metrics and status.',
  description:
    'Lists training runs that Tunesmith tracked in this workspace: id, name, experiment, status, parameters, last value of each metric, best value of the objective, duration in seconds. Use it to find runs (sort "objective" for the best) and to see the trials of a search.',
  icon: 'graph-line',
  input: z
    .object({
      experiment: z.string().optional().describe('Only runs of this experiment.'),
      search: z.string().optional().describe('Only the trials of this search, by its id.'),
      status: z.array(RunStatus).optional().describe('Only runs in one of these states.'),
      text: z.string().optional().describe('Words that must occur in name, tags, note or a parameter as name=value.'),
      sort: z
        .string()
        .default('createdAt')
        .describe('createdAt, name, status, objective, duration, param:NAME or metric:NAME.'),
      descending: z.boolean().default(true),
      offset,
      limit,
    })
    .strict(),
  async read(query, bench) {
    const { total, items } = await pageOver(bench, query.offset, query.limit, async (folder, from, most) => {
      const { total, runs } = await folder.request('runs/list', { ...query, offset: from, limit: Math.max(1, most) });
      return { total, items: most === 0 ? [] : runs };
    });
    return { notice: NOTICE, ...page('runs', items.map(briefRun), total, query.offset) };
  },
});

export const listSearches = readingTool({
  name: 'list_searches',
  title: 'List searches',
  summary: 'Lists hyperparameter searches with their best trial.',
  description:
    'Lists hyperparameter searches, newest first: id, experiment file, status, how many trials are planned, done, pruned and failed, and the best trial with its parameters and objective.',
  icon: 'search',
  input: z
    .object({ experiment: z.string().optional().describe('Only searches of this experiment.'), offset, limit })
    .strict(),
  async read({ experiment, offset, limit }, bench) {
    const folders = await usedFolders(bench);
    const query = experiment === undefined ? {} : { experiment };
    const lists = await Promise.all(folders.map((folder) => folder.request('searches/list', query)));
    const all = lists.flatMap(({ searches }) => searches).sort((a, b) => b.createdAt - a.createdAt);
    const items = all.slice(offset, offset + limit).map(briefSearch);
    return { notice: NOTICE, ...page('searches', items, all.length, offset) };
  },
});

export const listDevices = readingTool({
  name: 'list_devices',
  title: 'List devices',
  summary: 'Lists the GPUs and the CPU with how busy they are.',
  description:
    'Lists the devices of this machine that runs are put on: memory in MiB, utilization in percent, how many runs fit on each and how many are there. Look before you start a search.',
  icon: 'circuit-board',
  input: z.object({}).strict(),
  async read(_, bench) {
    const [folder] = bench.folders;
    const { devices } = folder ? await folder.request('devices/list', {}) : { devices: [] };
    return {
      devices: devices.map((device) => ({
        id: device.id,
        kind: device.kind,
        name: shortName(device.name),
        memory_total_mib: device.memoryTotalMiB,
        memory_used_mib: device.memoryUsedMiB,
        utilization_percent: device.utilization,
        slots: device.slots,
        busy_slots: device.busy,
      })),
    };
  },
});

type Ask<T> = (folder: BenchFolder, from: number, most: number) => Promise<{ total: number; items: T[] }>;

/** Returns one page of the concatenated lists of all folders. `ask` with `most` 0 only counts. */
async function pageOver<T>(bench: Bench, offset: number, limit: number, ask: Ask<T>) {
  const items: T[] = [];
  let total = 0;
  for (const folder of await usedFolders(bench)) {
    const from = Math.max(0, offset - total);
    const found = await ask(folder, from, limit - items.length);
    items.push(...found.items);
    total += found.total;
  }
  return { total, items };
}
