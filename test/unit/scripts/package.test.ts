import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

test('the manifest and the README have what a marketplace shows', () => {
  const root = join(import.meta.dirname, '..', '..', '..');
  const read = (path: string) => readFileSync(join(root, path));
  const manifest = JSON.parse(read('package.json').toString()) as {
    icon: string;
    galleryBanner: { color: string; theme: string };
    categories: string[];
    keywords: string[];
    contributes: { walkthroughs: { steps: { media: Record<string, string> }[] }[] };
  };
  const icon = read(manifest.icon);
  expect(icon.subarray(1, 4).toString()).toBe('PNG');
  // Width and height, in pixels.
  for (const at of [16, 20]) expect(icon.readUInt32BE(at)).toBeGreaterThanOrEqual(128);
  expect(manifest.galleryBanner.color).toMatch(/^#[0-9a-f]{6}$/);
  expect(['dark', 'light']).toContain(manifest.galleryBanner.theme);
  expect(manifest.categories).toEqual(['Machine Learning', 'Data Science', 'Visualization']);
  expect(manifest.keywords.length).toBeGreaterThan(4);
  expect(manifest.keywords.length).toBeLessThanOrEqual(30);
  const steps = manifest.contributes.walkthroughs.flatMap((walkthrough) => walkthrough.steps);
  expect(steps.length).toBeGreaterThan(2);
  for (const { media } of steps)
    for (const file of [media.svg ?? media.image ?? media.markdown]) expect(existsSync(join(root, file!))).toBe(true);
  const pictures = [
    ...read('README.md')
      .toString()
      .matchAll(/!\[[^\]]+\]\(([^)]+)\)/g),
  ].map(([, path]) => path!);
  expect(pictures.length).toBeGreaterThan(5);
  // Marketplaces refuse SVG.
  for (const picture of pictures)
    expect(picture.endsWith('.png') && existsSync(join(root, picture)), picture).toBe(true);
});
