/** Pixels of a chart's axes, for what is drawn over them. */
import type { Curve } from '../../src/drawing/curves.js';
import type { LineChart } from './chartjs.js';
import { scaleId } from './scaleId.js';

type Scale = LineChart['scales'][string];
export type ToPixel = (value: number) => number;

/** The vertical axis that a curve belongs to. */
export const scaleOf = (chart: LineChart, curve: Pick<Curve, 'axis'>): Scale =>
  chart.scales[scaleId(curve.axis)] ?? chart.scales.y!;

/** Returns pixels of an axis for values: a line if it is linear, which is much faster than asking it. */
export function pixelsOf(scale: Scale, origin = 0, ratio = 1): ToPixel {
  if (scale.type !== 'linear') return (value) => (scale.getPixelForValue(value) - origin) * ratio;
  const low = (scale.getPixelForValue(scale.min) - origin) * ratio;
  const high = (scale.getPixelForValue(scale.max) - origin) * ratio;
  const slope = (high - low) / (scale.max - scale.min || 1);
  const { min } = scale;
  return (value) => low + (value - min) * slope;
}

/** Pixels of each curve's axes; each axis is asked once. */
export class Pixels {
  readonly x: ToPixel;
  private readonly known = new Map<Scale, ToPixel>();

  constructor(
    private readonly chart: LineChart,
    private readonly from: { left: number; top: number; ratio: number } = { left: 0, top: 0, ratio: 1 },
  ) {
    this.x = pixelsOf(chart.scales.x!, from.left, from.ratio);
  }

  y(curve: Pick<Curve, 'axis'>): ToPixel {
    const scale = scaleOf(this.chart, curve);
    let pixels = this.known.get(scale);
    if (!pixels) this.known.set(scale, (pixels = pixelsOf(scale, this.from.top, this.from.ratio)));
    return pixels;
  }
}
