import { html, type TemplateResult } from 'lit';
import { l10n } from '../../../src/format/l10n.js';
import { searchesShown } from '../../model/search/shown.js';
import type { PanelModel } from '../../model/panel.js';
import type { InsightOf } from '../../model/view.js';

/** Chooses whether the Insight tab is about a search, the drawn runs or all runs of the experiment. */
export function insightSwitch(model: PanelModel, now: InsightOf): TemplateResult {
  const options: [InsightOf, string][] = [
    ...(searchesShown(model).length > 0 ? ([['search', l10n.t('Search')]] as [InsightOf, string][]) : []),
    ['drawn', l10n.t('Drawn runs')],
    ['all', l10n.t('All runs')],
  ];
  return html`<div class="segments" role="radiogroup" aria-label=${l10n.t('Insight into')}>
    ${options.map(
      ([of, label]) =>
        html`<button
          type="button"
          role="radio"
          aria-checked=${String(of === now)}
          data-testid="insight-of-${of}"
          @click=${() => model.setView({ insightOf: of })}
        >
          ${label}
        </button>`,
    )}
  </div>`;
}
