import { html, nothing, svg, type TemplateResult } from 'lit';
import type { Goal } from '../../../src/protocol/engine/index.js';
import type { Surface } from '../../../src/protocol/engine/insight.js';
import { dropdown } from '../../components/controls.js';
import { axisFor, shortValue } from '../../../src/drawing/axes.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { card, numbersTable, type Tables } from './card.js';
import { plot } from './plot.js';
import { l10n } from '../../../src/format/l10n.js';

/** Plots the joint effect of two parameters: a stronger color means a better expected value. */
export function surfaceCard(
  surface: Surface | null,
  pair: readonly [string, string] | null,
  names: readonly string[],
  { metric, goal }: { metric: string; goal: Goal },
  tables: Tables,
  choose: (pair: [string, string]) => void,
): TemplateResult | typeof nothing {
  if (!pair || names.length < 2) return nothing;
  const pick = (which: 0 | 1) =>
    dropdown({
      label: which === 0 ? l10n.t('Parameter on the x-axis') : l10n.t('Parameter on the y-axis'),
      value: pair[which],
      options: names.filter((name) => name !== pair[1 - which]).map((name) => ({ value: name, label: name })),
      testId: `insight-pair-${which}`,
      onChange: (name) => choose(which === 0 ? [name, pair[1]] : [pair[0], name]),
    });
  const shown = surface && surface.names[0] === pair[0] && surface.names[1] === pair[1] ? surface : null;
  return card(
    {
      id: 'surface',
      title: l10n.t('Two parameters together'),
      hint: l10n.t('Expected {0}; stronger colours are better', metric),
      body: html`<div class="row pair">${pick(0)}<span aria-hidden="true">×</span>${pick(1)}</div>
        ${shown ? picture(shown, metric, goal) : html`<p class="missing">${l10n.t('Nothing to show: the two are never active in the same trial, or the values are still being computed.')}</p>`}`,
      ...(shown && { table: () => numbers(shown, metric) }),
    },
    tables,
  );
}

function picture(surface: Surface, metric: string, goal: Goal): TemplateResult {
  const { names, scales, values, mean } = surface;
  const known = mean.filter((one) => one !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const good = (value: number): number => {
    const share = high > low ? (value - low) / (high - low) : 0.5;
    return goal === 'maximize' ? share : 1 - share;
  };
  const [x, y] = [axisFor(scales[0], values[0], 3), axisFor(scales[1], values[1], 3)];
  const edges = (axis: 0 | 1): number[] => {
    const places = values[axis].map((value) => (axis === 0 ? x : y).place(value));
    const inner = places.slice(1).map((place, i) => (place + places[i]!) / 2);
    return [0, ...inner, 1];
  };
  const [ex, ey] = [edges(0), edges(1)];
  return plot({
    label: l10n.t(
      'Expected {0} by {1} and {2}, from {3} to {4}',
      metric,
      names[0],
      names[1],
      formatNumber(low),
      formatNumber(high),
    ),
    height: 220,
    x,
    y,
    marks: ({ width, height }) =>
      mean.map((value, at) => {
        const [i, k] = [Math.floor(at / values[1].length), at % values[1].length];
        const words = `${names[0]} ${shortValue(values[0][i])}, ${names[1]} ${shortValue(values[1][k])}: ${value === null ? l10n.t('never together') : formatNumber(value)}`;
        // Whole pixels, or seams show between the cells.
        const [left, right] = [ex[i]!, ex[i + 1]!].map((edge) => Math.round(edge * width)) as [number, number];
        const [top, bottom] = [ey[k + 1]!, ey[k]!].map((edge) => Math.round((1 - edge) * height)) as [number, number];
        const strength = value === null ? 1 : 0.06 + 0.94 * good(value) ** 2;
        return svg`<rect class=${value === null ? 'cell none' : 'cell'} x=${left} width=${right - left} y=${top} height=${bottom - top}
          fill-opacity=${strength.toFixed(3)}><title>${words}</title></rect>`;
      }),
  });
}

function numbers({ names, values, mean }: Surface, metric: string): TemplateResult {
  const across = values[0].map((_, i) => i).filter((i) => values[0].length <= 8 || i % 2 === 0);
  return numbersTable(
    l10n.t('Expected {0} by {1} (columns) and {2} (rows)', metric, names[0], names[1]),
    [`${names[1]} \\ ${names[0]}`, ...across.map((i) => shortValue(values[0][i]))],
    values[1].map((value, k) => [
      shortValue(value),
      ...across.map((i) => formatNumber(mean[i * values[1].length + k])),
    ]),
  );
}
