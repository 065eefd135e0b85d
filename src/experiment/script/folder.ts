/** Reads scripts and the files next to them from the disk: only files, only within a folder, only up to a limit. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { findScript } from './find.js';
import type { ScriptPlace } from './plainRun.js';
import type { Folder, FoundScript } from './types.js';
import { l10n } from '../../format/l10n.js';

/** Maximum bytes of a script, and of a configuration file. */
const LARGEST = { script: 1024 * 1024, config: 256 * 1024 };
const MOST_NAMES = 1000;

export interface ReadScript {
  text: string;
  found: FoundScript;
  place: ScriptPlace;
}

/**
 * Reads a script. `start`: the folder that it starts in; `workspace`: configuration files outside it are not read;
 * `text`: an editor's text that replaces the file's. All paths are absolute. Throws the system's error if the script
 * can't be read, and RangeError if it is too large.
 */
export function readScript(file: string, start: string, workspace: string, text = readAll(file)): ReadScript {
  const own = path.dirname(file);
  const found = findScript(text, file, { script: folder(own, workspace), start: folder(start, workspace) });
  const slashes = (name: string) => name.split(path.sep).join('/');
  return {
    text,
    found,
    place: {
      script: slashes(path.relative(start, file)),
      cwd: own === start ? null : slashes(path.relative(own, start)),
      name: path.basename(file).replace(/\.\w+$/, ''),
    },
  };
}

/** The experiment file that is written next to a script. */
export function tuneFileOf(script: string): string {
  return script.replace(/\.\w+$/, '') + '.tune.yaml';
}

function readAll(file: string): string {
  const text = readFile(file, LARGEST.script);
  if (text === null) throw new RangeError(l10n.t('{0} is not a text file of at most 1 MiB.', file));
  return text;
}

function folder(root: string, within: string): Folder {
  const inside = (name: string): string | null => {
    const full = path.resolve(root, name);
    const from = path.relative(within, full);
    return from.startsWith('..') || path.isAbsolute(from) ? null : full;
  };
  return {
    read: (name) => {
      const file = inside(name);
      try {
        return file === null ? null : readFile(file, LARGEST.config);
      } catch {
        return null;
      }
    },
    list: (name) => {
      const at = inside(name);
      try {
        return at === null ? null : fs.readdirSync(at).slice(0, MOST_NAMES);
      } catch {
        return null;
      }
    },
  };
}

/** Null if it is not an ordinary text file, or larger than `limit` bytes. */
function readFile(file: string, limit: number): string | null {
  // A pipe must not make us wait.
  const opened = fs.openSync(file, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
  try {
    const stat = fs.fstatSync(opened);
    if (!stat.isFile() || stat.size > limit) return null;
    const text = fs.readFileSync(opened, 'utf8');
    return text.includes('\0') ? null : text;
  } finally {
    fs.closeSync(opened);
  }
}
