import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that start processes or train networks take longest. */
const SLOW = /test\/unit\/(bench|cli|client|engine|supervisor|training|viewer)\//;

/** Slow tests come first, so that no core waits for one of them at the end. */
class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const isSlow = (file: TestSpecification): boolean => SLOW.test(file.moduleId.replaceAll('\\', '/'));
    return [...sorted.filter(isSlow), ...sorted.filter((file) => !isSlow(file))];
  }
}

export default defineConfig({
  // As in the bundle: TensorFlow.js as modules, and one copy of its core.
  resolve: { mainFields: ['module', 'main'] },
  test: {
    server: { deps: { inline: [/@tensorflow/] } },
    include: ['test/unit/**/*.test.ts'],
    // Real processes and real SQLite take their time on a small machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Tests of processes wait much of their time.
    maxWorkers: Math.max(2, Math.ceil(1.5 * availableParallelism())),
    sequence: { sequencer: SlowFirst },
  },
});
