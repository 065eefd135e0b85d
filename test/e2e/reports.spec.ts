/** A report by clicks: made, drawn beside its text while a run goes on, added to from the panel, and exported. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Frame, Page } from '@playwright/test';
import { contrastFaults, violations } from './support/axe.js';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const FILE = 'digits.tune.yaml';
const EXPERIMENT = `name: digits
run: node train.mjs {lr} {wait}
params: { lr: 0.1, wait: 0 }
objective: { metric: val/loss, goal: minimize }
`;
const TRAIN = `import { appendFileSync } from 'node:fs';
const [lr, wait] = process.argv.slice(2).map(Number);
for (let step = 0; step < 40; step++) {
  const values = { 'val/loss': 1 / (1 + lr * step), 'train/loss': 0.8 / (1 + lr * step), rate: lr };
  appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ type: 'metrics', step, values }) + '\\n');
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}
`;

/** The frame of the preview, among those of all webviews. */
async function preview(page: Page): Promise<Frame> {
  let found: Frame | undefined;
  await expect
    .poll(
      async () => {
        for (const frame of page.frames())
          if (
            await frame
              .locator('main[data-testid="report"] .r-block')
              .count()
              .catch(() => 0)
          )
            found = frame;
        return found !== undefined;
      },
      { timeout: 60_000, message: 'the preview' },
    )
    .toBe(true);
  return found!;
}

test('a report is drawn beside its text, follows a run, takes a card of the panel, and is exported', async ({
  page,
  server,
}) => {
  test.setTimeout(300_000);
  const workspace = join(setup.scratch, 'reports é');
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, FILE), EXPERIMENT);
  writeFileSync(join(workspace, 'train.mjs'), TRAIN);
  const cli = new Cli(workspace);
  for (const lr of ['0.1', '0.5']) expect(cli.run('run', FILE, '--set', `lr=${lr}`).code).toBe(0);
  const workbench = new Workbench(page, server.url(workspace));
  const { panel } = workbench;
  const report = join(workspace, 'week.report.md');
  const text = (): string => readFileSync(report, 'utf8');

  await workbench.open();
  await workbench.command('Tunesmith: New Report…');
  const name = page.locator('.quick-input-widget input.input');
  await expect(name).toHaveValue('report');
  await name.fill('week');
  await name.press('Enter');
  let frame = await preview(page);
  const curves = () => frame.locator('[data-block="0"] svg path > title');
  await expect(curves()).toHaveCount(2);
  await expect(frame.locator('[data-block="1"] tbody tr')).toHaveCount(2);
  await workbench.screenshot('report-dark');
  expect(await violations(frame)).toEqual([]);

  // Values under the pointer.
  const drawing = frame.locator('[data-block="0"] svg');
  const box = (await drawing.boundingBox())!;
  await drawing.hover({ position: { x: box.width / 2, y: box.height / 3 } });
  await expect(frame.getByTestId('report-tip')).toContainText('step');
  await page.mouse.move(2, 400);

  // A run that goes on is drawn while it does, and its row becomes the best.
  const live = cli.start('run', FILE, '--set', 'lr=2', '--set', 'wait=200');
  await expect(curves()).toHaveCount(3, { timeout: 60_000 });
  await expect(frame.locator('.r-state')).toContainText('1 runs in progress');
  const points = async (): Promise<number> =>
    ((await frame.locator('[data-block="0"] svg g path').first().getAttribute('d')) ?? '').split('L').length;
  const before = await points();
  await expect.poll(points, { timeout: 30_000 }).toBeGreaterThan(before);
  await new Promise((resolve) => live.on('exit', resolve));
  await expect(frame.locator('[data-block="1"] tbody tr').first()).toContainText('2');

  // A mistake is said in the place of its block, with its line.
  appendFileSync(report, '\n```tunesmith chart\nexperiment: digits\nmetrics: val/los\n```\n');
  const problem = frame.locator('.r-problem').last();
  await expect(problem).toContainText('Did you mean "val/loss"?');
  await problem.locator('button').click();
  await expect(page.locator('[id="status.editor.selection"]')).toContainText(/Ln \d+, Col 1/);

  // A card of the panel.
  await workbench.command('View: Close All Editors');
  await workbench.command('Tunesmith: Open Panel');
  await panel.drawn('train/loss', { runs: 3 });
  await panel.id('chart-menu-train/loss').click();
  await panel.id('menu-card-report').click();
  await workbench.pick('week.report.md');
  await expect.poll(text).toContain('metrics: train/loss');
  expect(text()).toMatch(/```tunesmith chart\nexperiment: digits\nnewest: 20\nmetrics: train\/loss\n```/);
  await workbench.command('Tunesmith: Open Report Preview to the Side');
  await workbench.pick('week.report.md');
  frame = await preview(page);
  await expect(frame.locator('[data-block="3"] svg path > title')).toHaveCount(3);

  await workbench.screenshot('report');

  // Moved by its arrows, twice without waiting; the place is said where the state of runs does not replace it.
  const isBefore = (a: string, b: string): boolean => text().indexOf(a) < text().indexOf(b);
  const arrow = (block: number, way: string) => frame.getByRole('button', { name: `Move block ${block} ${way}` });
  await arrow(4, 'up').evaluate((button: HTMLElement) => {
    button.click();
    button.click();
  });
  await expect(frame.locator('.r-moves')).toHaveText('Block 2 of 4');
  await expect(arrow(2, 'up')).toBeFocused();
  await expect.poll(() => isBefore('metrics: train/loss', 'tunesmith table')).toBe(true);
  await expect(arrow(4, 'down')).toBeDisabled();
  await arrow(2, 'up').press('Enter');
  await expect(frame.locator('.r-moves')).toHaveText('Block 1 of 4');
  await expect(arrow(1, 'up')).toBeFocused();
  await arrow(1, 'up').press('Enter');
  await expect(arrow(1, 'up')).toBeDisabled();
  await expect(arrow(1, 'down')).toBeFocused();
  await expect.poll(() => isBefore('metrics: train/loss', '# week')).toBe(true);
  await workbench.screenshot('report-moved');

  // Exported where the person says.
  await frame.getByTestId('report-html').click();
  const target = page.locator('.quick-input-widget input.input');
  await expect(target).toHaveValue(/week\.html$/);
  await target.press('Enter');
  await expect.poll(() => existsSync(join(workspace, 'week.html')), { timeout: 30_000 }).toBe(true);
  await expect.poll(() => readFileSync(join(workspace, 'week.html'), 'utf8')).toContain('</html>');
  expect(readFileSync(join(workspace, 'week.html'), 'utf8').match(/<svg /g)!.length).toBeGreaterThanOrEqual(2);
  await frame.getByTestId('report-pdf').click();
  await expect(target).toHaveValue(/week\.pdf$/);
  await target.press('Enter');
  await expect.poll(() => existsSync(join(workspace, 'week.pdf')), { timeout: 30_000 }).toBe(true);

  // Nothing is wrong with it, here and as a file, light and dark.
  await workbench.command('Preferences: Toggle between Light/Dark Themes');
  await expect(frame.locator('body')).toHaveAttribute('data-vscode-theme-kind', 'vscode-light');
  expect(await contrastFaults(frame)).toEqual([]);
  await workbench.screenshot('report-light');
  await page.goto(pathToFileURL(join(workspace, 'week.html')).href);
  expect(await violations(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await contrastFaults(page)).toEqual([]);
});
