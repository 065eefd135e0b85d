/** One workspace folder, as the tools for agents take it outside of an editor. */
import { readFileSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import type { EngineLink } from '../../engine/clients/index.js';
import { editExperiment } from '../../experiment/index.js';
import type { Bench, BenchFolder } from '../../tools/index.js';

/** `link` leads to the engine of the folder `path`. */
export function folderBench(path: string, link: EngineLink): Bench {
  const folder: BenchFolder = {
    path,
    isUsed: async () => true,
    request: (name, params) => link.request(name, params),
    on: (name, listener) => link.on(name, listener),
    onConnected: (listener) => link.onState(({ kind }) => kind === 'connected' && listener()),
    unsavedText: async () => undefined,
    chosenPython: async () => ({}),
    changeFile: async (file, change) => {
      const before = readFileSync(file, 'utf8');
      const { text } = editExperiment(before, change, file);
      if (text === before) return false;
      replaceText(realpathSync(file), text);
      return true;
    },
  };
  return { folders: [folder] };
}

/** Readers of the file see the old text or the new one, never a part. The file keeps its permissions. */
function replaceText(file: string, text: string): void {
  const temporary = `${file}.${randomBytes(4).toString('hex')}`;
  try {
    writeFileSync(temporary, text, { flag: 'wx', mode: statSync(file).mode & 0o777 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}
