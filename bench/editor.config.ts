import { defineConfig } from '@playwright/test';
import base from '../test/e2e/playwright.config.js';

export default defineConfig(base, {
  testDir: import.meta.dirname,
  testMatch: 'editor.bench.ts',
  timeout: 8 * 60_000,
  reporter: 'list',
});
