import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { FormulaError, parseFormula } from '../../../src/query/formula.js';
import { axisOf, isColor, MOST_AXES, soundAxes, type CardAxis, type Side } from '../../../src/drawing/cardAxes.js';
import { COLORS } from '../../../src/drawing/palette.js';
import { readTheme } from '../../charts/theme.js';
import { button, dropdown, textField } from '../../components/controls.js';
import type { PanelModel } from '../../model/panel.js';
import { shownLooks, withAxes, withCard, type OwnCard } from '../../model/charts/ownCards.js';
import { l10n } from '../../../src/format/l10n.js';

/** Metrics that are offered while a formula is typed. */
const OFFERED = 12;
/** Curves of one card. */
const MOST_SERIES = 12;

type AxisLook = Pick<CardAxis, 'side' | 'color'>;
const FIRST: AxisLook = { side: 'left', color: null };

/** A colour as a colour field and a stored axis take it; names and the like become grey. */
const hexOf = (css: string): string => (isColor(css) ? css.toLowerCase() : '#808080');

/** Makes or changes a card of several metrics or formulas, with mistakes under each field. */
class CardEditor extends LitElement {
  static override properties = {
    model: { attribute: false },
    card: { attribute: false },
    done: { attribute: false },
    heading: { state: true },
    series: { state: true },
    at: { state: true },
    axis: { state: true },
    axes: { state: true },
  };
  declare model: PanelModel;
  /** The card that is changed; null: a new one. */
  declare card: OwnCard | null;
  declare done: () => void;
  declare heading: string;
  declare series: string[];
  /** By curve: the place of its axis. */
  declare axis: number[];
  /** Side and colour of each axis. */
  declare axes: AxisLook[];
  declare at: number;

