import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { LIVE_STATUSES } from '../../../src/protocol/engine/statuses.js';
import type { Run, RunQuery } from '../../../src/protocol/engine/index.js';
import { tick } from '../../components/controls.js';
import { styles } from '../../components/cssVars.js';
import { icon } from '../../components/icon.js';
import { openMenu } from '../../components/menu.js';
import { PlaceDrag } from '../../components/placeDrag.js';
import { openRun } from '../../model/page/pages.js';
import { actionsFor, remove } from '../../model/runs/actions.js';
import {
  columnOf,
  defaultColumns,
  FIXED,
  moveColumn,
  TRAILING,
  widened,
  type Column,
} from '../../../src/drawing/runs/tableColumns.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { isLive, isReadOnly } from '../../model/values.js';
import { scrollToRow } from '../../model/table/virtual.js';
import { validFilter } from '../../model/table/validFilter.js';
import { TEST_IDS } from '../../testids.js';
import { askAbout } from '../ask.js';
import './columnPicker.js';
import './groups.js';
import { ROW } from './rows.js';
import { tableCell } from './cells.js';
import { emptyTable, tableToolbar } from './toolbar.js';
import { unreadable } from '../unreadable.js';
import { entryOf, hasEntry } from '../../../src/protocol/values/records.js';
import { l10n } from '../../../src/format/l10n.js';

const NAME: Column = { key: 'name', title: l10n.t('Name'), kind: 'name', width: 200, text: (run) => run.name };

/** All runs of the experiment: only the rows on the screen are loaded and rendered. */
class RunTable extends LitElement {
  static override properties = { model: { attribute: false }, picking: { state: true } };
  declare model: PanelModel;
  declare picking: boolean;
  private available: { params: string[]; metrics: string[] } = { params: [], metrics: [] };
  private availableFor = '';
  private cursor = 0;
  /** Marked with shift or ctrl, for an action on several; the cursor's row when empty. */
  private marked = new Map<string, Run>();
  private scroller: HTMLElement | null = null;
  private resize = new ResizeObserver(() => this.requestUpdate());

