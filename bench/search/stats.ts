/** Ratios, ranks and shares of targets over tasks and seeds, with intervals by the bootstrap. */
import { Keyed } from './keyed.js';
import type { Result } from './store.js';

export interface Interval {
  value: number;
  low: number;
  high: number;
  /** Tasks and searches (pairs) it is drawn from. */
  tasks: number;
  pairs: number;
  /** The fewest and the most seeds that a task of them has. */
  seeds: [fewest: number, most: number];
}

const RESAMPLES = 2000;
const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;

/** Mean over tasks of the mean over seeds; 95 % interval: tasks are resampled, and seeds within them. */
export function interval(byTask: readonly (readonly number[])[]): Interval | null {
  const tasks = byTask.filter((values) => values.length > 0);
  if (tasks.length === 0) return null;
  const random = new Keyed('bootstrap');
  const means = Array.from({ length: RESAMPLES }, () => {
    let total = 0;
    for (let i = 0; i < tasks.length; i++) {
      const values = tasks[random.int(tasks.length)]!;
      let sum = 0;
      for (let k = 0; k < values.length; k++) sum += values[random.int(values.length)]!;
      total += sum / values.length;
    }
    return total / tasks.length;
  }).sort((a, b) => a - b);
  return {
    value: mean(tasks.map(mean)),
    low: means[Math.floor(0.025 * RESAMPLES)]!,
    high: means[Math.ceil(0.975 * RESAMPLES) - 1]!,
    tasks: tasks.length,
    pairs: tasks.reduce((count, values) => count + values.length, 0),
    seeds: [Math.min(...tasks.map(({ length }) => length)), Math.max(...tasks.map(({ length }) => length))],
  };
}

export const regretAt = (result: Result, at: number): number | undefined =>
  result.regret.find(([spent]) => spent === at)?.[1];

/** Returns the geometric mean of the regrets' ratios, `mine` over `theirs`, for searches of the same task and seed. */
export function ratio(mine: readonly Result[], theirs: readonly Result[], at: number): Interval | null {
  const other = new Map(theirs.map((result) => [`${result.task} ${result.seed}`, regretAt(result, at)]));
  const byTask = new Map<string, number[]>();
  for (const result of mine) {
    const [own, their] = [regretAt(result, at), other.get(`${result.task} ${result.seed}`)];
    if (own === undefined || their === undefined) continue;
    byTask.set(result.task, [...(byTask.get(result.task) ?? []), Math.log(own / their)]);
  }
  const found = interval([...byTask.values()]);
  if (!found) return null;
  return { ...found, value: Math.exp(found.value), low: Math.exp(found.low), high: Math.exp(found.high) };
}

/** Returns the searches of tasks and seeds that all have completed up to `at`. */
export function common(all: ReadonlyMap<string, readonly Result[]>, at: number): Map<string, Result[]> {
  const keyOf = (result: Result): string => `${result.task} ${result.seed}`;
  const done = [...all.values()].map((results) => {
    return new Set(results.filter((result) => regretAt(result, at) !== undefined).map(keyOf));
  });
  return new Map(
    [...all].map(([name, results]) => [name, results.filter((r) => done.every((keys) => keys.has(keyOf(r))))]),
  );
}

/** Average rank of each, over tasks and seeds that all have done. Equal regrets share their ranks. */
export function ranks(all: ReadonlyMap<string, readonly Result[]>, at: number): Map<string, Interval> {
  const shared = [...common(all, at)];
  const columns = shared.map(([, results]) => new Map(results.map((r) => [`${r.task} ${r.seed}`, regretAt(r, at)!])));
  const byTask = shared.map(() => new Map<string, number[]>());
  for (const key of columns[0]?.keys() ?? []) {
    const values = columns.map((column) => column.get(key)!);
    const task = key.split(' ')[0]!;
    for (const [i, value] of values.entries()) {
      const better = values.filter((other) => other < value).length;
      const equal = values.filter((other) => other === value).length;
      byTask[i]!.set(task, [...(byTask[i]!.get(task) ?? []), better + (equal + 1) / 2]);
    }
  }
  const found = shared.map(([name], i): [string, Interval | null] => [name, interval([...byTask[i]!.values()])]);
  return new Map(found.filter((pair): pair is [string, Interval] => pair[1] !== null));
}

/** Share of targets (regrets of 10^0 to 10^-4, five a decade) reached by then, over tasks and seeds. */
export function reached(results: readonly Result[], at: number): number | null {
  const targets = Array.from({ length: 21 }, (_, i) => 10 ** (-i / 5));
  const shares = results.flatMap((result) => {
    const regret = regretAt(result, at);
    return regret === undefined ? [] : [targets.filter((target) => regret <= target).length / targets.length];
  });
  return shares.length ? mean(shares) : null;
}
