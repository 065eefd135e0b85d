/** A trial of Optuna, however it was stored. */
import type { FloatMark } from '../../protocol/values/floats.js';
import { floatsOf } from '../../protocol/values/floats.js';
import { setEntry } from '../../protocol/values/records.js';
import type { Params, ParamValue } from '../../protocol/values/index.js';
import type { Facts, FoundRun, Place, Reader, Sink } from '../types.js';

export interface Trial {
  number: number;
  state: string;
  /** Milliseconds since the epoch; NaN: unknown. */
  startedAt: number;
  endedAt: number;
  params: { name: string; internal: number; distribution: string }[];
  values: number[];
  intermediate: [step: number, value: number][];
  attributes: Params;
}

export interface Study {
  name: string;
  /** For each objective. */
  goals: ('minimize' | 'maximize')[];
}

const STATUS = new Map<string, NonNullable<Facts['status']>>([
  ['RUNNING', 'running'],
  ['COMPLETE', 'completed'],
  ['PRUNED', 'pruned'],
  ['FAIL', 'failed'],
]);

/** A run for one trial. `load` returns the trial as it is now. */
export function runOf(file: string, study: Study, inner: string, number: number, load: () => Trial | null): FoundRun {
  return {
    format: 'optuna',
    path: file,
    inner,
    files: [file],
    experiment: study.name,
    name: `trial ${number}`,
    open: () => new TrialReader(study, load),
  };
}

class TrialReader implements Reader {
  constructor(
    private readonly study: Study,
    private readonly load: () => Trial | null,
  ) {}

  read(place: Place | null, sink: Sink): { place: Place; more: boolean } {
    const known = (place ?? {}) as { params?: number; steps?: number; ended?: boolean };
    const trial = this.load();
    if (!trial) return { place: place ?? {}, more: false };
    const { goals } = this.study;
    const names = goals.length === 1 ? ['value'] : goals.map((_, i) => `value_${i}`);
    const status = STATUS.get(trial.state);
    sink.facts({
      ...(status && { status }),
      ...(!Number.isNaN(trial.startedAt) && { createdAt: trial.startedAt }),
      ...(!Number.isNaN(trial.endedAt) && { endedAt: trial.endedAt }),
      ...(goals.length > 0 && { objective: { metric: names[0]!, goal: goals[0]! } }),
    });
    if (trial.params.length > (known.params ?? 0)) handParams(trial.params, sink);
    for (const [step, value] of trial.intermediate.slice(known.steps ?? 0))
      sink.scalar('intermediate', value, step, trial.endedAt);
    const ended = status !== undefined && status !== 'running';
    if (ended && !known.ended) {
      const step = trial.intermediate.at(-1)?.[0] ?? 0;
      trial.values.forEach((value, i) => sink.scalar(names[i] ?? `value_${i}`, value, step, trial.endedAt));
      if (Object.keys(trial.attributes).length > 0) sink.info(trial.attributes);
    }
    return { place: { params: trial.params.length, steps: trial.intermediate.length, ended }, more: false };
  }
}

function handParams(written: Trial['params'], sink: Sink): void {
  const params: Params = {};
  const marks: [string, FloatMark][] = [];
  for (const { name, internal, distribution } of written) {
    const { value, mark } = valueOf(internal, distribution);
    setEntry(params, name, value);
    marks.push([name, mark]);
  }
  sink.params(params, floatsOf(marks));
}

/** Choices are stored as their index, everything as a number. */
function valueOf(internal: number, distribution: string): { value: ParamValue; mark: FloatMark } {
  try {
    const { name, attributes } = JSON.parse(distribution) as { name: string; attributes: { choices?: unknown[] } };
    if (/Categorical/.test(name) && Array.isArray(attributes.choices)) {
      const choice = attributes.choices[internal];
      const isPlain = choice === null || ['string', 'number', 'boolean'].includes(typeof choice);
      return { value: isPlain ? (choice as ParamValue) : (JSON.stringify(choice) ?? null), mark: null };
    }
    const isFloat = !/^Int/.test(name) && Number.isInteger(internal);
    return { value: internal, mark: isFloat ? true : null };
  } catch {
    return { value: internal, mark: null };
  }
}
