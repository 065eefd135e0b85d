/** The Pareto front of a search with several objectives, and how much hypervolume it has reached. */
import { hypervolume, paretoFront } from '../pareto/index.js';
import { feasible, measure } from '../recommend/measured.js';
import type { History } from '../types.js';

export interface Front {
  /** Trials on the front, best first by the first objective; `values` as the user logs them (means over repeats). */
  trials: { id: number; values: number[] }[];
  /** All other measured trials that meet the constraints as well as these. */
  others: { id: number; values: number[] }[];
  /** Reference point in the user's units: only values better than these count. */
  reference: number[];
  /** Hypervolume after each trial that changed the front, in the product of the objectives' units. */
  hypervolume: { trial: number; value: number }[];
}

/** Number of objectives above which the volume is slow to compute, so only some trials get one. */
const QUICK = 3;
const SLOW_STEPS = 24;
const MARGIN = 0.1;

/**
 * Computes the front. Without `reference`, the reference point lies a tenth of the range beyond the worst value of the
 * front in each objective (somewhat worse than the nadir: Ishibuchi, Imada, Setoguchi & Nojima, "How to Specify a
 * Reference Point in Hypervolume Calculation for Fair Performance Comparison", Evolutionary Computation 26, 2018); for
 * a front with a single value, beyond the worst of all trials.
 */
export function frontOf(history: History, reference?: readonly number[]): Front {
  const { goals } = history;
  const signs = goals.map((goal) => (goal === 'maximize' ? -1 : 1));
  const known = feasible(measure(history.trials, goals));
  const points = known.map(({ losses }) => losses);
  const front = paretoFront(points).sort((a, b) => points[a]![0]! - points[b]![0]! || a - b);
  const inFront = new Set(front);
  const shown = (i: number) => ({ id: known[i]!.trial.id, values: points[i]!.map((loss, k) => signs[k]! * loss) });
  const worst = reference ? reference.map((value, k) => signs[k]! * value) : referenceOf(points, front, goals.length);
  return {
    trials: front.map(shown),
    others: Array.from(points.keys())
      .filter((i) => !inFront.has(i))
      .map(shown),
    reference: worst.map((loss, k) => signs[k]! * loss),
    hypervolume: volumes(points, worst).map(({ index, value }) => ({ trial: known[index]!.trial.id, value })),
  };
}

function referenceOf(points: readonly number[][], front: readonly number[], objectives: number): number[] {
  return Array.from({ length: objectives }, (_, k) => {
    const own = front.map((i) => points[i]![k]!).filter(Number.isFinite);
    const all = points.map((point) => point[k]!).filter(Number.isFinite);
    const values = new Set(own).size > 1 ? own : all;
    let [least, most] = [Infinity, -Infinity];
    for (const value of values) [least, most] = [Math.min(least, value), Math.max(most, value)];
    if (least > most) return 1;
    return most + MARGIN * (most - least || Math.abs(most) || 1);
  });
}

function volumes(points: readonly number[][], worst: readonly number[]): { index: number; value: number }[] {
  const found: { index: number; value: number }[] = [];
  const every = worst.length <= QUICK ? 1 : Math.ceil(points.length / SLOW_STEPS);
  let front: number[][] = [];
  let last = -1;
  for (const [index, point] of points.entries()) {
    const next = paretoFront([...front, point]);
    if (next.includes(front.length)) last = index;
    front = next.map((i) => front[i] ?? point);
    const due = every === 1 || index % every === 0 || index === points.length - 1;
    if (last < 0 || !due || (every === 1 && last < index)) continue;
    const value = hypervolume(front, worst);
    if (value > 0 && Number.isFinite(value) && value !== found.at(-1)?.value) found.push({ index: last, value });
  }
  return found;
}
