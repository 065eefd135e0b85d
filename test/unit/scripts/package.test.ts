import { expect, test } from 'vitest';
import { problemsInside } from '../../../scripts/package.mjs';

const named = (...paths: string[]) => paths.map((path) => ({ name: `extension/${path}`, size: 1, packed: 1 }));
const good = [
  'package.json',
  'dist/extension.cjs',
  'dist/webview/panel.js',
  'readme.md',
  'LICENSE.txt',
  'changelog.md',
  'ThirdPartyNotices.txt',
];

test('what belongs in the package passes', () => {
  expect(problemsInside(named(...good))).toEqual([]);
});

test.each([
  ['dist/engine.cjs.map', 'source map'],
  ['dist/tfjs_binding.node', 'native'],
  ['python/tunesmith/__pycache__/client.cpython-311.pyc', 'left by a run'],
  ['examples/digits/.tunesmith/store.db', 'left by a run'],
  ['src/extension.ts', 'does not belong'],
  ['test-results/unit.json', 'does not belong'],
])('%s is refused', (path, why) => {
  expect(problemsInside(named(...good, path)).join('\n')).toContain(why);
});

test('a package without its program or its notices is refused', () => {
  const problems = problemsInside(named('package.json')).join('\n');
  expect(problems).toContain('dist/extension.cjs is missing');
  expect(problems).toContain('ThirdPartyNotices.txt is missing');
});
