// The e2e tier: a person's clicks on the packaged VSIX, by Playwright.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inProject, root } from '../lib/paths.mjs';
import { projectNode } from '../lib/project.mjs';
import { run } from '../lib/process.mjs';
import { emptyResult } from './result.mjs';

/** `setup` is what the tests find in `TUNESMITH_E2E`: editor, browser, vsix, scratch folder, python. */
export async function e2e({ env, setup, args = [] }) {
  const report = inProject('test-results', 'e2e.json');
  rmSync(report, { force: true });
  const { code, timedOut } = await run(
    projectNode,
    [
      join(root, 'node_modules', '@playwright', 'test', 'cli.js'),
      'test',
      '--config',
      inProject('test', 'e2e', 'playwright.config.ts'),
      ...args,
    ],
    {
      cwd: root,
      env: { ...env, TUNESMITH_E2E: JSON.stringify(setup), PLAYWRIGHT_JSON_OUTPUT_FILE: report },
      timeout: 30 * 60_000,
      check: false,
    },
  );
  const result = emptyResult();
  let told;
  try {
    told = JSON.parse(readFileSync(report, 'utf8'));
  } catch {
    result.failed++;
    result.failures.push(
      timedOut ? 'e2e: took longer than 30 minutes' : `e2e: Playwright wrote no report (exit code ${code})`,
    );
    return result;
  }
  const visit = (suite, titles) => {
    for (const child of suite.suites ?? []) visit(child, [...titles, child.title]);
    for (const spec of suite.specs ?? [])
      for (const test of spec.tests) take(result, [...titles, spec.title].join(' › '), test);
  };
  for (const suite of told.suites) visit(suite, [suite.title]);
  for (const error of told.errors ?? []) {
    result.failed++;
    result.failures.push(`e2e: ${error.message?.slice(0, 1500)}`);
  }
  if (code !== 0 && result.failed === 0) {
    result.failed++;
    result.failures.push(`e2e: Playwright exited with ${code}`);
  }
  return result;
}

function take(result, title, test) {
  if (test.status === 'skipped') {
    const reason = test.annotations.find(({ type }) => type === 'skip')?.description;
    // After a failure in a serial group the rest never ran: that is not a deliberate skip.
    result.skipped.push(`e2e: ${title}${reason ? ` (${reason})` : ' (an earlier step failed)'}`);
  } else if (test.status === 'unexpected') {
    result.failed++;
    const message = test.results.at(-1)?.error?.message ?? '';
    result.failures.push(
      `e2e: ${title}: ${message
        .replace(/\x1b\[[\d;]*m/g, '')
        .split('\n')
        .slice(0, 8)
        .join('\n')}`,
    );
  } else result.passed++;
}
