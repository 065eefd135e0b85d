import { defineConfig } from '@playwright/test';
import { join } from 'node:path';
import { setup } from './support/setup.js';

const root = join(import.meta.dirname, '..', '..');

export default defineConfig({
  testDir: import.meta.dirname,
  testMatch: '**/*.spec.ts',
  outputDir: join(root, 'test-results', 'e2e'),
  // One editor at a time: training needs the cores.
  workers: 1,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  forbidOnly: Boolean(process.env.CI),
  reporter: [['list'], ['json']],
  use: {
    browserName: 'chromium',
    launchOptions: { executablePath: setup.browser, args: ['--no-sandbox'] },
    viewport: { width: 1500, height: 950 },
    actionTimeout: 30_000,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
  },
});
