import { html, LitElement, nothing, svg, type TemplateResult } from 'lit';
import { dropdown, slider } from '../components/controls.js';
import { DrawingsOfRuns, HEIGHT, histogramBars, plotPicture, WIDTH, type Bar } from '../model/drawings.js';
import type { PanelModel } from '../model/panel.js';
import { Follows } from '../model/signal.js';
import { TEST_IDS } from '../testids.js';
import type { Run } from '../../src/protocol/engine.js';
import type { Drawings, HistogramDrawing, PlotDrawing } from '../../src/protocol/drawings.js';
import { formatNumber } from '../../src/format/numbers.js';
import { l10n } from '../../src/format/l10n.js';

/** Runs that are asked for drawings, at most. */
const MOST_RUNS = 12;

/** Histograms and plots that one of the drawn runs has logged, one at a time. */
class DrawingsView extends LitElement {
  static override properties = {
    model: { attribute: false },
    chosen: { state: true },
    name: { state: true },
    step: { state: true },
  };
  declare model: PanelModel;
  declare chosen: string | null;
  declare name: string | null;
  /** Null: the newest. */
  declare step: number | null;
  private drawings: DrawingsOfRuns | null = null;

  constructor() {
    super();
    this.chosen = this.name = this.step = null;
    new Follows(this, () => this.model.signal, ['runs', 'view', 'state']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override willUpdate(): void {
    this.drawings ??= new DrawingsOfRuns(
      (query) => this.model.host.request('runs/drawings', query),
      () => this.requestUpdate(),
    );
  }

  override render(): TemplateResult | typeof nothing {
    const runs = this.model.shown.slice(0, MOST_RUNS);
    const having = runs.filter((run) => (this.drawings!.of(run)?.names.length ?? 0) > 0);
    const run =
      having.find(({ id }) => id === this.chosen) ?? having.find((one) => one === this.model.best) ?? having[0];
    if (!run) return nothing;
    const all = this.drawings!.of(run)!;
    const name = all.names.some((one) => one.name === this.name) ? this.name! : all.names[0]!.name;
    const found = this.drawings!.of(run, name, this.step ?? undefined) ?? all;
    return html`<section
      class="result-card"
      aria-label=${l10n.t('Histograms and plots')}
      data-testid=${TEST_IDS.drawing(run.id)}
    >
      <div class="chart-head">
        <h3><span>${l10n.t('Histograms and plots')}</span></h3>
        ${this.choices(run, having, all, name)}
      </div>
      ${found.shown ? this.picture(found.shown) : html`<p class="hint">${l10n.t('This file can’t be drawn.')}</p>`}
    </section>`;
  }

  private choices(run: Run, having: readonly Run[], all: Drawings, name: string): TemplateResult {
    const steps = all.names.find((one) => one.name === name)?.steps ?? [];
    const at =
      this.step === null
        ? steps.length - 1
        : Math.max(
            0,
            steps.findLastIndex((one) => one <= this.step!),
          );
    return html`${
      having.length > 1
        ? dropdown({
            label: l10n.t('Run'),
            value: run.id,
            options: having.map((one) => ({ value: one.id, label: this.model.label(one).text })),
            testId: 'drawing-run',
            onChange: (id) => (this.chosen = id),
          })
        : nothing
    }${dropdown({
      label: l10n.t('Name'),
      value: name,
      options: all.names.map((one) => ({ value: one.name, label: one.name })),
      testId: 'drawing-name',
      onChange: (chosen) => (this.name = chosen),
    })}${
      steps.length > 1
        ? slider({
            label: l10n.t('Step'),
            ...{ min: 0, max: steps.length - 1, step: 1, value: at },
            text: formatNumber(steps[at]!),
            testId: 'drawing-step',
            onInput: (place) => (this.step = place === steps.length - 1 ? null : steps[place]!),
          })
        : nothing
    }`;
  }

  private picture({ name, step, drawing }: NonNullable<Drawings['shown']>): TemplateResult {
    const words = l10n.t('{0} at step {1}', name, formatNumber(step));
    return 'histogram' in drawing ? this.histogram(drawing.histogram, words) : this.plot(drawing.plot, words);
  }

  private histogram(histogram: HistogramDrawing, words: string): TemplateResult {
    const total = histogram.counts.reduce((sum, count) => sum + count, 0);
    return html`<p class="hint">${words} · ${l10n.t('{0} values', formatNumber(total))}</p>
      ${this.area(words, bars(histogramBars(histogram, formatNumber)))}
      ${this.ends([histogram.edges[0]!, histogram.edges.at(-1)!], '')}`;
  }

  private plot(plot: PlotDrawing, words: string): TemplateResult {
    const picture = plotPicture(plot, formatNumber);
    const marks = svg`${bars(picture.bars)}${picture.lines.map(
      ({ path, place, name }) => svg`<path class="line series-${place % 8}" d=${path}><title>${name}</title></path>`,
    )}${picture.dots.map(
      ({ x, y, place, title }) =>
        svg`<circle class="series-${place % 8}" cx=${x} cy=${y} r="2.5"><title>${title}</title></circle>`,
    )}`;
    const high = picture.y ? `${plot.y} ${formatNumber(picture.y[0])} … ${formatNumber(picture.y[1])}` : plot.y;
    return html`<p class="hint">${plot.title ? `${plot.title} · ` : ''}${words}${high.trim() ? ` · ${high}` : ''}</p>
      ${this.area(`${words} ${plot.title}`, marks)} ${this.ends(picture.x, plot.x)}
      ${
        picture.lines.length > 1
          ? html`<p class="drawing-names">
              ${picture.lines.map(({ name, place }) => html`<span class="series-${place % 8}">${name}</span>`)}
            </p>`
          : nothing
      }`;
  }

  private area(label: string, content: unknown): TemplateResult {
    return html`<svg
      class="drawing"
      viewBox="-2 -2 ${WIDTH + 4} ${HEIGHT + 4}"
      preserveAspectRatio="none"
      role="img"
      aria-label=${label}
    >
      <line class="axis" x1="0" y1=${HEIGHT} x2=${WIDTH} y2=${HEIGHT}></line>
      ${content}
    </svg>`;
  }

  private ends(range: [number, number] | null, name: string): TemplateResult {
    return html`<div class="drawing-ends">
      <span>${range ? formatNumber(range[0]) : ''}</span><span>${name}</span
      ><span>${range ? formatNumber(range[1]) : ''}</span>
    </div>`;
  }
}
customElements.define('ts-drawings', DrawingsView);

const bars = (all: readonly Bar[]) =>
  all.map(
    ({ x, y, width, height, title }) =>
      svg`<rect x=${x} y=${y} width=${width} height=${height}><title>${title}</title></rect>`,
  );
