import { html, nothing, render, type TemplateResult } from 'lit';
import { swatch } from '../views/charts/swatch.js';
import { formatNumber } from '../../src/format/numbers.js';
import { TEST_IDS } from '../testids.js';
import type { Hit } from './overlay.js';
import { l10n } from '../../src/format/l10n.js';

/** Rows shown; the nearest run is always among them. */
const ROWS = 24;

export interface TooltipContent {
  title: string;
  hits: readonly Hit[];
  nearest: Hit | null;
  label(run: string): string;
  smoothed: boolean;
}

/** Hyperparameters that changed at the point, before the name of its run. */
const changesAt = ({ curve, x }: Hit): TemplateResult | typeof nothing => {
  const mark = curve.marks?.find((one) => one.x === x);
  return mark ? html`<b data-testid="tooltip-change">◆ ${mark.text}</b> · ` : nothing;
};

let element: HTMLElement | null = null;

/** One tooltip for all charts: every run's value at the pointer, the highest first. */
export function showTooltip(content: TooltipContent, at: { x: number; y: number }): void {
  if (!element) {
    element = document.createElement('div');
    element.className = 'chart-tooltip';
    element.dataset.testid = TEST_IDS.chartTooltip;
    element.setAttribute('role', 'status');
    document.body.append(element);
  }
  // NaN and the infinities too have their place: above and below all numbers.
  const rank = (hit: Hit) => (Number.isNaN(hit.shown) ? -Infinity : hit.shown);
  const sorted = [...content.hits].sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) - rank(a)));
  let from = 0;
  if (sorted.length > ROWS && content.nearest) {
    from = Math.min(Math.max(0, sorted.indexOf(content.nearest) - ROWS / 2), sorted.length - ROWS);
  }
  const rows = sorted.slice(from, from + ROWS);
  const below = sorted.length - from - rows.length;
  const more = (count: number, text: string) => (count > 0 ? html`<div class="more">${text}</div>` : nothing);
  render(
    html`<div class="title">${content.title}</div>
      ${more(from, l10n.t('{0} higher', from))}
      <table>
        ${rows.map(
          (hit) =>
            html`<tr class=${hit === content.nearest ? 'nearest' : ''}>
              <td>${swatch(hit.curve.look)}</td>
              <td class="value">
                ${formatNumber(hit.shown)}${
                  content.smoothed && hit.shown !== hit.value
                    ? html`<span class="raw">${formatNumber(hit.value)}</span>`
                    : nothing
                }
              </td>
              <td class="name">
                ${changesAt(hit)}${hit.curve.note ? `${hit.curve.note} · ` : ''}${hit.curve.label ?? content.label(hit.curve.run)}
              </td>
            </tr>`,
        )}
      </table>
      ${more(below, l10n.t('{0} lower', below))}`,
    element,
  );
  element.hidden = false;
  const box = element.getBoundingClientRect();
  const left = at.x + 16 + box.width > innerWidth ? at.x - 16 - box.width : at.x + 16;
  const top = Math.min(at.y + 12, innerHeight - box.height - 4);
  element.style.left = `${Math.max(4, left)}px`;
  element.style.top = `${Math.max(4, top)}px`;
}

export function hideTooltip(): void {
  if (element) element.hidden = true;
}
