/** Curves as an SVG drawing: for files, for reports, and for the pages of a PDF. */
import type { Side } from './cardAxes.js';
import { logAxis, numberAxis, symlogAxis, type PlotAxis } from './axes.js';
import { attribute, label, legend, type LegendEntry, type SvgLook } from './svgParts.js';

export interface SvgCurve {
  name: string;
  points: readonly { x: number; y: number }[];
  /** Points as logged, drawn faintly behind a smoothed curve. */
  raw?: readonly { x: number; y: number }[] | null;
  color: string;
  dash: readonly number[];
  /** Drawn thinner: one end of a range. */
  faint: boolean;
  band?: { low: readonly { x: number; y: number }[]; high: readonly { x: number; y: number }[] };
  /** Places where the value was NaN or infinite. */
  odd?: readonly { x: number; value: number }[];
  /** Places of changes, with their texts. */
  marks?: readonly { x: number; y: number; text: string }[];
  /** Where it left another curve. */
  fork?: { x: number; y: number };
  /** Place of its vertical axis; absent: the first. */
  axis?: number | undefined;
}

/** A vertical axis. */
export interface SvgAxis {
  /** Its ends. */
  range: readonly [number, number];
  side: Side;
  /** Colour of its numbers and title; null: that of all texts. */
  color: string | null;
  /** Names along it; '' for none. */
  title: string;
  /** Smallest size that a log axis through zero tells apart; absent or null: all values are above zero. */
  zero?: number | null | undefined;
}

export interface SvgChart {
  title: string;
  xTitle: string;
  curves: readonly SvgCurve[];
  /** Ends of the horizontal axis. */
  x: readonly [number, number];
  /** The vertical ones, at least one; the lines behind the curves are those of the first. */
  axes: readonly SvgAxis[];
  logX: boolean;
  logY: boolean;
  /** Distance of the ticks of a linear x-axis, for times; absent: round numbers. */
  xStep?: number | undefined;
  /** Smallest size that a horizontal log axis through zero tells apart; null: all values are above zero. */
  zeros?: { x: number | null };
  look: SvgLook;
  height?: number;
  legend?: boolean;
  formatX(value: number): string;
}

const BOTTOM = 48;
/** Room of a vertical axis: its numbers, and its title beyond them. */
const AXIS = 62;
/** Room of the curves, however many axes there are. */
const LEAST_WIDTH = 120;
/** Curves that the legend below names. */
const MOST_NAMED = 30;

/** Room of all axes of a side. */
const roomOf = (axes: SvgChart['axes'], side: Side): number => {
  const count = axes.filter((axis) => axis.side === side).length;
  return count === 0 ? 20 : 8 + count * AXIS;
};

/** Where the axes are and what they show, for a reader that follows the pointer. */
export interface SvgPlace {
  left: number;
  top: number;
  width: number;
  height: number;
}

export const placeOf = (chart: Pick<SvgChart, 'axes' | 'height' | 'title'>, whole: number): SvgPlace => {
  const room = (side: Side): number => roomOf(chart.axes, side);
  const [left, top] = [room('left'), chart.title === '' ? 12 : 36];
  const width = Math.max(LEAST_WIDTH, whole - left - room('right'));
  return { left, top, width, height: (chart.height ?? 420) - top - BOTTOM };
};

/** Width of the drawing: many axes make it wider than the look says, and a page shows it smaller. */
const wholeWidth = ({ axes }: Pick<SvgChart, 'axes'>, { left, width }: SvgPlace): number =>
  left + width + roomOf(axes, 'right');

function axisOf([low, high]: readonly [number, number], log: boolean, zero: number | null, step?: number): PlotAxis {
  if (!log && step !== undefined && (high - low) / step <= 20) return stepAxis(low, high, step);
  if (!log) return numberAxis(low, high);
  // It goes through zero even if these ends, of a zoom or without outliers, do not.
  if (zero !== null) return symlogAxis(low, high, zero);
  return low > 0 ? logAxis(low, high) : numberAxis(low, high);
}

function stepAxis(low: number, high: number, step: number): PlotAxis {
  const axis = numberAxis(low, high);
  const first = Math.ceil(low / step);
  const count = Math.max(0, Math.floor(high / step) - first + 1);
  const values = Array.from({ length: count }, (_, i) => (first + i) * step);
  return { place: axis.place, ticks: values.map((value) => ({ at: axis.place(value), text: String(value) })) };
}

/** The axes of a chart: the horizontal one, and the vertical ones in their order. */
export function chartAxes(chart: Omit<SvgChart, 'curves' | 'look' | 'title' | 'xTitle' | 'formatX'>): {
  x: PlotAxis;
  vertical: PlotAxis[];
} {
  return {
    x: axisOf(chart.x, chart.logX, chart.zeros?.x ?? null, chart.xStep),
    vertical: chart.axes.map(({ range, zero }) => axisOf(range, chart.logY, zero ?? null)),
  };
}

