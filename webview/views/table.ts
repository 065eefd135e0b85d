import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { LIVE_STATUSES, RUN_STATUSES } from '../../src/protocol/statuses.js';
import type { Run, RunQuery } from '../../src/protocol/engine.js';
import { button, dropdown, textField, tick } from '../components/controls.js';
import { styles } from '../components/cssVars.js';
import { emptyState } from '../components/emptyState.js';
import { icon, progressBar, statusIcon } from '../components/icon.js';
import { openMenu } from '../components/menu.js';
import { openRun } from '../model/page/pages.js';
import { actionsFor, remove } from '../model/runs/actions.js';
import { columnOf, defaultColumns, FIXED, TRAILING, type Column } from '../model/table/columns.js';
import type { PanelModel } from '../model/panel.js';
import { Follows } from '../model/signal.js';
import { formatCount } from '../../src/format/numbers.js';
import { isLive, isReadOnly, warningText } from '../model/values.js';
import { scrollToRow, windowOf } from '../model/table/virtual.js';
import { TEST_IDS } from '../testids.js';
import { askAbout } from './ask.js';
import './columnPicker.js';
import { entryOf, hasEntry } from '../../src/protocol/records.js';
import { l10n } from '../../src/format/l10n.js';
import { countOfRuns, statusText } from '../../src/format/statuses.js';

const ROW = 26;
const NAME: Column = { key: 'name', title: l10n.t('Name'), kind: 'name', width: 200, text: (run) => run.name };

