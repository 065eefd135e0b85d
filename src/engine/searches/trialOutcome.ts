/** Converts a trial's run to an outcome for its study. */
import { differentiableOf, type Experiment } from '../../experiment/index.js';
import type { Run } from '../../protocol/engine/index.js';
import { fromWire } from '../../protocol/values/index.js';
import type { Outcome } from '../../search/types.js';
import { finalValue, named, objectivesOf } from './plan.js';
import { entryOf, setEntry } from '../../protocol/values/records.js';
import type { Params } from '../../protocol/values/index.js';

/** Returns the outcome of a run that has ended or was suspended. `seconds`: time that its programs have worked, if known. */
export function outcomeOfTrial(run: Run, experiment: Experiment, seconds: number | null = null): Outcome {
  const more = {
    ...measured(run, experiment),
    ...tuned(run, experiment),
    ...(seconds === null ? duration(run) : { seconds }),
  };
  if (run.status === 'paused') return { state: 'paused', ...more };
  const values = run.status === 'failed' ? null : valuesOf(run, experiment);
  if (run.status === 'completed' && values) return { state: 'completed', values, ...more };
  // Stopped by the person: the value it reached is still informative.
  if (run.status === 'pruned' || (run.status === 'stopped' && finalValue(run.objective) !== null)) {
    return { state: 'pruned', ...more };
  }
  return { state: 'failed', ...more };
}

/**
 * With one objective, its best value; with several, the last value of each, because they belong together. Null if one
 * is missing.
 */
export function valuesOf(run: Run, experiment: Experiment): number[] | null {
  const objectives = objectivesOf(experiment);
  const [only] = objectives;
  if (objectives.length === 1 && run.objective?.metric === only!.metric && run.objective.goal === only!.goal) {
    const best = finalValue(run.objective);
    return best === null ? null : [best];
  }
  const values = objectives.map(({ metric }) => lastOf(run, metric));
  return values.includes(NaN) ? null : values;
}

/** Violation of each bound: at most 0 if it is met. An unmeasured one counts as violated. */
export function measured(run: Run, experiment: Experiment): { constraints?: number[] } {
  const bounds = experiment.search?.constraints?.measured ?? [];
  if (bounds.length === 0 || run.status === 'failed') return {};
  return {
    constraints: bounds.flatMap(({ metric, atMost, atLeast }) => {
      const last = lastOf(run, metric);
      const over = [
        ...(atMost === undefined ? [] : [last - atMost]),
        ...(atLeast === undefined ? [] : [atLeast - last]),
      ];
      return over.map((value) => (Number.isNaN(value) ? Infinity : value));
    }),
  };
}

/** Values of the parameters that the trial has tuned by gradients, as it ended. */
function tuned(run: Run, { program, search }: Experiment): { tuned?: Params } {
  if (program.kind !== 'network' || named(search?.sampler ?? null) !== 'hypergradient') return {};
  const found: Params = {};
  for (const { name, metric, isFactor } of differentiableOf(program.value)) {
    const last = lastOf(run, metric);
    const begun = entryOf(run.params, name);
    const value = isFactor ? (typeof begun === 'number' ? begun * last : NaN) : last;
    if (Number.isFinite(value)) setEntry(found, name, value);
  }
  return Object.keys(found).length > 0 ? { tuned: found } : {};
}

function duration({ startedAt, endedAt }: Run): { seconds?: number } {
  return startedAt === null || endedAt === null ? {} : { seconds: Math.max(0, endedAt - startedAt) / 1000 };
}

function lastOf(run: Run, metric: string): number {
  const last = entryOf(run.metrics, metric)?.last;
  return last === undefined ? NaN : fromWire(last);
}
