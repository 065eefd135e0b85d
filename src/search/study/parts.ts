/** Assembles a study's sampler: the one named, wrapped by the warm start from earlier trials, wrapped by the stages. */
import { SearchError } from '../errors.js';
import { createSampler, nameOf, whatCompares, type Context } from '../registry.js';
import { StagedSampler } from '../stages/index.js';
import type { Sampler, Space, StudyOptions } from '../types.js';
import { WarmStartSampler } from '../warmStart/index.js';
import type { Past } from './past.js';
import { l10n } from '../../format/l10n.js';

export function contextOf(options: StudyOptions): Context {
  const { space, goals, trials, workers = 1, maxSteps = null, checkpoints = false, sampler, pruner, makeOwn } = options;
  const names = { sampler: nameOf(sampler), pruner: pruner && nameOf(pruner) };
  return { space, goals, trials, workers, maxSteps, checkpoints, makeOwn, ...names };
}

export function samplerOf(options: StudyOptions, past: Past): Sampler {
  const { space, trials, stages = null, warmStart } = options;
  const base = (part: Space, planned: number | null) => {
    return createSampler(options.sampler, contextOf({ ...options, space: part, trials: planned }));
  };
  const make = (part: Space, planned: number | null): Sampler => {
    if (warmStart === null) return base(part, planned);
    return new WarmStartSampler(warmStart ?? {}, part, (space) => base(space, planned), past);
  };
  return stages ? new StagedSampler(stages, space, trials, make) : make(space, trials);
}

/** Throws SearchError. Settings of samplers and pruners are checked when these are created. */
export function checkOptions({ sampler, pruner, goals, warmStart, repeat, stages, stop, cost }: StudyOptions): void {
  const comparing = whatCompares({ sampler, pruner, warmStart, repeat, stages });
  if (goals.length === 0 && comparing !== null) throw new SearchError(l10n.t('{0} needs an objective', comparing));
  const whole = (what: string, value: number | undefined, least: number) => {
    if (value === undefined || (Number.isInteger(value) && value >= least)) return;
    throw new SearchError(l10n.t('{0} must be a whole number of at least {1}, not {2}', what, least, value));
  };
  const share = (what: string, value: number | undefined) => {
    if (value === undefined || (value >= 0 && value <= 1)) return;
    throw new SearchError(l10n.t('{0} must be from 0 to 1, not {1}', what, value));
  };
  if (stop && goals.length !== 1) throw new SearchError(l10n.t('a search that ends by itself needs one objective'));
  if (cost?.seconds !== undefined && !(cost.seconds > 0)) {
    throw new SearchError(l10n.t('the time budget must be greater than 0 seconds, not {0}', cost.seconds));
  }
  whole(l10n.t('the number of trials before a search may end'), stop?.after, 1);
  whole(l10n.t('the patience of a search'), stop?.patience, 1);
  whole(l10n.t('the number of trials without an improvement'), stop?.stale, 1);
  share(l10n.t('the free share of a warm start'), warmStart?.free);
  whole(l10n.t('the number of earlier configurations to try first'), warmStart?.first, 0);
  whole(l10n.t('the number of trials to repeat'), repeat?.top, 1);
  whole(l10n.t('the number of repeats'), repeat?.times, 1);
  whole(l10n.t('the number of parameters of the joint round'), stages?.joint, 0);
  for (const { name, share: part } of stages?.order ?? []) share(l10n.t('the share of stage "{0}"', name), part);
}
