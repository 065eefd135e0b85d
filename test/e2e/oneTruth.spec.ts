/** One best run everywhere, a changed hyperparameter in the curve, the keyboard alone, and small rooms. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const FILE = 'plane.tune.yaml';
const EXPERIMENT = `name: plane
network:
  data: { csv: { file: plane.csv, target: y } }
  layers: [{ dense: 1 }]
  loss: mse
  optimizer: { name: sgd, learningRate: '{lr}' }
  backend: wasm
  epochs: '{epochs}'
  seed: 1
params:
  lr: 0.002
  epochs: 2
objective: { metric: val/loss, goal: minimize }
search:
  sampler: grid
  space:
    lr: { choice: [0.0001, 0.001, 0.05] }
`;

test('one best run everywhere; a change is a mark in the curve; keys and small rooms are enough', async ({
  page,
  server,
}) => {
  test.setTimeout(300_000);
  const workspace = join(setup.scratch, 'truth é');
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, FILE), EXPERIMENT);
  const rows = Array.from({ length: 40 }, (_, i) => `${i / 40},${(i * 7) % 11},${i / 20 + ((i * 7) % 11)}`);
  writeFileSync(join(workspace, 'plane.csv'), ['a,b,y', ...rows].join('\n'));
  const cli = new Cli(workspace);
  const bench = new Workbench(page, server.url(workspace));
  const { panel } = bench;
  try {
    const searched = cli.run('search', FILE);
    expect(searched.code, searched.stdout + searched.stderr).toBe(0);
    const best = cli.ls().reduce((one, other) => (other.objective! < one.objective! ? other : one));
    const rate = String(best.params.lr);

    // The same run in the lens, the explorer, the legend, the table, the form and the command line.
    const bestEverywhere = async (file: string): Promise<void> => {
      await bench.openFile(file);
      await expect(bench.lens(`best ${rate}`).first()).toBeVisible({ timeout: 60_000 });
      await bench.showRuns();
      await expect(bench.row(/★/).first()).toBeVisible();
      await bench.command('Tunesmith: Open Panel');
      await panel.tab('charts');
      await panel.drawn('val/loss', { runs: 3, points: 6 });
      const star = panel.frame.locator('[data-testid="legend-item"][data-best="true"]');
      await expect(star).toHaveAttribute('data-run', best.id);
      await panel.tab('table');
      await expect(panel.frame.locator('.run-row.best')).toHaveAttribute('data-testid', `run-row-${best.id}`);
      await panel.tab('form');
      await expect(panel.id('search-best')).toContainText(rate);
      expect(cli.run('ls').stdout).toMatch(new RegExp(`${best.id}.*★`));
    };
    await bench.open();
    await bestEverywhere(FILE);

    // A change of a running training is a mark in its curve.
    const live = cli.start('run', FILE, '--set', 'epochs=100000');
    await expect.poll(() => cli.ls().find(({ status }) => status === 'running')?.id).toBeTruthy();
    const { id } = cli.ls().find(({ status }) => status === 'running')!;
    await expect.poll(() => cli.count(id, 'val/loss'), { timeout: 60_000 }).toBeGreaterThan(3);
    expect(cli.run('set', id, 'lr=0.01').code).toBe(0);
    await panel.tab('charts');
    await expect(panel.chart('val/loss')).toHaveAttribute('data-changes', '1', { timeout: 60_000 });
    await bench.screenshot('changed');
    cli.run('stop', id);
    await new Promise((resolve) => (live.exitCode === null ? live.on('exit', resolve) : resolve(null)));

    // The keyboard alone: help, a tab, a filter, a run's page, and back.
    await panel.id('tab-charts').focus();
    await page.keyboard.press('?');
    await expect(panel.id('help')).toBeVisible();
    await bench.screenshot('help');
    await page.keyboard.press('Escape');
    await expect(panel.id('help')).toBeHidden();
    await page.keyboard.press('2');
    const row = panel.id(`run-row-${best.id}`);
    await expect(row).toBeVisible();
    await page.keyboard.press('/');
    await page.keyboard.type(`lr = ${rate}`);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await expect(panel.id('run-count')).toHaveText('1 run');

    // Two hundred percent, and a window of the width of a side bar.
    const fits = async (name: string): Promise<void> => {
      const wide = await panel.frame.locator('html').evaluate((all) => all.scrollWidth - all.clientWidth);
      expect(wide, name).toBeLessThanOrEqual(0);
      await expect(row).toBeVisible();
      await bench.screenshot(name);
    };
    const size = page.viewportSize()!;
    await bench.command('View: Toggle Primary Side Bar Visibility');
    await page.setViewportSize({ width: 420, height: 800 });
    await fits('panel-narrow');
    await page.setViewportSize({ width: size.width / 2, height: size.height / 2 });
    await fits('panel-zoomed');
    await page.setViewportSize(size);
  } finally {
    cli.run('engine', 'stop', '--force');
  }
});
