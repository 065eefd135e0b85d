/** Checks of the workflows that need no server. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';

const root = join(import.meta.dirname, '..', '..', '..');
const folder = join(root, '.github', 'workflows');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
  engines: { vscode: string };
};

interface Job {
  'runs-on': string;
  'timeout-minutes': number;
  strategy?: { matrix: Record<string, string[]> };
  steps: { uses?: string; run?: string }[];
}
const workflow = (name: string) => {
  const document = parseDocument(readFileSync(join(folder, name), 'utf8'), { strict: true, uniqueKeys: true });
  expect([...document.errors, ...document.warnings]).toEqual([]);
  return document.toJS() as { on: object; permissions: object; jobs: Record<string, Job> };
};

describe.each(readdirSync(folder))('%s', (name) => {
  const { on, permissions, jobs } = workflow(name);

  test('starts by itself, may only read, and every job ends', () => {
    expect(Object.keys(on).length).toBeGreaterThan(0);
    expect(permissions).toEqual({ contents: 'read' });
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeGreaterThan(0);
  });

  test('uses actions by version and scripts that there are', () => {
    for (const { uses, run } of Object.values(jobs).flatMap(({ steps }) => steps)) {
      if (uses) expect(uses).toMatch(/^actions\/[\w-]+@v\d+$/);
      const script = run && /^npm (?:run )?([\w:]+)/.exec(run)?.[1];
      if (run) expect(Object.keys(manifest.scripts)).toContain(script);
    }
  });
});

test('tiers and desktop tests run on Linux, macOS and Windows, in the oldest VS Code too', () => {
  const { tiers, desktop } = workflow('test.yml').jobs as { tiers: Job; desktop: Job };
  for (const job of [tiers, desktop]) {
    expect(job['runs-on']).toBe('${{ matrix.os }}');
    expect(job.strategy!.matrix.os).toEqual(['ubuntu-latest', 'macos-latest', 'windows-latest']);
  }
  expect(desktop.strategy!.matrix.vscode).toEqual(['stable', manifest.engines.vscode.replace('^', '')]);
});
