/** The editor with the packaged extension installed, shared by the tests of a worker. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { test as base } from '@playwright/test';
import { installExtension, startEditor, writeSettings, type EditorServer } from '../../../scripts/lib/editorServer.mjs';
import { setup } from './setup.js';

export const test = base.extend<object, { server: EditorServer }>({
  server: [
    async ({}, use, worker) => {
      const data = join(setup.scratch, `editor-${worker.workerIndex}`);
      mkdirSync(data, { recursive: true });
      await writeSettings(data, { 'workbench.colorTheme': 'Default Dark Modern' });
      await installExtension(setup.latest, data, setup.vsix);
      const server = await startEditor(setup.latest, data);
      await use(server);
      server.stop();
    },
    { scope: 'worker', timeout: 120_000 },
  ],
});
export { expect } from '@playwright/test';
