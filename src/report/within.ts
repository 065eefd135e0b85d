/** Paths within a folder. Nothing outside of it is looked at: on Windows, a look at \\host\share logs in there. */
import { lstat, readlink, realpath } from 'node:fs/promises';
import * as path from 'node:path';

/** Links that a path leads through at most. */
const MOST_LINKS = 40;

/** Returns the path from a folder to something in it; null if it is outside, or the folder itself. */
export function pathWithin(folder: string, target: string): string | null {
  const inside = path.relative(folder, target);
  const isOutside = inside === '' || inside === '..' || inside.startsWith(`..${path.sep}`) || path.isAbsolute(inside);
  return isOutside ? null : inside;
}

/**
 * Follows the links of a path that is relative to `from`, or to the folder if it begins with a slash. Null: it, or a link on its
 * way, leads out of the folder. Rejects if there is nothing.
 */
export async function realWithin(folder: string, from: string, relative: string): Promise<string | null> {
  const [root, base] = await Promise.all([realpath(folder), realpath(from)]);
  const first = pathWithin(root, relative.startsWith('/') ? path.join(root, relative) : path.resolve(base, relative));
  if (first === null) return null;
  let [at, ahead, links] = [root, first.split(path.sep), 0];
  while (ahead.length > 0) {
    const next = path.join(at, ahead.shift()!);
    if (!(await lstat(next)).isSymbolicLink()) {
      at = next;
      continue;
    }
    const target = pathWithin(root, path.resolve(at, await readlink(next)));
    if (target === null || ++links > MOST_LINKS) return null;
    [at, ahead] = [root, [...target.split(path.sep), ...ahead]];
  }
  return at;
}
