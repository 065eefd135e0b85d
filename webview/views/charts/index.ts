import { errorText, messageText } from '../../../src/format/said.js';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import { button, checkbox, dropdown, slider, textField } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import { unreadable } from '../unreadable.js';
import { icon } from '../../components/icon.js';
import { PlaceDrag } from '../../components/placeDrag.js';
import type { PanelModel } from '../../model/panel.js';
import type { Run } from '../../../src/protocol/engine/index.js';
import { chartedMetrics, hasRanks, type RankLook } from '../../model/charts/ranks.js';
import type { XAxis } from '../../../src/drawing/series.js';
import type { Smoothing } from '../../../src/drawing/smoothing.js';
import type { ChartCard } from '../../charts/card.js';
import { carry, chartBlock } from '../../model/reports.js';
import { moveCard, OUTLIER_OPTIONS, X_OPTIONS } from '../../charts/cardSettings.js';
import { entryOf } from '../../../src/protocol/values/records.js';
import { Follows } from '../../model/signal.js';
import { isLive, warningText } from '../../model/values.js';
import { groupMetrics, SYSTEM_GROUP, type OwnCard } from '../../model/view.js';
import { isSystemMetric } from '../../../src/protocol/run/systemMetrics.js';
import './cardEditor.js';
import './chartSlot.js';
import '../drawings/confusion.js';
import './drawSettings.js';
import '../drawings/index.js';
import './legend.js';
import '../drawings/pipeline.js';
import '../drawings/pruning.js';
import '../drawings/range.js';
import { TEST_IDS } from '../../testids.js';
import { withSeparator } from '../../../src/format/locale.js';
import { l10n } from '../../../src/format/l10n.js';

const SMOOTH_OPTIONS = [
  { value: 'exponential', label: l10n.t('Exponential') },
  { value: 'gaussian', label: l10n.t('Gaussian') },
  { value: 'mean', label: l10n.t('Running mean') },
];
/** Cards that are drawn before the browser has told which are on the screen. */
const AT_ONCE = 2;
/** Group of the cards that were pinned or made by the person. */
const OWN_GROUP = ' own';

/** The charts of the drawn runs, with the legend next to them. */
class ChartsView extends LitElement {
  static override properties = { model: { attribute: false }, grouping: { state: true }, editing: { state: true } };
  declare model: PanelModel;
  declare grouping: boolean;
  /** The card in the editor; `new`: a new one, of this series. */
  declare editing: { card: OwnCard | null } | null;
  private readonly drag = new PlaceDrag();

