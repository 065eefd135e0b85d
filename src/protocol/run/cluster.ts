/** A run's need on a cluster, as written in its `run.json`. */
import { z } from 'zod';
import { record } from '../values/recordSchema.js';

/** Kinds of cluster, by the value of `on:` in an experiment file. */
export const CLUSTER_KINDS = ['slurm', 'kubernetes', 'ssh', 'ray'] as const;
export type ClusterKind = (typeof CLUSTER_KINDS)[number];

/** Places where runs execute: values of `on:`. */
export const PLACES = ['local', ...CLUSTER_KINDS] as const;
export type Place = (typeof PLACES)[number];

const Name = z.string().max(200);
const Count = z.number().int().min(1);

/** Image, queue and volume of a job of Kubernetes. */
export const KubernetesNeed = z.object({
  context: Name.optional(),
  namespace: Name.optional(),
  image: Name.optional(),
  queue: Name.optional(),
  volume: z
    .object({
      claim: Name.optional(),
      hostPath: Name.optional(),
      nfs: Name.optional(),
      path: Name.optional(),
    })
    .optional(),
});
export type KubernetesNeed = z.infer<typeof KubernetesNeed>;

/** Host names reach `ssh` and, through its configuration, perhaps a shell. */
export const SSH_HOST = /^(?:[A-Za-z_][\w.-]*@)?[A-Za-z0-9_][\w.-]*$/;

/** A host and the folder there that gets the code and the runs, relative to the home or absolute. */
export const SshPlace = z.object({
  host: z.string().max(200).regex(SSH_HOST),
  folder: z.string().min(1).max(200),
  port: z.number().int().min(1).max(65535).optional(),
  setup: z.array(z.string()).optional(),
});
export type SshPlace = z.infer<typeof SshPlace>;

export const RayPlace = z.object({
  /** URL of the dashboard, without a slash at its end. */
  address: z.string().max(200),
  runtimeEnv: record(z.unknown()).optional(),
});
export type RayPlace = z.infer<typeof RayPlace>;

export const ClusterNeed = z.object({
  kind: z.enum(CLUSTER_KINDS),
  ssh: SshPlace.optional(),
  ray: RayPlace.optional(),
  gpus: z.number().int().min(0).optional(),
  /** Runs that share a GPU; only for SSH hosts. */
  perGpu: Count.optional(),
  cpus: Count.optional(),
  /** MiB. */
  memory: Count.optional(),
  /** Minutes after which the cluster ends a job. */
  minutes: Count.optional(),
  /** Nodes of one job, 1 if absent; `gpus`, `cpus` and `memory` are those of each. */
  nodes: Count.optional(),
  /** Processes of the program on each node, 1 if absent. */
  tasksPerNode: Count.optional(),
  partition: Name.optional(),
  account: Name.optional(),
  qos: Name.optional(),
  constraint: Name.optional(),
  /** Lines of the job's script that come before the program. */
  setup: z.array(z.string()).optional(),
  /** Further options of sbatch, each whole: `--gres=gpu:a100:1`. */
  extra: z.array(z.string()).optional(),
  kubernetes: KubernetesNeed.optional(),
});
export type ClusterNeed = z.infer<typeof ClusterNeed>;

/** `job-<n>.json` in a run's folder: the job of its n-th launch. Its name is there before the cluster hears of it. */
export const JobFile = z.object({
  kind: z.enum(CLUSTER_KINDS),
  name: z.string().max(200),
  /** Null until the cluster has given one. */
  id: z.string().max(100).nullable(),
});
export type JobFile = z.infer<typeof JobFile>;
