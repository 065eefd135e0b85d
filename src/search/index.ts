/**
 * The search engine: pure and deterministic. `createStudy` gives ask, report and tell; samplers and pruners are
 * chosen by name (registry.ts).
 */
export type * from './types.js';
export { SearchError, SpaceError } from './errors.js';
export { createStudy, restoreStudy, type SavedStudy } from './study.js';
export { checkNamed, PRUNERS, SAMPLERS } from './registry.js';
export { createRandom } from './random.js';
export { checkSpace, countPoints, drawParams, faultOf, isActive, keyOf, refuse, sameValue } from './space.js';
export { nearest } from './nearest.js';
