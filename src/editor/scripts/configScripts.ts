/** Finds the script that reads a configuration file: in its folder, and in the folders above within the workspace. */
import { readdir, readFile, stat } from 'node:fs/promises';
import * as path from 'node:path';
import type * as Scripts from '../../experiment/script/index.js';

/** Maximum number of scripts that are read, of bytes of each, and of folders above the file. */
const MOST = 60;
const LARGEST = 256 * 1024;
const FOLDERS = 4;

/** Returns the absolute path of the script, or null. `workspace`: nothing outside this folder is read. */
export async function scriptOfConfig(file: string, workspace: string, scripts: typeof Scripts): Promise<string | null> {
  const base = path.basename(file);
  const stem = base.replace(/\.\w+$/, '');
  for (const script of await nearScripts(path.dirname(file), workspace)) {
    const { size } = await stat(script).catch(() => ({ size: Infinity }));
    const text = size <= LARGEST ? await readFile(script, 'utf8').catch(() => '') : '';
    const isNamed = text.includes(base) || (text.includes('hydra.main') && text.includes(stem));
    if (isNamed && (await reads(script, text, file, workspace, scripts))) return script;
  }
  return null;
}

async function reads(
  script: string,
  text: string,
  file: string,
  workspace: string,
  scripts: typeof Scripts,
): Promise<boolean> {
  const { found } = scripts.readScript(script, workspace, workspace, text);
  if (found.config) {
    const folders = [workspace, path.dirname(script)];
    return folders.some((folder) => path.resolve(folder, found.config!.path) === file);
  }
  return found.hydra !== null && path.resolve(path.dirname(script), found.hydra) === file.replace(/\.ya?ml$/, '');
}

/**
 * Returns the scripts in the folder of the file, in those above it up to the workspace's, and in `src` and `scripts` of
 * those.
 */
async function nearScripts(from: string, workspace: string): Promise<string[]> {
  const found: string[] = [];
  let folder = from;
  for (let up = 0; up < FOLDERS; up++) {
    for (const each of [folder, path.join(folder, 'src'), path.join(folder, 'scripts')]) {
      const names = await readdir(each).catch(() => []);
      found.push(...names.filter((name) => name.endsWith('.py')).map((name) => path.join(each, name)));
    }
    if (folder === workspace || path.dirname(folder) === folder) break;
    folder = path.dirname(folder);
  }
  return found.slice(0, MOST);
}
