/** Ask and tell: keeps the history, drives the sampler and the pruner, and can be saved at any moment. */
import type { Params } from '../protocol/values.js';
import { SearchError } from './errors.js';
import { createRandom, restoreRandom } from './random.js';
import { createPruner, createSampler, nameOf, type Context } from './registry.js';
import { fromSaved, toSaved, type SavedState } from './saved.js';
import { checkSpace, drawParams, refuse } from './space.js';
import type {
  Asked,
  History,
  Next,
  Outcome,
  Pruner,
  Random,
  Sampler,
  Scheduler,
  Study,
  StudyOptions,
  Trial,
  Verdict,
} from './types.js';

/** Reports kept of a running and of a finished trial. Of longer ones every second is left out, again and again. */
const RUNNING_REPORTS = 1024;
const FINISHED_REPORTS = 256;

/** Throws SearchError for an unknown sampler or pruner, bad settings, or a space that the sampler can't use. */
export function createStudy(options: StudyOptions): SavedStudy {
  return new SavedStudy(options);
}

/** Goes on with what `save()` gave, as if nothing had happened. Throws SearchError when it can't be read. */
export function restoreStudy(saved: unknown): SavedStudy {
  const state = fromSaved(saved);
  return new SavedStudy(state.options, state);
}

export class SavedStudy implements Study {
  readonly trials: Trial[];
  private readonly queue: Params[];
  private readonly random: Random;
  private readonly sampler: Sampler;
  private readonly pruner: Pruner | Scheduler | null;
  waiting = false;

  constructor(
    readonly options: StudyOptions,
    state?: SavedState,
  ) {
    checkSpace(options.space);
    if (options.goals.length === 0) throw new SearchError('a search needs an objective');
    const context = contextOf(options);
    this.sampler = createSampler(options.sampler, context);
    this.pruner = createPruner(options.pruner, context);
    this.trials = state?.trials ?? [];
    this.queue = state?.queue ?? [];
    this.random = state ? restoreRandom(state.random) : createRandom(options.seed);
    if (state && state.sampler !== null) this.sampler.load?.(state.sampler);
    if (state && state.pruner !== null) this.pruner?.load?.(state.pruner);
  }

  /** Why this sampler, when `auto` chose it. */
  get reason(): string | null {
    return this.sampler.reason?.() ?? null;
  }

  /** How many trials there will be in all, as far as is known. */
  get size(): number | null {
    const size = this.sampler.size?.(this.options.space) ?? null;
    const { trials } = this.options;
    return size === null ? trials : trials === null ? size : Math.min(size, trials);
  }

  ask(): Asked | null {
    const { options } = this;
    this.waiting = false;
    const waiting = this.queue.shift();
    if (waiting) return this.begin(drawParams(options.space, this.random, waiting), { enqueued: true });
    const full = options.trials !== null && this.trials.length >= options.trials;
    const next = this.next();
    if (next.kind === 'resume') return this.resume(next);
    if (next.kind === 'wait') this.waiting = true;
    if (next.kind !== 'begin' || full) return null;
    const params = next.params ?? this.sampler.suggest(this.history(), this.random);
    if (!params) return null;
    const { until, bracket, from } = next;
    return this.begin(params, { enqueued: false, ...defined({ until, bracket, from }) });
  }

  private next(): Next {
    return this.pruner && 'next' in this.pruner ? this.pruner.next(this.history(), this.random) : { kind: 'begin' };
  }

  private history(): History {
    const { space, goals, trials: planned, workers, maxSteps } = this.options;
    return { space, goals, trials: this.trials, planned, ...defined({ workers, maxSteps }) };
  }

  private begin(params: Params, more: Partial<Trial> & { enqueued: boolean }): Asked {
    const id = this.trials.length;
    this.trials.push({ id, params, state: 'running', values: null, reports: [], ...more });
    const { until, from } = more;
    return { id, params: { ...params }, resume: false, ...defined({ until, from }) };
  }

