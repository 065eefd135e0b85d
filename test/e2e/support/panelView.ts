/** The panel inside its two nested frames. */
import { expect, type FrameLocator, type Locator, type Page } from '@playwright/test';
import { TEST_IDS } from '../../../webview/testids.js';

export class PanelView {
  constructor(private readonly page: Page) {}

  get frame(): FrameLocator {
    return this.page.frameLocator('iframe.webview.ready').frameLocator('iframe#active-frame');
  }

  id(testId: string): Locator {
    return this.frame.getByTestId(testId);
  }

  async tab(name: 'charts' | 'table' | 'media' | 'insight' | 'form'): Promise<void> {
    await this.id(TEST_IDS.tab(name)).click();
  }

  chart(metric: string): Locator {
    return this.id(TEST_IDS.chart(metric));
  }

  /** Waits until the chart has at least this many curves and points. */
  async drawn(metric: string, { runs = 1, points = 1, timeout = 120_000 } = {}): Promise<void> {
    const chart = this.chart(metric);
    // In the charts, a card exists only near the screen, in a place of its own; on a run's page it always does.
    const place = this.id(TEST_IDS.chartSlot(metric)).or(chart).first();
    await place.waitFor({ state: 'attached', timeout });
    await place.scrollIntoViewIfNeeded();
    await chart.waitFor({ state: 'attached', timeout });
    await chart.scrollIntoViewIfNeeded();
    await expect
      .poll(async () => Number(await chart.getAttribute('data-runs')), { timeout, message: `curves of ${metric}` })
      .toBeGreaterThanOrEqual(runs);
    await expect
      .poll(() => this.points(metric), { timeout, message: `points of ${metric}` })
      .toBeGreaterThanOrEqual(points);
  }

  async points(metric: string): Promise<number> {
    return Number(await this.chart(metric).getAttribute('data-points'));
  }

  get legend(): Locator {
    return this.id(TEST_IDS.legendItem);
  }

  /** The control itself inside a form's field. */
  input(testId: string): Locator {
    const host = this.id(testId);
    return host.locator('input, textarea').first();
  }

  async fill(testId: string, text: string): Promise<void> {
    const input = this.input(testId);
    await input.fill(text);
    await input.press('Tab');
  }
}
