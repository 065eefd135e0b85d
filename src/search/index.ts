/**
 * The search engine: pure and deterministic. `createStudy` provides ask, report and tell; samplers and pruners are
 * chosen by name (registry.ts).
 */
export type * from './types.js';
export { SearchError, SpaceError } from './errors.js';
export { createStudy, restoreStudy, type SavedStudy } from './study/index.js';
export { BUILT_IN_SAMPLERS, checkNamed, methodFault, PRUNERS, SAMPLERS, whatCompares } from './registry.js';
export { createRandom } from './maths/random.js';
export { checkConstraints, constraintText, isAllowed } from './constraints/index.js';
export { namesIn } from './constraints/rules.js';
export { checkSpace, countPoints, drawParams, keyOf, tooManyDimensions } from './space/index.js';
export { floatMarkOf, floatMarksOf } from './space/floatMark.js';
export { between, faultOf, isActive, rangeOf, refuse, sameValue, snap } from './space/dimension.js';
export { DEFAULT as DEFAULT_STAGES, planStages as checkStages } from './stages/plan.js';
export { exp } from './maths/numeric.js';
export { nearest } from './space/nearest.js';
