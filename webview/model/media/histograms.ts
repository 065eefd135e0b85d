import { HistogramDrawing } from '../../../src/protocol/engine/drawingFiles.js';
import { textOf } from './media.js';

export interface StepHistogram {
  step: number;
  histogram: HistogramDrawing;
}

/** A histogram from its file; null if it is none. */
export function readHistogram(data: string): HistogramDrawing | null {
  try {
    return HistogramDrawing.safeParse(JSON.parse(textOf(data))).data ?? null;
  } catch {
    return null;
  }
}

/** Histograms of several steps on the same bins. */
export interface Distribution {
  low: number;
  high: number;
  /** Density of each bin, at most 1, for each step. */
  rows: { step: number; density: number[] }[];
}

/** Spreads counts over common bins of equal width, each bin's count in proportion to the overlap. */
export function distribute(all: readonly StepHistogram[], bins = 60): Distribution {
  const low = Math.min(...all.map(({ histogram }) => histogram.edges[0]!));
  const high = Math.max(...all.map(({ histogram }) => histogram.edges.at(-1)!));
  const width = (high - low) / bins || 1;
  const rows = all.map(({ step, histogram: { counts, edges } }) => {
    const density = new Array<number>(bins).fill(0);
    const total = counts.reduce((sum, count) => sum + count, 0) || 1;
    counts.forEach((count, i) => {
      const [from, to] = [edges[i]!, edges[i + 1]!];
      if (!(to > from)) {
        density[Math.min(bins - 1, Math.max(0, Math.floor((from - low) / width)))]! += count / total;
        return;
      }
      const [first, last] = [Math.floor((from - low) / width), Math.min(bins - 1, Math.floor((to - low) / width))];
      for (let bin = Math.max(0, first); bin <= last; bin++) {
        const overlap = Math.min(to, low + (bin + 1) * width) - Math.max(from, low + bin * width);
        if (overlap > 0) density[bin]! += (count / total) * (overlap / (to - from));
      }
    });
    return { step, density };
  });
  const most = Math.max(...rows.flatMap(({ density }) => density)) || 1;
  return { low, high, rows: rows.map(({ step, density }) => ({ step, density: density.map((each) => each / most) })) };
}

/** Count, mean and quantiles of a histogram, assuming that the values of a bin are spread evenly. */
export function summaryOf({ counts, edges }: HistogramDrawing) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const mean = counts.reduce((sum, count, i) => sum + (count * (edges[i]! + edges[i + 1]!)) / 2, 0) / (total || 1);
  const quantile = (share: number): number => {
    let left = share * total;
    for (const [i, count] of counts.entries()) {
      if (left <= count && count > 0) return edges[i]! + (left / count) * (edges[i + 1]! - edges[i]!);
      left -= count;
    }
    return edges.at(-1)!;
  };
  return { total, mean, low: edges[0]!, quarter: quantile(0.25), median: quantile(0.5), most: quantile(0.75), high: edges.at(-1)! };
}

/** Attribute `d` of the outline of each step, the rearmost first, for an area of this size. */
export function ridges({ rows }: Distribution, width: number, height: number): { step: number; path: string }[] {
  const rise = height / (1 + Math.min(4, rows.length) / 4) / 2.2;
  const room = height - rise;
  return rows.map(({ step, density }, i) => {
    const base = rise + (rows.length > 1 ? (i / (rows.length - 1)) * room : room);
    const points = density.map(
      (each, bin) => `${(((bin + 0.5) / density.length) * width).toFixed(1)} ${(base - each * rise).toFixed(1)}`,
    );
    return { step, path: `M0 ${base.toFixed(1)}L${points.join('L')}L${width} ${base.toFixed(1)}Z` };
  });
}
