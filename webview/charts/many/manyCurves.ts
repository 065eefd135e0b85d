/** Curves of hundreds of runs in one chart: Chart.js draws the axes, and the curves are drawn as one picture. */
import type { Curve } from '../../../src/drawing/curves.js';
import type { LineChart } from '../chartjs.js';
import { colorOf, type ChartTheme } from '../theme.js';
import { Raster } from './raster.js';

/** Number of curves from which on they are drawn as a picture. */
const MANY = 100;

export const areMany = (curves: readonly Curve[]): boolean =>
  curves.length >= MANY && curves.every(({ band, isSmoothed }) => !band && !isSmoothed);

/** A dataset without marks that gives an axis the range of these curves. */
function extent(
  curves: readonly Curve[],
  yAxisID: 'y' | 'y2',
  setup: { logX: boolean; logY: boolean },
): LineChart['data']['datasets'][number] {
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const { x, shown } of curves) {
    for (let i = 0; i < x.length; i++) {
      const [at, value] = [x[i]!, shown[i]!];
      if (!Number.isFinite(value)) continue;
      if (at < left && !(setup.logX && at <= 0)) left = at;
      if (at > right) right = at;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  const isEmpty = left > right;
  return {
    data: isEmpty
      ? []
      : [
          { x: left, y: low },
          { x: right, y: high },
        ],
    ...{ yAxisID, showLine: false, pointRadius: 0 },
  } as LineChart['data']['datasets'][number];
}

export class ManyCurves {
  private picture: { canvas: HTMLCanvasElement; key: string; curves: readonly Curve[] } | null = null;

  /** The datasets that give the axes their ranges. */
  datasets(curves: readonly Curve[], setup: { logX: boolean; logY: boolean }): LineChart['data']['datasets'] {
    const right = curves.filter((curve) => curve.right);
    return [
      extent(right.length > 0 ? curves.filter((curve) => !curve.right) : curves, 'y', setup),
      ...(right.length > 0 ? [extent(right, 'y2', setup)] : []),
    ];
  }

  /** Draws the curves within the axes; those that `isStrong` names are thicker and above the others. */
  draw(chart: LineChart, theme: ChartTheme, curves: readonly Curve[], isStrong: (run: string) => boolean): void {
    const area = chart.chartArea;
    if (!area) return;
    const ratio = chart.currentDevicePixelRatio;
    const scales = [chart.scales.x, chart.scales.y, chart.scales.y2].map(
      (scale) => scale && [scale.min, scale.max, scale.type],
    );
    const strong = curves.filter(({ run }) => isStrong(run));
    const key = JSON.stringify([area, ratio, scales, theme.series, theme.highContrast, strong.map(({ run }) => run)]);
    if (this.picture?.key !== key || this.picture.curves !== curves) {
      const raster = new Raster(
        Math.max(1, Math.round((area.right - area.left) * ratio)),
        Math.max(1, Math.round((area.bottom - area.top) * ratio)),
      );
      const pens = new Pens(theme);
      const width = (1.5 + (theme.highContrast ? 0.5 : 0)) * ratio;
      const axes = axesOf(chart, ratio);
      // The raster draws from the top: the strong ones, then the others from the last to the first.
      for (const curve of strong.toReversed()) stroke(raster, axes, curve, pens.of(curve), width * 1.6, ratio);
      for (let i = curves.length - 1; i >= 0; i--) {
        const curve = curves[i]!;
        if (!isStrong(curve.run)) stroke(raster, axes, curve, pens.of(curve), width, ratio);
      }
      const canvas = this.picture?.canvas ?? document.createElement('canvas');
      [canvas.width, canvas.height] = [raster.width, raster.height];
      canvas.getContext('2d')!.putImageData(new ImageData(raster.pixels, raster.width, raster.height), 0, 0);
      this.picture = { canvas, key, curves };
    }
    const { canvas } = this.picture;
    chart.ctx.drawImage(canvas, area.left, area.top, canvas.width / ratio, canvas.height / ratio);
  }

  release(): void {
    this.picture = null;
  }
}

/** Colours as numbers, each read once. */
class Pens {
  private readonly known = new Map<string, readonly [number, number, number]>();

  constructor(private readonly theme: ChartTheme) {}

  of(curve: Curve): readonly [number, number, number] {
    const css = colorOf(this.theme, curve.look);
    let color = this.known.get(css);
    if (!color) this.known.set(css, (color = channels(css)));
    return color;
  }
}

/** Red, green and blue of any colour of CSS. */
function channels(css: string): readonly [number, number, number] {
  const hex = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(css);
  if (hex) return [parseInt(hex[1]!, 16), parseInt(hex[2]!, 16), parseInt(hex[3]!, 16)];
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [1, 1];
  const context = canvas.getContext('2d')!;
  context.fillStyle = css;
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return [red!, green!, blue!];
}

/** Returns pixels of an axis for values: a line if it is linear, which is much faster than asking it. */
function pixelsOf(scale: LineChart['scales'][string], origin: number, ratio: number): (value: number) => number {
  if (scale.type !== 'linear') return (value) => (scale.getPixelForValue(value) - origin) * ratio;
  const low = (scale.getPixelForValue(scale.min) - origin) * ratio;
  const high = (scale.getPixelForValue(scale.max) - origin) * ratio;
  const slope = (high - low) / (scale.max - scale.min || 1);
  const { min } = scale;
  return (value) => low + (value - min) * slope;
}

interface Axes {
  x(value: number): number;
  y(value: number): number;
  right(value: number): number;
}

function axesOf(chart: LineChart, ratio: number): Axes {
  const { left, top } = chart.chartArea;
  const y = pixelsOf(chart.scales.y!, top, ratio);
  return {
    x: pixelsOf(chart.scales.x!, left, ratio),
    y,
    right: chart.scales.y2 ? pixelsOf(chart.scales.y2, top, ratio) : y,
  };
}

function stroke(
  raster: Raster,
  axes: Axes,
  curve: Curve,
  color: readonly [number, number, number],
  width: number,
  ratio: number,
): void {
  const px = axes.x;
  const py = curve.right ? axes.right : axes.y;
  const dash = curve.look.dash.map((one) => one * ratio);
  raster.pen(color, curve.isBound ? 0.55 : 1, curve.isBound ? ratio : width, dash);
  const { x, shown } = curve;
  let beforeX = NaN;
  let beforeY = NaN;
  let length = 0;
  for (let i = 0; i < x.length; i++) {
    const value = shown[i]!;
    if (!Number.isFinite(value)) {
      beforeX = NaN;
      continue;
    }
    const atX = px(x[i]!);
    const atY = py(value);
    if (beforeX === beforeX) {
      raster.line(beforeX, beforeY, atX, atY, length);
      if (dash.length > 0) length += Math.hypot(atX - beforeX, atY - beforeY);
    } else if (x.length === 1) raster.line(atX - width, atY, atX + width, atY);
    beforeX = atX;
    beforeY = atY;
  }
}
