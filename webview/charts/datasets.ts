/** Datasets of Chart.js for a curve. */
import type { LineChart } from './chartjs.js';
import { pointsOf, rawPointsOf, type Curve } from '../../src/drawing/curves.js';
import { colorOf, fade, type ChartTheme } from './theme.js';

/** Few enough points that each is marked. */
const MARKED = 24;

/** `isStrong`: drawn thicker and above the others. */
export function datasetsOf(curve: Curve, theme: ChartTheme, isStrong: boolean): LineChart['data']['datasets'] {
  const color = colorOf(theme, curve.look);
  const points = pointsOf(curve);
  const line = {
    data: points,
    yAxisID: curve.right ? 'y2' : 'y',
    borderColor: curve.isBound ? fade(color, 0.55) : color,
    borderDash: [...curve.look.dash],
    borderWidth: curve.isBound ? 1 : (isStrong ? 2.4 : 1.5) + (theme.highContrast ? 0.5 : 0),
    pointRadius: points.length <= MARKED ? 2.5 : 0,
    pointBackgroundColor: color,
    pointBorderWidth: 0,
    spanGaps: false,
    order: isStrong ? 0 : 1,
  };
  if (curve.band) {
    const edge = { yAxisID: line.yAxisID, borderWidth: 0, pointRadius: 0, order: 3, borderColor: 'transparent' };
    return [
      line,
      { ...edge, data: curve.band.low, fill: false },
      { ...edge, data: curve.band.high, fill: '-1', backgroundColor: fade(color, theme.highContrast ? 0.3 : 0.17) },
    ] as LineChart['data']['datasets'];
  }
  const rawPoints = rawPointsOf(curve);
  if (!rawPoints) return [line];
  const raw = {
    yAxisID: line.yAxisID,
    data: rawPoints,
    borderColor: fade(color, 0.22),
    borderWidth: 1,
    pointRadius: 0,
    order: 2,
  };
  return [{ ...line, pointRadius: 0 }, raw];
}