  constructor() {
    super();
    this.grouping = false;
    this.editing = null;
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state', 'experiments']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  private toolbar(): TemplateResult {
    const { view } = this.model;
    // A rectangle of one kind of axis means nothing on another.
    const axes = (change: Parameters<PanelModel['setView']>[0]) => this.model.setView({ ...change, zoom: {} });
    return html`<div class="toolbar" role="toolbar" aria-label=${l10n.t('Charts')}>
      ${button({
        label: view.legend ? l10n.t('Hide legend') : l10n.t('Show legend'),
        icon: 'list-unordered',
        iconOnly: true,
        pressed: view.legend,
        onClick: () => this.model.setView({ legend: !view.legend }),
      })}
      ${textField({
        label: l10n.t('Filter metrics'),
        placeholder: l10n.t('Filter metrics'),
        icon: 'filter',
        value: view.metricFilter,
        testId: 'metric-filter',
        onInput: (metricFilter) => this.model.setView({ metricFilter }),
      })}
      ${dropdown({
        label: l10n.t('Horizontal axis'),
        value: view.x,
        options: X_OPTIONS,
        testId: 'x-axis',
        onChange: (x) =>
          axes({ x: x as XAxis, ...(x === 'metric' && { xMetric: view.xMetric ?? this.metrics[0] ?? null }) }),
      })}
      ${
        view.x === 'metric'
          ? dropdown({
              label: l10n.t('Metric on the horizontal axis'),
              value: view.xMetric ?? '',
              options: this.metrics.map((metric) => ({ value: metric, label: metric })),
              testId: 'x-metric',
              onChange: (xMetric) => axes({ xMetric }),
            })
          : nothing
      }
      ${slider({
        label: l10n.t('Smoothing'),
        value: view.smoothing,
        min: 0,
        max: 0.99,
        step: 0.01,
        text: withSeparator(view.smoothing.toFixed(2)),
        testId: 'smoothing',
        onInput: (smoothing) => this.model.setView({ smoothing }),
      })}
      ${
        view.smoothing > 0
          ? dropdown({
              label: l10n.t('Kind of smoothing'),
              value: view.smoothKind,
              options: SMOOTH_OPTIONS,
              testId: 'smooth-kind',
              onChange: (kind) => this.model.setView({ smoothKind: kind as Smoothing }),
            })
          : nothing
      }
      ${checkbox({ label: l10n.t('Log x'), checked: view.logX, testId: 'log-x', onChange: (logX) => axes({ logX }) })}
      ${checkbox({ label: l10n.t('Log y'), checked: view.logY, testId: 'log-y', onChange: (logY) => axes({ logY }) })}
      ${dropdown({
        label: l10n.t('Outliers'),
        value: String(view.outliers),
        options: OUTLIER_OPTIONS,
        testId: 'outliers',
        onChange: (outliers) => this.model.setView({ outliers: Number(outliers) }),
      })}
      ${this.ranks()}
      ${button({
        label: view.groupBy.length > 0 ? l10n.t('Grouped') : l10n.t('Group & colour'),
        icon: 'group-by-ref-type',
        testId: 'draw-settings',
        pressed: this.grouping,
        onClick: () => (this.grouping = !this.grouping),
      })}
      ${button({
        label: l10n.t('New card'),
        icon: 'add',
        testId: 'new-card',
        onClick: () => (this.editing = { card: null }),
      })}
      ${
        Object.keys(view.zoom).length > 0
          ? button({
              label: l10n.t('Reset all zooms'),
              icon: 'zoom-out',
              onClick: () => this.model.setView({ zoom: {} }),
            })
          : nothing
      }
    </div>`;
  }

  /** Chooses the ranks, if a drawn run has several. */
  private ranks(): TemplateResult | typeof nothing {
    const { model } = this;
    if (!hasRanks([...model.metricNames])) return nothing;
    return dropdown({
      label: l10n.t('Ranks'),
      value: model.view.ranks,
      options: [
        { value: 'first', label: l10n.t('Rank 0') },
        { value: 'all', label: l10n.t('All ranks') },
        { value: 'range', label: l10n.t('Mean and range over ranks') },
      ],
      testId: 'ranks',
      onChange: (ranks) => model.setView({ ranks: ranks as RankLook }),
    });
  }

  private empty(): TemplateResult {
    const { model } = this;
    const openForm = button({
      label: l10n.t('Open the form'),
      look: 'primary',
      icon: 'settings',
      onClick: () => model.setState({ tab: 'form' }),
    });
    if (!model.loaded) return emptyState('loading', l10n.t('Reading the experiments…'));
    if (model.drawn.length === 0 && model.problem !== null) return unreadable(model, model.problem);
    if (model.drawn.length === 0) {
      const next = model.files.length
        ? l10n.t('Press Run above params: in the experiment file, or Run in the form.')
        : l10n.t(
            'Create a file such as digits.tune.yaml; the command "Tunesmith: New experiment file" writes one to start from.',
          );
      return emptyState('graph-line', l10n.t('No runs yet'), next, model.files.length ? openForm : html``);
    }
    const failed = model.drawn.find((run) => run.status === 'failed');
    if (model.drawn.some(isLive)) {
      return emptyState(
        'sync',
        l10n.t('Waiting for the first point'),
        l10n.t('Curves appear as soon as the program logs a metric.'),
      );
    }
    if (failed) {
      return emptyState(
        'error',
        l10n.t('{0} failed before it logged anything', failed.name),
        failed.error ? errorText(failed.error) : '',
        html`${failed.error?.logTail ? html`<pre class="log-tail">${failed.error.logTail}</pre>` : nothing}`,
        failed.foreign
          ? ''
          : button({
              label: l10n.t('Show log'),
              icon: 'output',
              look: 'primary',
              onClick: () => model.host.command('tunesmith.run.revealLog', failed.id),
            }),
      );
    }
    return emptyState(
      'graph-line',
      l10n.t('These runs logged no metrics'),
      l10n.t('Log numbers with run.log({ loss }), or write TensorBoard events or JSON lines; then run again.'),
    );
  }

