/** A study as it is saved and restored. */
import type { Params } from '../../protocol/values.js';
import type { Earlier, StudyOptions, Trial } from '../types.js';

export interface SavedState {
  options: StudyOptions;
  trials: Trial[];
  queue: Params[];
  /** By call of `import`: each is taken to be a search of its own. */
  imported: Earlier[][];
  random: number[];
  sampler: unknown;
  pruner: unknown;
  /** The space was changed in mid-search. */
  widened: boolean;
  /** The sampler has nothing left. */
  dry: boolean;
}
