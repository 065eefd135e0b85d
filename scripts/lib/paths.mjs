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
export const cacheFolder = (...parts) => join(cacheBase(process.env.TUNESMITH_CACHE), ...parts);

/**
 * The same, for what is large and says little about a fresh machine: PyTorch, and the tests' backends and data sets.
 * `TUNESMITH_KEPT_CACHE` lets a test run take these from an earlier one while its `TUNESMITH_CACHE` is empty.
 */
export const keptCacheFolder = (...parts) =>
  join(cacheBase(process.env.TUNESMITH_KEPT_CACHE || process.env.TUNESMITH_CACHE), ...parts);

const cacheBase = (named) =>
  named ? resolve(named) : join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'tunesmith-dev');

/** A path inside the project. */
export const inProject = (...parts) => join(root, ...parts);
