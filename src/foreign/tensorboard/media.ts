/** Converts pictures and histograms of summaries to the form of our own journals. */
import type { PlotDrawing } from '../../protocol/engine/drawings.js';
import { FIXED64, type Fields } from '../../protocol/values/protobuf.js';
import { readNumbers } from './tensor.js';

/** Points of a curve that are kept. */
const MOST_POINTS = 1000;

export const media = { histogram: 'application/vnd.tunesmith.histogram+json' } as const;

/** Counts and edges as JSON; null if they are not a histogram. */
export function histogramJson(counts: number[], edges: number[]): Buffer | null {
  const good = counts.length > 0 && edges.length === counts.length + 1;
  return good && [...counts, ...edges].every(Number.isFinite) ? Buffer.from(JSON.stringify({ counts, edges })) : null;
}

/** A HistogramProto: upper limits of buckets, the outermost ones being the largest doubles. */
export function oldHistogram(fields: Fields): Buffer | null {
  let min = NaN;
  let max = NaN;
  const limits: number[] = [];
  const counts: number[] = [];
  while (fields.next()) {
    if (fields.number === 1 && fields.wire === FIXED64) min = fields.double();
    else if (fields.number === 2 && fields.wire === FIXED64) max = fields.double();
    else if (fields.number === 6) readNumbers(fields, limits, FIXED64);
    else if (fields.number === 7) readNumbers(fields, counts, FIXED64);
    else fields.skip();
  }
  if (limits.length !== counts.length) return null;
  const first = counts.findIndex((count) => count > 0);
  if (first < 0) return null;
  const last = counts.findLastIndex((count) => count > 0);
  // A bucket begins where the one before it ends; the values themselves bound the outermost ones.
  const edges = [Math.max(min, first > 0 ? limits[first - 1]! : min), ...limits.slice(first, last + 1)];
  edges[edges.length - 1] = Math.min(max, edges.at(-1)!);
  return histogramJson(counts.slice(first, last + 1), edges);
}

/** The tensor of the histogram plugin: rows of left edge, right edge and count. */
export function histogramOf(numbers: number[], shape: number[]): Buffer | null {
  if (shape.length !== 2 || shape[1] !== 3 || numbers.length < 3 || numbers.length % 3 !== 0) return null;
  const rows = Array.from({ length: numbers.length / 3 }, (_, i) => numbers.slice(3 * i, 3 * i + 3));
  return histogramJson(
    rows.map((row) => row[2]!),
    [rows[0]![0]!, ...rows.map((row) => row[1]!)],
  );
}

/** The tensor of the pr_curves plugin: rows of true and false positives, true and false negatives, precision and recall. */
export function prCurveOf(name: string, numbers: number[], shape: number[]): Buffer | null {
  const [rows, count = 0] = shape;
  if (rows !== 6 || shape.length !== 2 || count < 1 || numbers.length !== 6 * count) return null;
  const every = Math.ceil(count / MOST_POINTS);
  const line = (row: number): (number | null)[] =>
    Array.from({ length: Math.ceil(count / every) }, (_, i) => {
      const value = numbers[row * count + i * every]!;
      return Number.isFinite(value) ? value : null;
    });
  const plot: PlotDrawing = {
    ...{ kind: 'line', title: '', x: 'recall', y: 'precision' },
    series: [{ name: name.slice(0, 500), x: line(5), y: line(4) }],
  };
  return Buffer.from(JSON.stringify(plot));
}

/** The type of an encoded picture by its first bytes. */
export function imageMime(bytes: Buffer): string {
  if (bytes[0] === 0x89 && bytes[1] === 0x50) return 'image/png';
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'image/jpeg';
  if (bytes.toString('latin1', 0, 3) === 'GIF') return 'image/gif';
  return bytes.toString('latin1', 8, 12) === 'WEBP' ? 'image/webp' : 'application/octet-stream';
}
