import { html, nothing, type TemplateResult } from 'lit';
import type { RunGroup } from '../../../src/drawing/runs/groups.js';
import { spread } from '../../../src/drawing/bands.js';
import type { PanelModel } from '../../model/panel.js';
import { valueOf } from '../../../src/drawing/runs/fields.js';
import type { Look } from '../../../src/drawing/palette.js';
import { readTheme } from '../../charts/theme.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { countOfRuns } from '../../../src/format/statuses.js';
import { l10n } from '../../../src/format/l10n.js';
import { TEST_IDS } from '../../testids.js';
import { swatch } from './swatch.js';

/** A field for the colour of a run or a group. */
export function colorPicker(model: PanelModel, id: string, look: Look, name: string): TemplateResult {
  const { colors } = model.view;
  const now = look.css ?? readTheme().series[look.color] ?? '#888888';
  return html`<input
    type="color"
    class="color-picker"
    aria-label=${l10n.t('Colour of {0}', name)}
    title=${l10n.t('Colour of {0}', name)}
    .value=${/^#[0-9a-f]{6}$/i.test(now) ? now : '#888888'}
    @change=${(event: Event) =>
      model.setView({ colors: { ...colors, [id]: (event.target as HTMLInputElement).value } })}
  />`;
}

/** A group of runs in the legend: hides and shows all of them. */
export function groupItem(model: PanelModel, group: RunGroup): TemplateResult {
  const ids = group.runs.map(({ id }) => id);
  const isOff = ids.every((id) => model.isHidden(id));
  const values = group.runs.map((run) => valueOf(run, 'objective')).filter((value) => typeof value === 'number');
  const [mean, low, high] = values.length > 0 ? spread(values, 'sd') : [null, 0, 0];
  const half = (high - low) / 2;
  const toggle = (): void => {
    const hidden = model.state.hidden.filter((id) => !ids.includes(id));
    model.setState({ hidden: isOff ? hidden : [...hidden, ...ids] }, 'runs');
  };
  const look = model.groupLook(group.id);
  return html`<div
    role="listitem"
    class="legend-item ${isOff ? 'off' : ''}"
    data-testid=${TEST_IDS.legendGroup}
    data-group=${group.id}
  >
    <button type="button" class="legend-main" aria-pressed=${String(!isOff)} title=${group.label} @click=${toggle}>
      ${swatch(look)}
      <span class="legend-text">
        <span class="legend-label"
          >${group.parts.map((part) => html`<span class="part"><i>${part.name}</i> ${part.value}</span>`)}</span
        >
        <span class="legend-sub"
          >${countOfRuns(group.runs.length)}${
            mean === null
              ? nothing
              : html`<span class="objective"
                  >${formatNumber(mean)}${half > 0 ? ` ± ${formatNumber(Number(half.toPrecision(2)))}` : ''}</span
                >`
          }</span
        >
      </span>
    </button>
    ${colorPicker(model, group.id, look, group.label)}
  </div>`;
}
