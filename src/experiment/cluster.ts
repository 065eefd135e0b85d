/** The keys `on:`, those of each kind of cluster and the parts of `resources:` that clusters need, as written and in their normal form. */
import { z } from 'zod';
import { CLUSTER_KINDS, PLACES, type ClusterKind, type ClusterNeed, type Place } from '../protocol/run/cluster.js';
import { WrittenKubernetes } from './clusters/kubernetes.js';
import { WrittenRay } from './clusters/ray.js';
import { mebibytes, wholeMinutes, type WrittenResources } from './clusters/resources.js';
import { WrittenSlurm } from './clusters/slurm.js';
import { WrittenSsh } from './clusters/ssh.js';

export { clusterResources } from './clusters/resources.js';

/** Relative to the home on the host. */
const SSH_FOLDER = 'tunesmith';
/** Ray's own default. */
const RAY_ADDRESS = 'http://127.0.0.1:8265';

export const WrittenOn = z
  .enum(PLACES, { error: `on must be one of ${PLACES.join(', ')}` })
  .describe(
    'Where runs execute: `local` (this machine), `ssh` (another machine of yours), or `slurm`, `kubernetes` or `ray` (a job for each run; see docs/anywhere.md).',
  );

/** Schemas of the sections with the options of each kind of cluster. */
export const CLUSTER_SECTIONS = {
  slurm: WrittenSlurm,
  kubernetes: WrittenKubernetes,
  ssh: WrittenSsh,
  ray: WrittenRay,
} as const satisfies Record<ClusterKind, z.ZodType>;

type Sections = { [K in ClusterKind]?: z.output<(typeof CLUSTER_SECTIONS)[K]> | undefined };

interface Written extends Sections {
  pipeline?: unknown;
  network?: unknown;
  on?: z.output<typeof WrittenOn> | undefined;
  resources?: WrittenResources | undefined;
}

/** Undefined: runs work on this machine. */
export function clusterNeed({ on = 'local', resources = {}, ...sections }: Written): ClusterNeed | undefined {
  const { slurm, kubernetes = {}, ssh, ray = {} } = sections;
  if (on === 'local' || (on === 'ssh' && !ssh)) return undefined;
  const { gpus, perGpu, cpus, memory, time, nodes, tasksPerNode } = resources;
  const need = {
    gpus,
    cpus,
    memory: memory === undefined ? undefined : mebibytes(memory)!,
    minutes: time === undefined ? undefined : wholeMinutes(time)!,
    ...(on === 'slurm' && { nodes, tasksPerNode, ...slurm }),
    ...(on === 'kubernetes' && { kubernetes }),
    ...(on === 'ssh' && { perGpu, ssh: { folder: SSH_FOLDER, ...ssh! } }),
    ...(on === 'ray' && { ray: { ...ray, address: (ray.address ?? RAY_ADDRESS).replace(/\/+$/, '') } }),
  };
  const given = Object.entries(need).filter(([, value]) => value !== undefined);
  return { kind: on, ...(Object.fromEntries(given) as Omit<ClusterNeed, 'kind'>) };
}

/** Returns the keys by which a stage's own file names the place and the need of a whole pipeline. `clusterNeed` reads them. */
export function writtenPlace({ kind, kubernetes, ray, ...need }: ClusterNeed): Record<string, unknown> {
  const { gpus, cpus, memory, minutes, nodes, tasksPerNode } = need;
  const { partition, account, qos, constraint, setup, extra } = need;
  const given = (values: object): object =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  const sections = { kubernetes, ray, slurm: given({ partition, account, qos, constraint, setup, extra }) };
  const size = {
    ...{ gpus, cpus, nodes, tasksPerNode },
    memory: memory === undefined ? undefined : `${memory}M`,
    time: minutes === undefined ? undefined : `${minutes}m`,
  };
  return { on: kind, resources: given(size), ...(kind !== 'ssh' && { [kind]: sections[kind] ?? {} }) };
}

/** Keys of `resources:` that have no effect, by where the runs work. */
const WITHOUT_EFFECT: Record<Place, readonly (keyof WrittenResources)[]> = {
  local: ['cpus', 'memory', 'time', 'nodes', 'tasksPerNode'],
  slurm: ['perGpu'],
  kubernetes: ['perGpu'],
  ssh: ['cpus', 'memory', 'time'],
  ray: ['time', 'perGpu'],
};

/** Keys that say nothing, or can't be done, where the runs work: the path of each and why. `has`: the section is there, valid or not. */
export function uselessKeys(
  written: Written,
  has = (section: ClusterKind): boolean => written[section] !== undefined,
): UselessKey[] {
  const { on = 'local', resources = {} } = written;
  const useless: UselessKey[] = [];
  for (const key of WITHOUT_EFFECT[on]) {
    if (resources[key] === undefined) continue;
    const message =
      on === 'local'
        ? `${key} has no effect on this machine: it needs a cluster, such as "on: slurm"`
        : on === 'ssh' && key !== 'time'
          ? `${key} reserves nothing with "on: ssh": it is only compared with what the host has`
          : key === 'perGpu'
            ? `${key} has no effect with "on: ${on}": each run is a separate job`
            : `${key} has no effect with "on: ${on}"`;
    useless.push({ at: ['resources', key], message });
  }
  for (const section of CLUSTER_KINDS)
    if (written[section] !== undefined && section !== on)
      useless.push({ at: [section], message: `${section} has no effect without "on: ${section}"` });
  if (on === 'local') return useless;
  if (on === 'ssh' && !has('ssh'))
    useless.push({ at: ['on'], message: 'on: ssh needs a host, such as "ssh: { host: gpu-box }"', isError: true });
  return [...useless, ...impossibleKeys(on, written)];
}

/** Keys that a kind of cluster can't do: the file can't be run with them. */
function impossibleKeys(on: ClusterKind, { pipeline, network, resources = {} }: Written): UselessKey[] {
  const found: UselessKey[] = [];
  if (pipeline !== undefined && on === 'ssh') {
    const message =
      'stages use files of earlier stages, which stay on an SSH host: "on: ssh" is not supported for pipelines';
    found.push({ at: ['on'], message, isError: true });
  }
  for (const key of ['nodes', 'tasksPerNode'] as const) {
    const message =
      on !== 'slurm'
        ? `${key} needs "on: slurm"`
        : network !== undefined
          ? `${key} needs "run" or "module": the built-in trainer uses one process of one node`
          : null;
    if ((resources[key] ?? 1) > 1 && message !== null) found.push({ at: ['resources', key], message, isError: true });
  }
  const { cpus, tasksPerNode = 1 } = resources;
  if (cpus !== undefined && cpus < tasksPerNode) {
    const message = `cpus must be at least tasksPerNode (${tasksPerNode}): each process needs a core`;
    found.push({ at: ['resources', 'cpus'], message, isError: true });
  }
  return found;
}

interface UselessKey {
  at: string[];
  message: string;
  /** The file can't be run with it. */
  isError?: boolean;
}
