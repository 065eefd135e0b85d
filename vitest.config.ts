import { defineConfig } from 'vitest/config';

export default defineConfig({
  // As in the bundle: TensorFlow.js as modules, and one copy of its core.
  resolve: { mainFields: ['module', 'main'] },
  test: {
    server: { deps: { inline: [/@tensorflow/] } },
    include: ['test/unit/**/*.test.ts'],
    // Real processes and real SQLite take their time on a small machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
  },
});
