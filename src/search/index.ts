/** The search engine. */
import type { Study, StudyOptions } from './types.js';

export type * from './types.js';
/** Throws SearchError for an unknown sampler or pruner, bad settings, or a space the sampler can't use. */
export declare function createStudy(options: StudyOptions): Study;
export declare function restoreStudy(saved: unknown): Study;
