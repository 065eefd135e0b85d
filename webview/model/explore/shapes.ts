/** Shapes that plots of a selection of runs are made of: fronts, volumes, distributions, lanes, smoothed surfaces. */
import type { Run } from '../../../src/protocol/engine/index.js';

export type Goal = 'minimize' | 'maximize';
export interface Point {
  run: Run;
  x: number;
  y: number;
}

/** Points that no other one dominates, by x. Of equal points, the first is included. */
export function paretoFront(points: readonly Point[], goals: readonly [Goal, Goal]): Point[] {
  const [gx, gy] = goals.map((goal) => (goal === 'maximize' ? -1 : 1)) as [number, number];
  const sorted = points.toSorted((a, b) => gx * (a.x - b.x) || gy * (a.y - b.y) || a.run.createdAt - b.run.createdAt);
  const front: Point[] = [];
  let best = Infinity;
  for (const point of sorted) {
    if (gy * point.y >= best) continue;
    best = gy * point.y;
    front.push(point);
  }
  return front.sort((a, b) => a.x - b.x);
}

/**
 * Share of the box between the best and the worst values of all points that the front dominates, after each run in the
 * order in which they started. In [0, 1].
 */
export function hypervolumes(points: readonly Point[], goals: readonly [Goal, Goal]): { run: Run; volume: number }[] {
  const unit = unitScale(points, goals);
  const front: [number, number][] = [];
  return points
    .toSorted((a, b) => a.run.createdAt - b.run.createdAt)
    .map((point) => {
      const [x, y] = unit(point);
      // Costs in [0, 1]; a point that is no better than a known one changes nothing.
      if (!front.some(([fx, fy]) => fx <= x && fy <= y)) {
        const left = front.filter(([fx, fy]) => !(x <= fx && y <= fy));
        front.splice(0, front.length, ...left, [x, y]);
        front.sort((a, b) => a[0] - b[0]);
      }
      let [volume, ceiling] = [0, 1];
      for (const [fx, fy] of front) {
        volume += (1 - fx) * Math.max(0, ceiling - fy);
        ceiling = Math.min(ceiling, fy);
      }
      return { run: point.run, volume };
    });
}

/** Returns both values as costs in [0, 1]. */
function unitScale(points: readonly Point[], goals: readonly [Goal, Goal]): (point: Point) => [number, number] {
  const scale = (values: number[], goal: Goal) => {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return (value: number) => {
      const share = high > low ? (value - low) / (high - low) : 0.5;
      return goal === 'maximize' ? 1 - share : share;
    };
  };
  const x = scale(
    points.map((point) => point.x),
    goals[0],
  );
  const y = scale(
    points.map((point) => point.y),
    goals[1],
  );
  return (point) => [x(point.x), y(point.y)];
}

/** The empirical distribution: each value with the share of values up to it. */
export function distribution(values: readonly number[]): { value: number; share: number }[] {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted.map((value, i) => ({ value, share: (i + 1) / sorted.length }));
}

export interface Lane {
  name: string;
  bars: { run: Run; from: number; to: number }[];
}

/** Runs over time, in a lane for each device; runs at the same time on one device get a lane each. */
export function lanes(runs: readonly Run[], now: number): Lane[] {
  const rows = new Map<string, Lane[]>();
  const started = runs.filter((run) => run.startedAt !== null).sort((a, b) => a.startedAt! - b.startedAt!);
  for (const run of started) {
    const name = run.device ?? '–';
    const own = rows.get(name) ?? [];
    rows.set(name, own);
    const bar = { run, from: run.startedAt!, to: Math.max(run.endedAt ?? now, run.startedAt!) };
    const free = own.find((lane) => lane.bars.at(-1)!.to <= bar.from);
    if (free) free.bars.push(bar);
    else own.push({ name, bars: [bar] });
  }
  return [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, own]) => own);
}

export const CELLS = 24;
/** Width of the kernel, as a share of an axis. */
const KERNEL = 0.09;
/** Weight below which a cell is too far from any run to say anything. */
const LEAST_WEIGHT = 0.05;

/**
 * Expected value over two axes in [0, 1]: the mean of the runs nearby, weighted by a Gaussian kernel (Nadaraya and Watson
 * 1964). Rows from the bottom; null where no run is near.
 */
export function surface(points: readonly { x: number; y: number; value: number }[]): (number | null)[][] {
  const at = (i: number): number => (i + 0.5) / CELLS;
  return Array.from({ length: CELLS }, (_, row) =>
    Array.from({ length: CELLS }, (_, column) => {
      let [weights, total] = [0, 0];
      for (const { x, y, value } of points) {
        const distance = ((x - at(column)) ** 2 + (y - at(row)) ** 2) / (2 * KERNEL ** 2);
        if (distance > 12) continue;
        const weight = Math.exp(-distance);
        weights += weight;
        total += weight * value;
      }
      return weights < LEAST_WEIGHT ? null : total / weights;
    }),
  );
}
