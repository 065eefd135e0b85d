/** A line chart as an SVG file. */
import { logAxis, numberAxis, type PlotAxis } from './plot.js';

export interface SvgCurve {
  name: string;
  points: readonly { x: number; y: number }[];
  color: string;
  dash: readonly number[];
  /** Drawn thinner: one end of a range. */
  faint: boolean;
}

export interface SvgChart {
  title: string;
  xTitle: string;
  curves: readonly SvgCurve[];
  /** Ends of the axes. */
  x: [number, number];
  y: [number, number];
  logX: boolean;
  logY: boolean;
  text: string;
  background: string;
  formatX(value: number): string;
}

const [WIDTH, HEIGHT] = [800, 420];
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 20, 40, 50];
/** Curves that the legend below names. */
const MOST_NAMED = 30;
const LINE = 18;

/** Texts and values are escaped: names come from programs. */
export function chartSvg(chart: SvgChart): string {
  const { curves, text, background, title } = chart;
  const axis = ([low, high]: [number, number], log: boolean): PlotAxis =>
    log && low > 0 ? logAxis(low, high) : numberAxis(low, high);
  const [xAxis, yAxis] = [axis(chart.x, chart.logX), axis(chart.y, chart.logY)];
  const [width, height] = [WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM];
  const px = (value: number): string => (LEFT + xAxis.place(value) * width).toFixed(1);
  const py = (value: number): string => (TOP + (1 - yAxis.place(value)) * height).toFixed(1);
  const named = curves.slice(0, MOST_NAMED);
  const whole = HEIGHT + named.length * LINE + 10;
  const label = (x: number, y: number, anchor: string, content: string, more = ''): string =>
    `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${escape(text)}" ${more}>${escape(content)}</text>`;
  const parts = [
    `<rect width="${WIDTH}" height="${whole}" fill="${escape(background)}"/>`,
    label(WIDTH / 2, 24, 'middle', title, 'font-size="15" font-weight="600"'),
    ...yAxis.ticks.flatMap(({ at, text: tick }) => {
      const y = TOP + (1 - at) * height;
      const grid = `<path d="M${LEFT} ${y.toFixed(1)}H${WIDTH - RIGHT}" stroke="${escape(text)}" stroke-opacity="0.15"/>`;
      return [grid, label(LEFT - 8, y + 4, 'end', tick)];
    }),
    ...xAxis.ticks.map(({ at }) =>
      label(LEFT + at * width, HEIGHT - BOTTOM + 18, 'middle', chart.formatX(valueAt(chart, at))),
    ),
    label(LEFT + width / 2, HEIGHT - 10, 'middle', chart.xTitle),
    `<clipPath id="area"><rect x="${LEFT}" y="${TOP}" width="${width}" height="${height}"/></clipPath>`,
    ...curves.map(({ points, color, dash, faint }) => {
      const stroke = `stroke="${escape(color)}" stroke-width="${faint ? 0.8 : 1.6}" stroke-opacity="${faint ? 0.6 : 1}"`;
      const dashes = dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : '';
      return `<path clip-path="url(#area)" fill="none" ${stroke}${dashes} d="${pathOf(points, px, py)}"/>`;
    }),
    ...named.flatMap(({ name, color }, i) => {
      const y = HEIGHT + i * LINE;
      const line = `<path d="M${LEFT} ${y}h20" stroke="${escape(color)}" stroke-width="2"/>`;
      return [line, label(LEFT + 28, y + 4, 'start', name)];
    }),
  ];
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${whole}" width="${WIDTH}" height="${whole}" font-family="sans-serif" font-size="12">`;
  return `${head}\n${parts.join('\n')}\n</svg>\n`;
}

/** Value at a place of the x axis. */
function valueAt({ x: [low, high], logX }: SvgChart, at: number): number {
  const value = logX && low > 0 ? low * (high / low) ** at : low + at * (high - low);
  return Number(value.toPrecision(10));
}

/** Attribute `d`; where a point has no value, the line has a gap. */
function pathOf(points: SvgCurve['points'], px: (x: number) => string, py: (y: number) => string): string {
  let path = '';
  let isDrawing = false;
  for (const { x, y } of points) {
    const isThere = Number.isFinite(x) && Number.isFinite(y);
    if (isThere) path += `${isDrawing ? 'L' : 'M'}${px(x)} ${py(y)}`;
    isDrawing = isThere;
  }
  return path;
}

const escape = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('"', '&quot;')
    // Characters that XML does not have.
    .replaceAll(/[\p{Cc}]/gu, ' ');
