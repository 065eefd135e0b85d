/** Accessibility of the panel in every state: axe finds nothing in any theme, and nothing leaves a narrow room. */
import { expect, test, type Page } from '@playwright/test';
import { axeSource, contrastFaults, violations } from './support/axe.js';
import { openState, serveHarness, STATES, THEMES } from './support/harness.js';

let harness: Awaited<ReturnType<typeof serveHarness>>;

const WIDE = { width: 1280, height: 900 };
/** A side bar, the bottom of a window, and the room that 200 % zoom leaves. */
const ROOMS = [
  { width: 300, height: 700 },
  { width: 1100, height: 220 },
  { width: 640, height: 450 },
];

// Recording every step of a hundred looks takes longer than the looks.
test.use({ trace: 'off' });
test.setTimeout(600_000);
test.beforeAll(async () => {
  harness = await serveHarness();
});
test.afterAll(() => harness.stop());

/** Only colours differ between themes. */
async function inOtherThemes(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const theme of THEMES.slice(1)) {
    await page.evaluate(
      (name) => (window as unknown as { harness: { applyTheme(name: string): void } }).harness.applyTheme(name),
      theme,
    );
    await page.waitForTimeout(100);
    found.push(...(await contrastFaults(page)).map((one) => `${theme}: ${one}`));
  }
  return found;
}

async function tooWide(page: Page): Promise<string[]> {
  const found: string[] = [];
  for (const room of ROOMS) {
    await page.setViewportSize(room);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    if (width > room.width) found.push(`${width} pixels wide in ${room.width}`);
  }
  await page.setViewportSize(WIDE);
  return found;
}

test('axe finds nothing in any state and theme of the panel, and nothing leaves a narrow room', async ({ browser }) => {
  const context = await browser.newContext({ viewport: WIDE, bypassCSP: true });
  await context.addInitScript(axeSource);
  // Each state begins as a fresh panel.
  await context.addInitScript(() => sessionStorage.clear());
  const page = await context.newPage();
  const found: string[] = [];
  for (const state of STATES) {
    await openState(page, harness.url, state, { theme: THEMES[0] });
    const here = [...(await violations(page)), ...(await inOtherThemes(page)), ...(await tooWide(page))];
    found.push(...here.map((one) => `${state.name}: ${one}`));
  }
  await context.close();
  expect(found.join('\n')).toBe('');
});
