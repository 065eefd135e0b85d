import { html, LitElement, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { button, textField, tick } from '../../components/controls.js';
import { moveColumn } from '../../../src/drawing/runs/tableColumns.js';
import type { PanelModel } from '../../model/panel.js';
import { TEST_IDS } from '../../testids.js';
import { FormulaError, parseFormula } from '../../../src/query/formula.js';
import { l10n } from '../../../src/format/l10n.js';

/** Chooses and orders the table's columns. */
class ColumnPicker extends LitElement {
  static override properties = {
    model: { attribute: false },
    available: { attribute: false },
    chosen: { attribute: false },
    filter: { state: true },
    formula: { state: true },
  };
  declare model: PanelModel;
  /** Keys of all params and metrics there are. */
  declare available: readonly string[];
  declare chosen: readonly string[];
  declare filter: string;
  declare formula: string;

  constructor() {
    super();
    this.filter = this.formula = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Why the formula can't be a column; ''. */
  private get problem(): string {
    if (this.formula.trim() === '') return '';
    try {
      parseFormula(this.formula);
      return '';
    } catch (error) {
      if (error instanceof FormulaError) return error.message;
      throw error;
    }
  }

  private addFormula(): void {
    const key = `formula:${this.formula.trim()}`;
    if (this.formula.trim() === '' || this.problem !== '' || this.chosen.includes(key)) return;
    this.set([...this.chosen, key]);
    this.formula = '';
  }

  private set(columns: readonly string[]): void {
    this.model.setView({ columns: [...columns] });
  }

  private item(key: string, index: number): TemplateResult {
    const on = this.chosen.includes(key);
    const [kind, ...rest] = key.split(':');
    const name = rest.join(':');
    return html`<li>
      <label title=${name}>
        ${tick({
          label: l10n.t('Column {0}', name),
          checked: on,
          testId: `column-${key}`,
          onChange: (checked) => this.set(checked ? [...this.chosen, key] : this.chosen.filter((one) => one !== key)),
        })}<span class="name">${name}</span
        ><span class="kind"
          >${kind === 'param' ? l10n.t('param') : kind === 'formula' ? l10n.t('formula') : l10n.t('metric')}</span
        >
      </label>
      ${
        on
          ? html`${button({
              label: l10n.t('Move {0} left', name),
              icon: 'arrow-up',
              iconOnly: true,
              disabled: index === 0,
              onClick: () => this.set(moveColumn(this.chosen, key, -1)),
            })}${button({
              label: l10n.t('Move {0} right', name),
              icon: 'arrow-down',
              iconOnly: true,
              disabled: index === this.chosen.length - 1,
              onClick: () => this.set(moveColumn(this.chosen, key, 1)),
            })}`
          : ''
      }
    </li>`;
  }

  override render(): TemplateResult {
    const words = this.filter.trim().toLowerCase();
    const rest = this.available.filter((key) => !this.chosen.includes(key));
    const keys = [...this.chosen, ...rest].filter((key) => key.toLowerCase().includes(words)).slice(0, 300);
    return html`<div
      class="column-picker"
      role="dialog"
      aria-label=${l10n.t('Columns')}
      data-testid=${TEST_IDS.columns}
    >
      <div class="row">
        ${textField({
          label: l10n.t('Filter columns'),
          placeholder: l10n.t('Filter columns'),
          icon: 'filter',
          value: this.filter,
          onInput: (value) => (this.filter = value),
        })}
        ${textField({
          label: l10n.t('Formula column'),
          placeholder: l10n.t('Formula, such as val/loss / train/loss'),
          ...{ value: this.formula, monospace: true, testId: 'formula-column' },
          ...(this.problem !== '' && { invalid: true, describedBy: 'formula-column-error' }),
          onInput: (value) => (this.formula = value),
          onEnter: () => this.addFormula(),
        })}
        ${button({
          label: l10n.t('Add'),
          testId: 'formula-column-add',
          disabled: this.formula.trim() === '' || this.problem !== '',
          onClick: () => this.addFormula(),
        })}
        ${button({ label: l10n.t('Default'), onClick: () => this.model.setView({ columns: null }) })}
      </div>
      ${this.problem === '' ? '' : html`<p class="field-error" id="formula-column-error">${this.problem}</p>`}
      <ul>
        ${repeat(
          keys,
          (key) => key,
          (key) => this.item(key, this.chosen.indexOf(key)),
        )}
      </ul>
    </div>`;
  }
}
customElements.define('ts-columns', ColumnPicker);
