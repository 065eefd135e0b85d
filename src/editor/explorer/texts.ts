/** Texts of the explorer's view. */
import { l10n } from '../../format/l10n.js';
import type { OwnProgress } from '../logs/logViewer.js';

/** Returns the message above the runs of a folder in which nothing may be started. */
export function lookingText({ done, of, cut }: OwnProgress): string {
  if (done < of) return l10n.t('Reading the runs: {0} of {1}', done, of);
  const rule = l10n.t('Restricted Mode: runs are shown, and nothing is started or changed.');
  return cut ? `${rule} ${l10n.t('Only the newest {0} runs are shown.', of)}` : rule;
}
