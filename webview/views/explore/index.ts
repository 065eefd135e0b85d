import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Run } from '../../../src/protocol/engine/index.js';
import { l10n } from '../../../src/format/l10n.js';
import { formatCount } from '../../../src/format/numbers.js';
import { entryOf } from '../../../src/protocol/values/records.js';
import { button, dropdown, textField } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { columnsOf, type Column } from '../../../src/drawing/runs/plotColumns.js';
import { ExperimentRows } from '../../model/explore/rows.js';
import { compareRuns, openRun } from '../../model/page/pages.js';
import { addToReport, plotBlock } from '../../model/reports.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import { isLive } from '../../model/values.js';
import { card, tablesOf } from '../insight/card.js';
import type { Explored } from './context.js';
import { contourCard } from './contour.js';
import { frontCards } from './front.js';
import { importancePlot } from './importance.js';
import { parallelPlot } from './parallel.js';
import { scatterCard, slicesCard } from './scatter.js';
import { edfCard, timelineCard } from './spread.js';
import { insightSwitch } from './switch.js';
import './values.js';

/** Plots of the drawn runs, or of all runs of the experiment. A selection made in one is seen in all. */
class Explore extends LitElement {
  static override properties = {
    model: { attribute: false },
    brushed: { state: true },
    shownTables: { state: true },
    where: { state: true },
  };
  declare model: PanelModel;
  declare brushed: ReadonlySet<string> | null;
  declare shownTables: ReadonlySet<string>;
  /** Selection by numbers: a column and its range. */
  declare where: { key: string; from: string; to: string };
  private rows: ExperimentRows | null = null;
  private derived: { runs: readonly Run[]; names: ReadonlySet<string>; columns: Column[] } | null = null;

