import { html, LitElement, nothing, render, type PropertyValues, type TemplateResult } from 'lit';
import type { Run } from '../../src/protocol/engine/index.js';
import { styles } from '../components/cssVars.js';
import { icon } from '../components/icon.js';
import type { XAxis } from '../../src/drawing/series.js';
import type { PanelModel } from '../model/panel.js';
import type { CardSettings, OwnCard, Zoom } from '../model/view.js';
import { Follows } from '../model/signal.js';
import { formatCount, formatNumber } from '../../src/format/numbers.js';
import { TEST_IDS } from '../testids.js';
import { curvesTable, valuesTable } from '../views/table/valuesTable.js';
import { xTitle } from '../../src/drawing/xAxis.js';
import { createChart, type LineChart } from './chartjs.js';
import { CardCurves } from './cardCurves.js';
import {
  chartNote,
  emptyNote,
  valuesOutside,
  withoutOutliers,
  zerosOf,
  type Curve,
  type Zeros,
} from '../../src/drawing/curves.js';
import { extents } from './extents.js';
import { scaleId } from './scaleId.js';
import { drawLines } from './lines.js';
import type { CardAxis } from '../../src/drawing/cardAxes.js';
import { areMany, ManyCurves } from './many/manyCurves.js';
import { onHover } from './hover.js';
import { Overlay, type Hit } from './overlay.js';
import { ChartReader, type Readable } from './reader.js';
import { cardButtons } from './cardButtons.js';
import { cardMenu, settingsRow } from './cardSettings.js';
import { addToReport, chartBlock } from '../model/reports.js';
import { Pace } from './pace.js';
import { readTheme, type ChartTheme } from './theme.js';
import { unreadCurves } from '../views/unreadable.js';
import { sourceIn } from '../model/runs/metricNames.js';
import { entryOf } from '../../src/protocol/values/records.js';
import { l10n } from '../../src/format/l10n.js';

const ONE_AXIS: readonly CardAxis[] = [{ series: [], side: 'left', color: null }];

/** One metric's chart. It reads nothing and draws nothing while it is off the screen. */
export class ChartCard extends LitElement implements Readable {
  static override properties = {
    model: { attribute: false },
    metric: { attribute: false },
    own: { attribute: false },
    isFirst: { attribute: false },
    table: { state: true },
    setting: { state: true },
  };
  declare model: PanelModel;
  /** Name of the metric, or id of a card that the person has made. */
  declare metric: string;
  /** The card that the person has made; null for a metric's. */
  declare own: OwnCard | null;
  /** It is drawn before the browser has told whether it is on the screen. */
  declare isFirst: boolean;
  declare table: boolean;
  declare setting: boolean;
  chart: LineChart | null = null;
  private overlay: Overlay | null = null;
  private theme: ChartTheme = readTheme();
  curves: Curve[] = [];
  private readonly source = new CardCurves(this);
  private readonly many = new ManyCurves();
  private isMany = false;
  private found: { shown: readonly Run[]; key: string; names: ReadonlySet<string>; runs: Run[] } | null = null;
  private painted: { chart: LineChart; emphasis: string } | null = null;
  private zeros: Zeros = { x: null, y: [] };
  /** Ends of the y-axis while outliers are left outside. */
  private clip: [low: number, high: number] | null = null;
  private note = '';
  private setupKey = '';
  private onScreen = false;
  private readonly pace = new Pace(
    () => this.onScreen && this.isConnected,
    () => this.draw(),
  );
  private readonly reader = new ChartReader(this);
  private pointed: { x: number; hits: readonly Hit[]; nearestRun: string | null } | null = null;
  private leave: (() => void)[] = [];
  private observer: IntersectionObserver | null = null;

