import type { XAxis } from '../../src/drawing/series.js';
import type { PanelModel } from '../model/panel.js';
import { formatX, xTitle } from '../../src/drawing/xAxis.js';
import type { LineChart } from './chartjs.js';
import type { Curve } from '../../src/drawing/curves.js';
import { setHover } from './hover.js';
import { closest, hitsAt, type Hit } from './overlay.js';
import { scaleOf } from './pixels.js';
import { hideTooltip, showTooltip } from './tooltip.js';

/** Distance in pixels within which the pointer is on a curve. */
const NEAR = 14;

/** The part of a chart that is needed to read it with pointer or keys. */
export interface Readable {
  readonly chart: LineChart | null;
  readonly curves: readonly Curve[];
  readonly heading: string;
  readonly settings: { readonly smoothing: number };
  readonly x: XAxis;
  readonly model: PanelModel;
  /** Moves the crosshair; null takes it away. */
  point(x: number | null, hits?: readonly Hit[], nearestRun?: string | null): void;
  readonly zoomed: boolean;
  reset(): void;
}

/** Reads a chart's values where the pointer is or where the arrow keys have gone. */
export class ChartReader {
  private keyX: number | null = null;

  constructor(private readonly card: Readable) {}

  hits(x: number): Hit[] {
    const scale = this.card.chart!.scales.x!;
    return hitsAt(this.card.curves, x, Math.abs((scale.max - scale.min) * 0.02));
  }

  readonly pointerMove = (event: PointerEvent) => {
    const { chart } = this.card;
    if (!chart?.chartArea || event.buttons !== 0) return this.leave();
    const box = chart.canvas.getBoundingClientRect();
    const px = event.clientX - box.left;
    const py = event.clientY - box.top;
    const { left, right, top, bottom } = chart.chartArea;
    if (px < left || px > right || py < top || py > bottom) return this.leave();
    this.hoverAt(chart.scales.x!.getValueForPixel(px)!, py, { x: event.clientX, y: event.clientY });
  };

  private hoverAt(x: number, pixelY: number | null, at: { x: number; y: number }): void {
    const hits = this.hits(x);
    if (hits.length === 0) return this.leave();
    const near = pixelY === null ? null : closest(this.card.chart!, hits, pixelY);
    const gap =
      near && pixelY !== null
        ? Math.abs(scaleOf(this.card.chart!, near.curve).getPixelForValue(near.shown) - pixelY)
        : 99;
    const at2 = near?.x ?? hits[0]!.x;
    this.card.point(at2, hits, gap < NEAR && this.card.curves.length > 1 ? near!.curve.run : null);
    const { runs } = this.card.model;
    showTooltip(
      {
        title: `${this.card.heading} · ${xTitle(this.card.x)} ${formatX(this.card.x, at2)}`,
        hits,
        nearest: near,
        smoothed: this.card.settings.smoothing > 0,
        label: (id) => {
          const run = runs.get(id);
          if (!run) return id;
          const ended = ['failed', 'pruned', 'stopped'].includes(run.status) ? ` (${run.status})` : '';
          return this.card.model.label(run).text + ended;
        },
      },
      at,
    );
    setHover({ source: this.card, x: at2 });
  }

  readonly leave = () => {
    this.keyX = null;
    hideTooltip();
    this.card.point(null);
    setHover({ source: this.card, x: null });
  };

  readonly keys = (event: KeyboardEvent) => {
    const { chart } = this.card;
    if (!chart || event.altKey || event.metaKey || event.ctrlKey) return;
    const { left, right, top } = chart.chartArea;
    const box = chart.canvas.getBoundingClientRect();
    const sideways = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : 0;
    if (sideways !== 0 && event.shiftKey) chart.pan({ x: -sideways * 40 });
    else if (sideways !== 0) {
      const scale = chart.scales.x!;
      const from = this.keyX === null ? (sideways > 0 ? left : right) : scale.getPixelForValue(this.keyX);
      this.keyX = this.stepTo(from, sideways) ?? this.keyX;
      if (this.keyX !== null) {
        const px = scale.getPixelForValue(this.keyX);
        this.hoverAt(this.keyX, null, { x: box.left + px, y: box.top + top });
      }
    } else if (event.key === '+' || event.key === '=') chart.zoom(1.25);
    else if (event.key === '-') chart.zoom(0.8);
    else if (event.key === '0' || (event.key === 'Escape' && this.card.zoomed)) this.card.reset();
    else if (event.key === 'Escape') this.leave();
    else return;
    event.preventDefault();
  };

  /** The next point of any curve to that side of a pixel. */
  private stepTo(from: number, direction: 1 | -1 | number): number | null {
    const scale = this.card.chart!.scales.x!;
    let found: number | null = null;
    for (const curve of this.card.curves) {
      for (const x of curve.x) {
        const px = scale.getPixelForValue(x);
        if (direction > 0 ? px <= from + 0.5 : px >= from - 0.5) continue;
        if (found === null || (direction > 0 ? x < found : x > found)) found = x;
      }
    }
    return found;
  }
}
