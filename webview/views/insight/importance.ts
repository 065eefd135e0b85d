import { html, nothing, type TemplateResult } from 'lit';
import type { Importance, ImportanceMethod, Insight } from '../../../src/protocol/engine/insight.js';
import { dropdown } from '../../components/controls.js';
import { styles } from '../../components/cssVars.js';
import { percent } from '../../../src/drawing/axes.js';
import { card, missing, type Tables } from './card.js';
import { l10n } from '../../../src/format/l10n.js';

const METHODS: { value: ImportanceMethod; label: string }[] = [
  { value: 'pedAnova', label: l10n.t('for the best tenth') },
  { value: 'fanova', label: l10n.t('for all values') },
];
const PAIRS = 6;

/** Importance of each parameter, as a table with bars that needs no separate table for screen readers. */
export function importanceCard(
  { importance }: Insight,
  tables: Tables,
  choose: (method: ImportanceMethod) => void,
): TemplateResult | typeof nothing {
  if (!importance) return nothing;
  const known = 'shares' in importance;
  return card(
    {
      id: 'importance',
      title: l10n.t('Importance'),
      controls: known
        ? dropdown({
            label: l10n.t('Importance for'),
            value: importance.method,
            options: METHODS,
            testId: 'insight-method',
            onChange: (method) => choose(method as ImportanceMethod),
          })
        : nothing,
      hint: known ? hintFor(importance) : '',
      body: known ? bars(importance) : missing(importance),
    },
    tables,
  );
}

function hintFor({ method, trials, alone }: Importance): string {
  if (method === 'pedAnova')
    return l10n.t('What decides whether a trial is in the best tenth, from {0} trials', trials);
  return l10n.t(
    'What changes the objective, from {0} trials; single parameters explain {1} of the variance',
    trials,
    percent(alone ?? 0),
  );
}

function bars({ shares, pairs }: Importance): TemplateResult {
  const most = shares[0]?.share || 1;
  const row = (name: string, share: number, scale: number) =>
    html`<tr>
      <th scope="row" class="ellipsis" title=${name}>${name}</th>
      <td class="bar-cell"><span class="bar" ${styles({ width: `${(100 * share) / scale}%` })}></span></td>
      <td>${percent(share)}</td>
    </tr>`;
  return html`<table class="bars">
      <caption class="hidden-text">
        ${l10n.t('Share of importance by parameter')}
      </caption>
      <tbody>
        ${shares.map(({ name, share }) => row(name, share, most))}
      </tbody>
    </table>
    ${
      pairs.length > 0
        ? html`<p class="hint">${l10n.t('Joint share of the variance')}</p>
            <table class="bars">
              <caption class="hidden-text">
                ${l10n.t('Share of the variance from the interaction of two parameters')}
              </caption>
              <tbody>
                ${pairs.slice(0, PAIRS).map(({ names, share }) => row(names.join(' × '), share, Math.max(pairs[0]!.share, 0.01)))}
              </tbody>
            </table>`
        : nothing
    }`;
}