  /** Failed runs keep their curves; the reason for the failure is shown above. */
  private failures(): TemplateResult | typeof nothing {
    const { model } = this;
    const failed = model.shown.filter((run) => run.status === 'failed');
    const run = failed.at(-1);
    if (!run) return nothing;
    const others = failed.length > 1 ? l10n.t('{0} of the drawn runs failed. The last: ', failed.length) : '';
    const said = run.error ? l10n.t('{0} failed: {1}', run.name, errorText(run.error)) : l10n.t('{0} failed', run.name);
    const text = `${others}${said}`;
    return html`<div class="notice" role="note">
      ${icon('error')}<span class="ellipsis" title=${run.error?.logTail || text}>${text}</span>
      ${this.showLog(run)}
    </div>`;
  }

  private showLog(run: Run): TemplateResult | typeof nothing {
    if (run.foreign) return nothing;
    return html`<button
      type="button"
      class="link"
      @click=${() => this.model.host.command('tunesmith.run.revealLog', run.id)}
    >
      ${l10n.t('Show log')}
    </button>`;
  }

  /** Renders the warnings of runs, also about records that were left out. */
  private warnings(): TemplateResult | typeof nothing {
    const warned = this.model.shown.filter((run) => run.warnings);
    const run = warned.at(-1);
    if (!run) return nothing;
    const text = `${warned.length > 1 ? l10n.t('{0} of the drawn runs have warnings. The last: ', warned.length) : ''}${run.name}: ${messageText(run.warnings!)}`;
    return html`<div class="notice" role="note" data-testid=${TEST_IDS.warnings}>
      ${icon('warning')}<span class="ellipsis" title=${warned.map(warningText).join('\n\n')}>${text}</span>
      ${this.showLog(run)}
    </div>`;
  }

  private fold(group: string): void {
    const { folded } = this.model.view;
    this.model.setView({ folded: folded.includes(group) ? folded.filter((one) => one !== group) : [...folded, group] });
  }

  /** Metrics that have a card. */
  private get metrics(): string[] {
    return chartedMetrics([...this.model.metricNames]);
  }

  /** Cards of a group in the order to which they were dragged. */
  private inOrder(names: readonly string[]): string[] {
    const place = new Map(this.model.view.cardOrder.map((card, i) => [card, i]));
    return [...names].sort((a, b) => (place.get(a) ?? Infinity) - (place.get(b) ?? Infinity) || 0);
  }

  private grid(names: readonly string[], isFirst: boolean): TemplateResult {
    const { model } = this;
    const own = new Map(model.view.cards.map((card) => [card.id, card]));
    const cards = this.inOrder(names);
    return html`<div class="chart-grid">
      ${repeat(
        cards,
        (card) => card,
        (card, i) =>
          html`<ts-chart-slot
            class=${model.view.wide.includes(card) ? 'wide' : ''}
            data-testid=${TEST_IDS.chartSlot(card)}
            .model=${model}
            .metric=${card}
            .own=${own.get(card) ?? null}
            .isFirst=${isFirst && i < AT_ONCE}
            @dragstart=${(event: DragEvent) => {
              this.drag.start(card, event.currentTarget!);
              const shown = (event.currentTarget as Element).querySelector<ChartCard>('ts-chart');
              if (shown && event.dataTransfer) carry(event.dataTransfer, chartBlock(shown));
            }}
            @dragover=${(event: DragEvent) => this.drag.isOf(names) && event.preventDefault()}
            @drop=${(event: DragEvent) => {
              event.preventDefault();
              const dragged = this.drag.drop(card, names);
              if (dragged !== null) moveCard(model, cards, dragged, card);
            }}
            @edit-card=${(event: CustomEvent<{ own: OwnCard | null; series: readonly string[] }>) => this.edit(event.detail)}
          ></ts-chart-slot>`,
      )}
    </div>`;
  }

