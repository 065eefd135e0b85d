/** A study's state, as saved and restored. */
import type { Params } from '../../protocol/values/index.js';
import type { Earlier, StudyOptions, Trial } from '../types.js';

export interface SavedState {
  options: StudyOptions;
  trials: Trial[];
  queue: Params[];
  /** Imported trials, one list per call of `import`: each call counts as one search. */
  imported: Earlier[][];
  random: number[];
  sampler: unknown;
  pruner: unknown;
  /** True if the space was changed during the search. */
  widened: boolean;
  /** True if the sampler has nothing left to suggest. */
  dry: boolean;
}
