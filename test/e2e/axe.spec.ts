/** Accessibility of the panel in every state: axe finds nothing in any theme, and nothing leaves a narrow room. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import type { AxeResults, RunOptions } from 'axe-core';
import { openState, serveHarness, STATES, THEMES } from './support/harness.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
let harness: Awaited<ReturnType<typeof serveHarness>>;

// Recording every step of two hundred looks takes longer than the looks.
test.use({ trace: 'off' });
test.setTimeout(600_000);
test.beforeAll(async () => {
  harness = await serveHarness();
});
test.afterAll(() => harness.stop());

/** Opens each state, and returns what `look` finds there. */
async function inAllStates(context: BrowserContext, look: (page: Page) => Promise<string[]>): Promise<string> {
  const found: string[] = [];
  for (const state of STATES) {
    // A busy machine may not reach a state in time; one that is not reached twice is a fault.
    for (let attempt = 1; attempt <= 2; attempt++) {
      const page = await context.newPage();
      const isReached = await openState(page, harness.url, state, { theme: THEMES[0] }).then(
        () => true,
        (error: unknown) => void (attempt === 2 && found.push(`${state.name}: ${String(error)}`)),
      );
      if (isReached) found.push(...(await look(page)).map((one) => `${state.name}: ${one}`));
      await page.close();
      if (isReached) break;
    }
  }
  await context.close();
  return found.join('\n');
}

async function violations(page: Page, options: RunOptions): Promise<string[]> {
  const results = await page.evaluate(
    (given) => (window as unknown as { axe: { run(options: RunOptions): Promise<AxeResults> } }).axe.run(given),
    { resultTypes: ['violations'], iframes: false, ...options } satisfies RunOptions,
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ target, html }) => `${id}: ${target.join(' ')}: ${html.slice(0, 160)}`),
  );
}

test('axe finds nothing in any state and theme', async ({ browser }) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: true });
  await context.addInitScript(axe);
  const found = await inAllStates(context, async (page) => {
    const all = await violations(page, {});
    // Only colours differ between themes.
    for (const theme of THEMES.slice(1)) {
      await page.evaluate(
        (name) => (window as unknown as { harness: { applyTheme(name: string): void } }).harness.applyTheme(name),
        theme,
      );
      await page.waitForTimeout(100);
      // Colours that still change are no fault of the theme.
      await page.evaluate(() =>
        Promise.all(
          document
            .getAnimations()
            .filter((one) => one instanceof CSSTransition)
            .map((one) => one.finished.catch(() => null)),
        ).then(() => null),
      );
      await page.waitForTimeout(100);
      const runOnly = { type: 'rule' as const, values: ['color-contrast'] };
      all.push(...(await violations(page, { runOnly })).map((one) => `${theme}: ${one}`));
    }
    return all;
  });
  expect(found).toBe('');
});

test('nothing leaves a side bar, the bottom of a window, or the room that 200 % zoom leaves', async ({ browser }) => {
  const context = await browser.newContext();
  const found = await inAllStates(context, async (page) => {
    const all: string[] = [];
    for (const viewport of [
      { width: 300, height: 700 },
      { width: 1100, height: 220 },
      { width: 640, height: 450 },
    ]) {
      await page.setViewportSize(viewport);
      const width = await page.evaluate(() => document.documentElement.scrollWidth);
      if (width > viewport.width) all.push(`${width} pixels wide in ${viewport.width}`);
    }
    return all;
  });
  expect(found).toBe('');
});
