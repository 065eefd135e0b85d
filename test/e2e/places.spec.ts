/** Choosing where runs execute, by clicks: a real Slurm, its queue in explorer and panel, and the consent for an SSH host. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installExtension, startEditor, writeSettings } from '../../scripts/lib/editorServer.mjs';
import { TEST_IDS } from '../../webview/testids.js';
import { SlurmCluster, whyNoSlurm } from '../unit/support/slurmCluster.js';
import { Cli, root } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const TRAIN = `import { appendFileSync } from 'node:fs';
for (let step = 0; step < 2000; step++) {
  appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step, values: { loss: 1 / (step + 1) } }) + '\\n');
  await new Promise((resolve) => setTimeout(resolve, 50));
}
`;
const FILE = `name: where
run: node train.mjs {lr}
params: { lr: 0.1 }
objective: { metric: loss, goal: minimize }
slurm: { extra: ["--hold"] }
`;
const SSH = `name: box
run: node train.mjs {lr}
params: { lr: 0.1 }
on: ssh
ssh: { host: gpu-box, folder: experiments }
`;
const THEMES = {
  dark: 'Default Dark Modern',
  light: 'Default Light Modern',
  contrast: 'Default High Contrast',
} as const;

const why = whyNoSlurm();
test.skip(why !== null, `no Slurm: ${why}`);

test('a place is chosen by the lens and in the panel, and the queue is seen in explorer and panel', async ({
  browser,
}) => {
  test.setTimeout(420_000);
  // The nodes have a /tmp of their own, so the folder and the extension are next to the tests.
  const shared = join(root, '.cache', `places-${process.pid}`);
  const workspace = join(shared, 'места é');
  mkdirSync(join(workspace, '.vscode'), { recursive: true });
  writeFileSync(join(workspace, 'train.mjs'), TRAIN);
  writeFileSync(join(workspace, 'where.tune.yaml'), FILE);
  writeFileSync(join(workspace, 'box.tune.yaml'), SSH);
  writeFileSync(join(workspace, '.env'), 'TOKEN=1\n');
  // Tests lie in a folder that git ignores, and what git ignores is not sent.
  execFileSync('git', ['init', '-q', workspace]);
  const theme = (name: string): void =>
    writeFileSync(join(workspace, '.vscode/settings.json'), JSON.stringify({ 'workbench.colorTheme': name }));
  theme(THEMES.dark);
  const cluster = await SlurmCluster.start(shared, root);
  const env = {
    ...process.env,
    ...cluster.env,
    TUNESMITH_HOME: join(shared, 'home'),
    TUNESMITH_CLUSTER_POLL_SECONDS: '1',
  };
  const cli = new Cli(workspace, env);
  const data = join(shared, 'editor');
  mkdirSync(data, { recursive: true });
  await writeSettings(data, {});
  await installExtension(setup.latest, data, setup.vsix);
  const server = await startEditor(setup.latest, data, { env });
  const page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
  const bench = new Workbench(page, server.url(workspace));
  const { panel } = bench;
  const dialog = page.locator('.monaco-dialog-box');
  const shoot = async (name: string): Promise<void> => {
    for (const [word, title] of Object.entries(THEMES)) {
      theme(title);
      await expect(page.locator('.monaco-workbench')).toHaveClass(
        word === 'dark' ? /vs-dark/ : word === 'light' ? /(^| )vs( |$)/ : /hc-black/,
      );
      await page.waitForTimeout(400);
      await bench.screenshot(`places-${name}-${word}`);
    }
    theme(THEMES.dark);
    await expect(page.locator('.monaco-workbench')).toHaveClass(/vs-dark/);
  };
  try {
    await bench.open();
    await bench.openFile('where.tune.yaml');
    await bench.lens('on local ▾').click({ timeout: 60_000 });
    const picker = page.locator('.quick-input-widget');
    await expect(picker).toContainText('Where do runs of where.tune.yaml execute?');
    await shoot('pick');
    await bench.pick(/^slurm/);
    await expect(bench.lens('on slurm ▾')).toBeVisible();

    // The job is held, so it waits and says why.
    await bench.lens(/Run$/).first().click();
    await bench.showRuns();
    await bench.expand(bench.row(/^where/).first());
    const row = bench.rows.filter({ hasText: /where \d/ }).first();
    await expect(row).toContainText(/slurm, job \d+, place 1 in the queue: JobHeldUser/, { timeout: 60_000 });
    await expect(row).toHaveAttribute('aria-label', /slurm, job \d+, place 1 in the queue: JobHeldUser/);
    const [{ id } = { id: '' }] = cli.ls();
    await row.click();
    await bench.command('Tunesmith: Open Panel');
    await panel.tab('table');
    const line = panel.id(TEST_IDS.runRow(id));
    await expect(line.getByRole('img', { name: /place 1 in the queue: JobHeldUser/ })).toBeVisible();
    await line.dblclick();
    await expect(panel.id(TEST_IDS.pageStatus)).toContainText('place 1 in the queue: JobHeldUser', { timeout: 60_000 });
    await shoot('waits');
    cluster.ask('scontrol', ['release', cluster.ask('squeue', ['--noheader', '--format=%i'])?.trim() ?? '']);
    await expect(panel.id(TEST_IDS.pageStatus)).toContainText(/slurm, job \d+ on node\d/, { timeout: 60_000 });
    await expect(row).toContainText(/slurm, job \d+ on node\d/);
    await bench.screenshot('places-runs');
    await page.keyboard.press('Escape');

    // The panel's button opens the same list.
    await panel.tab('form');
    await expect(panel.id(TEST_IDS.place)).toContainText('on slurm');
    await shoot('form');
    await panel.id(TEST_IDS.place).click();
    await expect(picker).toContainText('Where do runs of where.tune.yaml execute?');
    await bench.pick(/^local/);
    await expect(panel.id(TEST_IDS.place)).toContainText('on local');

    // Nothing is sent to a host before the person has seen the list.
    await bench.command('View: Close All Editors');
    await bench.openFile('box.tune.yaml');
    await expect(bench.lens('on ssh ▾')).toBeVisible();
    const before = cli.ls().length;
    await bench.lens(/Run$/).first().click();
    await expect(dialog).toContainText('of this folder to gpu-box and run there?');
    await expect(dialog).toContainText('train.mjs');
    await expect(dialog).toContainText('Never sent, because they may hold secrets: .env');
    await shoot('consent');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    expect(cli.ls()).toHaveLength(before);
  } finally {
    cli.run('stop', 'latest');
    cli.run('engine', 'stop', '--force');
    await page.close();
    server.stop();
    await cluster.stop();
    rmSync(shared, { recursive: true, force: true, maxRetries: 5 });
  }
});
