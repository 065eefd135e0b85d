import {
  Chart,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  type ChartConfiguration,
  type Scale,
} from 'chart.js';
import zoomPlugin from 'chartjs-plugin-zoom';
import type { XAxis } from '../model/charts/series.js';
import { formatNumber } from '../../src/format/numbers.js';
import { formatDuration } from '../../src/format/times.js';
import type { ChartTheme } from './theme.js';
import { l10n } from '../../src/format/l10n.js';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale, zoomPlugin);

export type LineChart = Chart<'line', { x: number; y: number }[]>;

export interface ChartSetup {
  theme: ChartTheme;
  x: XAxis;
  logX: boolean;
  logY: boolean;
  zoom: { x: [number, number]; y: [number, number] } | null;
  onZoomed(): void;
  /** After each drawing of the chart, whatever caused it (zoom, pan, another size). */
  onDraw(): void;
}

export const X_TITLES: Record<XAxis, string> = {
  step: l10n.t('step'),
  time: l10n.t('time since start'),
  epoch: l10n.t('epoch'),
};

/** Text of an x value, as on the axis. */
export function formatX(x: XAxis, value: number): string {
  return x === 'time' ? formatDuration(value) : formatNumber(value);
}

/** On a log axis only powers of ten and, where few fit, 2 and 5 times them are labelled. */
function logTick(this: Scale, value: string | number, format: (value: number) => string): string {
  const number = Number(value);
  if (number <= 0) return '';
  const lead = number / 10 ** Math.floor(Math.log10(number) + 1e-9);
  const decades = Math.log10((this.max || 1) / (this.min || 1));
  const wanted = decades > 4 ? [1] : decades > 1.5 ? [1, 3] : [1, 2, 3, 5, 7];
  return wanted.some((one) => Math.abs(lead - one) < 0.01) ? format(number) : '';
}

/** Time is in milliseconds, so ticks at round seconds, minutes or hours have to be asked for. */
function timeStep(span: number): number | undefined {
  const steps = [100, 200, 500, 1e3, 2e3, 5e3, 1e4, 3e4, 6e4, 12e4, 3e5, 6e5, 18e5, 36e5, 72e5, 216e5, 432e5, 864e5];
  return steps.find((step) => span / step <= 8);
}

/** 20k and 1.5M: steps soon have many digits. */
function compact(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${formatNumber(value / 1e6)}M`;
  return size >= 1e4 ? `${formatNumber(value / 1e3)}k` : formatNumber(value);
}

export function configuration(setup: ChartSetup): ChartConfiguration<'line', { x: number; y: number }[]> {
  const { theme } = setup;
  const axis = (log: boolean, range: [number, number] | undefined, format: (value: number) => string) => ({
    type: (log ? 'logarithmic' : 'linear') as 'linear',
    ...(range ? { min: range[0], max: range[1] } : {}),
    border: { color: theme.axis },
    grid: { color: theme.grid, tickLength: 4, lineWidth: 1 },
    ticks: {
      color: theme.faintText,
      font: { family: theme.font, size: 11 },
      maxRotation: 0,
      autoSkipPadding: 14,
      maxTicksLimit: 7,
      // A zoomed axis begins at an odd number that nobody wants to read.
      includeBounds: false,
      callback(this: Scale, value: string | number) {
        return log ? logTick.call(this, value, format) : format(Number(value));
      },
    },
  });
  const formatTick = (value: number) => (setup.x === 'time' ? formatX('time', value) : compact(value));
  return {
    type: 'line',
    data: { datasets: [] },
    plugins: [{ id: 'drawn', afterDraw: setup.onDraw }],
    options: {
      animation: false,
      responsive: true,
      maintainAspectRatio: false,
      parsing: false,
      normalized: true,
      events: [],
      layout: { padding: { top: 4, right: 10, bottom: 0, left: 0 } },
      elements: { line: { borderWidth: 1.6, tension: 0 }, point: { radius: 0, hoverRadius: 0, hitRadius: 0 } },
      scales: {
        x: {
          ...axis(setup.logX, setup.zoom?.x, formatTick),
          grid: { display: false },
          afterDataLimits(scale: Scale) {
            // Curves begin and end at the frame.
            if (setup.x === 'time' && !setup.logX) {
              const step = timeStep(scale.max - scale.min);
              (scale.options as unknown as { ticks: { stepSize?: number } }).ticks.stepSize = step;
            }
          },
        },
        y: axis(setup.logY, setup.zoom?.y, formatNumber),
      },
      plugins: {
        zoom: {
          limits: { x: { minRange: 1e-9 } },
          pan: { enabled: true, mode: 'xy', modifierKey: 'shift', onPanComplete: setup.onZoomed },
          zoom: {
            mode: 'xy',
            wheel: { enabled: true, modifierKey: 'ctrl', speed: 0.12 },
            pinch: { enabled: true },
            drag: {
              enabled: true,
              threshold: 6,
              backgroundColor: theme.zoomFill,
              borderColor: theme.zoomBorder,
              borderWidth: 1,
            },
            onZoomComplete: setup.onZoomed,
          },
        },
      },
    },
  };
}

export function createChart(canvas: HTMLCanvasElement, setup: ChartSetup): LineChart {
  return new Chart(canvas, configuration(setup)) as LineChart;
}
