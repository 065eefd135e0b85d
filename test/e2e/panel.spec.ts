/** Groups, formulas, the filter language and the best run in the panel, by clicks over a small search. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const FILE = 'bowl.tune.yaml';
const EXPERIMENT = `name: bowl
run: node train.mjs {opt} {seed}
params:
  opt: sgd
  seed: 1
objective: { metric: loss, goal: minimize }
search:
  sampler: grid
  space:
    opt: { choice: [adam, sgd] }
    seed: { choice: [1, 2, 3] }
`;
const TRAIN = `const [opt, seed] = [process.argv[2], Number(process.argv[3])];
for (let step = 0; step < 20; step++) {
  const loss = (opt === 'adam' ? 1 : 2) / (step + 1) + seed / 100;
  console.log(\`step \${step} loss \${loss.toFixed(4)} val_loss \${(loss * 1.5).toFixed(4)}\`);
}
`;

test('runs are grouped, filtered and compared, and the best is the same everywhere', async ({ page, server }) => {
  test.setTimeout(300_000);
  const workspace = join(setup.scratch, 'bowl é');
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, FILE), EXPERIMENT);
  writeFileSync(join(workspace, 'train.mjs'), TRAIN);
  const cli = new Cli(workspace);
  const workbench = new Workbench(page, server.url(workspace));
  const { panel } = workbench;
  try {
    const { code, stdout, stderr } = cli.run('search', FILE);
    expect(code, stdout + stderr).toBe(0);
    const best = cli.ls().find(({ params }) => params.opt === 'adam' && params.seed === 1)!;
    expect(cli.run('ls').stdout).toMatch(new RegExp(`${best.id}.*★ 0\\.06`));
    expect(cli.run('ls', '--filter', 'opt = adam and loss < 0.07', '--json').stdout).toContain(best.id);
    const refused = cli.run('ls', '--filter', 'loss <');
    expect([refused.code === 0, refused.stderr]).toEqual([false, expect.stringContaining('A value is expected here.')]);

    await workbench.open();
    await workbench.openFile(FILE);
    await expect(workbench.lens('best adam')).toBeVisible({ timeout: 60_000 });
    await workbench.command('Tunesmith: Open Panel');
    await panel.tab('charts');
    await panel.drawn('loss', { runs: 6, points: 120 });
    await expect(panel.frame.locator('[data-testid="legend-item"][data-best="true"]')).toHaveAttribute(
      'data-run',
      best.id,
    );

    await panel.id('draw-settings').click();
    await panel.id('group-by-param:opt').check();
    await expect(panel.chart('loss')).toHaveAttribute('data-runs', '2');
    await expect(panel.id('legend-group')).toHaveCount(2);
    await expect(panel.id('legend-group').first()).toContainText('0.07 ± 0.01');
    await panel.id('draw-settings').click();

    await panel.id('new-card').click();
    await panel.input('card-series-0').fill('val_loss - los');
    await expect(panel.id('card-error-0')).toContainText('No drawn run has a metric los');
    await panel.input('card-series-0').fill('val_loss - loss');
    await panel.id('card-save').click();
    await panel.drawn('own:1', { runs: 2, points: 40 });
    await workbench.screenshot('grouped');

    await panel.tab('table');
    await expect(panel.id('table-groups').locator('.group-row')).toHaveCount(2);
    const filter = panel.id('run-filter');
    await filter.click();
    await filter.fill('opt = sgd and loss < ');
    await expect(panel.id('filter-error')).toContainText('A value is expected here.');
    await filter.fill('op');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.type('= sgd');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Enter');
    await expect(panel.id('run-count')).toHaveText('3 runs');
    await expect(panel.frame.locator('.chip')).toHaveText(['opt = sgd']);
    await panel.frame.locator('.chip button').click();
    await expect(panel.id('run-count')).toHaveText('6 runs');
    await expect(panel.frame.locator('.run-row.best')).toHaveAttribute('data-testid', `run-row-${best.id}`);
    await workbench.screenshot('filtered');
  } finally {
    cli.run('engine', 'stop', '--force');
  }
});
