import { readFileSync } from 'node:fs';
import { expect, test } from '../e2e/support/fixtures.js';
import { Workbench } from '../e2e/support/workbench.js';
import { TEST_IDS } from '../../webview/testids.js';

interface Shot {
  /** Name of the picture. */
  name: string;
  /** A workspace whose search has ended. */
  folder: string;
  file: string;
  tab: 'charts' | 'insight';
  /** Charts of metrics with this in their name only. */
  filter?: string;
  logY?: boolean;
  /** Card of the Insight tab to scroll to. */
  card?: string;
}

const shots = JSON.parse(readFileSync(process.env.TUNESMITH_SHOTS!, 'utf8')) as Shot[];

for (const { name, folder, file, tab, filter, logY, card } of shots) {
  test(name, async ({ browser, server }) => {
    const page = await browser.newPage({ viewport: { width: 1440, height: 860 } });
    const bench = new Workbench(page, server.url(folder));
    const { panel } = bench;
    await bench.open();
    await bench.openFile(file);
    await bench.command('Tunesmith: Open Panel');
    await panel.tab('form');
    await panel.id(TEST_IDS.searchDraw).first().click();
    await panel.tab(tab);
    if (tab === 'charts') {
      await panel.id('x-axis').click();
      await panel.frame.getByRole('option', { name: 'Epoch' }).click();
      if (filter) await panel.id('metric-filter').locator('input').fill(filter);
      if (logY) await panel.id('log-y').click();
    } else {
      await expect(panel.id(TEST_IDS.insightCard('history')).locator('circle').first()).toBeVisible();
    }
    // Where they are within the screen.
    await bench
      .lens(/^best /)
      .first()
      .waitFor({ timeout: 10_000 })
      .catch(() => undefined);
    // Without the sidebar; and curves come to rest.
    await page.keyboard.press('ControlOrMeta+B');
    await page.waitForTimeout(2500);
    if (card)
      await panel.id(TEST_IDS.insightCard(card)).evaluate((element) => element.scrollIntoView({ block: 'end' }));
    await bench.screenshot(name);
    await page.close();
  });
}
