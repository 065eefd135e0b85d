import { nearest } from '../../src/drawing/series.js';
import { pointsOf, type Curve } from '../../src/drawing/curves.js';
import type { LineChart } from './chartjs.js';
import { scaleOf } from './pixels.js';
import { colorOf, fade, type ChartTheme } from './theme.js';

/** Number of curves up to which each has a point at the crosshair. */
const MOST_POINTED = 100;

/** A run's value where the pointer is. */
export interface Hit {
  curve: Curve;
  index: number;
  x: number;
  /** As drawn (smoothed) and as logged. */
  shown: number;
  value: number;
}

/** Each curve's point nearest to x, those that have none within reach left out. */
export function hitsAt(curves: readonly Curve[], x: number, reach: number): Hit[] {
  const hits: Hit[] = [];
  for (const curve of curves) {
    // A mark near the pointer is read, however close the points are.
    const mark = curve.marks?.find((one) => Math.abs(one.x - x) <= reach / 4);
    const index = nearest(curve.x, mark?.x ?? x);
    if (index < 0) continue;
    const at = curve.x[index]!;
    const first = curve.x[0]!;
    const last = curve.x[curve.x.length - 1]!;
    // Within a curve the nearest point always counts, however far apart the points are.
    if ((x < first || x > last) && Math.abs(at - x) > reach) continue;
    hits.push({ curve, index, x: at, shown: curve.shown[index]!, value: curve.y[index]! });
  }
  return hits;
}

/** The hit whose drawn point is nearest to the pointer's height. */
export function closest(chart: LineChart, hits: readonly Hit[], pixelY: number): Hit | null {
  let best: Hit | null = null;
  let bestDistance = Infinity;
  for (const hit of hits) {
    const distance = Math.abs(scaleOf(chart, hit.curve).getPixelForValue(hit.shown) - pixelY);
    if (distance < bestDistance) {
      best = hit;
      bestDistance = distance;
    }
  }
  return best;
}

/**
 * The layer over the curves that changes with every move of the pointer: crosshair, points, the highlighted curve and
 * the marks of non-finite values. It has its own canvas, so that the curves need not be drawn again.
 */
export class Overlay {
  constructor(private readonly canvas: HTMLCanvasElement) {}

