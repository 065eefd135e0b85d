/** The experiment file: reading, checking, planning runs, editing in place. Knows neither editor nor engine. */
import type { Space } from '../search/index.js';
import { withConstraints } from './search/settings.js';
import { spaceOf } from './search/space.js';
import type { Experiment, SearchSettings } from './types.js';

export type * from './types.js';
export { defaultName, isExperimentFile } from './file/build.js';
export { parseExperiment } from './file/read.js';
export { namesItsRun, planRun } from './start/plan.js';
export { EditError, editExperiment } from './file/edit.js';
export { lenses } from './file/lenses.js';
export { placeExperiment, problemsAt, type PlacedFault } from './placed.js';
export { checkForm, formOf } from './file/form.js';
export { jsonSchema } from './schema.js';
export { kindOf, refuseParam, type ParamKind } from './file/paramCheck.js';
export { floatMarkFor } from './file/paramFloats.js';
export { readTypedValue } from './file/typedValue.js';
export { allows } from './search/allowed.js';
export { differentiableOf, withTuned } from './search/differentiable.js';
export { readDimension, readSpace } from './search/space.js';

/**
 * The experiment's space with its constraints on it. Throws SpaceError; a
 * parsed experiment's own is always sound.
 */
export function toSpace(experiment: Experiment): Space {
  const { search } = experiment;
  const space = spaceOf(search?.space ?? {}, search?.floats);
  // Experiments stored by earlier versions have none.
  const { linear = [], rules = [] } = (search as Partial<SearchSettings> | null)?.constraints ?? {};
  return withConstraints(space, { linear, rules }, experiment.params);
}