/** Texts and values are escaped: names come from programs. */
export function chartSvg(chart: SvgChart): string {
  const { curves, title } = chart;
  const area = placeOf(chart, chart.look.width);
  const width = wholeWidth(chart, area);
  const look = { ...chart.look, width };
  const [bottom, right] = [area.top + area.height, area.left + area.width];
  const axes = chartAxes(chart);
  const px = (value: number): number => area.left + axes.x.place(value) * area.width;
  const py =
    (axis: PlotAxis) =>
    (value: number): number =>
      area.top + (1 - axis.place(value)) * area.height;
  const entries: LegendEntry[] = curves
    .slice(0, MOST_NAMED)
    .map(({ name, color, dash, axis }) => ({ name: `${name}${arrowOf(chart, axis)}`, color, dash }));
  const below =
    chart.legend === false
      ? { svg: '', height: 0 }
      : legend(entries, curves.length, Math.min(area.left, 8 + AXIS), bottom + BOTTOM + 8, look);
  const whole = bottom + BOTTOM + below.height;
  const parts = [
    `<rect width="${width}" height="${whole}" fill="${attribute(look.background)}"/>`,
    ...(title === '' ? [] : [label(width / 2, 20, 'middle', title, look, 'font-size="15" font-weight="bold"')]),
    ...axes.vertical[0]!.ticks.map(
      ({ at }) =>
        `<path d="M${area.left} ${(area.top + (1 - at) * area.height).toFixed(1)}H${right}" stroke="${attribute(look.grid)}"/>`,
    ),
    ...chart.axes.flatMap((axis, i) => verticalAxis(chart, axes.vertical[i]!, i, area, look)),
    ...axes.x.ticks.map(({ at }) =>
      label(area.left + at * area.width, bottom + 18, 'middle', chart.formatX(valueAt(chart, axes.x, at)), look),
    ),
    `<path d="M${area.left} ${bottom}H${right}" stroke="${attribute(look.axis)}"/>`,
    label(area.left + area.width / 2, bottom + 36, 'middle', chart.xTitle, look, '', look.faint),
    `<clipPath id="${look.id}area"><rect x="${area.left}" y="${area.top - 2}" width="${area.width}" height="${area.height + 4}"/></clipPath>`,
    `<g clip-path="url(#${look.id}area)">`,
    ...curves.map((curve) => curveSvg(curve, px, py(axes.vertical[curve.axis ?? 0] ?? axes.vertical[0]!), area)),
    `</g>`,
    below.svg,
  ];
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${whole}" width="${width}" height="${whole}" font-family="${attribute(look.font)}" font-size="12">`;
  return `${head}\n${parts.filter(Boolean).join('\n')}\n</svg>\n`;
}

/** An arrow names the right one of two axes; more have colours and titles. */
const arrowOf = ({ axes }: Pick<SvgChart, 'axes'>, at = 0): string =>
  axes.length === 2 && axes[0]!.side !== axes[1]!.side && axes[at]?.side === 'right' ? ' →' : '';

/** Numbers and title of a vertical axis, beyond those that are nearer to the curves on its side; a line if there are several. */
function verticalAxis(
  { axes }: Pick<SvgChart, 'axes'>,
  { ticks }: PlotAxis,
  at: number,
  area: SvgPlace,
  look: SvgLook,
): string[] {
  const { side, color, title } = axes[at]!;
  const inner = axes.slice(0, at).filter((axis) => axis.side === side).length;
  const way = side === 'left' ? -1 : 1;
  const edge = (side === 'left' ? area.left : area.left + area.width) + way * inner * AXIS;
  const bottom = area.top + area.height;
  const line = `<path d="M${edge.toFixed(1)} ${area.top}V${bottom}" stroke="${attribute(color ?? look.axis)}"/>`;
  const [x, middle] = [edge + way * (AXIS - 8), area.top + area.height / 2];
  const turned = `transform="rotate(-90 ${x.toFixed(1)} ${middle.toFixed(1)})"`;
  return [
    ...(axes.length > 1 ? [line] : []),
    ...ticks.map(({ at: place, text }) =>
      label(
        edge + way * 8,
        ...([area.top + (1 - place) * area.height + 4, side === 'left' ? 'end' : 'start', text, look, ''] as const),
        color ?? look.text,
      ),
    ),
    ...(title === ''
      ? []
      : [label(x, middle, 'middle', shortened(title, area.height), look, turned, color ?? look.faint)]),
  ];
}

