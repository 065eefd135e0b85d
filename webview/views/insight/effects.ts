import { html, nothing, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { Params } from '../../../src/protocol/values/index.js';
import type { Curve, Insight } from '../../../src/protocol/engine/insight.js';
import { axisFor, clamp, curvesRange, numberAxis, shortValue, type PlotAxis } from '../../../src/drawing/axes.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { card, missing, numbersTable, type Tables } from './card.js';
import { plot, type Frame } from './plot.js';
import { entryOf } from '../../../src/protocol/values/records.js';
import { l10n } from '../../../src/format/l10n.js';

/** Deviations on either side in the band. */
const BAND = 2;
/** Values of a curve in its table. */
const ROWS = 9;

/** Plots the expected objective for each value of each parameter; the most important parameters first. */
export function effectsCard(
  curves: Insight['curves'],
  order: readonly string[],
  metric: string,
  best: Params | null,
  tables: Tables,
): TemplateResult | typeof nothing {
  if (!curves) return nothing;
  if ('unknown' in curves) {
    return card({ id: 'effects', title: l10n.t('Effect of each parameter'), body: missing(curves) }, tables);
  }
  const rank = ({ name }: Curve): number => (order.includes(name) ? order.indexOf(name) : order.length);
  const sorted = [...curves.curves].sort((a, b) => rank(a) - rank(b));
  const y = numberAxis(...curvesRange(sorted), 3);
  return card(
    {
      id: 'effects',
      title: l10n.t('Effect of each parameter'),
      hint: l10n.t(
        'Expected {0}, averaged over the other parameters; band: two standard deviations of the uncertainty after {1} trials{2}',
        metric,
        curves.trials,
        best ? l10n.t('; dashed: the best trial') : '',
      ),
      wide: true,
      body: html`<div class="effects">${sorted.map((curve) => effect(curve, y, metric, best))}</div>`,
      table: () =>
        numbersTable(
          l10n.t('Expected {0} by value', metric),
          [l10n.t('Parameter'), l10n.t('Value'), metric, '±'],
          sorted.flatMap((curve) =>
            some(curve).map((i) => [
              curve.name,
              shortValue(curve.values[i]),
              formatNumber(curve.mean[i]),
              formatNumber(Number((BAND * curve.sd[i]!).toPrecision(2))),
            ]),
          ),
        ),
    },
    tables,
  );
}

function effect(curve: Curve, y: PlotAxis, metric: string, best: Params | null): TemplateResult {
  const { name, scale, values } = curve;
  const x = axisFor(scale, values, 3);
  const own = entryOf(best, name);
  return html`<figure>
    <figcaption class="ellipsis" title=${name}>${name}</figcaption>
    ${plot({
      label: describe(curve, metric),
      height: 140,
      x,
      y,
      marks: (frame) => {
        const line = own === undefined ? NaN : x.place(own) * frame.width;
        return svg`${scale === 'choice' ? whiskers(curve, x, y, frame) : band(curve, x, y, frame)}
          ${Number.isFinite(line) && line >= 0 ? svg`<line class="best-mark" x1=${line} x2=${line} y1="0" y2=${frame.height}></line>` : nothing}`;
      },
    })}
  </figure>`;
}

function band(curve: Curve, x: PlotAxis, y: PlotAxis, { width, height }: Frame): SVGTemplateResult {
  const place = (i: number, value: number): string => {
    return `${(x.place(curve.values[i]!) * width).toFixed(1)} ${((1 - clamp(y.place(value))) * height).toFixed(1)}`;
  };
  const along = curve.mean.map((mean, i) => place(i, mean));
  const upper = curve.mean.map((mean, i) => place(i, mean + BAND * curve.sd[i]!));
  const lower = curve.mean.map((mean, i) => place(i, mean - BAND * curve.sd[i]!)).reverse();
  return svg`<path class="band" d="M${[...upper, ...lower].join('L')}Z"></path><path class="curve" d="M${along.join('L')}"></path>
    ${curve.mean.map((mean, i) => {
      const step = width / curve.mean.length;
      const words = `${shortValue(curve.values[i])}: ${formatNumber(mean)} ± ${formatNumber(Number((BAND * curve.sd[i]!).toPrecision(2)))}`;
      return svg`<rect class="reach" x=${x.place(curve.values[i]!) * width - step / 2} width=${step} y="0" height=${height}><title>${words}</title></rect>`;
    })}`;
}

function whiskers(curve: Curve, x: PlotAxis, y: PlotAxis, { width, height }: Frame): SVGTemplateResult[] {
  return curve.mean.map((mean, i) => {
    const px = x.place(curve.values[i]!) * width;
    const py = (value: number): number => (1 - clamp(y.place(value))) * height;
    const spread = BAND * curve.sd[i]!;
    const words = `${shortValue(curve.values[i])}: ${formatNumber(mean)} ± ${formatNumber(Number(spread.toPrecision(2)))}`;
    return svg`<line class="whisker" x1=${px} x2=${px} y1=${py(mean + spread)} y2=${py(mean - spread)}></line>
      <circle class="dot expected" cx=${px} cy=${py(mean)} r="4"><title>${words}</title></circle>`;
  });
}

function describe({ name, values, mean }: Curve, metric: string): string {
  const [low, high] = [mean.indexOf(Math.min(...mean)), mean.indexOf(Math.max(...mean))];
  const at = (i: number): string => l10n.t('{0} at {1}', formatNumber(mean[i]), shortValue(values[i]));
  return l10n.t('Expected {0} by {1}: lowest {2}, highest {3}', metric, name, at(low), at(high));
}

function some({ values }: Curve): number[] {
  if (values.length <= ROWS) return values.map((_, i) => i);
  return Array.from({ length: ROWS }, (_, i) => Math.round((i * (values.length - 1)) / (ROWS - 1)));
}
