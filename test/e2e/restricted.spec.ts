/** A workspace that is not trusted: its runs are shown, nothing is started, and trust brings everything to life. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installExtension, startEditor, writeSettings } from '../../scripts/lib/editorServer.mjs';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const PROGRAM = `import fs from 'node:fs';
for (let step = 0; step < 40; step++) {
  console.log('line ' + step);
  fs.appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step, values: { loss: 1 / (step + 1) } }) + '\\n');
}
`;
const FILE = `name: tiny
run: node train.mjs
objective: { metric: loss, goal: minimize }
search: { sampler: random, trials: 3, space: { lr: { uniform: [0, 1] } } }
`;

test('runs, curves, logs and searches are shown in Restricted Mode without starting anything', async ({ browser }) => {
  test.setTimeout(300_000);
  const workspace = join(setup.scratch, 'restricted é');
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, 'train.mjs'), PROGRAM);
  writeFileSync(join(workspace, 'tiny.tune.yaml'), FILE);
  const cli = new Cli(workspace);
  expect(cli.run('run', 'tiny.tune.yaml', '--name', 'first').code).toBe(0);
  expect(cli.run('search', 'tiny.tune.yaml').code).toBe(0);
  const before = cli.ls();
  cli.run('engine', 'stop', '--force');
  // The engine of this folder would have its address here.
  const home = join(setup.scratch, 'restricted-home');
  mkdirSync(home, { recursive: true });

  const data = join(setup.scratch, 'editor-restricted');
  mkdirSync(data, { recursive: true });
  await writeSettings(data, {
    'workbench.colorTheme': 'Default Dark Modern',
    'security.workspace.trust.startupPrompt': 'never',
    'security.workspace.trust.banner': 'never',
  });
  await installExtension(setup.latest, data, setup.vsix);
  const server = await startEditor(setup.latest, data, {
    env: { ...process.env, TUNESMITH_HOME: home },
    trust: false,
  });
  const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
  const bench = new Workbench(page, server.url(workspace));
  const { panel } = bench;
  const engines = (): string[] =>
    readdirSync(home, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('engine.json'));
  try {
    await bench.open();
    await bench.showRuns();
    await bench.expand(bench.row('tiny').first());
    await expect(bench.row('first').first()).toBeVisible();
    await expect(page.getByText('Restricted Mode: runs are shown')).toBeVisible();

    await bench.row('first').last().click();
    await expect(panel.frame.locator('[data-testid^="chart-"] canvas').first()).toBeVisible({ timeout: 60_000 });
    await expect(panel.frame.getByText('you can look at runs, but not start or change any')).toBeVisible();
    await panel.tab('table');
    await expect(panel.frame.locator('[role=row]', { hasText: 'first' }).first()).toContainText('0.025');
    await panel.frame.locator('[role=row]', { hasText: 'first' }).first().click({ button: 'right' });
    const again = panel.id('menu-rerun');
    await expect(again).toHaveAttribute('aria-disabled', 'true');
    await expect(again).toHaveAttribute('title', /Trust this workspace/);
    await bench.screenshot('restricted-menu');
    await panel.id('menu-open').click();
    await panel.frame.getByRole('tab', { name: 'Log' }).click();
    await expect(panel.frame.getByText('line 39')).toBeVisible();
    await bench.screenshot('restricted-page');
    expect(engines()).toEqual([]);
    expect(existsSync(join(workspace, '.tunesmith', 'scheduler.json'))).toBe(false);

    await panel.id('trust').click();
    await page.getByRole('button', { name: 'Trust', exact: true }).first().click();
    await expect(panel.id('trust')).toHaveCount(0, { timeout: 60_000 });
    await expect.poll(engines).toHaveLength(1);
    const trusted = new Cli(workspace, { ...process.env, TUNESMITH_HOME: home });
    expect(trusted.ls().map(({ id, status }) => [id, status])).toEqual(before.map(({ id, status }) => [id, status]));
    trusted.run('engine', 'stop', '--force');
  } finally {
    await page.close();
    server.stop();
  }
});
