/** Parameters whose values nothing passes on to the program. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { RUN_FACTS, placeholders, takesAll } from '../start/fill.js';
import type { Program } from '../types.js';

/** Maximum number of bytes of a script that are read. */
const LOOKED_AT = 256 * 1024;
/** Words of a program that reads its parameters through a client, which says which ones it has read. */
const HAS_CLIENT = /tunesmith|wandb/;
/** Words of a program that reads its parameters past any client: from the environment, the run's folder or the file. */
const READS_ITSELF = /TUNESMITH_(PARAMS|RUN_DIR)|run\.json|\.tune\./;

export interface Passing {
  program: Program;
  /** Values of the environment, with their placeholders. */
  env: readonly string[];
  /** Absolute folder of the experiment file. */
  folder: string;
  /** Absolute folder in which the program starts. */
  cwd: string;
}

/**
 * Returns the names that nothing passes on. `surely`: the program has no means of reading them either. `unlessRead`: it
 * may read them through a client. A program without a readable script, and without any of the names in its command, may
 * read them in its own way. Never throws.
 */
export function notPassed(names: readonly string[], passing: Passing): { surely: string[]; unlessRead: string[] } {
  const nothing = { surely: [], unlessRead: [] };
  const { program, env, folder, cwd } = passing;
  // A parameter that a network does not name is a label that a search chooses by.
  if (names.length === 0 || program.kind === 'network' || program.kind === 'pipeline') return nothing;
  const written = program.kind === 'run' ? program.argv : [];
  if (written.some(takesAll)) return nothing;
  const passed = new Set([...written, ...env].flatMap(placeholders));
  // The run's folder holds all values.
  if (passed.has('run.dir')) return nothing;
  const left = names.filter((name) => !passed.has(name));
  if (left.length === 0) return nothing;
  const files =
    program.kind === 'module'
      ? [path.resolve(folder, program.path)]
      : filesOf(program.argv).map((file) => path.resolve(cwd, file));
  const scripts = files.flatMap((file) => scriptText(file) ?? []);
  if (scripts.some((text) => READS_ITSELF.test(text))) return nothing;
  if (scripts.length === 0 && left.length === names.length) return nothing;
  const mayRead = program.kind === 'module' || scripts.some((text) => HAS_CLIENT.test(text));
  return { surely: mayRead ? [] : left, unlessRead: left };
}

/** Returns the paths that may be scripts: arguments that look like files, and the module that `python -m` runs. */
function filesOf(argv: readonly string[]): string[] {
  return argv.flatMap((argument, i) => {
    if (placeholders(argument).some((name) => !isFact(name))) return [];
    if (argv[i - 1] === '-m' && /^\w+(\.\w+)*$/.test(argument)) {
      const file = argument.replaceAll('.', '/');
      return [`${file}.py`, `${file}/__main__.py`];
    }
    return /\.\w{1,5}$|[\\/]/.test(argument) ? [argument] : [];
  });
}

/** Returns the beginning of a text file, or null. The file is only read, never executed. */
function scriptText(path: string): string | null {
  let file: number | undefined;
  try {
    // A pipe must not make us wait.
    file = fs.openSync(path, fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0));
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
