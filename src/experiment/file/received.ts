/** Parameters whose values nothing passes on to the program. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { RUN_FACTS, placeholders, takesAll } from '../start/fill.js';

/** Bytes of a script that are looked at. */
const LOOKED_AT = 256 * 1024;
/** Words of a program that reads its parameters itself: through a client, or from the environment or the file. */
const READS_ITSELF = /tunesmith|TUNESMITH_|wandb|\.tune\./;

export interface Passing {
  /** Argument vector, placeholders still in it. */
  argv: readonly string[];
  /** Values of the environment, placeholders still in them. */
  env: readonly string[];
  /** Absolute folder in which the program starts. */
  cwd: string;
}

/**
 * Returns which of the names neither the command nor the environment passes on. Empty as well when the program may read them
 * itself: its script mentions a client, or no name is passed and there is no script to look at. Never throws.
 */
export function notPassed(names: readonly string[], { argv, env, cwd }: Passing): string[] {
  if (names.length === 0 || argv.some(takesAll)) return [];
  const passed = new Set([...argv, ...env].flatMap(placeholders));
  // The run's folder holds all values.
  if (passed.has('run.dir')) return [];
  const left = names.filter((name) => !passed.has(name));
  if (left.length === 0) return [];
  const scripts = argv.flatMap((argument) => scriptText(argument, cwd) ?? []);
  if (scripts.some((text) => READS_ITSELF.test(text))) return [];
  const passesSome = left.length < names.length;
  return passesSome || scripts.length > 0 ? left : [];
}

/** Returns the beginning of the text file that an argument names, or null. The file is only read, never executed. */
function scriptText(argument: string, cwd: string): string | null {
  if (!/\.\w{1,5}$/.test(argument) || placeholders(argument).some((name) => !isFact(name))) return null;
  let file: number | undefined;
  try {
    // A pipe must not make us wait.
    file = fs.openSync(path.resolve(cwd, argument), fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
    if (!fs.fstatSync(file).isFile()) return null;
    const bytes = Buffer.alloc(LOOKED_AT);
    const read = bytes.subarray(0, fs.readSync(file, bytes, 0, LOOKED_AT, 0));
    return read.includes(0) ? null : read.toString('utf8');
  } catch {
    return null;
  } finally {
    if (file !== undefined) fs.closeSync(file);
  }
}

const isFact = (name: string): boolean => (RUN_FACTS as readonly string[]).includes(name);
