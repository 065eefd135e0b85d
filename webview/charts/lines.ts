/** Curves of some runs on a chart's canvas: bands, values as logged behind smoothed ones, lines, and points where there are few. */
import type { Curve } from '../../src/drawing/curves.js';
import type { LineChart } from './chartjs.js';
import { Pixels, type ToPixel } from './pixels.js';
import { colorOf, fade, type ChartTheme } from './theme.js';

/** Few enough points that each is marked. */
const MARKED = 24;
const RADIUS = 2.5;

/** Draws within the axes; those that `isStrong` names are thicker and above the others. */
export function drawLines(
  chart: LineChart,
  theme: ChartTheme,
  curves: readonly Curve[],
  isStrong: (run: string) => boolean,
): void {
  const { ctx, chartArea: area } = chart;
  if (!area) return;
  const pixels = new Pixels(chart);
  ctx.save();
  ctx.beginPath();
  // Lines at an end of an axis keep their width.
  ctx.rect(area.left - 1, area.top - 2, area.right - area.left + 2, area.bottom - area.top + 4);
  ctx.clip();
  ctx.lineJoin = 'round';
  // The first curve is the uppermost of its kind.
  const reversed = [...curves].reverse();
  for (const curve of reversed) if (curve.band) band(ctx, pixels, theme, curve, curve.band);
  for (const curve of reversed) {
    if (!curve.isSmoothed) continue;
    ctx.strokeStyle = fade(colorOf(theme, curve.look), 0.22);
    ctx.lineWidth = 1;
    line(ctx, pixels.x, pixels.y(curve), curve.x, curve.y);
  }
  for (const strong of [false, true])
    for (const curve of reversed) if (isStrong(curve.run) === strong) stroke(ctx, pixels, theme, curve, strong);
  ctx.restore();
}

function stroke(
  ctx: CanvasRenderingContext2D,
  pixels: Pixels,
  theme: ChartTheme,
  curve: Curve,
  isStrong: boolean,
): void {
  const color = colorOf(theme, curve.look);
  const { x, shown } = curve;
  const y = pixels.y(curve);
  ctx.strokeStyle = curve.isBound ? fade(color, 0.55) : color;
  ctx.lineWidth = curve.isBound ? 1 : (isStrong ? 2.4 : 1.5) + (theme.highContrast ? 0.5 : 0);
  ctx.setLineDash([...curve.look.dash]);
  line(ctx, pixels.x, y, x, shown);
  ctx.setLineDash([]);
  if (x.length > MARKED || curve.isSmoothed) return;
  ctx.fillStyle = color;
  ctx.beginPath();
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(shown[i])) continue;
    const [at, top] = [pixels.x(x[i]!), y(shown[i]!)];
    ctx.moveTo(at + RADIUS, top);
    ctx.arc(at, top, RADIUS, 0, 7);
  }
  ctx.fill();
}

/** A line with a gap where a value is missing. */
function line(
  ctx: CanvasRenderingContext2D,
  px: ToPixel,
  py: ToPixel,
  x: readonly number[],
  y: readonly number[],
): void {
  ctx.beginPath();
  let isDrawing = false;
  for (let i = 0; i < x.length; i++) {
    const value = y[i]!;
    const top = Number.isFinite(value) ? py(value) : NaN;
    // A log axis has no place for zero.
    if (!Number.isFinite(top)) {
      isDrawing = false;
      continue;
    }
    if (isDrawing) ctx.lineTo(px(x[i]!), top);
    else ctx.moveTo(px(x[i]!), top);
    isDrawing = true;
  }
  ctx.stroke();
}

/** Fills between the ends of a band, in pieces where it has no values. */
function band(
  ctx: CanvasRenderingContext2D,
  pixels: Pixels,
  theme: ChartTheme,
  curve: Curve,
  { low, high }: NonNullable<Curve['band']>,
): void {
  const y = pixels.y(curve);
  ctx.fillStyle = fade(colorOf(theme, curve.look), theme.highContrast ? 0.3 : 0.17);
  ctx.beginPath();
  let from = 0;
  for (let i = 0; i <= high.length; i++) {
    if (i < high.length && Number.isFinite(high[i]!.y) && Number.isFinite(low[i]?.y)) continue;
    for (let at = from; at < i; at++) {
      if (at === from) ctx.moveTo(pixels.x(high[at]!.x), y(high[at]!.y));
      else ctx.lineTo(pixels.x(high[at]!.x), y(high[at]!.y));
    }
    for (let at = i - 1; at >= from; at--) ctx.lineTo(pixels.x(low[at]!.x), y(low[at]!.y));
    if (i > from) ctx.closePath();
    from = i + 1;
  }
  ctx.fill();
}