/** A title that is longer than its axis would run into the next drawing. */
const shortened = (title: string, room: number): string => {
  const most = Math.max(8, Math.floor(room / 7));
  return title.length > most ? `${title.slice(0, most - 1)}…` : title;
};

function curveSvg(
  { points, raw, color, dash, faint, band, odd, marks, fork, name }: SvgCurve,
  px: (x: number) => number,
  py: (y: number) => number,
  area: SvgPlace,
): string {
  const path = (all: SvgCurve['points']): string => pathOf(all, px, py);
  const ink = attribute(color);
  const dashes = dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : '';
  const stroke = `stroke="${ink}" stroke-width="${faint ? 0.8 : 1.6}" stroke-opacity="${faint ? 0.6 : 1}"`;
  const first = points.find(({ y }) => Number.isFinite(y));
  const finite = points.filter(({ y }) => Number.isFinite(y));
  const parts = [
    band ? bandSvg(band, ink, px, py) : '',
    raw ? `<path fill="none" stroke="${ink}" stroke-width="1" stroke-opacity="0.25" d="${path(raw)}"/>` : '',
    `<path fill="none" ${stroke}${dashes} d="${path(points)}"><title>${attribute(name)}</title></path>`,
    // A single point has no line.
    ...(finite.length === 1
      ? [`<circle cx="${px(first!.x).toFixed(1)}" cy="${py(first!.y).toFixed(1)}" r="3" fill="${ink}"/>`]
      : []),
    ...(odd ?? []).slice(0, 200).map(({ x, value }) => {
      const [at, y] = [px(x), value === Infinity ? area.top + 5 : area.top + area.height - 5];
      return `<path d="M${(at - 3).toFixed(1)} ${y - 3}l6 6m-6 0l6 -6" stroke="${ink}" stroke-width="1.5"/>`;
    }),
    ...(fork && first
      ? [
          `<path d="M${px(fork.x).toFixed(1)} ${py(fork.y).toFixed(1)}L${px(first.x).toFixed(1)} ${py(first.y).toFixed(1)}" stroke="${ink}" stroke-dasharray="2 2"/>`,
          `<circle cx="${px(fork.x).toFixed(1)}" cy="${py(fork.y).toFixed(1)}" r="4" fill="none" stroke="${ink}" stroke-width="1.2"/>`,
        ]
      : []),
    ...(marks ?? []).map(({ x, y, text }) => {
      const [at, top] = [px(x), py(y)];
      return `<path d="M${at.toFixed(1)} ${(top - 5).toFixed(1)}l5 5l-5 5l-5 -5z" fill="${ink}"><title>${attribute(text)}</title></path>`;
    }),
  ];
  return parts.filter(Boolean).join('');
}

function bandSvg(
  { low, high }: NonNullable<SvgCurve['band']>,
  ink: string,
  px: (x: number) => number,
  py: (y: number) => number,
): string {
  // Pieces end where the band has no values.
  const pieces: string[] = [];
  let [upper, lower]: [string[], string[]] = [[], []];
  const close = (): void => {
    if (upper.length > 1) pieces.push(`M${upper.join('L')}L${lower.reverse().join('L')}Z`);
    [upper, lower] = [[], []];
  };
  for (const [i, { x, y }] of high.entries()) {
    const other = low[i]?.y ?? NaN;
    if (!Number.isFinite(y) || !Number.isFinite(other)) {
      close();
      continue;
    }
    upper.push(`${px(x).toFixed(1)} ${py(y).toFixed(1)}`);
    lower.push(`${px(x).toFixed(1)} ${py(other).toFixed(1)}`);
  }
  close();
  return pieces.length === 0 ? '' : `<path fill="${ink}" fill-opacity="0.17" d="${pieces.join('')}"/>`;
}

/** Value at a place of the x axis. */
function valueAt(chart: SvgChart, axis: PlotAxis, at: number): number {
  const tick = axis.ticks.find((one) => one.at === at);
  const { x, logX } = chart;
  const [low, high] = x;
  if (tick?.value !== undefined) return tick.value;
  const value = logX && low > 0 ? low * (high / low) ** at : low + at * (high - low);
  return Number(value.toPrecision(10));
}

/** Attribute `d`; where a point has no value, the line has a gap. */
function pathOf(points: SvgCurve['points'], px: (x: number) => number, py: (y: number) => number): string {
  let path = '';
  let isDrawing = false;
  for (const { x, y } of points) {
    const [at, top] = [px(x), py(y)];
    const isThere = Number.isFinite(at) && Number.isFinite(top);
    if (isThere) path += `${isDrawing ? 'L' : 'M'}${at.toFixed(1)} ${top.toFixed(1)}`;
    isDrawing = isThere;
  }
  return path;
}