  constructor() {
    super();
    this.picking = false;
    new Follows(this, () => this.model.signal, ['table', 'runs', 'view', 'state', 'clock']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.resize.disconnect();
  }

  override firstUpdated(): void {
    this.scroller = this.querySelector('.table-scroll');
    this.resize.observe(this.scroller!);
    this.requestUpdate();
  }

  private query(): RunQuery {
    const { view, state } = this.model;
    const runFilter = validFilter(view.runFilter);
    return {
      ...(state.experiment === null ? {} : { experiment: state.experiment }),
      ...(runFilter === '' ? {} : { filter: runFilter }),
      ...(view.status ? { status: view.status === 'live' ? [...LIVE_STATUSES] : [view.status as Run['status']] } : {}),
      sort: view.sort,
      descending: view.descending,
    };
  }

  protected override willUpdate(_changed: PropertyValues): void {
    this.model.asked.addFields(this.chosen());
    this.model.pages.setQuery(this.query());
    const { experiment } = this.model.state;
    const key = `${experiment}:${this.model.experiments.find((one) => one.name === experiment)?.runs ?? 0}`;
    if (experiment !== null && key !== this.availableFor) {
      this.availableFor = key;
      void this.readColumns(experiment);
    }
  }

  private async readColumns(experiment: string): Promise<void> {
    try {
      this.available = await this.model.host.request('runs/columns', { experiment });
      this.requestUpdate();
    } catch (error) {
      this.model.fail(l10n.t('Reading the columns'), error);
    }
  }

  private chosen(): string[] {
    const objective = this.model.drawn.find((run) => run.objective)?.objective?.metric ?? null;
    return this.model.view.columns ?? defaultColumns(this.available.params, this.available.metrics, objective);
  }

  private columns(): Column[] {
    const all = [NAME, ...FIXED, ...this.chosen().flatMap((key) => columnOf(key) ?? []), ...TRAILING];
    return all.map((column) => widened(column, this.model.baseline !== null, this.model.view.groupBy.length > 0));
  }

  private readonly drag = new PlaceDrag();

  /** Pixels from the left at which a frozen column stays; null: it scrolls. */
  private frozenAt(columns: readonly Column[], i: number): number | null {
    if (i > this.model.view.frozen) return null;
    return columns.slice(0, i).reduce((sum, { width }) => sum + width, 30);
  }

  // ---- what the person does ----

  private dropOn(key: string): void {
    const chosen = this.chosen();
    const dragged = this.drag.drop(key, chosen);
    if (dragged === null) return;
    this.model.setView({ columns: moveColumn(chosen, dragged, chosen.indexOf(key) - chosen.indexOf(dragged)) });
  }

  private headMenu(event: MouseEvent, columns: readonly Column[], i: number): void {
    const { frozen } = this.model.view;
    const { key } = columns[i]!;
    const chosen = this.chosen();
    const isChosen = chosen.includes(key);
    const move = (by: number) => () => this.model.setView({ columns: moveColumn(chosen, key, by) });
    openMenu(
      [
        {
          id: 'freeze',
          label: l10n.t('Freeze up to here'),
          icon: 'pin',
          run: () => this.model.setView({ frozen: i }),
        },
        ...(frozen > 0
          ? [
              {
                id: 'unfreeze',
                label: l10n.t('Freeze the name only'),
                icon: 'pinned',
                run: () => this.model.setView({ frozen: 0 }),
              },
            ]
          : []),
        ...(isChosen
          ? [
              { id: 'left', label: l10n.t('Move left'), icon: 'arrow-left', run: move(-1) },
              { id: 'right', label: l10n.t('Move right'), icon: 'arrow-right', run: move(1) },
              {
                id: 'hide',
                label: l10n.t('Hide the column'),
                icon: 'eye-closed',
                run: () => this.model.setView({ columns: chosen.filter((one) => one !== key) }),
              },
            ]
          : []),
      ],
      event,
    );
  }

  private sortBy(key: string): void {
    const { sort, descending } = this.model.view;
    this.model.setView(sort === key ? { descending: !descending } : { sort: key, descending: key !== 'name' });
  }

  private draw(run: Run, on: boolean): void {
    const drawn = this.model.drawn.map((one) => one.id);
    this.model.take([run]);
    void this.model.select(on ? [...drawn, run.id] : drawn.filter((id) => id !== run.id));
  }

  private targets(run: Run): Run[] {
    return this.marked.has(run.id) ? [...this.marked.values()] : [run];
  }

  private menu(event: MouseEvent | KeyboardEvent, run: Run): void {
    const runs = this.targets(run);
    this.model.take(runs.filter((one) => !this.model.runs.has(one.id)));
    openMenu(
      actionsFor(this.model, runs, (what, some) => void askAbout(this.model, what, some)),
      event,
    );
  }

  private clickRow(event: MouseEvent, run: Run, index: number): void {
    if (event.shiftKey) {
      for (let i = Math.min(this.cursor, index); i <= Math.max(this.cursor, index); i++) {
        const row = this.model.pages.row(i);
        if (row) this.marked.set(row.id, row);
      }
    } else if (event.ctrlKey || event.metaKey) {
      if (!this.marked.delete(run.id)) this.marked.set(run.id, run);
    } else this.marked.clear();
    this.cursor = index;
    this.requestUpdate();
  }

  private readonly keys = (event: KeyboardEvent) => {
    if ((event.target as HTMLElement).closest('input, .icon-button')) return;
    const { pages } = this.model;
    const pageRows = Math.max(1, Math.floor((this.scroller?.clientHeight ?? 200) / ROW) - 2);
    const move: Record<string, number> = {
      ArrowDown: this.cursor + 1,
      ArrowUp: this.cursor - 1,
      PageDown: this.cursor + pageRows,
      PageUp: this.cursor - pageRows,
      Home: 0,
      End: pages.total - 1,
    };
    const run = pages.row(this.cursor);
    if (hasEntry(move, event.key)) this.moveTo(entryOf(move, event.key)!, event.shiftKey);
    else if (!run) return;
    else if (event.key === ' ') this.draw(run, !this.isDrawn(run.id));
    else if (event.key === 'Enter' || event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
      const row = this.querySelector<HTMLElement>('.run-row.cursor');
      this.menu(Object.defineProperty(event, 'currentTarget', { value: row ?? event.currentTarget }), run);
    } else if (event.key === 'Delete')
      void remove(
        this.model,
        this.targets(run).filter((one) => !isLive(one) && !isReadOnly(one)),
      );
    else if (event.key === 'o') openRun(this.model, run.id, 'overview');
    else if (event.key === 'F2' && !isReadOnly(run)) void askAbout(this.model, 'rename', [run]);
    else return;
    event.preventDefault();
  };

  private moveTo(index: number, mark: boolean): void {
    const { pages } = this.model;
    const before = pages.row(this.cursor);
    this.cursor = Math.max(0, Math.min(pages.total - 1, index));
    const run = pages.row(this.cursor);
    if (!mark) this.marked.clear();
    else for (const one of [before, run]) if (one) this.marked.set(one.id, one);
    const scroller = this.scroller!;
    scroller.scrollTop = scrollToRow(this.cursor, scroller.scrollTop, scroller.clientHeight - ROW, ROW);
    this.requestUpdate();
  }

  private isDrawn(id: string): boolean {
    return this.model.drawnIds.has(id);
  }

  // ---- what is seen ----

  private toolbar(columns: readonly Column[]): TemplateResult {
    return tableToolbar({
      ...{ model: this.model, available: this.available, columns, isPicking: this.picking },
      marked: [...this.marked.values()],
      pick: () => (this.picking = !this.picking),
    });
  }

  private head(columns: readonly Column[]): TemplateResult {
    const { sort, descending } = this.model.view;
    return html`<div class="table-head run-grid" role="row" aria-rowindex="1">
      <span role="columnheader" class="cell tick-cell" title=${l10n.t('Draw in the charts')}
        >${icon('graph-line', l10n.t('drawn'))}</span
      >
      ${columns.map((column, i) => {
        const sorted = sort === column.key;
        const left = this.frozenAt(columns, i);
        return html`<span
          role="columnheader"
          class="cell ${column.kind} ${left === null ? '' : 'frozen'}"
          ${styles(left === null ? {} : { left: `${left}px` })}
          draggable=${this.chosen().includes(column.key) ? 'true' : 'false'}
          @dragstart=${(event: DragEvent) => {
            this.drag.start(column.key, event.currentTarget!);
            event.dataTransfer?.setData('text/plain', column.title);
          }}
          @dragover=${(event: DragEvent) => this.drag.isOf(this.chosen()) && event.preventDefault()}
          @drop=${(event: DragEvent) => {
            event.preventDefault();
            this.dropOn(column.key);
          }}
          @contextmenu=${(event: MouseEvent) => this.headMenu(event, columns, i)}
          aria-sort=${sorted ? (descending ? 'descending' : 'ascending') : 'none'}
        >
          <button
            type="button"
            class="sort"
            title=${l10n.t('Sort by {0}', column.title)}
            @click=${() => this.sortBy(column.key)}
          >
            <span class="ellipsis">${column.title}</span
            >${sorted ? icon(descending ? 'arrow-down' : 'arrow-up') : nothing}
          </button>
        </span>`;
      })}
      <span role="columnheader" class="cell menu-cell"><span class="hidden-text">${l10n.t('Actions')}</span></span>
    </div>`;
  }

  /** Returns a function that renders a row, with everything that does not change while the table is scrolled. */
  private rowsOf(columns: readonly Column[]): (index: number) => TemplateResult {
    const now = Date.now();
    const drawn = this.model.drawnIds;
    const frozen = columns.map((_, i) => this.frozenAt(columns, i));
    return (index) => this.row(index, columns, now, drawn, frozen);
  }

  private row(
    index: number,
    columns: readonly Column[],
    now: number,
    drawn: ReadonlySet<string>,
    frozen: readonly (number | null)[],
  ): TemplateResult {
    const run = this.model.pages.row(index);
    const place = styles({ transform: `translateY(${index * ROW}px)` });
    if (!run) return html`<div class="run-row run-grid loading" role="row" aria-rowindex=${index + 2} ${place}>…</div>`;
    const best = this.model.best?.id === run.id;
    const marked = this.marked.has(run.id);
    return html`<div
      class="run-row run-grid ${best ? 'best' : ''} ${marked ? 'marked' : ''} ${index === this.cursor ? 'cursor' : ''}"
      id="run-row-${index}"
      role="row"
      aria-rowindex=${index + 2}
      aria-selected=${String(marked)}
      data-testid=${TEST_IDS.runRow(run.id)}
      data-status=${run.status}
      ${place}
      @click=${(event: MouseEvent) => this.clickRow(event, run, index)}
      @dblclick=${() => openRun(this.model, run.id, 'overview')}
      @contextmenu=${(event: MouseEvent) => this.menu(event, run)}
    >
      <span role="gridcell" class="cell tick-cell">
        ${tick({
          label: l10n.t('Draw {0}', run.name),
          checked: drawn.has(run.id),
          testId: TEST_IDS.runSelect(run.id),
          onChange: (on) => this.draw(run, on),
        })}
      </span>
      ${columns.map((column, i) => tableCell(this.model, run, column, now, best, frozen[i]!))}
      <span role="gridcell" class="cell menu-cell">
        <button
          type="button"
          class="icon-button"
          tabindex="-1"
          aria-label=${l10n.t('Actions for {0}', run.name)}
          title=${l10n.t('Actions')}
          data-testid=${TEST_IDS.runMenu(run.id)}
          @click=${(event: MouseEvent) => this.menu(event, run)}
        >
          ${icon('ellipsis')}
        </button>
      </span>
    </div>`;
  }

  override render(): TemplateResult {
    const { pages } = this.model;
    const columns = this.columns();
    const grid = `30px ${columns.map((column) => `minmax(${column.width}px, ${column.kind === 'name' ? '2fr' : '1fr'})`).join(' ')} 30px`;
    const width = columns.reduce((sum, column) => sum + column.width, 60);
    const { groupBy } = this.model.view;
    const filtered = this.model.view.runFilter !== '' || this.model.view.status !== '';
    return html`${this.toolbar(columns)}
      ${
        this.picking
          ? html`<ts-columns
              .model=${this.model}
              .chosen=${this.chosen()}
              .available=${[
                ...this.available.params.map((name) => `param:${name}`),
                ...this.available.metrics.map((name) => `metric:${name}`),
              ]}
            ></ts-columns>`
          : nothing
      }
      <div
        class="table-scroll ${width > (this.scroller?.clientWidth ?? 0) ? 'wide' : ''}"
        role="grid"
        tabindex="0"
        aria-label=${l10n.t('Runs')}
        aria-multiselectable="true"
        aria-rowcount=${pages.total + 1}
        aria-activedescendant=${pages.total > 0 ? `run-row-${this.cursor}` : nothing}
        ${styles({ '--ts-columns': grid, '--ts-table-width': `${width}px` })}
        @keydown=${this.keys}
      >
        ${this.head(columns)}
        ${
          groupBy.length > 0
            ? html`<ts-table-groups .model=${this.model} .query=${this.query()} .columns=${columns}></ts-table-groups>`
            : nothing
        }
        <ts-table-rows .pages=${pages} .scroller=${this.scroller} .row=${this.rowsOf(columns)}></ts-table-rows>
        ${this.nothing(filtered)}
      </div>`;
  }

  /** Returns what stands in place of the rows if there are none. */
  private nothing(filtered: boolean): TemplateResult | typeof nothing {
    const { pages, problem } = this.model;
    if (pages.total > 0 || (problem === null && !pages.loaded)) return nothing;
    const text = problem === null ? emptyTable(filtered) : unreadable(this.model, problem);
    return html`<div role="row"><div role="gridcell">${text}</div></div>`;
  }
}
customElements.define('ts-table', RunTable);
