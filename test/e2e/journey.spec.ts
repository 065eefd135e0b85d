/**
 * A person's journey, from opening the example to applying the best values of a search, by clicks alone, with the packaged
 * extension in a real VS Code.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { TEST_IDS } from '../../webview/testids.js';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { Workbench } from './support/workbench.js';
import { exampleWorkspace, FILE } from './support/workspace.js';

const LOSS = 'loss';
const ACCURACY = 'val/accuracy';

test.describe.configure({ mode: 'serial' });

test.describe('a day with Tunesmith', () => {
  let page: Page;
  let bench: Workbench;
  let cli: Cli;
  let workspace: string;
  const text = () => readFileSync(join(workspace, FILE), 'utf8');

  test.beforeAll(async ({ browser, server }) => {
    workspace = exampleWorkspace('handwritten digits', { limit: 3000, epochs: 3, trials: 4, parallel: 1 });
    cli = new Cli(workspace);
    page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
    bench = new Workbench(page, server.url(workspace));
    await bench.open();
  });

  test.afterAll(async () => {
    await page?.close();
    cli?.run('engine', 'stop', '--force');
  });

  test('1. the example opens with lenses above params and search', async () => {
    await bench.openFile(FILE);
    await expect(bench.lens(/Run$/)).toBeVisible();
    await expect(bench.lens(/Start search$/)).toBeVisible();
    await bench.screenshot('1-open');
  });

  test('2. Run starts a training that is drawn as it goes', async () => {
    await bench.lens(/Run$/).click();
    await bench.showRuns();
    const experiment = bench.row(/^digits/).first();
    await experiment.waitFor();
    await bench.panel.drawn(LOSS, { points: 3 });
    await expect.poll(() => cli.ls()[0]?.status, { timeout: 120_000 }).toBe('completed');
    await bench.panel.drawn(ACCURACY, { points: 3 });
    const [run] = cli.ls();
    expect(run?.objective).toBeGreaterThan(0.5);
    // The sidebar says how the run ended without being asked.
    await expect(bench.row(/\d\.\d+/).first()).toBeVisible();
    await bench.screenshot('2-run');
  });

  test('3. values are edited in the form, refused when wrong, and relaunched beside the first run', async () => {
    const { panel } = bench;
    await panel.tab('form');
    await panel.fill(TEST_IDS.field('lr'), 'fast');
    await expect(panel.id(TEST_IDS.fieldError('lr'))).toBeVisible();
    await expect(panel.id(TEST_IDS.relaunch)).toHaveAttribute('aria-disabled', 'true');
    await bench.screenshot('3-refused');
    await panel.fill(TEST_IDS.field('lr'), '0.003');
    await expect(panel.id(TEST_IDS.fieldError('lr'))).toBeHidden();
    await panel.fill(TEST_IDS.field('dropout'), '0.5');
    await panel.id(TEST_IDS.relaunch).click();
    await panel.tab('charts');
    await panel.drawn(ACCURACY, { runs: 2, points: 4 });
    await expect(panel.legend).toHaveCount(2);
    // The legend names what differs, and nothing else.
    await expect(panel.legend.filter({ hasText: /dropout\s*0\.5/ })).toHaveCount(1);
    await expect(panel.legend.filter({ hasText: /dropout\s*0\.25/ })).toHaveCount(1);
    await expect(panel.legend.filter({ hasText: /optimizer/ })).toHaveCount(0);
    await expect
      .poll(() => cli.ls().filter(({ status }) => status === 'completed').length, { timeout: 120_000 })
      .toBe(2);
    await panel.drawn(ACCURACY, { runs: 2, points: 6 });
    await bench.screenshot('3-relaunched');
    expect(text()).toContain('dropout: 0.25');
  });

  test('4. a search runs its trials; trial and search are paused, resumed and stopped; the best is marked', async () => {
    // Trainings of 60 epochs, also on a busy machine.
    test.setTimeout(900_000);
    const { panel } = bench;
    await panel.tab('form');
    await panel.fill(TEST_IDS.space('dropout'), '{ uniform: [0.5, 0.55] }');
    // Long enough that a hand is faster.
    await panel.fill(TEST_IDS.field('epochs'), '60');
    await panel.id(TEST_IDS.startSearch).click();
    await expect.poll(() => searchStatus(cli), { timeout: 30_000 }).toBe('running');
    const first = panel.id(TEST_IDS.trial(0));
    await expect(first).toHaveAttribute('data-status', 'running', { timeout: 60_000 });

    await panel.id(TEST_IDS.trialAction('pause', 0)).click();
    await expect(first).toHaveAttribute('data-status', 'paused');
    await panel.id(TEST_IDS.trialAction('resume', 0)).click();
    await expect(first).toHaveAttribute('data-status', /running|completed|pruned/);

    // A hunch of the person's own is tried on top of the planned trials.
    await panel.id(TEST_IDS.enqueue).click();
    await expect(panel.frame.getByText('These values are tried next').first()).toBeVisible();

    await panel.fill(TEST_IDS.field('trials'), '20');
    await panel.id(TEST_IDS.changeSearch).click();
    await expect(panel.frame.getByText(/of 21\b/).first()).toBeVisible();

    // Pausing the search pauses what runs; what is paused can be stopped.
    const running = panel.frame.locator('[data-testid^="trial-"][data-status="running"]');
    await expect(running.first()).toBeVisible({ timeout: 120_000 });
    await panel.id(TEST_IDS.searchPause).click();
    const paused = panel.frame.locator('[data-testid^="trial-"][data-status="paused"]');
    await expect(paused.first()).toBeVisible();
    await expect(running).toHaveCount(0);
    await bench.screenshot('4-paused');
    const number = Number((await paused.first().getAttribute('data-testid'))?.replace('trial-', ''));
    await panel.id(TEST_IDS.trialAction('stop', number)).click();
    await expect(panel.id(TEST_IDS.trial(number))).toHaveAttribute('data-status', 'stopped');
    await panel.id(TEST_IDS.searchResume).click();

    await expect.poll(() => trials(cli).length, { timeout: 60_000 }).toBeGreaterThan(number + 1);
    await panel.id(TEST_IDS.searchStop).click();
    await expect.poll(() => trials(cli).every(({ endedAt }) => endedAt !== null), { timeout: 60_000 }).toBe(true);
    expect(trials(cli).length).toBeLessThan(20);
    await expect(panel.id(TEST_IDS.searchResume)).toBeVisible();
    await panel.id(TEST_IDS.searchResume).click();
    await panel.fill(TEST_IDS.field('trials'), '3');
    await panel.id(TEST_IDS.changeSearch).click();
    await expect(panel.frame.locator('[data-testid^="search-"][data-status="completed"]')).toBeVisible({
      timeout: 600_000,
    });
    await panel.fill(TEST_IDS.field('trials'), '4');
    await expect(panel.id(TEST_IDS.searchBest)).toBeVisible();
    await bench.showRuns();
    const search = bench.row(/★/).first();
    await expect(search).toBeVisible();
    // All dropouts come from the space that was typed into the panel.
    for (const { params } of trials(cli)) {
      expect(Number(params.dropout)).toBeGreaterThanOrEqual(0.5);
      expect(Number(params.dropout)).toBeLessThanOrEqual(0.55);
    }
    await bench.screenshot('4-trials');
    await panel.tab('insight');
    await expect(panel.id(TEST_IDS.insightCard('history')).locator('circle').first()).toBeVisible();
    await expect(panel.id(TEST_IDS.insightLeft)).toContainText('at least 10 trials');
    await panel.tab('form');
    await bench.expand(search);
    await panel.id(TEST_IDS.searchDraw).click();
    await panel.tab('charts');
    // The stopped trial may not have completed its first epoch.
    await panel.drawn(ACCURACY, { runs: 3, points: 12 });
    await bench.screenshot('4-search');
  });

  test('5. Apply best edits the file in place and keeps its comments', async () => {
    await bench.openFile(FILE);
    const comments = text().match(/#.*/g);
    // The file holds dropout 0.5 and lr 0.9, which no run had: so something is left to apply.
    writeFileSync(join(workspace, FILE), text().replace(/^ {2}lr: [\d.]+/m, '  lr: 0.9'));
    const apply = bench.lens('Apply best');
    await expect(apply.first()).toBeVisible();
    await expect(bench.lens(/^best /).first()).toBeVisible();
    await bench.screenshot('5-best');
    await bench.lens('Apply all best').click();
    await bench.command('File: Save');
    await expect.poll(() => /^ {2}lr: 0\.9\b/m.test(text())).toBe(false);
    // The earliest of equal results is the best.
    const oldestFirst = cli
      .ls()
      .filter(({ objective }) => objective !== null)
      .reverse();
    const top = oldestFirst.sort((a, b) => Number(b.objective) - Number(a.objective))[0]!;
    const lr = Number(/^ {2}lr: (\S+)/m.exec(text())?.[1]);
    expect(lr).toBeCloseTo(Number(top.params.lr), 6);
    expect(text().match(/#.*/g)).toEqual(comments);
  });

  test('6. a reload of the window in the middle of a training loses nothing', async () => {
    const before = cli.ls().length;
    writeFileSync(join(workspace, FILE), text().replace(/^ {2}epochs: \d+/m, '  epochs: 24'));
    await bench.lens(/Run$/).click();
    await expect.poll(() => cli.ls().length).toBe(before + 1);
    const id = newest(cli).id;
    await expect.poll(() => cli.count(id, ACCURACY), { timeout: 120_000 }).toBeGreaterThanOrEqual(2);
    await bench.reload();
    await expect(bench.panel.chart(ACCURACY)).toBeVisible({ timeout: 60_000 });
    expect(['running', 'completed']).toContain(newest(cli).status);
    await expect.poll(() => newest(cli).status, { timeout: 180_000 }).toBe('completed');
    const points = cli.metrics(id, ACCURACY);
    expect(points.map(({ step }) => step)).toEqual([...new Set(points.map(({ step }) => step))]);
    expect(points).toHaveLength(24);
    await expect(bench.panel.frame.locator(`[data-run="${id}"]`).first()).toBeVisible();
    await expect.poll(() => bench.panel.points(ACCURACY)).toBeGreaterThanOrEqual(24);
    await bench.screenshot('6-reloaded');
  });

  test('7. everything is in the command palette and in the command line', async () => {
    for (const title of [
      'Tunesmith: Run',
      'Tunesmith: Start Search',
      'Tunesmith: Stop Run',
      'Tunesmith: Pause Run',
      'Tunesmith: Resume Run',
      'Tunesmith: Stop Search',
      'Tunesmith: Pause Search',
      'Tunesmith: Resume Search',
      'Tunesmith: Apply Best Parameters',
      'Tunesmith: Open Panel',
      'Tunesmith: Show Training Backends',
      'Tunesmith: Engine Status',
    ]) {
      expect(await bench.offers(title), title).toBe(true);
    }
    const before = cli.ls().length;
    writeFileSync(join(workspace, FILE), text().replace(/^ {2}epochs: \d+/m, '  epochs: 1'));
    await bench.openFile(FILE);
    await bench.command('Tunesmith: Run');
    await expect.poll(() => cli.ls().length, { timeout: 30_000 }).toBe(before + 1);
    await expect.poll(() => newest(cli).status, { timeout: 60_000 }).toBe('completed');
    const shown = cli.json<{ id: string; command: string[]; exitCode: number }>('show', newest(cli).id);
    expect(shown.exitCode).toBe(0);
    // A run started in the terminal appears in the window by itself.
    expect(cli.run('run', FILE, '--name', 'from the terminal').code).toBe(0);
    await bench.showRuns();
    await expect(bench.row('from the terminal')).toBeVisible();
  });
});

const newest = (cli: Cli) => cli.ls()[0]!;
const trials = (cli: Cli) => cli.ls().filter(({ search }) => search !== null);
const searchStatus = (cli: Cli) => (trials(cli).some(({ endedAt }) => endedAt === null) ? 'running' : 'idle');
