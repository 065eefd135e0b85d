/** Open Example from another folder: it replaces that in the same window, and its search starts by itself. */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

test('the example opens in the same window, and its search of 16 trials starts by itself', async ({ page, server }) => {
  test.setTimeout(300_000);
  const before = join(setup.scratch, 'before the example');
  const parent = join(setup.scratch, 'examples é');
  for (const folder of [before, parent]) mkdirSync(folder, { recursive: true });
  const bench = new Workbench(page, server.url(before));
  const target = join(parent, 'tunesmith-digits');
  const cli = new Cli(target);
  try {
    await bench.open();
    await bench.command('Tunesmith: Open Example…');
    const input = page.locator('.quick-input-widget input.input');
    await input.fill(`${parent}/`);
    await page.locator('.quick-input-widget').getByRole('button', { name: 'Create It Here' }).click();
    await expect(page.locator('.tab[data-resource-name="digits.tune.yaml"]')).toBeVisible({ timeout: 120_000 });
    expect(existsSync(join(target, 'digits.tune.yaml'))).toBe(true);
    await expect.poll(() => cli.ls().length, { timeout: 120_000 }).toBeGreaterThan(0);
    const [search] = cli.json<{ status: string; search: string }[]>('ls', '--searches');
    expect(search?.status).toBe('running');
    // The gutter says that the search is at work.
    const mark = page.locator('.glyph-margin-widgets > div');
    await expect(mark.first()).toBeVisible({ timeout: 60_000 });
    await bench.screenshot('example-begins');
  } finally {
    cli.run('stop', '--all');
    cli.run('engine', 'stop', '--force');
  }
});
