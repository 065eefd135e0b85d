/** Decides whether a run that ended against its person's wish is launched again, and says so in words. Pure. */
import type { RunError } from '../../protocol/engine.js';
import type { LaunchedAgain, Retries, RetryReason } from '../../protocol/retries.js';
import type { Outcome } from './outcome.js';

/** A program that could not be started at all can't the next time either. */
const REASONS: Record<RunError['kind'], RetryReason | null> = {
  lost: 'lost',
  'out-of-memory': 'outOfMemory',
  exit: 'failed',
  signal: 'failed',
  script: 'failed',
  'not-started': null,
};

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
  if (!reason || !retries) return null;
  const before = launched?.counts ?? {};
  const counts = { ...before, [reason]: (before[reason] ?? 0) + 1 };
  const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const [count, most] = 'all' in retries ? [all, retries.all] : [counts[reason]!, retries[reason] ?? 0];
  if (count > most) return null;
  return { reason, counts, text: `Launched again (${count} of ${most}): ${error!.message}` };
}
