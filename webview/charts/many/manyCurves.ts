/** Curves of hundreds of runs in one chart: Chart.js draws the axes, and the curves are drawn as one picture. */
import type { Curve } from '../../../src/drawing/curves.js';
import type { LineChart } from '../chartjs.js';
import { colorOf, type ChartTheme } from '../theme.js';
import { Pixels } from '../pixels.js';
import { Raster } from './raster.js';

/** Number of curves from which on they are drawn as a picture. */
const MANY = 100;

export const areMany = (curves: readonly Curve[]): boolean =>
  curves.length >= MANY && curves.every(({ band, isSmoothed }) => !band && !isSmoothed);

export class ManyCurves {
  private picture: { canvas: HTMLCanvasElement; key: string; curves: readonly Curve[] } | null = null;

  /** Draws the curves within the axes; those that `isStrong` names are thicker and above the others. */
  draw(chart: LineChart, theme: ChartTheme, curves: readonly Curve[], isStrong: (run: string) => boolean): void {
    const area = chart.chartArea;
    if (!area) return;
    const ratio = chart.currentDevicePixelRatio;
    const scales = Object.values(chart.scales).map(({ id, min, max, type }) => [id, min, max, type]);
    const strong = curves.filter(({ run }) => isStrong(run));
    const key = JSON.stringify([area, ratio, scales, theme.series, theme.highContrast, strong.map(({ run }) => run)]);
    if (this.picture?.key !== key || this.picture.curves !== curves) {
      const raster = new Raster(
        Math.max(1, Math.round((area.right - area.left) * ratio)),
        Math.max(1, Math.round((area.bottom - area.top) * ratio)),
      );
      const pens = new Pens(theme);
      const width = (1.5 + (theme.highContrast ? 0.5 : 0)) * ratio;
      const pixels = new Pixels(chart, { left: area.left, top: area.top, ratio });
      // The raster draws from the top: the strong ones, then the others from the last to the first.
      for (const curve of strong.toReversed()) stroke(raster, pixels, curve, pens.of(curve), width * 1.6, ratio);
      for (let i = curves.length - 1; i >= 0; i--) {
        const curve = curves[i]!;
        if (!isStrong(curve.run)) stroke(raster, pixels, curve, pens.of(curve), width, ratio);
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

function stroke(
  raster: Raster,
  pixels: Pixels,
  curve: Curve,
  color: readonly [number, number, number],
  width: number,
  ratio: number,
): void {
  const px = pixels.x;
  const py = pixels.y(curve);
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
