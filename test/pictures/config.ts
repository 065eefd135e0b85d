/** Pictures of the examples, by the same means as the end-to-end tests. Started by scripts/pictures.mjs. */
import { defineConfig } from '@playwright/test';
import { join } from 'node:path';
import { setup } from '../e2e/support/setup.js';

export default defineConfig({
  testDir: import.meta.dirname,
  testMatch: '*.shots.ts',
  outputDir: join(import.meta.dirname, '..', '..', 'test-results', 'pictures'),
  workers: 1,
  timeout: 240_000,
  reporter: 'list',
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: setup.browser, args: ['--no-sandbox'] },
    actionTimeout: 30_000,
  },
});
