/** Prepares the start of a search from a request. */
import type { FloatMark } from '../../protocol/values/floats.js';
import type { DataFacts } from '../../protocol/dataFacts.js';
import type { Capture } from '../../protocol/run/captureSettings.js';
import { toSpace, withTuned, type Experiment, type SearchSettings } from '../../experiment/index.js';
import type { Placing } from '../../protocol/engine/placing.js';
import { entryOf, hasEntry } from '../../protocol/values/records.js';
import type { Cost, StudyOptions } from '../../search/types.js';
import { invalidFile, type RequestError } from '../server/requestError.js';
import type { Need } from '../executors/scheduler.js';
import { objectivesOf, type SearchPlan } from './plan.js';
import { l10n } from '../../format/l10n.js';

export interface StartSearchRequest {
  file: string;
  text?: string;
  name?: string;
  seed?: number;
  python?: string;
  capture?: Capture;
  send?: string;
  trials?: number;
  parallel?: number;
  giveUpAfter?: number;
  /** Seconds. */
  time?: number;
  place?: Placing;
  space?: Record<string, unknown>;
  spaceFloats?: FloatMark | undefined;
  /** Facts of the data, by which searches on similar data are found. */
  data?: DataFacts | undefined;
}

/** Returns the experiment with the request's changes; refuses one that can't be searched. */
export function withRequest(experiment: Experiment, request: StartSearchRequest): Experiment {
  const missing = (message: string, hint: string): RequestError =>
    invalidFile([
      { file: experiment.file, line: 1, column: 1, endLine: 1, endColumn: 1, severity: 'error', message, hint },
    ]);
  const { search } = experiment;
  if (!search) throw missing(l10n.t('It has no "search" section'), l10n.t('add one with a "space"'));
  // The very object that was parsed knows where in the file everything stands.
  const { trials, parallel, giveUpAfter, time, space } = request;
  if ([trials, parallel, giveUpAfter, time, space].every((each) => each === undefined)) return experiment;
  return {
    ...experiment,
    search: {
      ...search,
      trials: trials ?? search.trials,
      parallel: parallel ?? search.parallel,
      giveUpAfter: giveUpAfter ?? search.giveUpAfter,
      ...(time !== undefined && { time }),
      ...(space && { space, floats: request.spaceFloats ?? null }),
    },
  };
}

/** `visible`: CUDA_VISIBLE_DEVICES of whoever asked. */
export function needOf({ resources, program, cluster }: Experiment, visible: string | undefined): Need {
  const idle = program.kind === 'pipeline';
  return {
    gpus: resources.gpus ?? 1,
    perGpu: resources.perGpu,
    visible,
    // Its program stays here; each stage has a need of its own.
    cluster: idle ? undefined : cluster?.kind,
    host: idle ? undefined : cluster?.ssh,
    ...(idle && { idle }),
  };
}

export function studyOptions(plan: SearchPlan, capacity: number, note: string | null = null): StudyOptions {
  const { experiment } = plan;
  const settings = experiment.search!;
  const workers = plan.parallel === 'auto' ? capacity : plan.parallel;
  return {
    space: toSpace(experiment),
    goals: objectivesOf(experiment).map(({ goal }) => goal),
    sampler: withTuned(settings.sampler, experiment),
    pruner: settings.pruner,
    seed: plan.seed,
    trials: settings.trials,
    workers,
    maxSteps: settings.maxSteps ?? epochsOf(experiment),
    checkpoints: settings.checkpoints,
    stages: settings.stages,
    ...(settings.warmStart && { warmStart: { ...settings.warmStart, ...(note !== null && { note }) } }),
    repeat: settings.repeat,
    ...(settings.stop && { stop: settings.stop }),
    ...(settings.cost && { cost: costOf(settings, workers) }),
    noise: settings.noise,
  };
}

/** Returns the budget of trial time: all workers together until the time limit. A search without `cost` has none. */
export const costOf = ({ time }: SearchSettings, workers: number): Cost =>
  time === undefined ? {} : { seconds: time * Math.max(1, workers) };

/** Epochs of the built-in trainer; null: they differ between trials, or follow from a table's size. */
function epochsOf({ program, search, params }: Experiment): number | null {
  if (program.kind !== 'network') return null;
  const { epochs: named, data } = (program.value ?? {}) as { epochs?: unknown; data?: unknown };
  const table = typeof data === 'object' && data !== null && 'csv' in data;
  const written = named ?? (table ? null : 10);
  const name = typeof written === 'string' ? written.replace(/^\{|\}$/g, '') : null;
  const epochs = name === null ? written : hasEntry(search!.space, name) ? null : entryOf(params, name);
  return typeof epochs === 'number' ? epochs : null;
}
