/** Datasets that only give the axes of a chart their ranges: the curves themselves are drawn over them. */
import type { Curve } from '../../src/drawing/curves.js';
import type { LineChart } from './chartjs.js';
import { scaleId } from './scaleId.js';

type Dataset = LineChart['data']['datasets'][number];

class Extent {
  private left = Infinity;
  private right = -Infinity;
  private low = Infinity;
  private high = -Infinity;
  /** The smallest value above zero, where a log axis may begin. */
  private least = Infinity;

  add(x: readonly number[], y: readonly number[]): void {
    for (let i = 0; i < x.length; i++) this.point(x[i]!, y[i]!);
  }

  point(at: number, value: number): void {
    if (!Number.isFinite(value)) return;
    if (at < this.left) this.left = at;
    if (at > this.right) this.right = at;
    if (value < this.low) this.low = value;
    if (value > this.high) this.high = value;
    if (value > 0 && value < this.least) this.least = value;
  }

  dataset(yAxisID: string): Dataset {
    const { left, right, low, high, least } = this;
    const data =
      left > right
        ? []
        : [{ x: left, y: low }, ...(low <= 0 && least < high ? [{ x: left, y: least }] : []), { x: right, y: high }];
    return { data, yAxisID, showLine: false, pointRadius: 0 } as Dataset;
  }
}

/** One dataset for each axis that has curves. A log x-axis goes through zero if a curve does, so all of x has a place on it. */
export function extents(curves: readonly Curve[]): Dataset[] {
  const byAxis = new Map<number, Extent>();
  for (const curve of curves) {
    const axis = curve.axis ?? 0;
    let extent = byAxis.get(axis);
    if (!extent) byAxis.set(axis, (extent = new Extent()));
    extent.add(curve.x, curve.shown);
    if (curve.isSmoothed) extent.add(curve.x, curve.y);
    for (const { x, y } of curve.band?.low ?? []) extent.point(x, y);
    for (const { x, y } of curve.band?.high ?? []) extent.point(x, y);
  }
  return [...byAxis].map(([axis, extent]) => extent.dataset(scaleId(axis)));
}
