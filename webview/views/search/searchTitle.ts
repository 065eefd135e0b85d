import { html, type TemplateResult } from 'lit';
import { l10n } from '../../../src/format/l10n.js';
import { statusText } from '../../../src/format/statuses.js';
import { formatAgo } from '../../../src/format/times.js';
import type { Search } from '../../../src/protocol/engine/index.js';
import { dropdown } from '../../components/controls.js';

/** The name of the search that is shown, or a list to choose it from if there are several. */
export function searchTitle(
  search: Search,
  { searches, testId, onChange }: { searches: readonly Search[]; testId: string; onChange(id: string): void },
): TemplateResult {
  if (searches.length === 1) return html`<h2 class="ellipsis" title=${search.name}>${search.name}</h2>`;
  const now = Date.now();
  return dropdown({
    label: l10n.t('Search'),
    value: search.id,
    options: searches.map((one) => ({
      value: one.id,
      label: `${one.name} · ${statusText(one.status)} · ${formatAgo(one.createdAt, now)}`,
    })),
    testId,
    onChange,
  });
}
