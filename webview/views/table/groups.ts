import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { RunQuery } from '../../../src/protocol/engine/index.js';
import type { RunGroups } from '../../../src/protocol/engine/groups.js';
import { fromWire } from '../../../src/protocol/values/wireNumber.js';
import { formatCount, formatNumber } from '../../../src/format/numbers.js';
import { countOfRuns } from '../../../src/format/statuses.js';
import { quoteName } from '../../../src/query/filter/index.js';
import { icon } from '../../components/icon.js';
import type { Column } from '../../../src/drawing/runs/tableColumns.js';
import type { PanelModel } from '../../model/panel.js';
import { titleOf, valueText } from '../../../src/drawing/runs/fields.js';
import { Follows } from '../../model/signal.js';
import { validFilter } from '../../model/table/validFilter.js';
import { l10n } from '../../../src/format/l10n.js';

const MEASURED = /^(?:objective|duration|(?:metric|param):)/;
type Group = RunGroups['groups'][number];

/** Rows of groups above the runs: how many, and mean and spread of each column. A click filters to the group. */
class TableGroups extends LitElement {
  static override properties = {
    model: { attribute: false },
    query: { attribute: false },
    columns: { attribute: false },
  };
  declare model: PanelModel;
  declare query: RunQuery;
  declare columns: readonly Column[];
  private found: RunGroups = { total: 0, groups: [] };
  private askedFor = '';

  constructor() {
    super();
    new Follows(this, () => this.model.signal, ['view', 'table']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private get measured(): string[] {
    return this.columns.map(({ key }) => key).filter((key) => MEASURED.test(key));
  }

  protected override willUpdate(): void {
    const { sort: _sort, descending: _descending, ...query } = this.query;
    const asked = JSON.stringify([
      query,
      this.model.view.groupBy,
      this.measured,
      this.model.pages.total,
      this.model.snapshot,
    ]);
    if (asked === this.askedFor) return;
    this.askedFor = asked;
    void this.read(query);
  }

  private async read(query: RunQuery): Promise<void> {
    const { askedFor } = this;
    try {
      const by = this.model.view.groupBy;
      const found = await this.model.host.request('runs/groups', { query, by: [...by], columns: this.measured });
      if (askedFor !== this.askedFor) return;
      this.found = found;
      this.requestUpdate();
    } catch (error) {
      this.model.fail(l10n.t('Grouping the runs'), error);
    }
  }

  /** Narrows the filter to a group. */
  private open(group: Group): void {
    const { groupBy, runFilter } = this.model.view;
    const valid = validFilter(runFilter);
    const conditions = groupBy.map((key, i) => {
      const value = group.values[i] ?? null;
      const name =
        key === 'tags'
          ? 'tag'
          : key.includes(':')
            ? key.replace(/:(.*)$/s, (_, text: string) => `:${quoteName(text)}`)
            : key;
      if (value === null) return `${name} is missing`;
      const tags = key === 'tags' ? String(value).split(', ') : [String(value)];
      return tags.map((one) => `${name} = ${quoteName(one)}`).join(' and ');
    });
    this.model.setView({
      runFilter: [valid && `(${valid})`, ...conditions].filter(Boolean).join(' and '),
    });
  }

  private cell(group: Group, column: Column, i: number): TemplateResult {
    if (i === 0) {
      const { groupBy } = this.model.view;
      const label = groupBy.map((key, at) => `${titleOf(key)} ${valueText(group.values[at] ?? null)}`).join(' · ');
      return html`<span role="gridcell" class="cell name"
        ><button type="button" class="sort" title=${l10n.t('Only {0}', label)} @click=${() => this.open(group)}>
          ${icon('group-by-ref-type')}<span class="ellipsis">${label}</span>
        </button></span
      >`;
    }
    if (column.kind === 'status')
      return html`<span role="gridcell" class="cell">${countOfRuns(group.runs, formatCount(group.runs))}</span>`;
    const at = this.measured.indexOf(column.key);
    const found = at < 0 ? null : (group.columns[at] ?? null);
    if (!found) return html`<span role="gridcell" class="cell"></span>`;
    const half = found.sd > 0 ? ` ± ${formatNumber(Number(found.sd.toPrecision(2)))}` : '';
    const mean = formatNumber(Number(fromWire(found.mean).toPrecision(3)));
    const title = l10n.t(
      'mean of {0}; from {1} to {2}',
      formatCount(found.n),
      formatNumber(found.min),
      formatNumber(found.max),
    );
    return html`<span role="gridcell" class="cell ${column.kind}" title=${title}>${mean}${half}</span>`;
  }

  override render(): TemplateResult {
    const { groups, total } = this.found;
    return html`<div role="rowgroup" aria-label=${l10n.t('Groups')} data-testid="table-groups">
      ${groups.map(
        (group) =>
          html`<div class="run-row run-grid group-row" role="row">
            <span role="gridcell" class="cell tick-cell"></span>
            ${this.columns.map((column, i) => this.cell(group, column, i))}
            <span role="gridcell" class="cell menu-cell"></span>
          </div>`,
      )}
      ${total > groups.length ? html`<p class="hint">${l10n.t('The first {0} of {1} groups.', formatCount(groups.length), formatCount(total))}</p>` : nothing}
    </div>`;
  }
}
customElements.define('ts-table-groups', TableGroups);
