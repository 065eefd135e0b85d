/**
 * Partial dependence: a surrogate's expected objective for each value of one or two parameters, averaged over all
 * others: Friedman, "Greedy Function Approximation" (Annals of Statistics 29, 2001), section 8.2. The average is over
 * random points of the space (the same for every value); for a conditional parameter, over the points where it is
 * active.
 */
import type { ParamValue } from '../../protocol/values/index.js';
import type { History } from '../types.js';
import type { Axis } from '../space/unit.js';
import { drawsOf } from './draws.js';
import { completedOf, lossesOf, rowsOf, type Unknown } from './rows.js';
import { fitSurrogate, type SurrogateKind } from './surrogate.js';

export interface DependenceOptions {
  /** Index of the objective, from 0. */
  objective?: number;
  /** Surrogate; chosen by the number of trials by default. */
  model?: SurrogateKind;
}

export interface Curve {
  name: string;
  /** Values along a plot's axis: evenly spaced, on a logarithmic scale if the range has one. */
  values: ParamValue[];
  mean: number[];
  /** Standard deviation of the estimate, in the objective's units. */
  sd: number[];
}

export interface Surface {
  names: [string, string];
  values: [ParamValue[], ParamValue[]];
  /**
   * Means row by row: all values of the second parameter for the first value of the first, and so on. Null where the
   * two are not active together.
   */
  mean: (number | null)[];
  sd: (number | null)[];
}

export interface Dependence {
  model: SurrogateKind;
  trials: number;
  /** Names of the parameters that can vary, in the order of the space. */
  names: string[];
  /** Returns null if the parameter cannot vary. */
  curve(name: string): Curve | null;
  /** Returns null if one of them cannot vary, or if they are never active together. */
  surface(a: string, b: string): Surface | null;
}

export const DEPENDENCE_NEEDS = 8;
const DRAWS = 192;
const SURFACE_DRAWS = 96;
const POINTS = 33;
const SURFACE_POINTS = 15;

export function dependence(history: History, options: DependenceOptions = {}): Dependence | Unknown {
  const { objective = 0, model } = options;
  const trials = completedOf(history);
  if (trials.length < DEPENDENCE_NEEDS) {
    const unknown = `needs at least ${DEPENDENCE_NEEDS} trials that have completed`;
    return { unknown, trials: trials.length, needed: DEPENDENCE_NEEDS };
  }
  const losses = lossesOf(history, trials, objective);
  const surrogate = fitSurrogate(rowsOf(history, trials), losses, model);
  const sign = history.goals[objective] === 'maximize' ? -1 : 1;
  const names = drawsOf(history.space, 1).axes.map(({ dimension }) => dimension.name);
  const sweep = (fixed: { axis: number; places: number[] }[], count: number) => {
    const draws = drawsOf(history.space, count);
    const found = { mean: [] as (number | null)[], sd: [] as (number | null)[] };
    const visit = (depth: number): void => {
      const next = fixed[depth];
      if (next) {
        for (const place of next.places) {
          draws.set(next.axis, new Float64Array(count).fill(place));
          visit(depth + 1);
        }
        return;
      }
      const active = draws.rowsWith(fixed.map(({ axis }) => axis));
      const said = active.count > 0 ? surrogate.average(active.columns, active.count) : null;
      found.mean.push(said && sign * said.mean);
      found.sd.push(said && said.sd);
    };
    visit(0);
    return found.mean.some((mean) => mean !== null) ? found : null;
  };
  const { axes } = drawsOf(history.space, 1);
  const placesFor = (name: string, most: number) => {
    const axis = names.indexOf(name);
    return axis < 0 ? null : { axis, ...placesOf(axes[axis]!, most) };
  };
  return {
    model: surrogate.kind,
    trials: trials.length,
    names,
    curve(name) {
      const on = placesFor(name, POINTS);
      const found = on && sweep([on], DRAWS);
      if (!found) return null;
      // Constraints may exclude some of the values.
      const kept = found.mean.flatMap((mean, i) => (mean === null ? [] : [i]));
      return {
        name,
        values: kept.map((i) => on.values[i]!),
        mean: kept.map((i) => found.mean[i]!),
        sd: kept.map((i) => found.sd[i]!),
      };
    },
    surface(a, b) {
      const [one, two] = [placesFor(a, SURFACE_POINTS), placesFor(b, SURFACE_POINTS)];
      const found = one && two && a !== b ? sweep([one, two], SURFACE_DRAWS) : null;
      return found && { names: [a, b], values: [one!.values, two!.values], ...found };
    },
  };
}

/** Returns positions in [0, 1] that represent the values; some of many steps, and every choice. */
function placesOf(axis: Axis, most: number): { places: number[]; values: ParamValue[] } {
  const { count, edges, ordered } = axis;
  if (!edges) {
    // The ends of a normal distribution are infinitely far away.
    const edge = axis.dimension.kind === 'normal' ? 0.02 : 0;
    const places = Array.from({ length: most }, (_, i) => edge + ((1 - 2 * edge) * i) / (most - 1));
    return { places, values: places.map((u) => axis.fromUnit(u)) };
  }
  const all = Array.from({ length: count }, (_, i) => i).filter((i) => edges[i + 1]! > edges[i]!);
  const few = !ordered || all.length <= most ? all : evenly(all, most);
  return {
    places: few.map((i) => (edges[i]! + edges[i + 1]!) / 2),
    values: few.map((i) => axis.fromIndex(i)),
  };
}

function evenly(all: readonly number[], most: number): number[] {
  return Array.from({ length: most }, (_, i) => all[Math.round((i * (all.length - 1)) / (most - 1))]!);
}
