// Where things are: the project itself, and the cache that outlives `npm ci`.
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/**
 * Editors, browsers and Python environments for development live here, outside `node_modules`, so that
 * `npm ci` stays light and several clones share them. `TUNESMITH_CACHE` moves it.
 */
export function cacheFolder(...parts) {
  const base = process.env.TUNESMITH_CACHE
    ? resolve(process.env.TUNESMITH_CACHE)
    : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tunesmith-dev');
  return join(base, ...parts);
}

/** A path inside the project. */
export const inProject = (...parts) => join(root, ...parts);
