import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { Run } from '../../src/protocol/engine.js';
import { button } from '../components/controls.js';
import { icon } from '../components/icon.js';
import { drawnRanks } from '../model/charts/ranks.js';
import type { XAxis } from '../model/charts/series.js';
import type { PanelModel } from '../model/panel.js';
import type { Zoom } from '../model/view.js';
import { Follows } from '../model/signal.js';
import { formatCount, formatNumber } from '../../src/format/numbers.js';
import { TEST_IDS } from '../testids.js';
import { valuesTable } from '../views/valuesTable.js';
import { createChart, X_TITLES, type LineChart } from './chartjs.js';
import { CardCurves } from './cardCurves.js';
import { chartNote, type Curve } from './curves.js';
import { onHover } from './hover.js';
import { Overlay, type Hit } from './overlay.js';
import { ChartReader, type Readable } from './reader.js';
import { saveMenu } from './save.js';
import { fade, readTheme, type ChartTheme } from './theme.js';
import { entryOf } from '../../src/protocol/records.js';
import { l10n } from '../../src/format/l10n.js';

/** Times the cost of the last drawing that a chart rests before the next. */
const REST = 12;
/** Few enough points that each is marked. */
const MARKED = 24;

/** One metric's chart. It reads nothing and draws nothing while it is off the screen. */
export class ChartCard extends LitElement implements Readable {
  static override properties = { model: { attribute: false }, metric: { attribute: false }, table: { state: true } };
  declare model: PanelModel;
  declare metric: string;
  declare table: boolean;

  chart: LineChart | null = null;
  private overlay: Overlay | null = null;
  private theme: ChartTheme = readTheme();
  curves: Curve[] = [];
  private readonly source = new CardCurves(this);
  private painted: { chart: LineChart; best: string | null } | null = null;
  private note = '';
  private setupKey = '';
  private onScreen = false;
  private frame = 0;
  private resting: ReturnType<typeof setTimeout> | null = null;
  private restUntil = 0;
  private readonly reader = new ChartReader(this);
  private pointed: { x: number; hits: readonly Hit[]; nearestRun: string | null } | null = null;
  private leave: (() => void)[] = [];
  private observer: IntersectionObserver | null = null;