  constructor() {
    super();
    this.brushed = null;
    this.shownTables = new Set();
    this.where = { key: '', from: '', to: '' };
    new Follows(this, () => this.model.signal, ['runs', 'state', 'view', 'searches']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.rows?.dispose();
  }

  private get isAll(): boolean {
    return this.model.view.insightOf === 'all';
  }

  private runs(): readonly Run[] {
    this.model.asked.addFields([...Object.values(this.model.view.explore), this.where.key]);
    if (!this.isAll) return this.model.shown;
    this.rows ??= new ExperimentRows(this.model, () => this.requestUpdate());
    const known = new Map(this.rows.runs.map((run) => [run.id, run]));
    const news = [...this.model.runs.values()].some(
      (run) => run.experiment === this.model.state.experiment && known.get(run.id)?.status !== run.status,
    );
    const isStale = news || this.rows.lacks || this.rows.runs.some(isLive);
    this.rows.show(this.model.state.experiment, this.rows.isRead && isStale);
    return this.rows.runs;
  }

  private columns(runs: readonly Run[]): Column[] {
    const { derived } = this;
    const names = this.model.metricNames;
    if (
      derived?.names === names &&
      derived.runs.length === runs.length &&
      runs.every((run, i) => run === derived.runs[i])
    )
      return derived.columns;
    this.derived = { runs, names, columns: columnsOf(runs, names) };
    return this.derived.columns;
  }

  private readonly tables = tablesOf(
    () => this.shownTables,
    (shown) => (this.shownTables = shown),
  );

  private explored(runs: readonly Run[], columns: readonly Column[], target: Column): Explored {
    const { model } = this;
    const choice = (place: string) => entryOf(model.view.explore, place);
    const chosen = (place: string, otherwise?: Column): Column | undefined =>
      columns.find(({ key }) => key === choice(place)) ?? otherwise;
    const objective = runs.findLast((run) => run.objective)?.objective;
    return {
      ...{ runs, columns, target, brushed: this.brushed, tables: this.tables, choice, chosen },
      goal: objective?.goal ?? 'minimize',
      brush: (ids) => (this.brushed = ids && ids.length > 0 ? new Set(ids) : null),
      open: (run) => openRun(model, run, 'overview'),
      addToReport: (kind, keys) => addToReport(model, plotBlock(model, kind, keys)),
      choose: (place, key) => model.setView({ explore: { ...model.view.explore, [place]: key } }),
    };
  }

  private head(runs: readonly Run[], columns: readonly Column[], explored: Explored | null): TemplateResult {
    const { rows } = this;
    const cut = this.isAll && rows !== null && rows.total > runs.length;
    return html`<div class="row insight-head explore-head">
      ${insightSwitch(this.model, this.isAll ? 'all' : 'drawn')}
      ${
        explored
          ? dropdown({
              label: l10n.t('Explained value'),
              value: explored.target.key,
              options: columns
                .filter(({ kind }) => kind === 'number')
                .map(({ key, title }) => ({ value: key, label: title })),
              testId: 'explore-target',
              onChange: (key) => explored.choose('target', key),
            })
          : nothing
      }
      <span class="hint" data-testid="explore-count"
        >${
          cut
            ? l10n.t('the newest {0} of {1} runs', formatCount(runs.length), formatCount(rows.total))
            : l10n.t('{0} runs', formatCount(runs.length))
        }</span
      >
    </div>`;
  }

  /** Shows the selection, and lets it be made with numbers, without a pointer. */
  private selection(explored: Explored): TemplateResult {
    const { brushed, where, model } = this;
    const ids = [...(brushed ?? [])];
    const numbers = explored.columns.filter(({ kind }) => kind === 'number');
    const column = numbers.find(({ key }) => key === where.key) ?? explored.target;
    const set = (change: Partial<typeof where>) => {
      this.where = { ...where, key: column.key, ...change };
      const { key, from, to } = this.where;
      const by = numbers.find((one) => one.key === key);
      if (!by || (from.trim() === '' && to.trim() === '')) return explored.brush(null);
      const [low, high] = [from.trim() === '' ? -Infinity : Number(from), to.trim() === '' ? Infinity : Number(to)];
      explored.brush(
        explored.runs
          .filter((run) => {
            const value = by.of(run);
            return typeof value === 'number' && value >= low && value <= high;
          })
          .map(({ id }) => id),
      );
    };
    return html`<div
      class="row explore-selection"
      role="group"
      aria-label=${l10n.t('Selection')}
      data-testid="explore-selection"
      data-selected=${ids.length}
    >
      ${dropdown({
        label: l10n.t('Select by'),
        value: column.key,
        options: numbers.map(({ key, title }) => ({ value: key, label: title })),
        testId: 'explore-where',
        onChange: (key) => set({ key }),
      })}
      ${textField({ label: l10n.t('from'), placeholder: l10n.t('from'), value: where.from, testId: 'explore-from', onInput: (from) => set({ from }) })}
      ${textField({ label: l10n.t('to'), placeholder: l10n.t('to'), value: where.to, testId: 'explore-to', onInput: (to) => set({ to }) })}
      ${
        brushed === null
          ? nothing
          : html`<b role="status">${l10n.t('{0} of {1} runs selected', ids.length, explored.runs.length)}</b> ${button({
                label: l10n.t('Draw'),
                icon: 'graph-line',
                testId: 'explore-draw',
                onClick: () => {
                  void model.select(ids);
                  model.setState({ tab: 'charts' });
                },
              })}
              ${ids.length > 1 ? button({ label: l10n.t('Compare'), icon: 'git-compare', onClick: () => compareRuns(model, ids) }) : nothing}
              ${button({
                label: l10n.t('Clear the selection'),
                icon: 'clear-all',
                iconOnly: true,
                testId: 'explore-clear',
                onClick: () => {
                  this.brushed = null;
                  this.where = { ...where, from: '', to: '' };
                },
              })}`
      }
    </div>`;
  }

  private readonly keys = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || this.brushed === null) return;
    this.brushed = null;
    event.preventDefault();
  };

  override render(): TemplateResult {
    const { model } = this;
    const runs = this.runs();
    const columns = this.columns(runs);
    const numbers = columns.filter(({ kind }) => kind === 'number');
    const wanted = entryOf(model.view.explore, 'target');
    const target =
      numbers.find(({ key }) => key === wanted) ??
      numbers.find(({ key }) => key === 'objective') ??
      numbers.find(({ key }) => key.startsWith('metric:'));
    const waiting = this.isAll && !this.rows?.isRead;
    const explored = target ? this.explored(runs, columns, target) : null;
    return html`<section class="insight" aria-label=${l10n.t('Insight')} data-testid="explore" @keydown=${this.keys}>
      ${this.head(runs, columns, explored)}
      ${
        explored
          ? html`${this.selection(explored)}
              <div class="insight-grid">
                ${scatterCard(explored)} ${importancePlot(explored)} ${contourCard(explored)} ${edfCard(explored)}
                ${card({ id: 'values', title: l10n.t('Values over steps'), body: html`<ts-intermediate .model=${model} .explored=${explored}></ts-intermediate>` }, this.tables)}
                ${frontCards(explored)} ${parallelPlot(explored)} ${slicesCard(explored)}
                ${timelineCard(explored, Date.now())}
              </div>`
          : waiting
            ? this.rows?.error
              ? emptyState('error', l10n.t('The runs can’t be read'), this.rows.error)
              : emptyState('loading', l10n.t('Reading the runs…'))
            : emptyState(
                'graph-scatter',
                l10n.t('Nothing to compare yet'),
                l10n.t('Two runs with different numbers are needed. Draw more runs, or start some.'),
              )
      }
    </section>`;
  }
}
customElements.define('ts-explore', Explore);
