/**
 * The search engine: pure and deterministic. `createStudy` gives ask, report and tell; samplers and pruners are
 * chosen by name (registry.ts).
 */
export type * from './types.js';
export { SearchError, SpaceError } from './errors.js';
export { createStudy, restoreStudy, type SavedStudy } from './study.js';
export { checkNamed, PRUNERS, SAMPLERS } from './registry.js';
export { createRandom } from './random.js';
export { checkConstraints, constraintText, isAllowed } from './constraints.js';
export { checkSpace, countPoints, drawParams, keyOf } from './space.js';
export { between, faultOf, isActive, rangeOf, refuse, sameValue, snap } from './dimension.js';
export { DEFAULT as DEFAULT_STAGES, planStages as checkStages } from './stages/plan.js';
export { exp } from './numeric.js';
export { nearest } from './nearest.js';
