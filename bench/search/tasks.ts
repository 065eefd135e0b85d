/** Optimization tasks. A task makes a problem for each seed: space, noise-free value, noise, and the best value possible. */
import type { Params, ParamValue } from '../../src/protocol/values/index.js';
import { Keyed } from './keyed.js';

export interface Problem {
  /** As in an experiment file. */
  space: Record<string, unknown>;
  /** Without noise; smaller is better. One value an objective. */
  truth(params: Params): number[];
  /** With noise; `repeat`: how often this configuration has been measured before. Absent: `truth`. */
  measure?(params: Params, repeat: number): number[];
  /** Truth at the best configuration (single objective). */
  best: number;
  /**
   * Multi-fidelity: value after `step` of `steps`, with noise. At the last step `truth` is what it would be without; with
   * `mean`, a trial ends with the mean of what it reported.
   */
  curve?: { steps: number; mean?: boolean; at(params: Params, step: number): number };
  /** Several objectives: the point that bounds the hypervolume, and the largest that can be had. */
  front?: { reference: number[]; hypervolume: number };
}

export interface Task {
  id: string;
  group: string;
  /** Changes whenever the task does, so that no outdated result is used for it. */
  version: number;
  /** Regret below this share of random search's median is as good as none. */
  floor: number;
  objectives: number;
  problem(seed: number): Problem;
}

/** Regret 1: what half of random configurations reach. */
export function scaleOf(task: Task, seed: number, problem: Problem): number {
  const random = new Keyed(`scale ${task.id} ${seed}`);
  const values = Array.from({ length: 999 }, () => problem.truth(draw(problem.space, random))[0]! - problem.best);
  values.sort((a, b) => a - b);
  return values[499]! || values.find((value) => value > 0) || 1;
}

/** A random configuration. */
export const draw = (space: Record<string, unknown>, random: Keyed): Params =>
  place(
    space,
    Object.keys(space).map(() => random.next()),
  );

interface Entry {
  [kind: string]: unknown;
  when?: Record<string, ParamValue | ParamValue[]>;
  step?: number;
}
/** The configuration at a point of the unit cube, an axis a parameter; conditions are looked at in the space's order. */
export function place(space: Record<string, unknown>, u: readonly number[]): Params {
  const params: Params = {};
  for (const [i, [name, written]] of Object.entries(space).entries()) {
    const entry = written as Entry;
    const active = Object.entries(entry.when ?? {}).every(([parent, values]) =>
      (Array.isArray(values) ? values : [values]).includes(params[parent]!),
    );
    if (active) params[name] = placeOne(entry, u[i]!);
  }
  return params;
}

function placeOne(entry: Entry, u: number): ParamValue {
  if (Array.isArray(entry.choice)) return entry.choice[Math.floor(u * entry.choice.length)] as ParamValue;
  const kind = ['uniform', 'log', 'int', 'logInt'].find((each) => each in entry)!;
  const [low, high] = entry[kind] as [number, number];
  switch (kind) {
    case 'uniform':
      return entry.step ? low + entry.step * Math.floor(u * ((high - low) / entry.step + 1)) : low + u * (high - low);
    case 'log':
      return low * (high / low) ** u;
    case 'int':
      return low + (entry.step ?? 1) * Math.floor(u * ((high - low) / (entry.step ?? 1) + 1));
    default:
      return Math.min(high, Math.max(low, Math.round((low - 0.5) * ((high + 0.5) / (low - 0.5)) ** u)));
  }
}

/** The least value where no formula gives it: random search, then small steps from the ten best places. */
export function minimum(space: Record<string, unknown>, f: (params: Params) => number, key: string): number {
  const known = minima.get(key);
  if (known !== undefined) return known;
  const random = new Keyed(`minimum ${key}`);
  const d = Object.keys(space).length;
  const all = Array.from({ length: 4000 }, () => {
    const u = Array.from({ length: d }, () => random.next());
    return { u, value: f(place(space, u)) };
  });
  all.sort((a, b) => a.value - b.value);
  let best = Infinity;
  for (const start of all.slice(0, 10)) {
    let { u, value } = start;
    let size = 0.2;
    for (let i = 0; i < 1500; i++) {
      const next = u.map((v) =>
        random.next() < 0.5 ? v : Math.min(1 - 1e-12, Math.max(0, v + size * random.normal())),
      );
      const at = f(place(space, next));
      if (at < value) [u, value, size] = [next, at, Math.min(0.3, size * 1.5)];
      else size = Math.max(1e-7, size * 0.97);
    }
    best = Math.min(best, value);
  }
  minima.set(key, best);
  return best;
}
const minima = new Map<string, number>();
