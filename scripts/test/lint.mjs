// Rules, layout, types, generated manifest: each tool counts as one check.
import { existsSync } from 'node:fs';
import { inProject, root } from '../lib/paths.mjs';
import { projectEnv, projectNode } from '../lib/project.mjs';
import { run } from '../lib/process.mjs';
import { check, emptyResult } from './result.mjs';

const bin = (name, ...path) => inProject('node_modules', name, ...path);

const CHECKS = [
  ['eslint', [bin('eslint', 'bin', 'eslint.js'), '.', '--max-warnings', '0']],
  ['prettier', [bin('prettier', 'bin', 'prettier.cjs'), '--check', '.', '--log-level', 'warn']],
  // Each target has its own configuration, so that the DOM and the editor are unknown where they have no place.
  ...['src', 'src/editor', 'webview', 'test'].map((target) => [
    `types of ${target}`,
    [bin('typescript', 'bin', 'tsc'), '-p', target],
  ]),
  [
    'circles of imports',
    [
      bin('dependency-cruiser', 'bin', 'dependency-cruise.mjs'),
      'src',
      'webview',
      '--config',
      '.dependency-cruiser.mjs',
    ],
  ],
  ['manifest', [inProject('scripts', 'manifest.mjs'), '--check']],
];

export async function lint() {
  const result = emptyResult();
  for (const [title, args] of CHECKS) {
    if (!existsSync(args[0])) {
      result.failed++;
      result.failures.push(`${title}: ${args[0]} is missing`);
      continue;
    }
    await check(result, title, () =>
      run(projectNode, args, { cwd: root, env: projectEnv(), output: 'quiet', timeout: 5 * 60_000 }),
    );
  }
  return result;
}
