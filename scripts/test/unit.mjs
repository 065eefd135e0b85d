// The unit tier: vitest, read from its JSON report.
import { readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { inProject, root } from '../lib/paths.mjs';
import { projectNode } from '../lib/project.mjs';
import { run } from '../lib/process.mjs';
import { emptyResult } from './result.mjs';

export async function unit({ env, args = [] }) {
  const report = inProject('test-results', 'unit.json');
  rmSync(report, { force: true });
  const { code, timedOut } = await run(
    projectNode,
    [
      inProject('node_modules', 'vitest', 'vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ],
    { cwd: root, env, timeout: 30 * 60_000, check: false },
  );
  const result = emptyResult();
  let files = [];
  try {
    files = JSON.parse(readFileSync(report, 'utf8')).testResults;
  } catch {
    result.failed++;
    result.failures.push(
      timedOut ? 'unit: took longer than 30 minutes' : `unit: vitest wrote no report (exit code ${code})`,
    );
    return result;
  }
  for (const file of files) {
    const name = relative(root, file.name);
    if (file.status === 'failed' && !file.assertionResults.some(({ status }) => status === 'failed')) {
      result.failed++;
      result.failures.push(`${name}: ${firstLines(file.message)}`);
    }
    for (const test of file.assertionResults) {
      if (test.status === 'passed') result.passed++;
      else if (test.status === 'failed') {
        result.failed++;
        result.failures.push(`${name}: ${test.fullName}: ${firstLines(test.failureMessages?.join('\n'))}`);
      } else
        result.skipped.push(`${name}: ${test.fullName}${test.meta?.skipReason ? ` (${test.meta.skipReason})` : ''}`);
    }
  }
  if (code !== 0 && result.failed === 0) {
    result.failed++;
    result.failures.push(`unit: vitest exited with ${code} though no test failed; look for an unhandled error above`);
  }
  return result;
}

const firstLines = (text = '') => text.split('\n').slice(0, 6).join('\n');
