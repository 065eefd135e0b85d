/** The marks beside the lines of an experiment file: how its last run or search went, and where a better value is known. Pure. */
import { LIVE_STATUSES } from '../../protocol/engine/index.js';
import type { FileLenses } from '../../experiment/types.js';
import type { Params } from '../../protocol/values/index.js';
import { isLiveSearch } from '../explorer/items.js';
import { bestValues, type FileState } from './lensTexts.js';

export type Mark = 'running' | 'completed' | 'failed' | 'best';
export const MARKS: readonly Mark[] = ['running', 'completed', 'failed', 'best'];

/** Returns the lines (from 0) of each mark. */
export function marksOf(lines: FileLenses, params: Params | null, state: FileState): Record<Mark, number[]> {
  const marks: Record<Mark, number[]> = { running: [], completed: [], failed: [], best: [] };
  const [run] = state.runs;
  const runLine = lines.runLine ?? lines.paramsLine;
  if (run && runLine !== null) {
    if (state.runs.some(({ status }) => LIVE_STATUSES.includes(status))) marks.running.push(runLine);
    else if (run.status === 'failed') marks.failed.push(runLine);
    else if (run.status === 'completed') marks.completed.push(runLine);
  }
  const [search] = state.searches;
  if (search && lines.searchLine !== null) {
    if (state.searches.some(isLiveSearch)) marks.running.push(lines.searchLine);
    else if (search.status === 'failed') marks.failed.push(lines.searchLine);
    else if (search.status === 'completed') marks.completed.push(lines.searchLine);
  }
  marks.best.push(...bestValues(lines, params, state).map(({ line }) => line));
  return marks;
}
