/** A run's need on a cluster, as written in its `run.json`. */
import { z } from 'zod';

const Name = z.string().max(200);

export const ClusterNeed = z.object({
  kind: z.literal('slurm'),
  gpus: z.number().int().min(0).optional(),
  cpus: z.number().int().min(1).optional(),
  /** MiB. */
  memory: z.number().int().min(1).optional(),
  /** Minutes after which the cluster ends a job. */
  minutes: z.number().int().min(1).optional(),
  partition: Name.optional(),
  account: Name.optional(),
  qos: Name.optional(),
  constraint: Name.optional(),
  /** Lines of the job's script that come before the program. */
  setup: z.array(z.string()).optional(),
  /** Further options of sbatch, each whole: `--gres=gpu:a100:1`. */
  extra: z.array(z.string()).optional(),
});
export type ClusterNeed = z.infer<typeof ClusterNeed>;

/** `job-<n>.json` in a run's folder: the job of its n-th launch. Its name is there before the cluster hears of it. */
export const JobFile = z.object({
  kind: z.literal('slurm'),
  name: z.string().max(200),
  /** Null until the cluster has given one. */
  id: z.string().max(100).nullable(),
});
export type JobFile = z.infer<typeof JobFile>;
