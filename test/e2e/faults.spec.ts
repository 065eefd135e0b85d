/** The panel while answers are slow or fail, and while rows move below the focus. */
import { expect, test, type Page } from '@playwright/test';
import { openState, serveHarness } from './support/harness.js';
import { setup } from './support/setup.js';

let harness: Awaited<ReturnType<typeof serveHarness>>;
test.beforeAll(async () => {
  harness = await serveHarness();
});
test.afterAll(() => harness.stop());

interface Harness {
  failing: Set<string>;
  answer(key: string): void;
}
const open = (page: Page, query: Record<string, string>) => openState(page, harness.url, { name: '', query });
const answer = (page: Page, key: string) =>
  page.evaluate((each) => (window as unknown as { harness: Harness }).harness.answer(each), key);
const mend = (page: Page) => page.evaluate(() => (window as unknown as { harness: Harness }).harness.failing.clear());
const byId = (page: Page, id: string) => page.locator(`[data-testid="${id}"]`);
const log = (more: Record<string, string>) => ({
  ...more,
  ranks: '',
  page: JSON.stringify({ kind: 'run', run: 'r000000004', section: 'log' }),
});
const chooseRank = async (page: Page, rank: number) => {
  await byId(page, 'log-rank').click();
  await page.getByRole('option', { name: `Rank ${rank}`, exact: true }).click();
};

test('the focus stays with the run, not with the row that shows another one', async ({ page }) => {
  await open(page, { tab: 'table', runs: '400' });
  const grid = page.getByRole('grid', { name: 'Runs' });
  const scroll = (rows: number) => grid.evaluate((element, by) => (element.scrollTop += by * 26), rows);
  await page.locator('[data-testid^="run-select-"]').nth(3).focus();
  await scroll(2);
  await expect(page.locator('[data-testid^="run-select-"]:focus')).toHaveCount(1);
  await scroll(60);
  await expect(grid).toBeFocused();
  await page.locator('[data-testid^="run-menu-"]').nth(20).click();
  await expect(page.getByRole('menu')).toBeVisible();
  await scroll(-50);
  await page.waitForTimeout(300);
  await page.keyboard.press('Escape');
  await expect(grid).toBeFocused();
});

test('another rank’s late answer is ignored, and a failed one leaves the others', async ({ page }) => {
  await open(page, log({ slow: 'log/read:1,log/read:2', fail: 'log/read:3' }));
  await expect(page.getByRole('log')).toBeVisible();
  await chooseRank(page, 1);
  await expect(page.getByText('Reading the log…')).toBeVisible();
  await chooseRank(page, 2);
  await answer(page, 'log/read:1');
  await page.waitForTimeout(300);
  await expect(page.getByText('Reading the log…')).toBeVisible();
  await answer(page, 'log/read:2');
  await expect(page.getByText('[rank 2]').first()).toBeVisible();
  await chooseRank(page, 3);
  await expect(page.getByText('The log can’t be read')).toBeVisible();
  await page.screenshot({ path: `${setup.screenshots}/log-rank-error.png` });
  await mend(page);
  await byId(page, 'try-again').click();
  await expect(page.getByText('[rank 3]').first()).toBeVisible();
  await chooseRank(page, 1);
  await expect(page.getByText('[rank 1]').first()).toBeVisible();
});

test('a chart is saved once it is drawn', async ({ page }) => {
  await open(page, { slow: 'series/read' });
  const save = byId(page, 'chart-save-val/accuracy');
  await expect(save).toBeDisabled();
  await answer(page, 'series/read');
  await save.click();
  await expect(page.getByRole('menuitem', { name: 'Save as SVG…' })).toBeVisible();
});

test('curves that could not be read are read again by a click', async ({ page }) => {
  await open(page, { fail: 'series/read' });
  const card = byId(page, 'chart-val/accuracy');
  await expect(card).toContainText('Curves could not be read: The engine refused: no space left on device.');
  await expect(card).not.toContainText('Reading…');
  await page.screenshot({ path: `${setup.screenshots}/curves-error.png` });
  await mend(page);
  await card.locator('[data-testid="try-again"]').click();
  await expect(card).toHaveAttribute('data-points', /[1-9]/);
  await expect(card).not.toContainText('could not be read');
});

test('a saved filter that is not valid is marked and not applied', async ({ page }) => {
  await open(page, { tab: 'table', view: JSON.stringify({ runFilter: 'lr <' }) });
  await expect(byId(page, 'filter-error')).toContainText('A value is expected here.');
  await expect(page.locator('[data-testid^="run-row-"]').first()).toBeVisible();
  await expect(page.getByText('Reading the runs failed')).toHaveCount(0);
});
