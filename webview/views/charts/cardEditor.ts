import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { FormulaError, parseFormula } from '../../../src/query/formula.js';
import { button, checkbox, textField } from '../../components/controls.js';
import type { PanelModel } from '../../model/panel.js';
import type { OwnCard } from '../../model/view.js';
import { l10n } from '../../../src/format/l10n.js';

/** Metrics that are offered while a formula is typed. */
const OFFERED = 12;
/** Curves of one card. */
const MOST_SERIES = 12;

/** Makes or changes a card of several metrics or formulas, with mistakes under each field. */
class CardEditor extends LitElement {
  static override properties = {
    model: { attribute: false },
    card: { attribute: false },
    done: { attribute: false },
    heading: { state: true },
    series: { state: true },
    right: { state: true },
    at: { state: true },
  };
  declare model: PanelModel;
  /** The card that is changed; null: a new one. */
  declare card: OwnCard | null;
  declare done: () => void;
  declare heading: string;
  declare series: string[];
  /** By curve: it belongs to the axis on the right. */
  declare right: boolean[];
  declare at: number;

  constructor() {
    super();
    this.card = null;
    this.heading = '';
    this.series = [''];
    this.right = [false];
    this.at = 0;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override firstUpdated(): void {
    if (this.card) {
      const { title, series, right = [] } = this.card;
      [this.heading, this.series, this.right] = [title, [...series], series.map((text) => right.includes(text))];
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
    const isNew = !this.card?.id;
    const id = this.card?.id || `own:${Math.max(0, ...cards.map(({ id: one }) => Number(one.slice(4)) || 0)) + 1}`;
    const right = series.filter((text) => this.right[this.series.findIndex((one) => one.trim() === text)]);
    const isTwo = right.length > 0 && right.length < series.length;
    const card = { id, title: this.heading.trim(), series, ...(isTwo && { right }) };
    this.model.setView({
      cards: !isNew ? cards.map((one) => (one.id === id ? card : one)) : [...cards, card],
    });
    this.done();
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
          html`<div @focusin=${() => (this.at = i)}>
            ${textField({
              label: l10n.t('Metric or formula {0}', i + 1),
              placeholder: l10n.t('Metric or formula, such as train/loss - val/loss'),
              ...{ value: text, monospace: true, testId: `card-series-${i}` },
              ...(errors[i] !== null && { invalid: true, describedBy: `card-error-${i}` }),
              onInput: (value) => this.set(i, value),
              onEnter: () => this.save(),
            })}
            ${
              this.series.length > 1
                ? checkbox({
                    label: l10n.t('Axis on the right'),
                    checked: this.right[i] ?? false,
                    testId: `card-right-${i}`,
                    onChange: (isRight) =>
                      (this.right = this.series.map((_, at) => (at === i ? isRight : (this.right[at] ?? false)))),
                  })
                : nothing
            }
            ${errors[i] === null ? nothing : html`<p class="field-error" id="card-error-${i}" data-testid="card-error-${i}">${errors[i]}</p>`}
          </div>`,
      )}
      ${this.offers()}
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
