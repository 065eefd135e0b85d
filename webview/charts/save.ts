/** A chart as a file: a picture as it is on the screen, a drawing, or a table of its points. */
import { openMenu } from '../components/menu.js';
import { csv } from '../../src/protocol/values/csv.js';
import { l10n } from '../../src/format/l10n.js';
import { withPoints } from '../../src/format/locale.js';
import { chartSvg } from '../../src/drawing/svg.js';
import type { PanelModel } from '../model/panel.js';
import { formatX, xTitle } from '../../src/drawing/xAxis.js';
import type { CardAxis } from '../../src/drawing/cardAxes.js';
import type { LineChart } from './chartjs.js';
import { scaleId } from './scaleId.js';
import { pointsOf, rawPointsOf, zerosOf, type Curve } from '../../src/drawing/curves.js';
import { readTheme } from './theme.js';
import { WIDTH, type SvgLook } from '../../src/drawing/svgParts.js';
import type { XAxis } from '../../src/drawing/series.js';

export interface Saved {
  readonly chart: LineChart | null;
  readonly curves: readonly Curve[];
  readonly axes: readonly CardAxis[];
  /** File name and title. */
  readonly heading: string;
  readonly settings: { readonly logX: boolean; readonly logY: boolean };
  readonly x: XAxis;
  readonly model: PanelModel;
}

export function saveMenu(card: Saved, event: MouseEvent): void {
  const save = (kind: 'png' | 'svg' | 'csv', data: () => string) => async () => {
    try {
      await card.model.host.save(card.heading, kind, data());
    } catch (error) {
      card.model.fail(l10n.t('Saving the chart'), error);
    }
  };
  openMenu(
    [
      { id: 'png', label: l10n.t('Save as PNG…'), icon: 'file-media', run: save('png', () => pngOf(card)) },
      { id: 'svg', label: l10n.t('Save as SVG…'), icon: 'symbol-color', run: save('svg', () => svgOf(card)) },
      { id: 'csv', label: l10n.t('Save as CSV…'), icon: 'table', run: save('csv', () => csvOf(card)) },
      { id: 'copy-png', label: l10n.t('Copy as Picture'), icon: 'copy', run: () => copyPng(card) },
      { id: 'copy-csv', label: l10n.t('Copy Values'), icon: 'copy', run: copy(card, () => csvOf(card)) },
    ],
    event,
  );
}

/** Puts a text into the clipboard. */
const copy = (card: Saved, text: () => string) => async (): Promise<void> => {
  try {
    await navigator.clipboard.writeText(text());
    card.model.toasts.add({ kind: 'info', text: l10n.t('Copied.') });
  } catch (error) {
    card.model.fail(l10n.t('Copying the chart'), error);
  }
};

async function copyPng(card: Saved): Promise<void> {
  try {
    const bytes = Uint8Array.from(atob(pngOf(card)), (sign) => sign.charCodeAt(0));
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': new Blob([bytes], { type: 'image/png' }) })]);
    card.model.toasts.add({ kind: 'info', text: l10n.t('Copied.') });
  } catch (error) {
    card.model.fail(l10n.t('Copying the chart'), error);
  }
}

const nameOf = ({ model }: Saved, curve: Curve): string => {
  const run = model.runs.get(curve.run);
  return [curve.note, curve.label ?? (run ? model.label(run).text : curve.run)].filter(Boolean).join(' · ');
};

/** It may have left the screen while the menu was open. */
function chartOf({ chart }: Saved): LineChart {
  if (!chart) throw new Error(l10n.t('The chart is not drawn. Scroll to it, then try again.'));
  return chart;
}

/** Base64 of the chart on the editor's background. */
function pngOf(card: Saved): string {
  const from = chartOf(card).canvas;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [from.width, from.height];
  const context = canvas.getContext('2d')!;
  context.fillStyle = readTheme().background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(from, 0, 0);
  return canvas.toDataURL('image/png').split(',')[1]!;
}

/** Colours of the editor's theme, for a drawing that is kept. */
function themeLook(): SvgLook {
  const { text, faintText, grid, axis, background, series } = readTheme();
  return { text, faint: faintText, grid, axis, background, series, font: 'sans-serif', id: 'chart', width: WIDTH };
}

function svgOf(card: Saved): string {
  const look = themeLook();
  const { scales } = chartOf(card);
  const { x } = scales;
  const curves = card.curves.map((curve) => ({
    ...{ name: nameOf(card, curve), points: pointsOf(curve), raw: rawPointsOf(curve), odd: curve.odd },
    ...{ dash: curve.look.dash, faint: curve.isBound === true, axis: curve.axis },
    color: curve.look.css ?? look.series[curve.look.color]!,
    ...(curve.band && { band: curve.band }),
    ...(curve.fork && { fork: curve.fork }),
    ...(curve.marks && { marks: curve.marks }),
  }));
  const zeros = zerosOf(card.curves, card.settings, card.axes.length);
  // A picture of the screen is as the screen; a drawing that is kept is the same everywhere.
  return withPoints(() =>
    chartSvg({
      ...{ title: card.heading, xTitle: xTitle(card.x), curves, look },
      ...{ logX: card.settings.logX, logY: card.settings.logY, zeros },
      ...{ x: [x!.min, x!.max], formatX: (value) => formatX(card.x, value) },
      axes: card.axes.map(({ side, color, series }, i) => {
        const { min, max } = scales[scaleId(i)]!;
        return {
          side,
          color,
          title: card.axes.length > 1 ? series.join(', ') : '',
          range: [min, max],
          zero: zeros.y[i],
        };
      }),
    }),
  );
}

/** The points that are drawn, as logged. */
function csvOf(card: Saved): string {
  const { heading, x, curves } = card;
  const rows = curves.flatMap((curve) =>
    curve.x.map((at, i) => csv([curve.run, nameOf(card, curve), at, curve.y[i], curve.shown[i]])),
  );
  return `${[csv(['run', 'name', x === 'time' || x === 'wall' ? 'milliseconds' : x, heading, 'smoothed']), ...rows].join('\n')}\n`;
}
