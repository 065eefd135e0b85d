import { html, type TemplateResult } from 'lit';
import type { Run } from '../../src/protocol/engine.js';
import { nameAt } from '../../src/protocol/ranks.js';
import { drawnRanks } from '../model/charts/ranks.js';
import type { PanelModel } from '../model/panel.js';
import { formatCount, formatNumber } from '../../src/format/numbers.js';
import { swatch } from './swatch.js';
import { entryOf } from '../../src/protocol/records.js';
import { l10n } from '../../src/format/l10n.js';

/** Renders the contents of a chart as a table. */
export function valuesTable(model: PanelModel, metric: string, runs: readonly Run[]): TemplateResult {
  const look = model.view.ranks === 'first' ? 'first' : 'all';
  const rows = runs.flatMap((run) => drawnRanks(run, metric, look).map((rank) => ({ run, rank })));
  return html`<div class="values-table">
    <table>
      <caption class="hidden-text">
        ${metric}
      </caption>
      <thead>
        <tr>
          <th scope="col">${l10n.t('Run')}</th>
          <th scope="col">${l10n.t('Last')}</th>
          <th scope="col">${l10n.t('Min')}</th>
          <th scope="col">${l10n.t('Max')}</th>
          <th scope="col">${l10n.t('Points')}</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(({ run, rank }) => {
          const summary = entryOf(run.metrics, nameAt(metric, rank))!;
          return html`<tr>
            <th scope="row" title=${run.name}>
              ${swatch(model.palette.of(run.id))}
              ${rank === 0 ? '' : `${l10n.t('rank {0}', rank)} · `}${model.label(run).text}
            </th>
            <td>${formatNumber(summary.last)}</td>
            <td>${formatNumber(summary.min)}</td>
            <td>${formatNumber(summary.max)}</td>
            <td>${formatCount(summary.count)}</td>
          </tr>`;
        })}
      </tbody>
    </table>
  </div>`;
}
