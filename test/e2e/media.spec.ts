/** Cards of media that a person handles: the graph of a model, and points that can be turned. */
import { expect, test } from '@playwright/test';
import { openState, serveHarness, STATES, THEMES } from './support/harness.js';
import { setup } from './support/setup.js';

let harness: Awaited<ReturnType<typeof serveHarness>>;
test.beforeAll(async () => {
  harness = await serveHarness();
});
test.afterAll(() => harness.stop());

const media = STATES.find(({ name }) => name === 'media')!;

test('the graph of a model is a tree for mouse and keys', async ({ page }) => {
  await openState(page, harness.url, media, { theme: THEMES[0] });
  const card = page.locator('[data-kind="graph"]').first();
  await card.scrollIntoViewIfNeeded();
  const tree = card.getByRole('treegrid');
  const rows = tree.locator('tbody tr');
  await expect(rows.first()).toBeVisible();
  // The number of weights is below the table.
  await expect(card.locator('.hint').last()).toContainText(/\d.* weights/);
  const parents = tree.locator('tr[aria-expanded]');
  const before = await rows.count();
  const parent = parents.first();
  const wasOpen = (await parent.getAttribute('aria-expanded')) === 'true';
  await parent.click();
  await expect(parent).toHaveAttribute('aria-expanded', String(!wasOpen));
  expect(await rows.count()).not.toBe(before);
  // The focus stays in the row; keys open, close and leave it.
  await parent.focus();
  await page.keyboard.press('ArrowRight');
  await expect(parent).toHaveAttribute('aria-expanded', 'true');
  await page.keyboard.press('ArrowDown');
  await expect(tree.locator('tr:focus')).toHaveAttribute('data-at', /\d+/);
  await expect(tree.locator('tr:focus')).not.toHaveAttribute('data-at', (await parent.getAttribute('data-at'))!);
  await page.keyboard.press('Home');
  await page.keyboard.press('ArrowLeft');
  await expect(rows.first()).toHaveAttribute('aria-expanded', 'false');
  await page.keyboard.press('Enter');
  await expect(rows.first()).toHaveAttribute('aria-expanded', 'true');
  for (const theme of THEMES) {
    await page.evaluate(
      (name) => (window as unknown as { harness: { applyTheme(name: string): void } }).harness.applyTheme(name),
      theme,
    );
    await card.screenshot({ path: `${setup.screenshots}/graph-${theme}.png` });
  }
});

test('only what a report can show is offered to one', async ({ page }) => {
  await openState(page, harness.url, media, { theme: THEMES[0] });
  const offered = (kind: string) => page.locator(`[data-kind="${kind}"]`).first().getByTestId('media-report');
  await expect(offered('image')).toBeVisible();
  for (const kind of ['graph', 'histogram', 'scene']) {
    await expect(page.locator(`[data-kind="${kind}"]`).first()).toBeAttached();
    await expect(offered(kind)).toHaveCount(0);
  }
});
