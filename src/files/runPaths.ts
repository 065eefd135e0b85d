/** Paths in the records of a workspace are relative to it, so that it can be moved, copied and renamed. */
import * as path from 'node:path';

/** `folder`: absolute path of a run's folder, `<workspace>/.tunesmith/runs/<id>`. */
export function workspaceOf(folder: string): string {
  return path.resolve(folder, '../../..');
}

/** Returns the stored form of a path: with slashes and relative inside the workspace, else absolute as it is. */
export function toRecord(workspace: string, file: string): string {
  const relative = path.relative(workspace, file);
  const isInside = !path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..';
  return isInside ? relative.split(path.sep).join('/') || '.' : file;
}

/** The absolute path of a recorded path. */
export function fromRecord(workspace: string, written: string): string {
  return path.resolve(workspace, written);
}
