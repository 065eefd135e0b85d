// Rewrites the golden files (`npm run golden`), of all tests or of the named ones: `npm run golden -- help`.
// Read the difference before you commit it: the files show what a person will see.
import { execFileSync, spawnSync } from 'node:child_process';
import { projectEnv, projectNode } from './lib/project.mjs';

const wanted = process.argv.slice(2);
const files = execFileSync('git', ['grep', '-l', '--untracked', 'toMatchFileSnapshot', '--', 'test/unit'], {
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((file) => wanted.length === 0 || wanted.some((word) => file.includes(word)));
if (files.length === 0) {
  console.error(`No test with a golden file has a name with ${wanted.join(' or ')}.`);
  process.exit(1);
}
const { status } = spawnSync(projectNode, ['node_modules/vitest/vitest.mjs', 'run', ...files, '--update'], {
  stdio: 'inherit',
  env: projectEnv(),
});
process.exit(status ?? 1);