  constructor() {
    super();
    this.table = this.setting = this.isFirst = false;
    this.own = null;
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state', 'theme']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.leave = [
      this.model.onMetrics((metrics, isLast) => this.source.concerns(metrics) && this.curvesCame(isLast)),
      this.model.signal.on(['highlight'], () => this.drawOverlay()),
      onHover((hover) => hover.source !== this && this.point(hover.x)),
    ];
    this.observer = new IntersectionObserver(([entry]) => this.setOnScreen(entry!.isIntersecting), {
      rootMargin: '200px',
    });
    this.observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.leave.forEach((leave) => leave());
    this.observer?.disconnect();
    this.setOnScreen(false);
  }

  private setOnScreen(onScreen: boolean): void {
    if (this.onScreen === onScreen) return;
    this.onScreen = onScreen;
    if (onScreen) this.redraw();
    else {
      this.source.release();
      this.chart?.destroy();
      this.chart = null;
      this.many.release();
      this.setupKey = '';
      this.requestUpdate();
    }
  }

  protected override firstUpdated(): void {
    if (!this.isFirst) return;
    this.onScreen = true;
    this.source.subscribe(this.runs);
    this.pace.atOnce();
  }

  protected override updated(_changed: PropertyValues): void {
    this.redraw();
  }

  private curvesCame(isLast: boolean): void {
    // Nothing else is as urgent as the first chart.
    if (this.isFirst && this.onScreen && !this.chart && this.hasUpdated) this.pace.atOnce();
    else this.redraw(isLast);
  }

  private redraw(isLast = false): void {
    this.pace.request(isLast);
  }

  // ---- drawing ----

  /** Curves that are drawn: names of metrics, or formulas over them. */
  get series(): readonly string[] {
    return this.own?.series ?? [this.metric];
  }

  get axes(): readonly CardAxis[] {
    return this.own?.axes ?? ONE_AXIS;
  }

  get heading(): string {
    return this.own ? this.own.title || this.own.series.join(', ') : this.metric;
  }

  private get runs(): Run[] {
    const { shown, metricNames: names } = this.model;
    const key = JSON.stringify([this.series, this.model.view.ranks]);
    const { found } = this;
    if (found?.shown === shown && found.key === key && found.names === names) return found.runs;
    const runs = shown.filter((run) => this.series.some((text) => this.source.has(run, text)));
    this.found = { shown, key, names, runs };
    return runs;
  }

  get isAlone(): boolean {
    return this.runs.length === 1;
  }

  get zoom(): Zoom | null {
    return entryOf(this.model.view.zoom, this.metric) ?? null;
  }

  /** The card's own settings over those of all. */
  get settings(): Required<CardSettings> {
    const { x, logX, logY, smoothing, outliers, cardSettings } = this.model.view;
    return { x, logX, logY, smoothing, outliers, ...entryOf(cardSettings, this.metric) };
  }

  /** The machine's use is sampled by time and has no steps of the training. */
  get x(): XAxis {
    const { runs } = this;
    const isSampled = runs.length > 0 && runs.every((run) => sourceIn(run, this.metric) === 'system');
    const { x } = this.settings;
    if (isSampled) return x === 'wall' ? 'wall' : 'time';
    return x === 'metric' && this.model.view.xMetric === null ? 'step' : x;
  }

  /** Returns whether a chart that was there already was drawn with curves. */
  private draw(): boolean {
    const runs = this.runs;
    this.source.subscribe(runs);
    const { groups } = this.model;
    const curves =
      groups.length > 0
        ? groups.flatMap((group) =>
            this.source.ofGroup(
              group,
              group.runs.filter((run) => !this.model.isHidden(run.id)),
            ),
          )
        : this.source.withForks(
            runs.flatMap((run) => this.source.of(run)),
            runs,
          );
    // An empty chart costs as much as one with curves, which are about to come.
    if (!this.chart && curves.length === 0 && runs.length > 0) {
      this.describe();
      return false;
    }
    const zero = zerosOf(curves, this.settings, this.axes.length);
    const setupKey = this.keyOf(this.zoom, zero);
    const isFirst = !this.chart;
    const isNew = isFirst || setupKey !== this.setupKey;
    const best = this.model.best?.id ?? null;
    const { baseline } = this.model.view;
    const { outliers } = this.settings;
    const emphasis = JSON.stringify([best, baseline, outliers]);
    // Most news of runs (progress, status) change no curve.
    const same =
      !isNew &&
      this.painted?.chart === this.chart &&
      this.painted.emphasis === emphasis &&
      curves.length === this.curves.length &&
      curves.every((curve, i) => curve === this.curves[i]);
    if (!same) {
      this.curves = curves;
      this.isMany = areMany(curves);
      const datasets = extents(curves);
      const onFirst = curves.filter(({ axis }) => !axis);
      this.clip = this.zoom ? null : withoutOutliers(onFirst, outliers);
      if (isNew) this.create(setupKey, zero, datasets);
      else {
        const chart = this.chart!;
        chart.data.datasets = datasets;
        const y = chart.options.scales!.y!;
        if (!this.zoom) [y.min, y.max] = this.clip ?? [];
        chart.update('none');
      }
      this.painted = { chart: this.chart!, emphasis };
    }
    // It can be saved now.
    if (isFirst) this.requestUpdate();
    this.describe();
    return !isNew && curves.length > 0;
  }

  /** The best run and the baseline are drawn thicker. */
  private isStrong(run: string): boolean {
    return run === this.model.best?.id || run === this.model.view.baseline;
  }

  private drawCurves(chart: LineChart): void {
    const isStrong = (run: string): boolean => this.isStrong(run);
    if (this.isMany) this.many.draw(chart, this.theme, this.curves, isStrong);
    else drawLines(chart, this.theme, this.curves, isStrong);
  }

  /** Changes whenever the chart must be rebuilt. */
  private keyOf(zoom: Zoom | null, zero: Zeros): string {
    const { logX, logY } = this.settings;
    const decade = (value: number | null): number | null => (value === null ? null : Math.floor(Math.log10(value)));
    return JSON.stringify([
      ...[this.x, logX, logY, zoom, this.themeKey(), decade(zero.x), ...zero.y.map(decade)],
      this.x === 'metric' ? this.model.view.xMetric : null,
      this.axes,
    ]);
  }

  private themeKey(): string {
    return `${this.theme.text}${this.theme.background}${this.theme.series[0]}`;
  }

  private create(setupKey: string, throughZero: Zeros, datasets: LineChart['data']['datasets']): void {
    this.setupKey = setupKey;
    this.zeros = throughZero;
    this.chart?.destroy();
    const { x } = this;
    const { logX, logY } = this.settings;
    const canvas = this.querySelector<HTMLCanvasElement>('canvas.curves')!;
    const setup = {
      ...{ theme: this.theme, x, logX, logY, throughZero, zoom: this.zoom, xMetric: this.model.view.xMetric },
      axes: this.axes.map(({ side, color, series }) => ({
        ...{ side, color },
        title: this.axes.length > 1 ? series.join(', ') : '',
      })),
      ...{ datasets, clip: this.clip },
      onZoomed: () => this.keepZoom(),
      onCurves: (chart: LineChart) => this.drawCurves(chart),
      onDraw: () => this.drawOverlay(),
    };
    this.overlay = new Overlay(this.querySelector<HTMLCanvasElement>('canvas.overlay')!);
    this.chart = createChart(canvas, setup);
    this.drawOverlay();
  }

  private readonly themeChanged = () => {
    const theme = readTheme();
    if (theme.text + theme.background + theme.series[0] !== this.themeKey()) this.theme = theme;
  };

  private describe(): void {
    const total = this.curves.reduce((sum, curve) => sum + curve.total, 0);
    this.dataset.runs = String(this.curves.length);
    this.dataset.points = String(total);
    this.dataset.changes = String(this.curves.reduce((sum, { marks }) => sum + (marks?.length ?? 0), 0));
    const problem = this.source.problem();
    const note =
      problem === null
        ? emptyNote(this.runs.length, this.curves, this.x) ||
          chartNote(this.curves, formatCount, valuesOutside(this.curves, this.clip))
        : l10n.t('Curves could not be read: {0}', problem);
    const key = `${problem !== null} ${note}`;
    if (key === this.note) return;
    this.note = key;
    const again = problem === null ? nothing : unreadCurves(this.model.feed);
    render(html`${note} ${again}`, this.querySelector<HTMLElement>('.chart-note')!);
  }

  /** Moves the crosshair; null takes it away. */
  point(x: number | null, hits: readonly Hit[] = [], nearestRun: string | null = null): void {
    this.pointed = x === null ? null : { x, hits, nearestRun };
    this.drawOverlay();
  }

  private drawOverlay(): void {
    if (!this.chart || !this.overlay) return;
    const { pointed } = this;
    const crosshair = pointed && {
      x: pointed.x,
      hits: pointed.hits.length > 0 ? pointed.hits : this.reader.hits(pointed.x),
    };
    const forward = pointed?.nearestRun ?? this.model.highlighted;
    this.overlay.draw(this.chart, this.theme, this.curves, crosshair, forward, this.clip);
  }

  get zoomed(): boolean {
    return this.zoom !== null;
  }

  private keepZoom(): void {
    const { scales } = this.chart!;
    const ends = (id: string): [number, number] => [scales[id]!.min, scales[id]!.max];
    const others = this.axes.slice(1).map((_, i) => [scaleId(i + 1), ends(scaleId(i + 1))]);
    const zoom: Zoom = { x: ends('x'), y: ends('y'), ...(Object.fromEntries(others) as Record<never, never>) };
    const { view } = this.model;
    // The chart already shows the zoom and must not be built again for it.
    this.setupKey = this.keyOf(zoom, this.zeros);
    this.model.setView({ zoom: { ...view.zoom, [this.metric]: zoom } });
  }

  readonly reset = () => {
    const { [this.metric]: _gone, ...zoom } = this.model.view.zoom;
    this.model.setView({ zoom });
  };

  private values(runs: readonly Run[]): TemplateResult {
    const isPlain = !this.own && this.model.groups.length === 0;
    return isPlain ? valuesTable(this.model, this.metric, runs) : curvesTable(this.model, this.heading, this.curves);
  }

  addToReport(): void {
    addToReport(this.model, chartBlock(this));
  }

  private menu(event: MouseEvent): void {
    cardMenu(this, event, {
      settings: () => (this.setting = !this.setting),
      report: () => this.addToReport(),
      edit: () => this.dispatchEvent(new CustomEvent('edit-card', { bubbles: true, detail: this })),
    });
  }

  /** The height that the person has dragged it to. */
  private keepHeight(): void {
    const body = this.querySelector<HTMLElement>('.chart-body')!;
    const height = Math.round(body.getBoundingClientRect().height);
    const { cardHeights } = this.model.view;
    if (body.style.height !== '' && height !== entryOf(cardHeights, this.metric))
      this.model.setView({ cardHeights: { ...cardHeights, [this.metric]: height } });
  }

  override render(): TemplateResult {
    this.themeChanged();
    const runs = this.runs;
    const objective = this.model.best?.objective;
    const isObjective = objective?.metric === this.metric;
    const isPrinted = runs.length > 0 && runs.every((run) => sourceIn(run, this.metric) === 'output');
    this.classList.toggle('wide', this.model.view.wide.includes(this.metric));
    this.dataset.testid = TEST_IDS.chart(this.metric);
    const height = entryOf(this.model.view.cardHeights, this.metric);
    const best = isObjective && objective.value !== null ? l10n.t(', best {0}', formatNumber(objective.value)) : '';
    return html`<div class="chart-head">
        <h2
          draggable="true"
          title=${isPrinted ? l10n.t('{0}, read from what the program printed', this.metric) : this.series.join('\n')}
        >
          ${isObjective ? icon('target', l10n.t('objective')) : nothing}${
            isPrinted ? icon('output', l10n.t('read from the output')) : nothing
          }<span>${this.heading}</span>
        </h2>
        ${cardButtons(this, { reset: this.reset, menu: (event) => this.menu(event) })}
      </div>
      ${this.setting ? settingsRow(this) : nothing}
      <div
        class="chart-body"
        ${styles(height === undefined ? {} : { height: `${height}px` })}
        @pointerup=${() => this.keepHeight()}
        @pointermove=${this.reader.pointerMove}
        @pointerleave=${this.reader.leave}
        @dblclick=${this.reset}
      >
        <canvas
          class="curves"
          tabindex="0"
          role="img"
          aria-label=${l10n.t(
            '{0} of {1} runs by {2}{3}. Arrow keys read values, plus and minus zoom, shift and arrows pan, 0 resets.',
            this.heading,
            runs.length,
            xTitle(this.x),
            best,
          )}
          @keydown=${this.reader.keys}
          @blur=${this.reader.leave}
        ></canvas>
        <canvas class="overlay" aria-hidden="true"></canvas>
      </div>
      <div class="chart-note"></div>
      ${this.table ? this.values(runs) : nothing}`;
  }
}
customElements.define('ts-chart', ChartCard);
