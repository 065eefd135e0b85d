/** Logs of other tools: read-only rows in explorer and panel, their media, and the import by a click. */
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const FIXTURES = join(import.meta.dirname, '..', 'unit', 'foreign', 'fixtures');

test('logs in a folder are drawn as they are, with their pictures, and imported by a click', async ({
  page,
  server,
}) => {
  test.setTimeout(240_000);
  const workspace = join(setup.scratch, 'logs é');
  mkdirSync(workspace, { recursive: true });
  cpSync(join(FIXTURES, 'tensorboardx'), join(workspace, 'runs'), { recursive: true });
  const workbench = new Workbench(page, server.url(workspace));
  const { panel } = workbench;
  try {
    await workbench.open();
    await workbench.showRuns();
    const row = page.getByRole('treeitem', { name: /logs of other tools/ });
    await expect(row).toBeVisible({ timeout: 60_000 });
    await workbench.expand(row);
    const log = page.getByRole('treeitem', { name: /TensorBoard/ }).first();
    await log.click();
    await expect(panel.id('read-only')).toBeVisible({ timeout: 60_000 });
    await expect(panel.frame.locator('[data-testid^="chart-"]').first()).toBeVisible();
    await workbench.screenshot('read-only');
    await panel.tab('media');
    const card = panel.frame.locator('[data-testid^="media-"][data-kind="image"]').first();
    await expect
      .poll(() =>
        card
          .locator('img')
          .first()
          .evaluate((image: HTMLImageElement) => image.naturalWidth),
      )
      .toBeGreaterThan(0);
    await workbench.screenshot('media');
    expect(existsSync(join(workspace, '.tunesmith'))).toBe(false);
    await panel.id('import-runs').click();
    await expect.poll(() => existsSync(join(workspace, '.tunesmith', 'runs')), { timeout: 60_000 }).toBe(true);
    await expect(panel.id('read-only')).toBeHidden({ timeout: 60_000 });
  } finally {
    new Cli(workspace).run('engine', 'stop', '--force');
  }
});