  private edit({ own, series }: { own: OwnCard | null; series: readonly string[] }): void {
    this.editing = { card: own ?? { id: '', title: '', series: [...series] } };
  }

  private section(group: string, names: readonly string[], isAlone: boolean, isFirst: boolean): TemplateResult {
    const folded = this.model.view.folded.includes(group);
    const titles: Record<string, string> = {
      '': l10n.t('Metrics'),
      [SYSTEM_GROUP]: l10n.t('System'),
      [OWN_GROUP]: l10n.t('Pinned and own'),
    };
    const title = entryOf(titles, group) ?? group;
    return html`<section class="chart-group" aria-label=${title}>
      ${
        isAlone
          ? nothing
          : html`<button
              type="button"
              class="group-head"
              aria-expanded=${String(!folded)}
              @click=${() => this.fold(group)}
            >
              ${icon(folded ? 'chevron-right' : 'chevron-down')}<span>${title}</span
              ><span class="count">${names.length}</span>
            </button>`
      }
      ${folded ? nothing : this.grid(names, isFirst)}
    </section>`;
  }

  private groups(): TemplateResult {
    const { model } = this;
    const filter = model.view.metricFilter.trim().toLowerCase();
    const all = this.metrics;
    const metrics = filter ? all.filter((metric) => metric.toLowerCase().includes(filter)) : all;
    if (all.length === 0) return html`<ts-pipeline .model=${model}></ts-pipeline>${this.empty()}`;
    const isOwn = all.some((metric) => !isSystemMetric(metric));
    if (metrics.length === 0) {
      return emptyState('filter', l10n.t('No metric matches the filter'), l10n.t('There are {0} metrics.', all.length));
    }
    const objective = model.drawn.find((run) => run.objective)?.objective?.metric ?? null;
    const pinned = model.view.pinnedCards.filter((card) => metrics.includes(card));
    const cards = model.view.cards.filter(({ title, series }) =>
      [title, ...series].some((text) => text.toLowerCase().includes(filter)),
    );
    const own = [...pinned, ...cards.map(({ id }) => id)];
    const groups = groupMetrics(
      metrics.filter((metric) => !pinned.includes(metric)),
      objective,
    );
    const isAlone = groups.length === 1 && own.length === 0 && groups[0]![0] !== SYSTEM_GROUP;
    return html`${isOwn ? nothing : this.empty()}${this.failures()}${this.warnings()}<ts-range
        .model=${model}
      ></ts-range
      ><ts-pipeline .model=${model}></ts-pipeline
      ><ts-pruning .model=${model}></ts-pruning
      >${own.length > 0 ? this.section(OWN_GROUP, own, false, true) : nothing}${repeat(
        groups,
        ([group]) => group,
        ([group, names], i) => this.section(group, names, isAlone, i === 0 && own.length === 0),
      )}<ts-confusion .model=${model}></ts-confusion><ts-drawings .model=${model}></ts-drawings>`;
  }

  override render(): TemplateResult {
    const { model } = this;
    const legend = model.view.legend && model.drawn.length > 0;
    return html`${model.drawn.length > 0 ? this.toolbar() : nothing}
      ${this.grouping ? html`<ts-draw-settings .model=${model}></ts-draw-settings>` : nothing}
      ${
        this.editing
          ? html`<ts-card-editor
              .model=${model}
              .card=${this.editing.card}
              .done=${() => (this.editing = null)}
            ></ts-card-editor>`
          : nothing
      }
      <div class="charts-layout ${legend ? 'with-legend' : ''}">
        ${legend ? html`<ts-legend .model=${model}></ts-legend>` : nothing}
        <div class="charts">${this.groups()}</div>
      </div>`;
  }
}
customElements.define('ts-charts', ChartsView);
