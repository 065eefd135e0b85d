/** Decides whether a run that ended unintentionally is launched again, and gives the reason as text. Pure. */
import type { Said } from '../../../protocol/said.js';
import { said } from '../../../format/said.js';
import type { RunError } from '../../../protocol/engine/index.js';
import type { LaunchedAgain, Retries, RetryReason } from '../../../protocol/run/retries.js';
import type { Ending, Outcome } from '../ends/outcome.js';

/** Number of times that a run is launched again after its cluster has taken its place away. */
const PREEMPTED = 1000;

/** A program that could not be started at all would fail the next time, too. */
const REASONS: Record<RunError['kind'], RetryReason | null> = {
  lost: 'lost',
  'out-of-memory': 'outOfMemory',
  exit: 'failed',
  signal: 'failed',
  script: 'failed',
  'not-started': null,
  preempted: 'preempted',
};

function countAndMost(reason: RetryReason, counts: LaunchedAgain['counts'], retries: Retries = {}): [number, number] {
  const { preempted = 0, ...others } = counts;
  if (reason === 'preempted') return [preempted, 'preempted' in retries ? (retries.preempted ?? PREEMPTED) : PREEMPTED];
  if (!('all' in retries)) return [others[reason] ?? 0, retries[reason] ?? 0];
  return [Object.values(others).reduce((sum, count) => sum + count, 0), retries.all];
}

export interface Again extends LaunchedAgain {
  /** Text for the run's messages. */
  text: Said;
}

/**
 * Returns the reason for the next launch, or null if the run stays ended. `launched`: the same for the current launch;
 * absent if a person or a search started it.
 */
export function launchAgain(
  { status, error }: Outcome,
  retries: Retries | undefined,
  launched: LaunchedAgain | undefined,
): Again | null {
  const reason = status === 'failed' && error ? REASONS[error.kind] : null;
  if (!reason) return null;
  const before = launched?.counts ?? {};
  const counts = { ...before, [reason]: (before[reason] ?? 0) + 1 };
  const [count, most] = countAndMost(reason, counts, retries);
  if (count > most) return null;
  return { reason, counts, text: said('Launched again ({0} of {1}): {2}', count, most, error!.message) };
}

/**
 * Returns whether a run that reached the time limit of its job would reach it again and again: it has saved no checkpoint since
 * that job began. `searched`: it has saved what its architecture search has found since then.
 */
export function isStuck(
  { exit, job }: Pick<Ending, 'exit' | 'job'>,
  before: string | null | undefined,
  checkpoint: string | null,
  searched = false,
): boolean {
  const isTimeLimit = exit?.interrupted === 'warning' || job?.how === 'timeout';
  return isTimeLimit && !searched && (checkpoint === null || checkpoint === before);
}
