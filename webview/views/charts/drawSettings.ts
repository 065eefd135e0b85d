import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { button, checkbox, dropdown, tick } from '../../components/controls.js';
import { Follows } from '../../model/signal.js';
import { BANDS, type Band } from '../../../src/drawing/bands.js';
import type { PanelModel } from '../../model/panel.js';
import { groupingKeys, titleOf } from '../../../src/drawing/runs/fields.js';
import { metricsOf } from '../../model/runs/drawn.js';
import { l10n } from '../../../src/format/l10n.js';

const BAND_TITLES: Record<Band, string> = {
  sd: l10n.t('Standard deviation'),
  se: l10n.t('Standard error'),
  range: l10n.t('Minimum to maximum'),
  quantiles: l10n.t('Median and quartiles'),
  none: l10n.t('No band'),
};
const COUNTS = [5, 10, 20, 50, 100, 200, 500, 1000, 10_000];
/** Fields that are offered for grouping at first. */
const MOST_KEYS = 40;

/** Chooses the drawn runs, their groups, and the meaning of colors and dashes. */
class DrawSettings extends LitElement {
  static override properties = { model: { attribute: false } };
  declare model: PanelModel;

  constructor() {
    super();
    new Follows(this, () => this.model.signal, ['runs', 'view']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private group(key: string, on: boolean): void {
    const { groupBy } = this.model.view;
    this.model.setView({ groupBy: on ? [...groupBy, key] : groupBy.filter((one) => one !== key) });
  }

  private field(label: string, value: string, testId: string, change: (key: string) => void): TemplateResult {
    const keys = groupingKeys(this.model.drawn).slice(0, MOST_KEYS);
    if (value !== '' && !keys.includes(value)) keys.push(value);
    return html`<label class="setting"
      ><span>${label}</span>${dropdown({
        ...{ label, value, testId, onChange: change },
        options: [{ value: '', label: l10n.t('Run') }, ...keys.map((key) => ({ value: key, label: titleOf(key) }))],
      })}</label
    >`;
  }

  private which(): TemplateResult {
    const { draw } = this.model.view;
    const metrics = metricsOf(this.model.drawn).slice(0, 200);
    const params = groupingKeys(this.model.drawn).filter((key) => key.startsWith('param:'));
    const keys = ['createdAt', 'objective', 'duration', ...metrics.map((name) => `metric:${name}`), ...params];
    if (!keys.includes(draw.by)) keys.push(draw.by);
    const title = (key: string): string =>
      key === 'createdAt' ? l10n.t('Start') : key === 'duration' ? l10n.t('Duration') : titleOf(key);
    const counts = COUNTS.includes(draw.count) ? COUNTS : [...COUNTS, draw.count].sort((a, b) => a - b);
    return html`<label class="setting"
        ><span>${l10n.t('Runs drawn')}</span>${dropdown({
          label: l10n.t('Runs drawn'),
          value: String(draw.count),
          options: counts.map((count) => ({
            value: String(count),
            label: count === 10_000 ? l10n.t('All, up to 10,000') : String(count),
          })),
          testId: 'draw-count',
          onChange: (count) => this.model.setView({ draw: { ...draw, count: Number(count) } }),
        })}</label
      ><label class="setting"
        ><span>${l10n.t('The first by')}</span>${dropdown({
          label: l10n.t('The first by'),
          value: draw.by,
          options: keys.map((key) => ({ value: key, label: title(key) })),
          testId: 'draw-by',
          onChange: (by) => this.model.setView({ draw: { ...draw, by, descending: this.isDescending(by) } }),
        })}</label
      >${checkbox({
        label: l10n.t('Highest first'),
        checked: draw.descending,
        testId: 'draw-descending',
        onChange: (descending) => this.model.setView({ draw: { ...draw, descending } }),
      })}`;
  }

  /** The best come first if the goal is known. */
  private isDescending(by: string): boolean {
    const objective = this.model.best?.objective;
    const isObjective = by === 'objective' || by === `metric:${objective?.metric}`;
    return isObjective ? objective?.goal !== 'minimize' : true;
  }

  override render(): TemplateResult {
    const { model } = this;
    const { groupBy, band, colorBy, dashBy } = model.view;
    const keys = groupingKeys(model.drawn).slice(0, MOST_KEYS);
    for (const key of groupBy) if (!keys.includes(key)) keys.push(key);
    return html`<div class="draw-settings" role="group" aria-label=${l10n.t('Grouping and colours')}>
      <div class="row">${this.which()}</div>
      <fieldset>
        <legend>${l10n.t('Group by')}</legend>
        <div class="checks">
          ${keys.map(
            (key) =>
              html`<label title=${titleOf(key)}
                >${tick({
                  label: l10n.t('Group by {0}', titleOf(key)),
                  checked: groupBy.includes(key),
                  testId: `group-by-${key}`,
                  onChange: (on) => this.group(key, on),
                })}<span class="ellipsis">${titleOf(key)}</span></label
              >`,
          )}
        </div>
        ${groupBy.length > 0 ? button({ label: l10n.t('No groups'), onClick: () => model.setView({ groupBy: [] }) }) : nothing}
      </fieldset>
      <div class="row">
        ${
          groupBy.length > 0
            ? html`<label class="setting"
                ><span>${l10n.t('Band')}</span>${dropdown({
                  label: l10n.t('Band'),
                  value: band,
                  options: BANDS.map((one) => ({ value: one, label: BAND_TITLES[one] })),
                  testId: 'band',
                  onChange: (one) => model.setView({ band: one as Band }),
                })}</label
              >`
            : html`${this.field(l10n.t('Colour by'), colorBy, 'color-by', (key) => model.setView({ colorBy: key }))}
              ${this.field(l10n.t('Dashes by'), dashBy, 'dash-by', (key) => model.setView({ dashBy: key }))}`
        }
        ${
          Object.keys(model.view.colors).length > 0
            ? button({ label: l10n.t('Default colours'), onClick: () => model.setView({ colors: {} }) })
            : nothing
        }
      </div>
    </div>`;
  }
}
customElements.define('ts-draw-settings', DrawSettings);
