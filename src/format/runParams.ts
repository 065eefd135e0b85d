import type { Run } from '../protocol/engine/index.js';
import { markAt } from '../protocol/values/floats.js';
import { entryOf } from '../protocol/values/records.js';
import { formatParam } from './numbers.js';

/** A run's parameter, as it was passed to the program. */
export function formatRunParam({ params, floats }: Pick<Run, 'params' | 'floats'>, name: string): string {
  return formatParam(entryOf(params, name), markAt(floats, name));
}
