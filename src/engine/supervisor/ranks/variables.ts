/** The variables by which the processes of one distributed training find each other, as torchrun sets them. */
import { join } from 'node:path';
import { RUN_ENV, RUN_FILES } from '../../../protocol/run/runFiles.js';
import { setEntry } from '../../../protocol/values/records.js';

export interface RankPlace {
  /** Index among all processes. */
  rank: number;
  /** Index among those of its node. */
  local: number;
  /** Index of its node. */
  node: number;
  size: number;
  nodes: number;
  perNode: number;
}

/** Returns the place that Slurm has given this task. Throws if this is no task of a step. */
export function placeOfTask(env: NodeJS.ProcessEnv): RankPlace {
  const number = (name: string): number => {
    const text = env[name] ?? '';
    if (!/^\d{1,9}$/.test(text)) throw new Error(`srun has not set ${name}.`);
    return Number(text);
  };
  const size = number('SLURM_NTASKS');
  const nodes = number('SLURM_NNODES');
  return {
    rank: number('SLURM_PROCID'),
    local: number('SLURM_LOCALID'),
    node: number('SLURM_NODEID'),
    size,
    nodes,
    perNode: Math.round(size / nodes),
  };
}

/** Returns the environment of one rank; `base` has the address of rank 0 if its name can be resolved. */
export function rankEnv(base: NodeJS.ProcessEnv, place: RankPlace, folder: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(base)) if (value !== undefined) setEntry(env, name, value);
  env.MASTER_ADDR ??= env.SLURM_LAUNCH_NODE_IPADDR ?? '127.0.0.1';
  const { rank, local, node, size, nodes, perNode } = place;
  Object.assign(env, {
    RANK: String(rank),
    LOCAL_RANK: String(local),
    NODE_RANK: String(node),
    GROUP_RANK: String(node),
    WORLD_SIZE: String(size),
    LOCAL_WORLD_SIZE: String(perNode),
    // A torchrun in the command reads its options from these.
    PET_NNODES: String(nodes),
    PET_NODE_RANK: String(node),
    PET_MASTER_ADDR: env.MASTER_ADDR,
    PET_MASTER_PORT: env.MASTER_PORT ?? '29500',
  });
  if (rank > 0) env[RUN_ENV.journal] = join(folder, RUN_FILES.journal, externalJournalOf(rank));
  return env;
}

/** Name of the journal of a program without a client, so that the store tells its rank. */
export const externalJournalOf = (rank: number): string =>
  rank === 0 ? RUN_FILES.externalJournal : `rank${rank}-${RUN_FILES.externalJournal}`;
