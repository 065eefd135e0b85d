import { messageText } from '../../src/format/said.js';
import { LIVE_STATUSES } from '../../src/protocol/engine/statuses.js';
import type { Run, RunStatus, SearchStatus } from '../../src/protocol/engine/index.js';
import { l10n } from '../../src/format/l10n.js';

export const isLive = (run: Pick<Run, 'status'>): boolean => LIVE_STATUSES.includes(run.status);
export const canStop = (status: RunStatus): boolean => LIVE_STATUSES.includes(status) && status !== 'stopping';
export const canPause = (status: RunStatus): boolean => status === 'running' || status === 'starting';
export const canResume = (status: RunStatus): boolean => status === 'paused';
/** A trial that can be done again within its search. */
export const canRetry = (status: RunStatus): boolean => status === 'failed' || status === 'stopped';
export const isSearchLive = (status: SearchStatus): boolean =>
  status === 'running' || status === 'paused' || status === 'stopping';

/** Codicon and word of each status; never colour alone. */
export const STATUS_ICONS: Record<RunStatus | SearchStatus, string> = {
  queued: 'clock',
  starting: 'loading',
  running: 'sync',
  paused: 'debug-pause',
  stopping: 'debug-stop',
  elsewhere: 'remote',
  completed: 'pass',
  failed: 'error',
  stopped: 'circle-slash',
  pruned: 'discard',
};

/** A run in the logs of another tool is read-only until it is imported. */
export const isReadOnly = (run: Pick<Run, 'foreign'>): boolean => run.foreign !== undefined;

/** The newest of a run's warnings, and how many there are; '' without any. */
export function warningText({ warnings }: Pick<Run, 'warnings'>): string {
  if (!warnings) return '';
  return warnings.count > 1
    ? l10n.t('Warning: {0} ({1} warnings in all)', messageText(warnings), warnings.count)
    : l10n.t('Warning: {0}', messageText(warnings));
}