  constructor() {
    super();
    this.table = false;
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state', 'theme']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.leave = [
      this.model.onMetrics((metrics) => this.source.concerns(metrics) && this.redraw()),
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
      this.setupKey = '';
    }
  }

  protected override updated(_changed: PropertyValues): void {
    this.redraw();
  }

  private redraw(): void {
    if (!this.onScreen || this.frame !== 0 || this.resting !== null) return;
    const rest = this.restUntil - performance.now();
    if (rest > 0) {
      this.resting = setTimeout(() => {
        this.resting = null;
        this.redraw();
      }, rest);
      return;
    }
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.onScreen || !this.isConnected) return;
      const start = performance.now();
      this.draw();
      // Many long curves are drawn less often, so that the page stays quick whatever is on it.
      const cost = performance.now() - start;
      this.restUntil = start + cost + Math.min(2000, cost * REST);
    });
  }

  // ---- drawing ----

  private get runs(): Run[] {
    return this.model.shown.filter((run) => drawnRanks(run, this.metric, this.model.view.ranks).length > 0);
  }

  get zoom(): Zoom | null {
    return entryOf(this.model.view.zoom, this.metric) ?? null;
  }

  /** The machine's use is sampled by time and has no steps of the training. */
  get x(): XAxis {
    const { runs } = this;
    const isSampled = runs.length > 0 && runs.every((run) => this.sourceIn(run) === 'system');
    return isSampled ? 'time' : this.model.view.x;
  }

  private sourceIn(run: Run): 'output' | 'system' | undefined {
    return entryOf(run.metrics, this.metric)?.source;
  }

  private draw(): void {
    const { view } = this.model;
    const setupKey = JSON.stringify([this.x, view.logX, view.logY, this.zoom, this.themeKey()]);
    if (!this.chart || setupKey !== this.setupKey) this.create(setupKey);
    const runs = this.runs;
    this.source.subscribe(runs);
    const curves = runs.flatMap((run) => this.source.of(run));
    const best = this.model.best?.id ?? null;
    // Most news of runs (progress, status) change no curve.
    const same =
      this.painted?.chart === this.chart &&
      this.painted.best === best &&
      curves.length === this.curves.length &&
      curves.every((curve, i) => curve === this.curves[i]);
    this.curves = curves;
    if (!same) {
      this.painted = { chart: this.chart!, best };
      this.chart!.data.datasets = curves.flatMap((curve) => this.datasets(curve));
      this.chart!.update('none');
    }
    this.describe();
  }

  private themeKey(): string {
    return `${this.theme.text}${this.theme.background}${this.theme.series[0]}`;
  }

  private create(setupKey: string): void {
    this.setupKey = setupKey;
    this.chart?.destroy();
    const { x } = this;
    const { logX, logY } = this.model.view;
    const canvas = this.querySelector<HTMLCanvasElement>('canvas.curves')!;
    const setup = {
      theme: this.theme,
      x,
      logX,
      logY,
      zoom: this.zoom,
      onZoomed: () => this.keepZoom(),
      onDraw: () => this.drawOverlay(),
    };
    this.chart = createChart(canvas, setup);
    this.overlay = new Overlay(this.querySelector<HTMLCanvasElement>('canvas.overlay')!);
  }

  /** Called by the model's theme topic through render. */
  private readonly themeChanged = () => {
    const theme = readTheme();
    if (theme.text + theme.background + theme.series[0] !== this.themeKey()) this.theme = theme;
  };

  private datasets(curve: Curve): LineChart['data']['datasets'] {
    const color = this.theme.series[curve.look.color]!;
    const best = this.model.best?.id === curve.run;
    const line = {
      data: curve.points,
      borderColor: curve.isBound ? fade(color, 0.55) : color,
      borderDash: [...curve.look.dash],
      borderWidth: curve.isBound ? 1 : (best ? 2.4 : 1.5) + (this.theme.highContrast ? 0.5 : 0),
      pointRadius: curve.points.length <= MARKED ? 2.5 : 0,
      pointBackgroundColor: color,
      pointBorderWidth: 0,
      spanGaps: false,
      order: best ? 0 : 1,
    };
    if (!curve.raw) return [line];
    const raw = { data: curve.raw, borderColor: fade(color, 0.22), borderWidth: 1, pointRadius: 0, order: 2 };
    return [{ ...line, pointRadius: 0 }, raw];
  }

  private describe(): void {
    const total = this.curves.reduce((sum, curve) => sum + curve.total, 0);
    this.dataset.runs = String(this.curves.length);
    this.dataset.points = String(total);
    const note = this.emptyNote() || chartNote(this.curves, formatCount);
    if (note !== this.note) {
      this.note = note;
      this.querySelector('.chart-note')!.textContent = note;
    }
  }

  private emptyNote(): string {
    if (this.runs.length === 0) return l10n.t('All runs with this metric are hidden.');
    if (this.curves.length === 0) return l10n.t('Reading…');
    if (this.x === 'epoch' && this.curves.every((curve) => curve.x.length === 0)) {
      return l10n.t('No epochs were logged with this metric: choose step or time.');
    }
    return '';
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
    this.overlay.draw(this.chart, this.theme, this.curves, crosshair, forward);
  }

  get zoomed(): boolean {
    return this.zoom !== null;
  }

  private keepZoom(): void {
    const { x, y } = this.chart!.scales;
    const zoom = { x: [x!.min, x!.max] as [number, number], y: [y!.min, y!.max] as [number, number] };
    const { view } = this.model;
    // The chart already shows the zoom and must not be built again for it.
    this.setupKey = JSON.stringify([this.x, view.logX, view.logY, zoom, this.themeKey()]);
    this.model.setView({ zoom: { ...view.zoom, [this.metric]: zoom } });
  }

  readonly reset = () => {
    const { [this.metric]: _gone, ...zoom } = this.model.view.zoom;
    this.model.setView({ zoom });
  };

  private toggleWide(): void {
    const { wide } = this.model.view;
    const is = wide.includes(this.metric);
    this.model.setView({ wide: is ? wide.filter((metric) => metric !== this.metric) : [...wide, this.metric] });
  }

  override render(): TemplateResult {
    this.themeChanged();
    const runs = this.runs;
    const objective = this.model.best?.objective;
    const isObjective = objective?.metric === this.metric;
    const isPrinted = runs.length > 0 && runs.every((run) => this.sourceIn(run) === 'output');
    const wide = this.model.view.wide.includes(this.metric);
    this.classList.toggle('wide', wide);
    this.dataset.testid = TEST_IDS.chart(this.metric);
    const best = isObjective && objective.value !== null ? l10n.t(', best {0}', formatNumber(objective.value)) : '';
    return html`<div class="chart-head">
        <h3 title=${isPrinted ? l10n.t('{0}, read from what the program printed', this.metric) : this.metric}>
          ${isObjective ? icon('target', l10n.t('objective')) : nothing}${
            isPrinted ? icon('output', l10n.t('read from the output')) : nothing
          }<span>${this.metric}</span>
        </h3>
        ${
          this.zoom
            ? button({
                label: l10n.t('Reset zoom'),
                icon: 'zoom-out',
                iconOnly: true,
                title: l10n.t('Reset zoom (double-click the chart)'),
                testId: TEST_IDS.chartReset(this.metric),
                onClick: this.reset,
              })
            : nothing
        }
        ${button({
          label: l10n.t('Values of {0} as a table', this.metric),
          icon: 'table',
          iconOnly: true,
          pressed: this.table,
          testId: TEST_IDS.chartValues(this.metric),
          onClick: () => (this.table = !this.table),
        })}
        ${button({
          label: l10n.t('Save {0}…', this.metric),
          icon: 'save',
          iconOnly: true,
          testId: TEST_IDS.chartSave(this.metric),
          onClick: (event) => saveMenu(this, event as MouseEvent),
        })}
        ${button({
          label: wide ? l10n.t('Normal width') : l10n.t('Full width'),
          icon: wide ? 'screen-normal' : 'screen-full',
          iconOnly: true,
          onClick: () => this.toggleWide(),
        })}
      </div>
      <div
        class="chart-body"
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
            this.metric,
            runs.length,
            X_TITLES[this.x],
            best,
          )}
          @keydown=${this.reader.keys}
          @blur=${this.reader.leave}
        ></canvas>
        <canvas class="overlay" aria-hidden="true"></canvas>
      </div>
      <div class="chart-note"></div>
      ${this.table ? valuesTable(this.model, this.metric, runs) : nothing}`;
  }
}
customElements.define('ts-chart', ChartCard);
