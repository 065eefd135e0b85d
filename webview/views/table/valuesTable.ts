import { html, type TemplateResult } from 'lit';
import type { Run } from '../../../src/protocol/engine/index.js';
import { nameAt } from '../../../src/protocol/engine/ranks.js';
import { toWire, type WireNumber } from '../../../src/protocol/values/wireNumber.js';
import type { Curve } from '../../../src/drawing/curves.js';
import type { Look } from '../../../src/drawing/palette.js';
import { drawnRanks } from '../../model/charts/ranks.js';
import type { PanelModel } from '../../model/panel.js';
import { formatCount, formatNumber } from '../../../src/format/numbers.js';
import { swatch } from '../charts/swatch.js';
import { entryOf } from '../../../src/protocol/values/records.js';
import { l10n } from '../../../src/format/l10n.js';

interface Row {
  look: Look;
  title: string;
  name: string;
  last: WireNumber | undefined;
  min: WireNumber | undefined;
  max: WireNumber | undefined;
  count: number | undefined;
}

/** Renders the contents of a metric's chart as a table. */
export function valuesTable(model: PanelModel, metric: string, runs: readonly Run[]): TemplateResult {
  const look = model.view.ranks === 'first' ? 'first' : 'all';
  model.asked.add(runs.flatMap((run) => drawnRanks(run, metric, look).map((rank) => nameAt(metric, rank))));
  const rows = runs.flatMap((run) =>
    drawnRanks(run, metric, look).map((rank): Row => {
      // Undefined until the row is read with this metric.
      const { last, min, max, count } = entryOf(run.metrics, nameAt(metric, rank)) ?? {};
      const part = rank === 0 ? '' : `${l10n.t('rank {0}', rank)} · `;
      return { look: model.look(run.id), title: run.name, name: part + model.label(run).text, last, min, max, count };
    }),
  );
  return tableOf(metric, rows);
}

/** Renders drawn curves as a table: those of groups and of formulas, which no run has as such. */
export function curvesTable(model: PanelModel, heading: string, curves: readonly Curve[]): TemplateResult {
  const rows = curves.map((curve): Row => {
    const run = model.runs.get(curve.run);
    const name = [curve.note, curve.label ?? (run ? model.label(run).text : '')].filter(Boolean).join(' · ');
    const values = curve.y.filter(Number.isFinite);
    const [min, max] = [
      values.reduce((a, b) => Math.min(a, b), Infinity),
      values.reduce((a, b) => Math.max(a, b), -Infinity),
    ];
    const range = values.length > 0 ? { min, max } : { min: undefined, max: undefined };
    return {
      look: curve.look,
      title: run?.name ?? name,
      name,
      last: toWire(curve.y.at(-1) ?? NaN),
      ...range,
      count: curve.total,
    };
  });
  return tableOf(heading, rows);
}

function tableOf(heading: string, rows: readonly Row[]): TemplateResult {
  return html`<div class="values-table" role="region" tabindex="0" aria-label=${heading}>
    <table>
      <caption class="hidden-text">
        ${heading}
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
        ${rows.map(
          ({ look, title, name, last, min, max, count }) =>
            html`<tr>
              <th scope="row" title=${title}>${swatch(look)} ${name}</th>
              <td>${count === undefined ? '…' : formatNumber(last)}</td>
              <td>${count === undefined ? '…' : formatNumber(min)}</td>
              <td>${count === undefined ? '…' : formatNumber(max)}</td>
              <td>${count === undefined ? '…' : formatCount(count)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
