/** Facts about a cluster's job, as its run uses them. */
import type { ClusterJob } from '../executors/jobs.js';
import type { JobOutcome } from './outcome.js';

/** A cluster is asked at most each half minute, and rarer while it does not answer. */
const END_MS = 90_000;

/** Where a job is, in words of no language: `slurm 12 #3 (Priority)`, `slurm 12 @node7`; null: nothing is known. */
export function placeOf({ id, state, request }: ClusterJob): string | null {
  const { kind } = request.need;
  if (state?.name === 'queued')
    return `${kind} ${state.id}${state.position === null ? '' : ` #${state.position}`} (${state.reason})`;
  if (state?.name === 'running') return `${kind} ${state.id} @${state.node}`;
  return id === null ? null : `${kind} ${id}`;
}

/** `began`: its supervisor has started the program. */
export function outcomeOfJob({ title, id, state, refused }: ClusterJob, began: boolean): JobOutcome {
  const how = state?.name === 'gone' ? state.how : null;
  return { title, id, how, began, ...(refused !== null && { refused }) };
}

/**
 * Resolves when the cluster has said how a job ended that was told to end: only it knows who wanted that. Its silence is
 * waited for only so long.
 */
export async function whenGone(job: ClusterJob, isGivenUp: () => boolean): Promise<void> {
  job.isNeeded = true;
  const until = performance.now() + END_MS;
  while (job.state?.name !== 'gone' && performance.now() < until && !isGivenUp())
    await new Promise((resolve) => setTimeout(resolve, 200));
}
