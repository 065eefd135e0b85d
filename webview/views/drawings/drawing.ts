/** Pictures of histograms and plots. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { HEIGHT, histogramBars, plotPicture, WIDTH, type Bar } from '../../model/drawings.js';
import type { Drawings, HistogramDrawing, PlotDrawing } from '../../../src/protocol/engine/drawings.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';

/** Renders a histogram or a plot with the words for it. */
export function drawingOf({ name, step, drawing }: NonNullable<Drawings['shown']>): TemplateResult {
  const words = l10n.t('{0} at step {1}', name, formatNumber(step));
  return 'histogram' in drawing ? histogramDrawing(drawing.histogram, words) : plotDrawing(drawing.plot, words);
}

function histogramDrawing(histogram: HistogramDrawing, words: string): TemplateResult {
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  return html`<p class="hint">${words} · ${l10n.t('{0} values', formatNumber(total))}</p>
    ${area(words, bars(histogramBars(histogram, formatNumber)))}
    ${ends([histogram.edges[0]!, histogram.edges.at(-1)!], '')}`;
}

export function plotDrawing(plot: PlotDrawing, words: string): TemplateResult {
  const picture = plotPicture(plot, formatNumber);
  const marks = svg`${bars(picture.bars)}${picture.lines.map(
    ({ path, place, name }) => svg`<path class="line series-${place % 8}" d=${path}><title>${name}</title></path>`,
  )}${picture.dots.map(
    ({ x, y, place, title }) =>
      svg`<circle class="series-${place % 8}" cx=${x} cy=${y} r="2.5"><title>${title}</title></circle>`,
  )}`;
  const high = picture.y ? `${plot.y} ${formatNumber(picture.y[0])} … ${formatNumber(picture.y[1])}` : plot.y;
  return html`<p class="hint">${plot.title ? `${plot.title} · ` : ''}${words}${high.trim() ? ` · ${high}` : ''}</p>
    ${area(`${words} ${plot.title}`, marks)} ${ends(picture.x, plot.x)}
    ${
      picture.lines.length > 1
        ? html`<p class="drawing-names">
            ${picture.lines.map(({ name, place }) => html`<span><span class="series-${place % 8}" aria-hidden="true">■</span> ${name}</span>`)}
          </p>`
        : nothing
    }`;
}

function area(label: string, content: unknown): TemplateResult {
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

function ends(range: [number, number] | null, name: string): TemplateResult {
  return html`<div class="drawing-ends">
    <span>${range ? formatNumber(range[0]) : ''}</span><span>${name}</span
    ><span>${range ? formatNumber(range[1]) : ''}</span>
  </div>`;
}

const bars = (all: readonly Bar[]) =>
  all.map(
    ({ x, y, width, height, title }) =>
      svg`<rect x=${x} y=${y} width=${width} height=${height}><title>${title}</title></rect>`,
  );
