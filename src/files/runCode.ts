/** Where a run's experiment file is in another checkout of its repository. */
import * as path from 'node:path';
import type { RunDetail } from '../protocol/engine/index.js';
import type { RecordedCode } from '../protocol/engine/recorded.js';

/** `folder`: top of the other checkout. Null: the run has no experiment file in its repository. */
export function fileWithin(run: Pick<RunDetail, 'file' | 'cwd'>, code: RecordedCode, folder: string): string | null {
  if (run.file === null) return null;
  const up = code.folder === '' ? [] : code.folder.split('/').map(() => '..');
  const within = path.relative(path.resolve(run.cwd, ...up), run.file);
  return within.split(path.sep)[0] === '..' || path.isAbsolute(within) ? null : path.join(folder, within);
}
