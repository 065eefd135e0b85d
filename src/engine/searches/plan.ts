/** Everything that a search needs to resume after a restart; kept with its row in the store. */
import type { Experiment } from '../../experiment/index.js';
import type { Objective } from '../../search/types.js';
import type { WireNumber } from '../../protocol/values/index.js';
import { fromWire } from '../../protocol/values/index.js';

export interface SearchPlan {
  version: 1;
  /** The experiment at the search's start: editing the file does not change a running search. */
  experiment: Experiment;
  seed: number;
  parallel: 'auto' | number;
  python: string | null;
  /** When the time of the search began, in milliseconds since 1970; absent: it has no limit. */
  since?: number;
  /** Number of failed trials that were forgiven when the search was last resumed. */
  forgiven?: number;
}

export function isSearchPlan(value: unknown): value is SearchPlan {
  return typeof value === 'object' && value !== null && (value as SearchPlan).version === 1;
}

/** A trial's own seed: the same whenever the search is repeated, and unlike its neighbours'. */
export function trialSeed(seed: number, trial: number): number {
  // A 32-bit mix (xor, multiply, shift) so that neighbouring trials share no low bits.
  let mixed = (seed ^ Math.imul(trial + 1, 0x9e3779b1)) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b) >>> 0;
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35) >>> 0;
  return ((mixed ^ (mixed >>> 16)) >>> 1) % 2147483647;
}

export function named(value: string | { name: string } | null): string | null {
  return value === null ? null : typeof value === 'string' ? value : value.name;
}

/** The value a trial ended with, or null when it never logged a usable one. */
export function finalValue(objective: { value: WireNumber | null } | null): number | null {
  if (!objective || objective.value === null) return null;
  const value = fromWire(objective.value);
  return Number.isNaN(value) ? null : value;
}

/** All objectives of the trials; empty if the sampler needs none. Searches of an earlier version have one. */
export function objectivesOf(experiment: Experiment): Objective[] {
  const objective = objectiveOf(experiment);
  return (experiment.objectives as Objective[] | undefined) ?? (objective ? [objective] : []);
}

/** The first of them, by which trials are compared where a single value is shown. */
export function objectiveOf({ objective }: Experiment): Objective | null {
  return objective ?? null;
}

/** Number of failed trials, before any has reported a value, after which a search gives up; 0: never. */
export function giveUpAfter({ search }: Experiment): number {
  return search?.giveUpAfter ?? GIVE_UP_AFTER;
}

/** Default for files without the setting: the fault is then in the program, not in the parameters. */
const GIVE_UP_AFTER = 3;
