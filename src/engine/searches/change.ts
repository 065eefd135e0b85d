/** Changes to an existing search: its space, its constraints, the number of planned trials. */
import { toSpace, type Experiment } from '../../experiment/index.js';
import type { FloatMark } from '../../protocol/values/floats.js';
import { ErrorCode, type Search } from '../../protocol/engine/index.js';
import { SearchError } from '../../search/errors.js';
import type { Space } from '../../search/types.js';
import { loadExperiment } from '../runs/making/experiments.js';
import { badRequest, conflict, RequestError } from '../server/requestError.js';
import type { SearchPlan } from './plan.js';
import { l10n } from '../../format/l10n.js';

export interface ChangeSearchRequest {
  id: string;
  trials?: number;
  /** Seconds. */
  time?: number;
  /** As written in a file. */
  space?: Record<string, unknown>;
  spaceFloats?: FloatMark | undefined;
  /** Space and constraints as the file has them now. */
  reread?: boolean;
}

/** The new experiment, and the parts of the change that the study needs. */
export interface SearchChange {
  experiment: Experiment;
  space?: Space;
  trials?: number;
}

/** Throws RequestError, with the file's problems where the file is at fault. */
export async function changeOf(
  { experiment }: SearchPlan,
  { name }: Search,
  { trials, time, space: written, spaceFloats, reread = false }: Omit<ChangeSearchRequest, 'id'>,
): Promise<SearchChange> {
  if ([trials, time, written].every((one) => one === undefined) && !reread) {
    throw badRequest(l10n.t('Say what to change: the space, the trials, or the time.'));
  }
  const old = experiment.search;
  if (!old) throw conflict(l10n.t("The search {0} has no saved settings, so it can't be changed.", name));
  const now = reread ? await loadExperiment(experiment.file, undefined) : null;
  if (now && !now.search) throw conflict(l10n.t('{0} has no "search" any more.', experiment.file));
  const search = {
    ...old,
    trials: trials ?? old.trials,
    ...(time !== undefined && { time }),
    space: written ?? now?.search?.space ?? old.space,
    floats: (written ? spaceFloats : (now?.search ?? old).floats) ?? null,
    constraints: now?.search?.constraints ?? old.constraints,
  };
  const changed = { ...experiment, search };
  if (!written && !now) return { experiment: changed, trials };
  try {
    return { experiment: changed, space: toSpace(changed), ...(trials !== undefined && { trials }) };
  } catch (error) {
    if (!(error instanceof SearchError)) throw error;
    throw new RequestError(ErrorCode.invalidFile, `${experiment.file}: ${error.message}`, []);
  }
}
