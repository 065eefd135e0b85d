/** Cards of charts by clicks and drags, in the panel alone with made-up runs. */
import { expect, test, type Page } from '@playwright/test';
import { openState, serveHarness } from './support/harness.js';

let harness: Awaited<ReturnType<typeof serveHarness>>;
test.beforeAll(async () => {
  harness = await serveHarness();
});
test.afterAll(() => harness.stop());

const id = (page: Page, testId: string) => page.locator(`[data-testid="${testId}"]`);

const open = async (page: Page, view: object): Promise<void> => {
  await page.addInitScript(() => sessionStorage.clear());
  await openState(page, harness.url, { name: 'cards', query: { view: JSON.stringify(view) } });
  await expect(id(page, 'chart-val/accuracy')).toHaveAttribute('data-runs', /[1-9]/);
};

interface Scale {
  type: string;
  min: number;
  max: number;
  position: string;
}

/** The axes of a card as they are drawn. */
const scales = (page: Page, card: string): Promise<Record<string, Scale>> =>
  page.evaluate((testId) => {
    const found = document.querySelector(`ts-chart[data-testid="${testId}"]`) as unknown as {
      chart: { scales: Record<string, Scale> };
    };
    return Object.fromEntries(
      Object.entries(found.chart.scales).map(([key, { type, min, max, position }]) => [
        key,
        { type, min, max, position },
      ]),
    );
  }, `chart-${card}`);

test('a log x-axis begins where the curves do, at step 0', async ({ page }) => {
  await open(page, { logX: true });
  expect((await scales(page, 'val/accuracy')).x).toMatchObject({ type: 'symlog', min: 0 });
});

test('a card whose curve moves to another axis loses its zoom, and the axis that is left can be changed', async ({
  page,
}) => {
  const axes = [
    { series: ['train/loss'], side: 'left', color: null },
    { series: ['learning_rate'], side: 'right', color: '#da8f0b' },
  ];
  const card = { id: 'own:1', title: 'Two', series: ['train/loss', 'learning_rate'], axes };
  await open(page, { cards: [card], zoom: { 'own:1': { x: [100, 500], y: [0, 1], y2: [0, 0.01] } } });
  expect(await scales(page, 'own:1')).toMatchObject({
    ...{ x: { min: 100, max: 500 }, y: { min: 0, max: 1, position: 'left' } },
    y2: { min: 0, max: 0.01, position: 'right' },
  });
  const edit = async (change: () => Promise<void>): Promise<void> => {
    await id(page, 'chart-menu-own:1').click();
    await id(page, 'menu-card-edit').click();
    await change();
    await id(page, 'card-save').click();
    await expect(id(page, 'card-editor')).toHaveCount(0);
  };
  const choose = async (testId: string, option: string): Promise<void> => {
    await id(page, testId).click();
    await id(page, testId).getByRole('option', { name: option, exact: true }).click();
  };
  await edit(async () => {
    await choose('card-axis-0', 'Axis 2');
    await expect(id(page, 'axis-side-1')).toBeVisible();
    await expect(id(page, 'axis-side-0')).toHaveCount(0);
  });
  await expect(page.getByRole('button', { name: 'Reset all zooms' })).toHaveCount(0);
  await expect.poll(() => scales(page, 'own:1')).toMatchObject({ x: { min: 0 }, y: { position: 'right' } });
  await edit(() => choose('axis-side-0', 'left'));
  await expect.poll(() => scales(page, 'own:1')).toMatchObject({ y: { position: 'left' } });
});

test('a card that was dragged to a report stays where it is when something else is dropped on a card', async ({
  page,
}) => {
  await open(page, {});
  const drag = (types: readonly string[]): Promise<string[]> =>
    page.evaluate((events) => {
      const slots = [...document.querySelectorAll('ts-chart-slot[data-testid*="train/"]')];
      const dataTransfer = new DataTransfer();
      for (const type of events) {
        const at = type.startsWith('drag') && type !== 'dragover' ? slots[1]! : slots[0]!;
        at.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer }));
      }
      return slots.map((slot) => (slot as HTMLElement).dataset.testid!);
    }, types);
  const order = (): Promise<string[]> => drag([]);
  const before = await order();
  expect(before).toHaveLength(2);
  await drag(['dragstart', 'dragend']);
  await drag(['dragover', 'drop']);
  await page.waitForTimeout(300);
  expect(await order()).toEqual(before);
  await drag(['dragstart', 'dragover', 'drop', 'dragend']);
  await expect.poll(order).toEqual([...before].reverse());
});