  draw(
    chart: LineChart,
    theme: ChartTheme,
    curves: readonly Curve[],
    crosshair: { x: number; hits: readonly Hit[] } | null,
    forward: string | null,
    clip: readonly [number, number] | null = null,
  ): void {
    const ratio = window.devicePixelRatio || 1;
    const { width, height } = chart;
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
      this.canvas.style.width = `${width}px`;
      this.canvas.style.height = `${height}px`;
    }
    const context = this.canvas.getContext('2d')!;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    const area = chart.chartArea;
    if (!area) return;
    context.save();
    context.beginPath();
    context.rect(area.left, area.top - 4, area.right - area.left + 6, area.bottom - area.top + 8);
    context.clip();
    const curve = forward === null ? undefined : curves.find((one) => one.run === forward);
    if (curve) this.line(context, chart, theme, curve);
    this.oddMarks(context, chart, theme, curves);
    if (clip) this.outside(context, chart, theme, curves, clip);
    for (const one of curves) if (one.fork) this.forkMark(context, chart, theme, one, one.fork);
    for (const one of curves) if (one.marks) this.changeMarks(context, chart, theme, one, one.marks);
    for (const one of curves) if (one.end) this.endMark(context, chart, theme, one);
    if (crosshair) this.crosshair(context, chart, theme, crosshair, forward);
    context.restore();
  }

  private line(context: CanvasRenderingContext2D, chart: LineChart, theme: ChartTheme, curve: Curve): void {
    const { left, right, top, bottom } = chart.chartArea;
    context.fillStyle = fade(theme.background, 0.65);
    context.fillRect(left, top - 4, right - left + 6, bottom - top + 8);
    context.strokeStyle = colorOf(theme, curve.look);
    context.lineWidth = 3;
    context.setLineDash([...curve.look.dash]);
    context.lineJoin = 'round';
    context.beginPath();
    let drawing = false;
    const points = pointsOf(curve);
    for (const point of points) {
      if (Number.isNaN(point.y)) {
        drawing = false;
        continue;
      }
      const x = chart.scales.x!.getPixelForValue(point.x);
      const y = scaleOf(chart, curve).getPixelForValue(point.y);
      if (drawing) context.lineTo(x, y);
      else context.moveTo(x, y);
      drawing = true;
    }
    context.stroke();
    context.setLineDash([]);
    if (points.length > 1) return;
    // A single point has no line.
    for (const point of points) {
      context.beginPath();
      context.arc(chart.scales.x!.getPixelForValue(point.x), scaleOf(chart, curve).getPixelForValue(point.y), 5, 0, 7);
      context.fillStyle = colorOf(theme, curve.look);
      context.fill();
    }
  }

  /** NaN and −∞ at the lower edge, +∞ at the upper. */
  private oddMarks(
    context: CanvasRenderingContext2D,
    chart: LineChart,
    theme: ChartTheme,
    curves: readonly Curve[],
  ): void {
    const { top, bottom, left, right } = chart.chartArea;
    context.lineWidth = 1.5;
    for (const curve of curves) {
      context.strokeStyle = colorOf(theme, curve.look);
      let before = -Infinity;
      for (const { x, value } of curve.odd) {
        const at = chart.scales.x!.getPixelForValue(x);
        if (at < left || at > right || at - before < 4) continue;
        before = at;
        const y = value === Infinity ? top + 5 : bottom - 5;
        context.beginPath();
        context.moveTo(at - 3, y - 3);
        context.lineTo(at + 3, y + 3);
        context.moveTo(at - 3, y + 3);
        context.lineTo(at + 3, y - 3);
        context.stroke();
      }
    }
  }

  /** Marks values beyond the ends of the y-axis at its edge. */
  private outside(
    context: CanvasRenderingContext2D,
    chart: LineChart,
    theme: ChartTheme,
    curves: readonly Curve[],
    [low, high]: readonly [number, number],
  ): void {
    const { top, bottom } = chart.chartArea;
    for (const curve of curves) {
      if (curve.axis) continue;
      context.fillStyle = colorOf(theme, curve.look);
      let before = -Infinity;
      for (const { x, y } of pointsOf(curve)) {
        if (!(y < low || y > high)) continue;
        const at = chart.scales.x!.getPixelForValue(x);
        if (at - before < 6) continue;
        before = at;
        const [edge, way] = y > high ? [top, 1] : [bottom, -1];
        context.beginPath();
        context.moveTo(at, edge);
        context.lineTo(at - 3, edge + way * 5);
        context.lineTo(at + 3, edge + way * 5);
        context.fill();
      }
    }
  }

  /** Joins a branch to the curve that it left, with a ring at its step. */
  private forkMark(
    context: CanvasRenderingContext2D,
    chart: LineChart,
    theme: ChartTheme,
    curve: Curve,
    fork: { x: number; y: number },
  ): void {
    const first = pointsOf(curve).find((point) => !Number.isNaN(point.y));
    if (!first) return;
    const { x } = chart.scales;
    const y = scaleOf(chart, curve);
    context.strokeStyle = colorOf(theme, curve.look);
    context.lineWidth = 1.2;
    context.setLineDash([2, 2]);
    context.beginPath();
    context.moveTo(x!.getPixelForValue(fork.x), y.getPixelForValue(fork.y));
    context.lineTo(x!.getPixelForValue(first.x), y.getPixelForValue(first.y));
    context.stroke();
    context.setLineDash([]);
    context.beginPath();
    context.arc(x!.getPixelForValue(fork.x), y.getPixelForValue(fork.y), 4, 0, 7);
    context.fillStyle = theme.background;
    context.fill();
    context.stroke();
  }

  /** A diamond where a hyperparameter changed while the run went on. */
  private changeMarks(
    context: CanvasRenderingContext2D,
    chart: LineChart,
    theme: ChartTheme,
    curve: Curve,
    marks: NonNullable<Curve['marks']>,
  ): void {
    const y = scaleOf(chart, curve);
    context.fillStyle = colorOf(theme, curve.look);
    context.strokeStyle = theme.background;
    context.lineWidth = 1;
    for (const mark of marks) {
      const [px, py] = [chart.scales.x!.getPixelForValue(mark.x), y.getPixelForValue(mark.y)];
      context.beginPath();
      context.moveTo(px, py - 6);
      context.lineTo(px + 6, py);
      context.lineTo(px, py + 6);
      context.lineTo(px - 6, py);
      context.closePath();
      context.fill();
      context.stroke();
    }
  }

  /** Marks the end of a run that did not end well: a full square if it failed, an empty one if it was cut short. */
  private endMark(context: CanvasRenderingContext2D, chart: LineChart, theme: ChartTheme, curve: Curve): void {
    const last = pointsOf(curve).findLast((point) => !Number.isNaN(point.y));
    if (!last) return;
    const x = chart.scales.x!.getPixelForValue(last.x);
    const y = scaleOf(chart, curve).getPixelForValue(last.y);
    context.fillStyle = curve.end === 'failed' ? colorOf(theme, curve.look) : theme.background;
    context.strokeStyle = colorOf(theme, curve.look);
    context.lineWidth = 1.5;
    context.beginPath();
    context.rect(x - 3.5, y - 3.5, 7, 7);
    context.fill();
    context.stroke();
  }

  private crosshair(
    context: CanvasRenderingContext2D,
    chart: LineChart,
    theme: ChartTheme,
    { x, hits }: { x: number; hits: readonly Hit[] },
    forward: string | null,
  ): void {
    const { top, bottom } = chart.chartArea;
    const at = Math.round(chart.scales.x!.getPixelForValue(x)) + 0.5;
    context.strokeStyle = theme.axis;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(at, top);
    context.lineTo(at, bottom);
    context.stroke();
    // Among so many, only the one that the pointer is near can be told apart.
    for (const hit of hits.length > MOST_POINTED ? hits.filter(({ curve }) => curve.run === forward) : hits) {
      if (!Number.isFinite(hit.shown)) continue;
      context.beginPath();
      context.arc(
        chart.scales.x!.getPixelForValue(hit.x),
        scaleOf(chart, hit.curve).getPixelForValue(hit.shown),
        3.5,
        0,
        7,
      );
      context.fillStyle = colorOf(theme, hit.curve.look);
      context.fill();
      context.strokeStyle = theme.background;
      context.stroke();
    }
  }
}
