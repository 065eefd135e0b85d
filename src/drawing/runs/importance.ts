/**
 * How much single parameters have to do with a value, already from a few runs. The share of the variance of the value's
 * ranks that one parameter explains alone: by its groups if it is a choice, else by a parabola over its ranks; corrected
 * for the number of fitted coefficients (adjusted R², Ezekiel 1930), so that chance alone gives about nothing. The
 * uncertainty is that of a bootstrap over runs (Efron 1979). Interactions are not seen; a search's own insights see them.
 */
import type { Run } from '../../protocol/engine/index.js';
import { ranks, type Column } from './plotColumns.js';

/** Minimum number of runs with a value for an estimate. */
export const LEAST_RUNS = 5;
const SAMPLES = 200;
/** The interval holds the middle four fifths of the samples. */
const INTERVAL = [0.1, 0.9] as const;

export interface Share {
  column: Column;
  /** In [0, 1]. */
  share: number;
  low: number;
  high: number;
  /** Runs that have both values. */
  runs: number;
}

export function importanceOf(runs: readonly Run[], columns: readonly Column[], target: Column): Share[] {
  return columns
    .filter((column) => column.key !== target.key)
    .flatMap((column) => {
      const pairs = runs.flatMap((run) => {
        const [x, y] = [column.of(run), target.of(run)];
        return x === undefined || typeof y !== 'number' ? [] : [{ x, y }];
      });
      if (pairs.length < LEAST_RUNS) return [];
      const share = explained(column, pairs);
      const random = generator(pairs.length);
      const samples = Array.from({ length: SAMPLES }, () =>
        explained(
          column,
          pairs.map(() => pairs[Math.floor(random() * pairs.length)]!),
        ),
      ).sort((a, b) => a - b);
      const at = (part: number) => samples[Math.round(part * (SAMPLES - 1))]!;
      return [
        {
          column,
          share,
          low: Math.min(share, at(INTERVAL[0])),
          high: Math.max(share, at(INTERVAL[1])),
          runs: pairs.length,
        },
      ];
    })
    .sort((a, b) => b.share - a.share || b.high - a.high);
}

type Pair = { x: ReturnType<Column['of']>; y: number };

function explained(column: Column, pairs: readonly Pair[]): number {
  const y = ranks(pairs.map((pair) => pair.y));
  const [fitted, coefficients] =
    column.kind === 'choice'
      ? byGroup(
          pairs.map(({ x }) => JSON.stringify(x)),
          y,
        )
      : byParabola(ranks(pairs.map(({ x }) => Number(x))), y);
  const mean = sum(y) / y.length;
  const total = sum(y.map((value) => (value - mean) ** 2));
  const left = y.length - 1 - coefficients;
  if (total < 1e-12 || left < 1) return 0;
  const rest = sum(y.map((value, i) => (value - fitted[i]!) ** 2));
  return Math.max(0, Math.min(1, 1 - rest / left / (total / (y.length - 1))));
}

function byGroup(keys: readonly string[], y: readonly number[]): [fitted: number[], coefficients: number] {
  const groups = new Map<string, { sum: number; n: number }>();
  for (const [i, key] of keys.entries()) {
    const group = groups.get(key) ?? { sum: 0, n: 0 };
    groups.set(key, group);
    group.sum += y[i]!;
    group.n++;
  }
  return [keys.map((key) => groups.get(key)!.sum / groups.get(key)!.n), groups.size - 1];
}

/** Least squares of a + bx + cx² by its normal equations, with x moved to its mean. */
function byParabola(x: readonly number[], y: readonly number[]): [fitted: number[], coefficients: number] {
  const mean = sum(x) / x.length;
  const basis = x.map((value) => [1, value - mean, (value - mean) ** 2]);
  const matrix = [0, 1, 2].map((i) => [
    ...[0, 1, 2].map((k) => sum(basis.map((row) => row[i]! * row[k]!))),
    sum(basis.map((row, at) => row[i]! * y[at]!)),
  ]);
  let used = 0;
  for (let i = 0; i < 3; i++) {
    const pivot = matrix[i]![i]!;
    // Two different values have no curvature.
    if (Math.abs(pivot) < 1e-9) {
      matrix[i] = [0, 0, 0, 0];
      continue;
    }
    if (i > 0) used++;
    matrix[i] = matrix[i]!.map((value) => value / pivot);
    for (let k = 0; k < 3; k++) {
      const factor = matrix[k]![i]!;
      if (k !== i) matrix[k] = matrix[k]!.map((value, at) => value - factor * matrix[i]![at]!);
    }
  }
  const [a, b, c] = matrix.map((row) => row[3]!);
  return [basis.map(([, one, two]) => a! + b! * one! + c! * two!), used];
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Uniform numbers in [0, 1) that are the same each time (mulberry32), so that bars do not tremble. */
function generator(seed: number): () => number {
  let state = seed * 2654435761;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
