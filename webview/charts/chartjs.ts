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
import type { XAxis } from '../../src/drawing/series.js';
import type { Zeros } from '../../src/drawing/curves.js';
import { formatNumber } from '../../src/format/numbers.js';
import { compact, formatX, timeStep } from '../../src/drawing/xAxis.js';
import { SymlogScale } from './symlog.js';
import type { Side } from '../../src/drawing/cardAxes.js';
import { scaleId } from './scaleId.js';
import { zoomOf, type Zoom } from '../model/charts/zoom.js';
import type { ChartTheme } from './theme.js';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale, SymlogScale, zoomPlugin);

export type LineChart = Chart<'line', { x: number; y: number }[]>;

export interface ChartSetup {
  theme: ChartTheme;
  x: XAxis;
  logX: boolean;
  logY: boolean;
  throughZero: Zeros;
  /** Name of the metric on the x-axis. */
  xMetric: string | null;
  /** The vertical axes, with the names of their curves if there are several. */
  axes: readonly { side: Side; color: string | null; title: string }[];
  /** Datasets that the chart begins with. */
  datasets: LineChart['data']['datasets'];
  /** Ends of the first vertical axis without a zoom; null: those of its curves. */
  clip: readonly [number, number] | null;
  zoom: Zoom | null;
  onZoomed(): void;
  /** Called after the axes are drawn; nothing else draws curves. */
  onCurves(chart: LineChart): void;
  /** Called after each drawing of the chart, whatever caused it (zoom, pan, another size). */
  onDraw(chart: LineChart): void;
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

export function configuration(setup: ChartSetup): ChartConfiguration<'line', { x: number; y: number }[]> {
  const { theme } = setup;
  const axis = (
    log: boolean,
    zero: number | null,
    range: readonly [number, number] | undefined,
    format: (value: number) => string,
  ) => ({
    type: (!log ? 'linear' : zero === null ? 'logarithmic' : 'symlog') as 'linear',
    ...(log && zero !== null ? { constant: zero } : {}),
    ...(range ? { min: range[0], max: range[1] } : {}),
    border: { color: theme.axis },
    grid: { color: theme.grid, tickLength: 4, lineWidth: 1 },
    ticks: {
      color: theme.faintText,
      font: { family: theme.font, size: 11 },
      maxRotation: 0,
      autoSkipPadding: 14,
      maxTicksLimit: 7,
      // A zoomed axis would start at a number with many digits.
      includeBounds: false,
      callback(this: Scale, value: string | number) {
        return log && zero === null ? logTick.call(this, value, format) : format(Number(value));
      },
    },
  });
  const vertical = ({ side, color, title }: ChartSetup['axes'][number], i: number) => {
    const range = zoomOf(setup.zoom, i) ?? (i === 0 ? (setup.clip ?? undefined) : undefined);
    const plain = axis(setup.logY, setup.throughZero.y[i] ?? null, range, formatNumber);
    return {
      ...plain,
      position: side,
      ticks: { ...plain.ticks, color: color ?? theme.faintText },
      border: { color: color ?? theme.axis },
      // The lines of several axes could not be told apart.
      grid: { ...plain.grid, display: i === 0 },
      ...(title !== '' && {
        title: { display: true, text: title, color: color ?? theme.faintText, font: { size: 11 } },
      }),
    };
  };
  const formatTick = (value: number) =>
    setup.x === 'time' || setup.x === 'wall' ? formatX(setup.x, value) : compact(value);
  return {
    type: 'line',
    data: { datasets: setup.datasets },
    plugins: [
      {
        id: 'drawn',
        beforeDatasetsDraw: (chart) => setup.onCurves(chart as LineChart),
        afterDraw: (chart) => setup.onDraw(chart as LineChart),
      },
    ],
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
          ...axis(setup.logX, setup.throughZero.x, setup.zoom?.x, formatTick),
          ...(setup.x === 'metric' && { title: { display: true, text: setup.xMetric ?? '', color: theme.faintText } }),
          grid: { display: false },
          afterDataLimits(scale: Scale) {
            // Curves begin and end at the frame.
            if ((setup.x === 'time' || setup.x === 'wall') && !setup.logX) {
              const step = timeStep(scale.max - scale.min);
              (scale.options as unknown as { ticks: { stepSize?: number } }).ticks.stepSize = step;
            }
          },
        },
        ...Object.fromEntries(setup.axes.map((one, i) => [scaleId(i), vertical(one, i)])),
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
