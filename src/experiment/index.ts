/** The experiment file: reading, checking, planning runs, editing in place. Knows neither editor nor engine. */
import type { Space } from '../search/index.js';
import { withConstraints } from './search/plan.js';
import { spaceOf } from './search/space.js';
import type { Experiment, SearchPlan } from './types.js';

export type * from './types.js';
export { isExperimentFile, parseExperiment } from './file/read.js';
export { planRun } from './start/plan.js';
export { EditError, editExperiment } from './file/edit.js';
export { lenses } from './file/lenses.js';
export { checkForm, formOf } from './file/form.js';
export { jsonSchema } from './schema.js';
export { kindOf, refuseParam, type ParamKind } from './file/paramCheck.js';
export { readDimension, readSpace } from './search/space.js';

/**
 * The experiment's space, or the written one instead, with the experiment's constraints on it. Throws SpaceError; a
 * parsed experiment's own is always sound.
 */
export function toSpace(experiment: Experiment, written?: Record<string, unknown>): Space {
  const space = spaceOf(written ?? experiment.search?.space ?? {});
  // Experiments stored by earlier versions have none.
  const linear = (experiment.search as Partial<SearchPlan> | null)?.constraints?.linear ?? [];
  return withConstraints(space, linear, experiment.params);
}
