/** Facts of the run or the search that an act is about. */
import type { RunDetail, Search } from '../../protocol/engine/index.js';
import type { Act } from '../act.js';
import type { BenchFolder } from '../bench.js';
import { shortName } from '../texts.js';

export type Found = { folder: BenchFolder } & ({ run: RunDetail } | { search: Search });

export function factsOf(found: Found): Act['facts'] {
  const item = 'run' in found ? found.run : found.search;
  return [
    ['run' in found ? 'run' : 'search', `${shortName(item.name)} (${item.id})`],
    ['status', item.status],
    ['started by', item.by === undefined ? 'a person' : shortName(item.by)],
  ];
}

export const fileOf = (found: Found): string | null => ('run' in found ? found.run.file : found.search.file);
export const isOwn = (found: Found): boolean => ('run' in found ? found.run : found.search).by !== undefined;