  constructor() {
    super();
    this.card = null;
    this.heading = '';
    this.series = [''];
    this.axis = [0];
    this.axes = [FIRST];
    this.at = 0;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override firstUpdated(): void {
    if (this.card) {
      const { title, series, axes } = this.card;
      [this.heading, this.series] = [title, [...series]];
      this.axis = series.map((text) => (axes ? axisOf(axes, text) : 0));
      if (axes) this.axes = axes.map(({ side, color }) => ({ side, color }));
    }
    this.requestUpdate();
    void this.updateComplete.then(() => this.querySelector<HTMLElement>('vscode-text-field')?.focus());
  }

  private error(text: string): string | null {
    const known = [...this.model.metricNames];
    if (text.trim() === '' || known.includes(text.trim())) return null;
    try {
      const { names } = parseFormula(text, known);
      const unknown = names.find((name) => !this.model.metricNames.has(name));
      return unknown === undefined ? null : l10n.t('No drawn run has a metric {0}.', unknown);
    } catch (error) {
      if (!(error instanceof FormulaError)) throw error;
      const place = text.slice(error.start, error.end);
      return place ? `${error.message} (${place})` : error.message;
    }
  }

  private set(i: number, text: string): void {
    this.series = this.series.map((one, at) => (at === i ? text : one));
    this.at = i;
  }

  private save(): void {
    const series = this.series.map((text) => text.trim()).filter(Boolean);
    if (series.length === 0 || series.some((text) => this.error(text) !== null)) return;
    const { cards } = this.model.view;
    const id = this.card?.id || `own:${Math.max(0, ...cards.map(({ id: one }) => Number(one.slice(4)) || 0)) + 1}`;
    const axes = this.axes.map((look, at) => ({ ...look, series: series.filter((text) => this.axisOf(text) === at) }));
    const card = withAxes({ id, title: this.heading.trim(), series }, soundAxes(series, axes));
    this.model.setView(withCard(this.model.view, card));
    this.done();
  }

  private axisOf(text: string): number {
    return this.axis[this.series.findIndex((one) => one.trim() === text)] ?? 0;
  }

  /** Moves a curve to another axis; one after the last is new, on the other side, in the next colour. */
  private moveTo(i: number, to: number): void {
    this.axis = this.series.map((_, at) => (at === i ? to : (this.axis[at] ?? 0)));
    if (to < this.axes.length) return;
    const side: Side = this.axes.at(-1)!.side === 'left' ? 'right' : 'left';
    this.axes = [...this.axes, { side, color: hexOf(readTheme().series[to % COLORS]!) }];
  }

  /** Chooses the axis of a curve. */
  private axisChoice(i: number): TemplateResult {
    const names = this.axes.map((_, at) => ({ value: String(at), label: l10n.t('Axis {0}', at + 1) }));
    const next = { value: String(this.axes.length), label: l10n.t('New axis') };
    return dropdown({
      label: l10n.t('Axis of curve {0}', i + 1),
      value: String(this.axis[i] ?? 0),
      options: this.axes.length < MOST_AXES ? [...names, next] : names,
      testId: `card-axis-${i}`,
      onChange: (to) => this.moveTo(i, Number(to)),
    });
  }

  /** Side and colour of each axis that has a curve. */
  private axisLooks(): TemplateResult | typeof nothing {
    const used = shownLooks(
      this.axes,
      this.series.map((_, i) => this.axis[i] ?? 0),
    );
    if (used.length === 0) return nothing;
    const change = (at: number, look: Partial<AxisLook>): void => {
      this.axes = this.axes.map((one, i) => (i === at ? { ...one, ...look } : one));
    };
    return html`<div class="axis-looks" role="group" aria-label=${l10n.t('Axes')}>
      ${used.map(
        ({ look, at }) =>
          html`<div class="axis-look">
            <span>${l10n.t('Axis {0}', at + 1)}</span>
            ${dropdown({
              label: l10n.t('Side of axis {0}', at + 1),
              value: look.side,
              options: [
                { value: 'left', label: l10n.t('left') },
                { value: 'right', label: l10n.t('right') },
              ],
              testId: `axis-side-${at}`,
              onChange: (side) => change(at, { side: side as Side }),
            })}
            <input
              type="color"
              aria-label=${l10n.t('Colour of axis {0}', at + 1)}
              title=${l10n.t('Colour of axis {0}', at + 1)}
              data-testid="axis-color-${at}"
              .value=${look.color ?? hexOf(readTheme().faintText)}
              @input=${(event: Event) => change(at, { color: (event.target as HTMLInputElement).value })}
            />
            ${
              look.color === null
                ? nothing
                : button({
                    label: l10n.t('Colour of the texts'),
                    icon: 'clear-all',
                    iconOnly: true,
                    onClick: () => change(at, { color: null }),
                  })
            }
          </div>`,
      )}
    </div>`;
  }

  /** Metrics that contain the last word that is typed. */
  private offers(): TemplateResult | typeof nothing {
    const text = this.series[this.at] ?? '';
    const [word] = /[^\s()+*^,-]*$/.exec(text) ?? [''];
    const found = [...this.model.metricNames]
      .filter((name) => name !== word && name.toLowerCase().includes(word!.toLowerCase()))
      .slice(0, OFFERED);
    if (found.length === 0) return nothing;
    return html`<div class="offers" role="group" aria-label=${l10n.t('Metrics')}>
      ${found.map((name) =>
        button({
          label: name,
          onClick: () => this.set(this.at, `${text.slice(0, text.length - word!.length)}${name}`),
        }),
      )}
    </div>`;
  }

  override render(): TemplateResult {
    const errors = this.series.map((text) => this.error(text));
    return html`<form
      class="card-editor"
      aria-label=${this.card?.id ? l10n.t('Change the card') : l10n.t('New card')}
      data-testid="card-editor"
      @submit=${(event: Event) => event.preventDefault()}
    >
      ${textField({
        label: l10n.t('Title'),
        placeholder: l10n.t('Title (optional)'),
        value: this.heading,
        testId: 'card-title',
        onInput: (text) => (this.heading = text),
        onEnter: () => this.save(),
      })}
      ${this.series.map(
        (text, i) =>
          html`<div class="card-curve" @focusin=${() => (this.at = i)}>
            ${textField({
              label: l10n.t('Metric or formula {0}', i + 1),
              placeholder: l10n.t('Metric or formula, such as train/loss - val/loss'),
              ...{ value: text, monospace: true, testId: `card-series-${i}` },
              ...(errors[i] !== null && { invalid: true, describedBy: `card-error-${i}` }),
              onInput: (value) => this.set(i, value),
              onEnter: () => this.save(),
            })}
            ${this.series.length > 1 ? this.axisChoice(i) : nothing}
            ${errors[i] === null ? nothing : html`<p class="field-error" id="card-error-${i}" data-testid="card-error-${i}">${errors[i]}</p>`}
          </div>`,
      )}
      ${this.axisLooks()}${this.offers()}
      <div class="row">
        ${
          this.series.length < MOST_SERIES
            ? button({ label: l10n.t('Add a curve'), icon: 'add', onClick: () => (this.series = [...this.series, '']) })
            : nothing
        }
        <span class="spacer"></span>
        ${button({ label: l10n.t('Cancel'), onClick: () => this.done() })}
        ${button({
          label: this.card?.id ? l10n.t('Save') : l10n.t('Add the card'),
          look: 'primary',
          testId: 'card-save',
          disabled: errors.some((error) => error !== null) || this.series.every((text) => text.trim() === ''),
          onClick: () => this.save(),
        })}
      </div>
    </form>`;
  }
}
customElements.define('ts-card-editor', CardEditor);
