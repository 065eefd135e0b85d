/** A drawing of curves with its table, and with what the pointer reads. */
import { formatNumber } from '../../format/numbers.js';
import { l10n } from '../../format/l10n.js';
import { pointsOf, rawPointsOf, type Curve } from '../../drawing/curves.js';
import type { XAxis } from '../../drawing/series.js';
import { chartAxes, chartSvg, placeOf, type SvgChart } from '../../drawing/svg.js';
import type { SvgLook } from '../../drawing/svgParts.js';
import { compact, formatX, timeStep, xTitle } from '../../drawing/xAxis.js';
import type { Drawn, Hover, TableData } from './parts.js';

export interface CurvesToDraw {
  title: string;
  x: XAxis;
  xMetric: string | null;
  curves: readonly Curve[];
  logX: boolean;
  logY: boolean;
  zeros: { x: number | null };
  /** Ends of the horizontal axis. */
  range: [number, number];
  axes: SvgChart['axes'];
  height?: number;
  legend: boolean;
}

export const colorIn = (look: SvgLook, { color, css }: { color: number; css?: string | undefined }): string =>
  css ?? look.series[color] ?? look.text;

export const curveName = (curve: Curve): string => [curve.note, curve.label ?? curve.run].filter(Boolean).join(' · ');

export function chartPicture(given: CurvesToDraw): Pick<Drawn, 'svg' | 'hover' | 'table'> {
  const { curves, x, logX, logY, zeros, range } = given;
  const isTime = x === 'time' || x === 'wall';
  const chart: Omit<SvgChart, 'curves' | 'look'> = {
    ...{ title: '', xTitle: x === 'metric' ? (given.xMetric ?? '') : xTitle(x), logX, logY, zeros },
    ...{ x: range, axes: given.axes, legend: given.legend },
    ...(isTime && !logX && { xStep: timeStep(range[1] - range[0]) }),
    height: given.height ?? 360,
    formatX: (value) => (isTime ? formatX(x, value) : compact(value)),
  };
  return {
    svg: (look) =>
      chartSvg({
        ...{ ...chart, look },
        curves: curves.map((curve) => ({
          ...{
            name: curveName(curve),
            points: pointsOf(curve),
            raw: rawPointsOf(curve),
            odd: curve.odd,
            axis: curve.axis,
          },
          ...{ color: colorIn(look, curve.look), dash: curve.look.dash, faint: curve.isBound === true },
          ...(curve.band && { band: curve.band }),
          ...(curve.fork && { fork: curve.fork }),
          ...(curve.marks && { marks: curve.marks }),
        })),
      }),
    hover: (width) => hoverOf(given, chart, width),
    table: tableOf(given),
  };
}

function hoverOf({ curves, x, height }: CurvesToDraw, chart: Omit<SvgChart, 'curves' | 'look'>, width: number): Hover {
  const place = placeOf(chart, width);
  const axes = chartAxes(chart);
  const round = (value: number): number => Math.round(value * 10) / 10;
  return {
    ...{ place, x, height: height ?? 360 },
    curves: curves
      .filter((curve) => !curve.isBound)
      .map((curve) => {
        const axis = axes.vertical[curve.axis ?? 0] ?? axes.vertical[0]!;
        return {
          ...{ name: curveName(curve), color: curve.look.color, x: [...curve.x], y: [...curve.shown] },
          ...(curve.look.css !== undefined && { css: curve.look.css }),
          px: curve.x.map((value) => round(place.left + axes.x.place(value) * place.width)),
          py: curve.shown.map((value) => round(place.top + (1 - axis.place(value)) * place.height)),
        };
      }),
  };
}

/** First, least, greatest and last value of each curve. */
function tableOf({ curves, x }: CurvesToDraw): TableData {
  return {
    columns: [
      { title: l10n.t('Curve'), isNumber: false },
      { title: l10n.t('Points'), isNumber: true },
      { title: l10n.t('Least'), isNumber: true },
      { title: l10n.t('Most'), isNumber: true },
      { title: l10n.t('Last'), isNumber: true },
      { title: l10n.t('at {0}', xTitle(x)), isNumber: true },
    ],
    rows: curves.map((curve) => {
      const finite = curve.y.filter(Number.isFinite);
      const edge = (value: number | undefined): string => (value === undefined ? '–' : formatNumber(value));
      const cells = [
        curveName(curve),
        String(curve.total),
        edge(finite.length > 0 ? finite.reduce((a, b) => Math.min(a, b)) : undefined),
        edge(finite.length > 0 ? finite.reduce((a, b) => Math.max(a, b)) : undefined),
        edge(curve.y.at(-1)),
        curve.x.length > 0 ? formatX(x, curve.x.at(-1)!) : '–',
      ];
      return { cells: cells.map((text) => ({ text })) };
    }),
  };
}
