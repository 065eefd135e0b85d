/** Facts about a cluster's job, as its run uses them. */
import type { ClusterJob } from '../../executors/jobs.js';
import type { JobOutcome } from '../ends/outcome.js';

/** A cluster is queried at most every half minute, and less often while it does not answer. */
const END_MS = 90_000;
/** Characters of a place. */
const LONGEST = 300;

/**
 * Returns where a job is, in the cluster's own terms: `slurm 12 #3 (Priority)`, `slurm 12 @node7`, `ssh box gpu:0`; null if nothing is
 * known.
 */
export function placeOf({ id, state, request, trouble }: ClusterJob): string | null {
  const { kind, ssh } = request.need;
  if (ssh) return `${kind} ${hostPlace(ssh.host, state)}${trouble === null ? '' : ` (${trouble})`}`.slice(0, LONGEST);
  if (trouble !== null && state === null) return `${kind} (${trouble})`.slice(0, LONGEST);
  if (state?.name === 'queued')
    return `${kind} ${state.id}${state.position === null ? '' : ` #${state.position}`} (${state.reason})`;
  if (state?.name === 'running') return `${kind} ${state.id}${state.node === '' ? '' : ` @${state.node}`}`;
  return id === null ? null : `${kind} ${id}`;
}

/** On a host of one's own, a job's name says nothing. */
function hostPlace(host: string, state: ClusterJob['state']): string {
  if (state?.name === 'queued') return `${host} #${state.position} (${state.reason})`;
  return state?.name === 'running' ? state.node : host;
}

/** `began`: its supervisor has started the program. */
export function outcomeOfJob({ title, id, state, refused }: ClusterJob, began: boolean): JobOutcome {
  const how = state?.name === 'gone' ? state.how : null;
  return { title, id, how, began, ...(refused !== null && { refused }) };
}

/**
 * Resolves when the cluster has reported how a job ended, because only the cluster knows the cause. Stops waiting after
 * a limit.
 */
export async function whenGone(job: ClusterJob, isGivenUp: () => boolean): Promise<void> {
  job.isNeeded = true;
  const until = performance.now() + END_MS;
  while (job.state?.name !== 'gone' && performance.now() < until && !isGivenUp())
    await new Promise((resolve) => setTimeout(resolve, 200));
}