/** All runs of the experiment, however many: only the rows on the screen are held and rendered. */
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
  private filterTimer: ReturnType<typeof setTimeout> | null = null;
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
    return {
      ...(state.experiment === null ? {} : { experiment: state.experiment }),
      ...(view.runFilter.trim() ? { text: view.runFilter.trim() } : {}),
      ...(view.status ? { status: view.status === 'live' ? [...LIVE_STATUSES] : [view.status as Run['status']] } : {}),
      sort: view.sort,
      descending: view.descending,
    };
  }

  protected override willUpdate(_changed: PropertyValues): void {
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
    return [NAME, ...FIXED, ...this.chosen().flatMap((key) => columnOf(key) ?? []), ...TRAILING];
  }

  // ---- what the person does ----

  private sortBy(key: string): void {
    const { sort, descending } = this.model.view;
    this.model.setView(sort === key ? { descending: !descending } : { sort: key, descending: key !== 'name' });
  }

  private setFilter(text: string): void {
    if (this.filterTimer !== null) clearTimeout(this.filterTimer);
    this.filterTimer = setTimeout(() => this.model.setView({ runFilter: text }), 150);
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
    return this.model.drawn.some((run) => run.id === id);
  }

  // ---- what is seen ----

  private toolbar(): TemplateResult {
    const { view, pages } = this.model;
    return html`<div class="toolbar" role="toolbar" aria-label=${l10n.t('Runs')}>
      ${textField({
        label: l10n.t('Filter runs by name, tag, note or param=value'),
        placeholder: l10n.t('Filter: name, tag, note, lr=0.001'),
        icon: 'filter',
        value: view.runFilter,
        testId: TEST_IDS.runFilter,
        onInput: (text) => this.setFilter(text),
      })}
      ${dropdown({
        label: l10n.t('Status'),
        value: view.status,
        options: [
          { value: '', label: l10n.t('Every status') },
          { value: 'live', label: l10n.t('live') },
          ...RUN_STATUSES.map((status) => ({ value: status, label: statusText(status) })),
        ],
        testId: 'run-status',
        onChange: (status) => this.model.setView({ status }),
      })}
      ${button({
        label: l10n.t('Columns'),
        icon: 'list-selection',
        testId: 'columns-button',
        onClick: () => (this.picking = !this.picking),
      })}
      <span class="spacer"></span>
      <span class="count" data-testid=${TEST_IDS.runCount}>${countOfRuns(pages.total, formatCount(pages.total))}</span>
    </div>`;
  }

  private head(columns: readonly Column[]): TemplateResult {
    const { sort, descending } = this.model.view;
    return html`<div class="table-head run-grid" role="row" aria-rowindex="1">
      <span role="columnheader" class="cell tick-cell" title=${l10n.t('Draw in the charts')}
        >${icon('graph-line', l10n.t('drawn'))}</span
      >
      ${columns.map((column) => {
        const sorted = sort === column.key;
        return html`<button
          type="button"
          role="columnheader"
          class="cell ${column.kind}"
          aria-sort=${sorted ? (descending ? 'descending' : 'ascending') : 'none'}
          title=${l10n.t('Sort by {0}', column.title)}
          @click=${() => this.sortBy(column.key)}
        >
          <span class="ellipsis">${column.title}</span
          >${sorted ? icon(descending ? 'arrow-down' : 'arrow-up') : nothing}
        </button>`;
      })}
      <span role="columnheader" class="cell menu-cell" aria-label=${l10n.t('Actions')}></span>
    </div>`;
  }

  private cell(run: Run, column: Column, now: number, best: boolean): TemplateResult {
    const text = column.text(run, now);
    if (column.kind === 'name') {
      return html`<span role="gridcell" class="cell name" title=${run.note ? `${run.name}\n${run.note}` : run.name}
        >${best ? icon('star-full', l10n.t('best'), 'best-mark') : nothing}${
          run.foreign ? icon('lock', l10n.t('read-only: {0}', run.foreign.title)) : nothing
        }<span class="ellipsis">${run.name}</span>${run.tags
          .slice(0, 3)
          .map(
            (tag) => html`<span class="tag">${tag}</span>`,
          )}${run.by === undefined ? nothing : icon('robot', l10n.t('started by the agent {0}', run.by))}${
          run.note ? icon('note', l10n.t('has a note')) : nothing
        }</span
      >`;
    }
    if (column.kind === 'status') {
      const busy = isLive(run) && run.status !== 'queued';
      return html`<span
        role="gridcell"
        class="cell status"
        title=${[run.error?.message ?? run.progress?.text ?? text, warningText(run)].filter(Boolean).join('\n')}
        >${statusIcon(run.status)}${run.warnings ? icon('warning', l10n.t('has warnings'), 'warned') : nothing}${
          busy && run.progress
            ? progressBar(run.progress.fraction, run.progress.text)
            : html`<span class="ellipsis">${text}</span>`
        }</span
      >`;
    }
    return html`<span role="gridcell" class="cell ${column.kind}" title=${text}>${text}</span>`;
  }

  private row(index: number, columns: readonly Column[], now: number, drawn: ReadonlySet<string>): TemplateResult {
    const run = this.model.pages.row(index);
    if (!run) return html`<div class="run-row run-grid loading" role="row" aria-rowindex=${index + 2}>…</div>`;
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
      ${columns.map((column) => this.cell(run, column, now, best))}
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
    const view = windowOf(this.scroller?.scrollTop ?? 0, this.scroller?.clientHeight ?? 600, ROW, pages.total);
    pages.show(view.first, Math.max(view.end, view.first + 1));
    const now = Date.now();
    const drawn = new Set(this.model.drawn.map((run) => run.id));
    const grid = `30px ${columns.map((column) => `minmax(${column.width}px, ${column.kind === 'name' ? '2fr' : '1fr'})`).join(' ')} 30px`;
    const width = columns.reduce((sum, column) => sum + column.width, 60);
    const rows = Array.from({ length: view.end - view.first }, (_, i) => view.first + i);
    const filtered = this.model.view.runFilter !== '' || this.model.view.status !== '';
    return html`${this.toolbar()}
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
        class="table-scroll"
        role="grid"
        tabindex="0"
        aria-label=${l10n.t('Runs')}
        aria-multiselectable="true"
        aria-rowcount=${pages.total + 1}
        aria-activedescendant="run-row-${this.cursor}"
        ${styles({ '--ts-columns': grid, '--ts-table-width': `${width}px` })}
        @scroll=${() => this.requestUpdate()}
        @keydown=${this.keys}
      >
        ${this.head(columns)}
        <div ${styles({ height: `${view.before}px` })}></div>
        ${repeat(
          rows,
          (index) => index,
          (index) => this.row(index, columns, now, drawn),
        )}
        <div ${styles({ height: `${view.after}px` })}></div>
        ${
          pages.loaded && pages.total === 0
            ? filtered
              ? emptyState('filter', l10n.t('No run matches'), l10n.t('Change the filter or choose every status.'))
              : emptyState(
                  'table',
                  l10n.t('No runs yet'),
                  l10n.t('Press Run above params: in the experiment file, or Run in the form.'),
                )
            : nothing
        }
      </div>`;
  }
}
customElements.define('ts-table', RunTable);
