/**
 * Finds a Node that can run the engine: it needs the built-in `node:sqlite` without a flag (22.13 and newer). The
 * editor's own runtime has it in every version we support; a terminal may well run an older Node.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import * as path from 'node:path';
import { EngineError } from './errors.js';
import { l10n } from '../../format/l10n.js';

export interface NodeProgram {
  execPath: string;
  /** Added to the environment of programs started with it. */
  env: Record<string, string>;
}

const OLDEST: readonly [number, number] = [22, 13];

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

/** The Node this code runs in, as something to start programs with. */
export function ownNode(): NodeProgram {
  return { execPath: process.execPath, env: process.versions.electron ? { ELECTRON_RUN_AS_NODE: '1' } : {} };
}

/**
 * First that qualifies: this process's own Node; the npm package `node` in a node_modules above `distFolder`;
 * `node` of the PATH. Throws EngineError `no-node` naming the command that fixes it.
 */
export async function findNode(distFolder: string): Promise<NodeProgram> {
  if (isNewEnough(process.versions.node) && isBuiltin('node:sqlite')) return ownNode();
  for (const candidate of [...besideDist(distFolder), ...onPath()]) {
    if (isNewEnough(await versionOf(candidate))) return { execPath: candidate, env: {} };
  }
  const folder = path.dirname(distFolder);
  throw new EngineError(
    'no-node',
    l10n.t(
      'Tunesmith\'s engine needs Node {0} or newer, and this is Node {1}. Put a newer one on the PATH, or get one for Tunesmith alone with: npm install --no-save --prefix "{2}" node@24',
      OLDEST.join('.'),
      process.versions.node,
      folder,
    ),
  );
}

const EXE = process.platform === 'win32' ? 'node.exe' : 'node';

function* besideDist(distFolder: string): Generator<string> {
  for (let folder = path.resolve(distFolder); ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, 'node_modules', 'node', 'bin', EXE);
    if (existsSync(candidate)) yield candidate;
    if (folder === path.dirname(folder)) return;
  }
}

function* onPath(): Generator<string> {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    if (path.isAbsolute(folder) && existsSync(path.join(folder, EXE))) yield path.join(folder, EXE);
  }
}

function versionOf(execPath: string): Promise<string> {
  return new Promise((resolve) => {
    execFile(execPath, ['--version'], { timeout: 10_000 }, (error, stdout) => resolve(error ? '0.0' : stdout.trim()));
  });
}
