/**
 * Entry point of the host tier: runs every `*.test.js` beside this file with mocha. The outcome goes to the file
 * that `TUNESMITH_HOST_RESULTS` names, because an extension host in a browser's editor has no exit code. With
 * `TUNESMITH_HOST_ONLY` set, only files whose name contains it are run.
 */
import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export async function run(): Promise<void> {
  const failures: string[] = [];
  const skipped: string[] = [];
  let passed = 0;
  try {
    // Mocha is an ES module, which this CommonJS bundle can only import when it runs.
    const { default: Mocha } = await import('mocha');
    const mocha = new Mocha({
      ui: 'bdd',
      timeout: 60_000,
      reporter: class extends Mocha.reporters.Base {},
      color: false,
    });
    const files = readdirSync(__dirname, { recursive: true, encoding: 'utf8' });
    const only = process.env.TUNESMITH_HOST_ONLY ?? '';
    const wanted = files.filter((name) => name.endsWith('.test.js') && name.includes(only));
    for (const file of wanted.sort()) mocha.addFile(join(__dirname, file));
    await new Promise<void>((resolve) => {
      mocha
        .run(() => resolve())
        .on('pass', (test) => {
          passed++;
          console.log(`✓ ${test.fullTitle()} (${test.duration} ms)`);
        })
        .on('pending', (test) => skipped.push(test.fullTitle()))
        .on('fail', (test, error: Error) => {
          failures.push(`${test.fullTitle()}: ${error.stack ?? error.message}`);
          console.log(`✗ ${test.fullTitle()}: ${error.message}`);
        });
    });
  } catch (error) {
    failures.push(`the tests could not be loaded: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  }
  const report = process.env.TUNESMITH_HOST_RESULTS;
  if (report) {
    // Renamed into place, so that a reader never sees half of it.
    writeFileSync(`${report}.partial`, JSON.stringify({ passed, failures, skipped }));
    renameSync(`${report}.partial`, report);
  }
  if (failures.length > 0) throw new Error(`${failures.length} tests failed`);
}
