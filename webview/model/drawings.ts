import type { Run } from '../../src/protocol/engine/index.js';
import type { Drawings, HistogramDrawing, PlotDrawing } from '../../src/protocol/engine/drawings.js';
import { isLive } from './values.js';

/** Size of the area that is drawn in, in units of the view box. */
export const WIDTH = 400;
export const HEIGHT = 160;
/** Milliseconds after which a live run is asked again. */
const FRESH_MS = 5000;

/** A rectangle in the view box. */
export interface Bar {
  x: number;
  y: number;
  width: number;
  height: number;
  title: string;
}

type Format = (value: number) => string;

/** Returns a bar for each bin that has values. Bins are as wide as they are, and bars as high as their counts. */
export function histogramBars({ counts, edges }: HistogramDrawing, format: Format): Bar[] {
  const [low, high] = [edges[0]!, edges.at(-1)!];
  const most = Math.max(...counts);
  const across = (edge: number): number => (high > low ? ((edge - low) / (high - low)) * WIDTH : 0);
  return counts.flatMap((count, i) => {
    if (!(count > 0)) return [];
    const [left, right] = [across(edges[i]!), across(edges[i + 1]!)];
    const height = (count / most) * HEIGHT;
    const title = `${format(edges[i]!)} … ${format(edges[i + 1]!)}: ${format(count)}`;
    return [{ x: left, y: HEIGHT - height, width: Math.max(0.5, right - left), height, title }];
  });
}

export interface PlotPicture {
  /** Attribute `d` of a path for each line; for points and bars those are in `bars`. */
  lines: { name: string; path: string; place: number }[];
  dots: { x: number; y: number; title: string; place: number }[];
  bars: Bar[];
  /** Ends of the axes; null if there are no values. */
  x: [number, number] | null;
  y: [number, number] | null;
}

/** Places the points of a plot. Points without a finite number are left out, and lines have gaps there. */
export function plotPicture(plot: PlotDrawing, format: Format): PlotPicture {
  if (plot.kind === 'bar') return barPicture(plot, format);
  const numbers = plot.series.map(({ name, x, y }, place) => ({
    ...{ name, place },
    points: y.map((value, i) => [typeof x[i] === 'number' ? x[i] : null, value] as const),
  }));
  const all = numbers.flatMap(({ points }) => points).filter(isWhole);
  const [x, y] = [extent(all.map(([at]) => at)), extent(all.map(([, value]) => value))];
  const place = ([at, value]: readonly [number, number]): [number, number] => [
    scale(at, x) * WIDTH,
    HEIGHT - scale(value, y) * HEIGHT,
  ];
  const dots = numbers.flatMap(({ name, points, place: of }) =>
    points.filter(isWhole).map((point) => {
      const [left, top] = place(point);
      return { x: left, y: top, title: `${name}: ${format(point[0])}, ${format(point[1])}`, place: of };
    }),
  );
  if (plot.kind === 'scatter') return { lines: [], dots, bars: [], x, y };
  const lines = numbers.map(({ name, points, place: of }) => {
    let path = '';
    let isDrawing = false;
    for (const point of points) {
      if (isWhole(point)) {
        const [left, top] = place(point);
        path += `${isDrawing ? 'L' : 'M'}${left.toFixed(1)} ${top.toFixed(1)}`;
      }
      isDrawing = isWhole(point);
    }
    return { name, path, place: of };
  });
  return { lines, dots: [], bars: [], x, y };
}

function barPicture({ series }: PlotDrawing, format: Format): PlotPicture {
  const [first] = series;
  const values = first?.y ?? [];
  const y = extent([0, ...values.filter((value) => value !== null)]);
  const wide = WIDTH / Math.max(1, values.length);
  const zero = HEIGHT - scale(0, y) * HEIGHT;
  const bars = values.flatMap((value, i) => {
    if (value === null) return [];
    const top = HEIGHT - scale(value, y) * HEIGHT;
    const title = `${String(first!.x[i] ?? i)}: ${format(value)}`;
    return [
      { x: i * wide, y: Math.min(top, zero), width: Math.max(0.5, wide * 0.85), height: Math.abs(zero - top), title },
    ];
  });
  return { lines: [], dots: [], bars, x: null, y };
}

const isWhole = (point: readonly [number | null, number | null]): point is readonly [number, number] =>
  point[0] !== null && point[1] !== null;

function extent(values: readonly number[]): [number, number] | null {
  if (values.length === 0) return null;
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  return [low, high];
}

const scale = (value: number, range: [number, number] | null): number =>
  range && range[1] > range[0] ? (value - range[0]) / (range[1] - range[0]) : 0.5;

/** The drawings of runs: each asked for once, those of live runs again after a while. */
export class DrawingsOfRuns {
  private readonly known = new Map<string, Drawings | null>();
  private readonly asked = new Map<string, { at: number; endedAt: number | null }>();

  constructor(
    private readonly ask: (query: { id: string; name?: string; step?: number }) => Promise<Drawings>,
    private readonly onNews: () => void,
  ) {}

  /** Undefined while it is being read for the first time; null when it can't be. */
  of(run: Run, name?: string, step?: number): Drawings | null | undefined {
    const key = JSON.stringify([run.id, name, step]);
    const asked = this.asked.get(key);
    const isOld = asked?.endedAt !== run.endedAt || (isLive(run) && Date.now() - asked.at > FRESH_MS);
    if (!asked || isOld) {
      this.asked.set(key, { at: Date.now(), endedAt: run.endedAt });
      const query = { id: run.id, ...(name !== undefined && { name }), ...(step !== undefined && { step }) };
      void this.ask(query)
        .catch(() => null)
        .then((found) => {
          this.known.set(key, found);
          this.onNews();
        });
    }
    return this.known.get(key);
  }
}
