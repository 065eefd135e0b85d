/** A chart as a file: a picture as it is on the screen, a drawing, or a table of its points. */
import { openMenu } from '../components/menu.js';
import { csv } from '../../src/protocol/csv.js';
import { l10n } from '../../src/format/l10n.js';
import { chartSvg } from '../model/charts/svg.js';
import type { PanelModel } from '../model/panel.js';
import { X_TITLES, formatX, type LineChart } from './chartjs.js';
import type { Curve } from './curves.js';
import { colorOf, readTheme } from './theme.js';
import type { XAxis } from '../model/charts/series.js';

export interface Saved {
  readonly chart: LineChart | null;
  readonly curves: readonly Curve[];
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
    ],
    event,
  );
}

const nameOf = ({ model }: Saved, curve: Curve): string => {
  const run = model.runs.get(curve.run);
  return [curve.note, curve.label ?? (run ? model.label(run).text : curve.run)].filter(Boolean).join(' · ');
};

/** Base64 of the chart on the editor's background. */
function pngOf({ chart }: Saved): string {
  const from = chart!.canvas;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [from.width, from.height];
  const context = canvas.getContext('2d')!;
  context.fillStyle = readTheme().background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(from, 0, 0);
  return canvas.toDataURL('image/png').split(',')[1]!;
}

function svgOf(card: Saved): string {
  const theme = readTheme();
  const { x, y } = card.chart!.scales;
  const curves = card.curves.map((curve) => ({
    ...{ name: nameOf(card, curve), points: curve.points, dash: curve.look.dash, faint: curve.isBound === true },
    color: colorOf(theme, curve.look),
  }));
  return chartSvg({
    ...{ title: card.heading, xTitle: X_TITLES[card.x], curves, text: theme.text, background: theme.background },
    ...{ logX: card.settings.logX, logY: card.settings.logY },
    ...{ x: [x!.min, x!.max], y: [y!.min, y!.max], formatX: (value) => formatX(card.x, value) },
  });
}

/** The points that are drawn, as logged. */
function csvOf(card: Saved): string {
  const { heading, x, curves } = card;
  const rows = curves.flatMap((curve) =>
    curve.x.map((at, i) => csv([curve.run, nameOf(card, curve), at, curve.y[i], curve.shown[i]])),
  );
  return `${[csv(['run', 'name', x === 'time' || x === 'wall' ? 'milliseconds' : x, heading, 'smoothed']), ...rows].join('\n')}\n`;
}
