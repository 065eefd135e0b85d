/** The open workspace folders, as the tools for agents take them. */
import { stat } from 'node:fs/promises';
import * as path from 'node:path';
import type { Bench, BenchFolder } from '../../tools/index.js';
import { changeFile } from '../edits.js';
import type { ExperimentFiles } from '../files.js';
import type { Engines } from '../link/engines.js';
import type { FolderEngine } from '../link/folderEngine.js';

export class EditorBench implements Bench {
  constructor(
    private readonly engines: Engines,
    private readonly files: ExperimentFiles,
  ) {}

  get folders(): BenchFolder[] {
    return this.engines.folders.map((folder) => this.folder(folder));
  }

  private folder(folder: FolderEngine): BenchFolder {
    const { files } = this;
    return {
      path: folder.path,
      isUsed: () =>
        stat(path.join(folder.path, '.tunesmith')).then(
          () => true,
          () => false,
        ),
      request: (name, params) => folder.request(name, params),
      on: (name, listener) => folder.on(name, listener),
      onConnected: (listener) => folder.onState(({ kind }) => kind === 'connected' && listener()),
      unsavedText: (file) => files.unsavedText(file),
      chosenPython: () => folder.chosenPython(),
      changeFile,
    };
  }
}
