/** The page of a run, the comparison of two, plots of all and saved views, by clicks, on runs of a program in a git repository. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const FILE = 'pages.tune.yaml';
const EXPERIMENT = `name: pages
run: node train.mjs {lr}
params:
  lr: 0.1
objective: { metric: val/loss, goal: minimize }
`;
const TRAIN = `import { appendFileSync } from 'node:fs';
const lr = Number(process.argv[2]);
for (let step = 0; step < 30; step++) {
  const record = { type: 'metrics', step, values: { 'val/loss': 1 / (1 + lr * step) } };
  appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify(record) + '\\n');
  process.stdout.write('\\r' + 'x'.repeat(step) + ' ' + step + '/30');
}
console.log('\\n\\u001b[32mthe needle is at line 2\\u001b[0m');
for (let i = 0; i < 3000; i++) console.log('line', i);
console.log('done');
`;

function repository(): string {
  const folder = join(setup.scratch, 'pages é');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, FILE), EXPERIMENT);
  writeFileSync(join(folder, 'train.mjs'), TRAIN);
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], { cwd: folder });
  git('init', '-q', '-b', 'main');
  git('add', '.');
  git('commit', '-q', '-m', 'first');
  return folder;
}

test('a run has its page, with log, code and a note, and is compared with another', async ({ page, server }) => {
  test.setTimeout(240_000);
  const workspace = repository();
  const cli = new Cli(workspace);
  const workbench = new Workbench(page, server.url(workspace));
  const { panel } = workbench;
  try {
    expect(cli.run('run', FILE).code).toBe(0);
    writeFileSync(join(workspace, 'train.mjs'), TRAIN.replace("'done'", "'all done'"));
    expect(cli.run('run', FILE, '--set', 'lr=0.5').code).toBe(0);
    const [second, first] = cli.ls();
    await workbench.open();
    await workbench.command('Tunesmith: Open Run…');
    await page.keyboard.type(second!.id);
    await workbench.pick(second!.id);
    const runPage = panel.id(`run-page-${second!.id}`);
    await expect(runPage).toHaveAttribute('data-status', 'completed', { timeout: 60_000 });

    // A note in Markdown, kept in the run's folder.
    await panel.id('note-edit').click();
    await panel.id('note-text').fill('A **larger** rate helps.');
    await panel.id('note-save').click();
    await expect(panel.id('note').locator('strong')).toHaveText('larger');
    const meta = join(workspace, '.tunesmith', 'runs', second!.id, 'meta.json');
    expect(JSON.parse(readFileSync(meta, 'utf8'))).toMatchObject({ note: 'A **larger** rate helps.' });

    await panel.id('section-log').click();
    const log = panel.id('log');
    await expect(log).toContainText('all done');
    // The progress bar is one line.
    await expect(log).toHaveAttribute('data-lines', '3003');
    await panel.input('log-search').fill('NEEDLE');
    await expect(panel.id('log-found')).toHaveAttribute('data-hits', '1');
    await expect(log.locator('.marked .ansi-2')).toHaveText('the needle is at line 2');
    await workbench.screenshot('run-log');

    await panel.id('section-code').click();
    await expect(panel.id('patch-train.mjs')).toContainText("+console.log('all done');");
    await panel.id('section-charts').click();
    await panel.drawn('val/loss', { points: 30 });
    await panel.id('section-files').click();
    await expect(panel.id('files-of-run')).toContainText('output.log');

    // Both runs of the table side by side: only what differs.
    await panel.tab('table');
    await panel.id(`run-row-${first!.id}`).click();
    await panel.id(`run-row-${second!.id}`).click({ modifiers: ['ControlOrMeta'] });
    await panel.id(`run-row-${first!.id}`).click({ modifiers: ['ControlOrMeta'] });
    await panel.id(`run-menu-${first!.id}`).click();
    await panel.id('menu-compare').click();
    await expect(panel.id('compared-params')).toContainText('lr');
    await expect(panel.id('compared-code')).toContainText('train.mjs');
    await expect(panel.id('compared-packages')).toBeHidden();
    await panel.drawn('val/loss', { runs: 2 });
    await workbench.screenshot('compare');
    await panel.id('page-back').click();
    await expect(panel.id(`run-row-${first!.id}`)).toBeVisible();
    // A double click opens the page.
    await panel.id(`run-row-${first!.id}`).dblclick();
    await expect(panel.id(`run-page-${first!.id}`)).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(panel.id(`run-row-${first!.id}`)).toBeVisible();

    // Plots of all runs: a range typed for one value selects in every plot.
    await panel.tab('insight');
    await panel.id('insight-of-all').click();
    await expect(panel.id('explore-count')).toContainText('2 runs');
    await panel.input('explore-from').fill('0.1');
    await expect(panel.id('explore-selection')).toHaveAttribute('data-selected', '1');
    await expect(panel.id('insight-scatter').locator('circle.out')).toHaveCount(1);
    await panel.id('explore-clear').click();
    await expect(panel.id('explore-selection')).toHaveAttribute('data-selected', '0');

    // The view is saved under a name, in a file that can be committed, and comes back; undo goes back to the table.
    await panel.id('views-button').click();
    await panel.input('view-name').fill('all of them');
    await panel.id('view-save').click();
    await panel.id('view-all of them').waitFor();
    expect(JSON.parse(readFileSync(join(workspace, 'tunesmith.views.json'), 'utf8'))).toMatchObject({
      views: [{ name: 'all of them', experiment: 'pages', tab: 'insight', view: { insightOf: 'all' } }],
    });
    await page.keyboard.press('Escape');
    await panel.id('insight-of-drawn').click();
    await panel.tab('table');
    await panel.id('views-button').click();
    await panel.id('view-all of them').locator('.link').click();
    await expect(panel.id('insight-of-all')).toHaveAttribute('aria-checked', 'true');
    await workbench.screenshot('plots');
    await page.keyboard.press('ControlOrMeta+Z');
    await expect(panel.id(`run-row-${first!.id}`)).toBeVisible();
  } finally {
    cli.run('engine', 'stop', '--force');
  }
});
