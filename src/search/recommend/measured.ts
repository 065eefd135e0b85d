/** Measurements at each point: the mean over a trial and its repeats, and whether it met the constraints. */
import { paretoFront } from '../pareto/index.js';
import type { Goal, Trial } from '../types.js';

export interface Measured {
  trial: Trial;
  /** Mean of each objective, as a loss to minimise. */
  losses: number[];
  /** Number of measurements. */
  count: number;
  /** True if the measurements differed. */
  varied: boolean;
  /** Sum of the constraint violations; 0 if all are met. */
  violation: number;
}

/** Returns the measured points, in the order of the trials. */
export function measure(trials: readonly Trial[], goals: readonly Goal[]): Measured[] {
  const found = new Map<number, Measured & { constraints: number[] }>();
  for (const trial of trials) {
    if (trial.state !== 'completed' || !trial.values) continue;
    const losses = trial.values.map((value, i) => (goals[i] === 'maximize' ? -value : value));
    const key = trial.repeatOf ?? trial.id;
    const known = found.get(key);
    if (!known) {
      const { constraints = [] } = trial;
      found.set(key, { trial, losses, count: 1, varied: false, violation: 0, constraints: [...constraints] });
      continue;
    }
    const n = ++known.count;
    known.varied ||= losses.some((loss, i) => loss !== known.losses[i]);
    known.losses = known.losses.map((own, i) => nextMean(own, losses[i]!, n));
    known.constraints = known.constraints.map((own, i) => nextMean(own, trial.constraints?.[i] ?? own, n));
  }
  return Array.from(found.values(), ({ constraints, ...measured }) => ({
    ...measured,
    violation: constraints.reduce((sum, c) => sum + (c <= 0 ? 0 : Number.isNaN(c) ? Infinity : c), 0),
  }));
}

/** Returns the mean of n values, the last of which is new; infinite if any is, and the worst if it is undefined. */
function nextMean(mean: number, value: number, n: number): number {
  const far = value - mean;
  if (Number.isFinite(far)) return mean + far / n;
  return value === mean ? mean : Number.isNaN(value + mean) ? Infinity : value + mean;
}

/** Returns the points to choose among: all that met the constraints, or if none did, those that came nearest. */
export function feasible(measured: readonly Measured[]): Measured[] {
  let least = Infinity;
  for (const { violation } of measured) least = Math.min(least, violation);
  return measured.filter(({ violation }) => violation === least);
}

/** Returns at most one trial for a single objective, else the front. */
export function bestOf(trials: readonly Trial[], goals: readonly Goal[]): Trial[] {
  const candidates = feasible(measure(trials, goals));
  if (goals.length > 1) return paretoFront(candidates.map(({ losses }) => losses)).map((i) => candidates[i]!.trial);
  let best: Measured | undefined;
  for (const one of candidates) if (!best || one.losses[0]! < best.losses[0]!) best = one;
  return best ? [best.trial] : [];
}
