/** The experiment file: reading, checking, planning runs, editing in place. Knows neither editor nor engine. */
import type { Space } from '../search/index.js';
import { spaceOf } from './space.js';
import type { Experiment } from './types.js';

export type * from './types.js';
export { isExperimentFile, parseExperiment } from './read.js';
export { planRun } from './plan.js';
export { EditError, editExperiment } from './edit.js';
export { lenses } from './lenses.js';
export { checkForm, formOf } from './form.js';
export { jsonSchema } from './schema.js';
export { kindOf, refuseParam, type ParamKind } from './paramCheck.js';
export { readDimension, readSpace } from './space.js';

/** The experiment's space, or the written one instead. Throws SpaceError; a parsed experiment's own is always sound. */
export function toSpace(experiment: Experiment, written?: Record<string, unknown>): Space {
  return spaceOf(written ?? experiment.search?.space ?? {});
}
