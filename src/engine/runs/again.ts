/** Decides whether a run that ended against its person's wish is launched again, and says so in words. Pure. */
import type { RunError } from '../../protocol/engine.js';
import type { LaunchedAgain, Retries, RetryReason } from '../../protocol/retries.js';
import type { Outcome } from './outcome.js';

/** A cluster may take its place away as often as it likes; this many times the run goes on. */
const PREEMPTED = 1000;

/** A program that could not be started at all can't the next time either. */
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
  /** For the run's messages. */
  text: string;
}

/**
 * Returns the next launch's reason, or null if the run stays ended. `launched`: what its present launch says of the ones
 * before; absent if a person or a search asked for that one.
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
  return { reason, counts, text: `Launched again (${count} of ${most}): ${error!.message}` };
}