  private resume({ trial: id, params, until, from }: Extract<Next, { kind: 'resume' }>): Asked {
    const trial = this.trial(id);
    if (trial.state !== 'paused') throw new SearchError(`trial ${id} is ${trial.state}, not paused`);
    trial.state = 'running';
    delete trial.until;
    Object.assign(trial, defined({ until }));
    if (params || from !== undefined) {
      trial.params = params ?? trial.params;
      const step = trial.reports.at(-1)?.step ?? 0;
      (trial.changes ??= []).push({ step, params: trial.params, ...defined({ from }) });
    }
    return { id, params: { ...trial.params }, resume: true, ...defined({ until, from }) };
  }

  /** Of a trial that has ended already, the report changes nothing. */
  report(id: number, step: number, value: number): Verdict {
    const trial = this.trial(id);
    if (trial.state !== 'running') return trial.state === 'pruned' ? 'prune' : 'continue';
    trial.reports.push({ step, value });
    if (trial.reports.length > RUNNING_REPORTS) thin(trial);
    return this.pruner?.judge(this.history(), trial) ?? 'continue';
  }

  /** The first outcome counts: telling again, as after a restart, changes nothing. NaN values are a failure. */
  tell(id: number, outcome: Outcome): void {
    const trial = this.trial(id);
    if (trial.state !== 'running' && trial.state !== 'paused') return;
    Object.assign(trial, defined({ constraints: outcome.constraints, seconds: outcome.seconds }));
    if (outcome.state === 'completed') {
      const expected = this.options.goals.length;
      if (outcome.values.length !== expected) {
        throw new SearchError(`trial ${id} must end with ${expected} values, not ${outcome.values.length}`);
      }
      if (outcome.values.some(Number.isNaN)) trial.state = 'failed';
      else [trial.state, trial.values] = ['completed', [...outcome.values]];
    } else trial.state = outcome.state;
    while (trial.reports.length > FINISHED_REPORTS) thin(trial);
  }

  /** Next in turn, before what the sampler suggests and beyond the planned number; what is missing is drawn. */
  enqueue(params: Params): void {
    const { dimensions } = this.options.space;
    for (const [name, value] of Object.entries(params)) {
      const dimension = dimensions.find((d) => d.name === name);
      if (!dimension) throw new SearchError(`"${name}" is not in the search space`);
      const refusal = refuse(dimension, value);
      if (refusal) throw new SearchError(`"${name}" ${refusal}`);
    }
    this.queue.push({ ...params });
  }

  best(): Trial[] {
    const { goals } = this.options;
    const completed = this.trials.filter((trial) => trial.state === 'completed');
    const losses = completed.map((trial) => trial.values!.map((v, i) => (goals[i] === 'minimize' ? v : -v)));
    if (goals.length === 1) {
      let best = -1;
      for (let i = 0; i < losses.length; i++) if (best < 0 || losses[i]![0]! < losses[best]![0]!) best = i;
      return best < 0 ? [] : [completed[best]!];
    }
    const dominates = (a: number[], b: number[]) => a.every((x, i) => x <= b[i]!) && a.some((x, i) => x < b[i]!);
    return completed.filter((_, i) => !losses.some((other) => dominates(other, losses[i]!)));
  }

  save(): unknown {
    return toSaved({
      options: this.options,
      trials: this.trials,
      queue: this.queue,
      random: this.random.state(),
      sampler: this.sampler.save?.() ?? null,
      pruner: this.pruner?.save?.() ?? null,
    });
  }

  private trial(id: number): Trial {
    const trial = this.trials[id];
    if (!trial) throw new SearchError(`there is no trial ${id}`);
    return trial;
  }
}

/** Leaves out every second report, but keeps the first, the last, the smallest and the largest. */
function thin(trial: Trial): void {
  const { reports } = trial;
  let [smallest, largest] = [0, 0];
  for (const [i, { value }] of reports.entries()) {
    if (value < reports[smallest]!.value) smallest = i;
    if (value > reports[largest]!.value) largest = i;
  }
  const keep = new Set([0, smallest, largest, reports.length - 1]);
  trial.reports = reports.filter((_, i) => i % 2 === 0 || keep.has(i));
}

function contextOf({ space, goals, trials, workers = 1, maxSteps = null, sampler, pruner }: StudyOptions): Context {
  return { space, goals, trials, workers, maxSteps, sampler: nameOf(sampler), pruner: pruner && nameOf(pruner) };
}

/** Without the fields that are undefined. */
function defined<T extends object>(fields: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
}
