import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { button } from '../../components/controls.js';
import { icon } from '../../components/icon.js';
import { formatCount } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import type { MediaFile } from '../../../src/protocol/engine/media.js';
import { pictureIn } from '../../../src/protocol/run/pictureCells.js';
import { isNumeric, sortRows, wordsOf, type Sorting, type TextTable } from '../../model/media/tables.js';
import './cell.js';

/** Rows that are shown at first, and with each further press. */
const PAGE = 100;

/** A table that a run has logged; a click on a column sorts by it. */
class MediaTable extends LitElement {
  static override properties = {
    table: { attribute: false },
    label: { attribute: false },
    picture: { attribute: false },
    sorting: { state: true },
    shown: { state: true },
  };
  declare table: TextTable | undefined;
  declare label: string;
  /** Reads the picture that a cell names. */
  declare picture: (path: string) => Promise<MediaFile | null>;
  declare sorting: Sorting | null;
  declare shown: number;

  constructor() {
    super();
    this.sorting = null;
    this.shown = PAGE;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private sortBy(column: number): void {
    const before = this.sorting;
    if (before?.column !== column) this.sorting = { column, descending: false };
    else this.sorting = before.descending ? null : { column, descending: true };
  }

  override render(): TemplateResult | typeof nothing {
    const { table, sorting } = this;
    if (!table) return nothing;
    const rows = sorting ? sortRows(table.rows, sorting) : table.rows;
    const numeric = table.columns.map((_, column) => isNumeric(table.rows, column));
    const left = rows.length - this.shown;
    return html`<div class="values-table media-table" tabindex="0" role="region" aria-label=${this.label}>
        <table>
          <caption class="hidden-text">
            ${this.label}
          </caption>
          <thead>
            <tr>
              ${table.columns.map((name, column) => this.head(name, column, numeric[column]!))}
            </tr>
          </thead>
          <tbody>
            ${rows.slice(0, this.shown).map(
              (row) =>
                html`<tr>
                  ${table.columns.map(
                    (name, column) => this.cell(row[column] ?? '', name, numeric[column]!),
                  )}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <p class="hint">
        ${l10n.t('{0} rows', formatCount(rows.length))}${table.cut ? ` · ${l10n.t('there are more in the file')}` : ''}
        ${
          left > 0
            ? button({
                label: l10n.t('Show {0} more rows', formatCount(Math.min(PAGE, left))),
                onClick: () => (this.shown += PAGE),
              })
            : nothing
        }
      </p>`;
  }

  private cell(text: string, column: string, isNumber: boolean): TemplateResult {
    const picture = pictureIn(text);
    const content = picture
      ? html`<ts-media-cell
          .path=${picture.path}
          .caption=${picture.caption || column}
          .picture=${this.picture}
        ></ts-media-cell>`
      : text.slice(0, 300);
    return html`<td class=${isNumber ? 'number' : 'words'} title=${wordsOf(text)}>${content}</td>`;
  }

  private head(name: string, column: number, isNumber: boolean): TemplateResult {
    const { sorting } = this;
    const isSorted = sorting?.column === column;
    return html`<th scope="col" class=${isNumber ? 'number' : ''} aria-sort=${isSorted ? (sorting.descending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" title=${l10n.t('Sort by {0}', name)} @click=${() => this.sortBy(column)}>
        <span class="ellipsis">${name || l10n.t('Column {0}', column + 1)}</span
        >${isSorted ? icon(sorting.descending ? 'arrow-down' : 'arrow-up') : nothing}
      </button>
    </th>`;
  }
}
customElements.define('ts-media-table', MediaTable);
