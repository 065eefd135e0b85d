/** Cells of the run table. */
import { errorText } from '../../../src/format/said.js';
import { html, nothing, type TemplateResult } from 'lit';
import type { Run } from '../../../src/protocol/engine/index.js';
import { styles } from '../../components/cssVars.js';
import { icon, progressBar, statusIcon } from '../../components/icon.js';
import { toWire } from '../../../src/protocol/values/wireNumber.js';
import { differenceText } from '../../model/runs/baseline.js';
import { STARRED } from '../../model/runs/actions.js';
import { columnNumber, type Column } from '../../../src/drawing/runs/tableColumns.js';
import type { PanelModel } from '../../model/panel.js';
import { isLive, warningText } from '../../model/values.js';
import { l10n } from '../../../src/format/l10n.js';
import { whereText } from '../../../src/format/places.js';

/** Maximum number of tags shown next to a name. */
const MOST_TAGS = 3;

/** `left`: where a frozen cell stays, in pixels; null: it scrolls. */
export function tableCell(
  model: PanelModel,
  run: Run,
  column: Column,
  now: number,
  best: boolean,
  left: number | null,
): TemplateResult {
  const text = column.text(run, now);
  const frozen = left === null ? '' : 'frozen';
  const place = styles(left === null ? {} : { left: `${left}px` });
  if (column.kind === 'name') {
    const more = run.tags.length - MOST_TAGS;
    return html`<span
      role="gridcell"
      class="cell name ${frozen}"
      ${place}
      title=${run.note ? `${run.name}\n${run.note}` : run.name}
      >${best ? icon('star-full', l10n.t('best'), 'best-mark') : nothing}${
        run.tags.includes(STARRED) ? icon('star-half', l10n.t('starred')) : nothing
      }${run.foreign ? icon('lock', l10n.t('read-only: {0}', run.foreign.title)) : nothing}<span class="ellipsis"
        >${run.name}</span
      >${run.tags
        .slice(0, MOST_TAGS)
        .map(
          (tag) => html`<span class="tag">${tag}</span>`,
        )}${more > 0 ? html`<span class="tag" title=${run.tags.join(', ')}>+${more}</span>` : nothing}${
        run.by === undefined ? nothing : icon('robot', l10n.t('started by the agent {0}', run.by))
      }${run.note ? icon('note', l10n.t('has a note')) : nothing}</span
    >`;
  }
  if (column.kind === 'status') {
    const busy = isLive(run) && run.status !== 'queued';
    return html`<span
      role="gridcell"
      class="cell status ${frozen}"
      ${place}
      title=${[run.error ? errorText(run.error) : (run.progress?.text ?? text), warningText(run)].filter(Boolean).join('\n')}
      >${statusIcon(run.status, whereText(run))}${run.warnings ? icon('warning', l10n.t('has warnings'), 'warned') : nothing}${
        busy && run.progress
          ? progressBar(run.progress.fraction, run.progress.text)
          : html`<span class="ellipsis">${text}</span>`
      }</span
    >`;
  }
  const difference = column.kind === 'number' ? differenceIn(model, run, column.key) : '';
  return html`<span
    role="gridcell"
    class="cell ${column.kind} ${frozen}"
    ${place}
    title=${difference === '' ? text : l10n.t('{0}; {1} to the baseline', text, difference)}
    >${text}${difference === '' ? nothing : html`<span class="difference">${difference}</span>`}</span
  >`;
}

/** How far a value is from the baseline's. */
function differenceIn({ baseline }: PanelModel, run: Run, key: string): string {
  if (!baseline || baseline.id === run.id) return '';
  return differenceText(toWire(columnNumber(run, key)), toWire(columnNumber(baseline, key)));
}
