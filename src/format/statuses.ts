/** Words for the states of runs and searches and for the direction of an objective, in the person's language. */
import type { Goal, RunStatus, SearchStatus } from '../protocol/engine/index.js';
import { l10n } from './l10n.js';

export function statusText(status: RunStatus | SearchStatus): string {
  switch (status) {
    case 'queued':
      return l10n.t('queued');
    case 'starting':
      return l10n.t('starting');
    case 'running':
      return l10n.t('running');
    case 'paused':
      return l10n.t('paused');
    case 'stopping':
      return l10n.t('stopping');
    case 'elsewhere':
      return l10n.t('on another host');
    case 'completed':
      return l10n.t('completed');
    case 'failed':
      return l10n.t('failed');
    case 'stopped':
      return l10n.t('stopped');
    case 'pruned':
      return l10n.t('pruned');
  }
}

/** `minimize` or `maximize`. */
export const goalText = (goal: Goal): string => (goal === 'minimize' ? l10n.t('minimize') : l10n.t('maximize'));

/** `1 run`, `12 runs`. `text` is the number as it is shown. */
export const countOfRuns = (count: number, text = String(count)): string =>
  count === 1 ? l10n.t('{0} run', text) : l10n.t('{0} runs', text);
