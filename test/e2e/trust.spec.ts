/** A run that came with its folder, and a full disk, as a person meets them. */
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { SmallDisk } from '../unit/support/smallDisk.js';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const PROGRAM = `import fs from 'node:fs';
fs.appendFileSync(new URL('started', import.meta.url), process.env.TUNESMITH_FSYNC_SECONDS + '\\n');
for (let step = 0; step < Number(process.argv[2]); step++) {
  try { fs.appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step, values: { loss: 1 / (step + 1) } }) + '\\n'); } catch {}
  await new Promise((resolve) => setTimeout(resolve, 100));
}
`;
const FILE = `name: tiny
run: node train.mjs {steps}
params: { steps: 3 }
objective: { metric: loss, goal: minimize }
`;

function writeWorkspace(folder: string): Cli {
  mkdirSync(join(folder, '.vscode'), { recursive: true });
  writeFileSync(join(folder, '.vscode', 'settings.json'), '{ "tunesmith.recording.syncSeconds": 7 }\n');
  writeFileSync(join(folder, 'train.mjs'), PROGRAM);
  writeFileSync(join(folder, 'tiny.tune.yaml'), FILE);
  return new Cli(folder);
}

const started = (folder: string): string => {
  const file = join(folder, 'started');
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

let page: Page;
let cli: Cli | undefined;
test.beforeEach(async ({ browser }) => {
  page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
});
test.afterEach(async () => {
  await page.close();
  cli?.run('engine', 'stop', '--force');
});

test('a run that came with its folder runs again only after a dialog that shows its command', async ({ server }) => {
  const theirs = join(setup.scratch, 'theirs');
  const there = writeWorkspace(theirs);
  expect(there.run('run', 'tiny.tune.yaml', '--name', 'theirs').code).toBe(0);
  there.run('engine', 'stop', '--force');
  const folder = join(setup.scratch, 'came from elsewhere');
  cpSync(theirs, folder, { recursive: true, filter: (file) => !file.endsWith('started') });
  cli = new Cli(folder);

  const bench = new Workbench(page, server.url(folder));
  await bench.open();
  await bench.showRuns();
  const row = bench.row('theirs').last();
  const dialog = page.locator('.monaco-dialog-box');
  const rerun = async (): Promise<void> => {
    await row.click({ button: 'right' });
    const item = page.getByRole('menuitem', { name: 'Rerun', exact: true });
    // A menu that has just opened lets the first click pass by.
    await expect(async () => {
      if (await item.isVisible()) await item.click();
      await expect(item).toHaveCount(0, { timeout: 2000 });
    }).toPass({ timeout: 30_000 });
    await expect(dialog).toContainText('node train.mjs 3');
    await expect(dialog).toContainText(folder);
  };
  await bench.expand(bench.row('tiny').first());
  await rerun();
  await bench.screenshot('trust-dialog');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  expect(cli.ls()).toHaveLength(1);
  expect(started(folder)).toBe('');

  await rerun();
  await dialog.getByRole('button', { name: 'Run It Here' }).click();
  await expect.poll(() => cli!.ls().map(({ status }) => status)).toEqual(['completed', 'completed']);
  // The setting of the workspace has reached the program.
  expect(started(folder)).toBe('7\n');
});

test('a full disk is reported by a notification and in the status bar, and so is its end', async ({ server }) => {
  const disk = SmallDisk.mount(16 * 1024);
  test.skip(!disk, 'a small disk can only be mounted by root on Linux');
  try {
    cli = writeWorkspace(disk!.folder);
    const bench = new Workbench(page, server.url(disk!.folder));
    await bench.open();
    expect(cli.run('run', 'tiny.tune.yaml', '--set', 'steps=900', '--detach').code).toBe(0);
    await bench.showRuns();
    await expect(page.locator('.statusbar-item', { hasText: 'tiny 1' })).toBeVisible();
    disk!.fill();
    const warning = page.locator('.statusbar-item.warning-kind', { hasText: 'tiny 1' });
    await expect(warning).toBeVisible({ timeout: 60_000 });
    await bench.command('Notifications: Show Notifications');
    const told = page.locator('.notifications-center .notification-list-item', { hasText: 'The disk is full' });
    await expect(told).toContainText('Free some space');
    await expect(told.getByRole('button', { name: 'Show Engine Log' })).toBeVisible();
    await bench.screenshot('trust-full-disk');
    disk!.free();
    await expect(page.locator('.statusbar-item', { hasText: 'Tunesmith works again.' })).toBeVisible({
      timeout: 60_000,
    });
    await expect(warning).toHaveCount(0);
  } finally {
    cli?.run('stop', 'latest');
    cli?.run('engine', 'stop', '--force');
    disk?.unmount();
  }
});
