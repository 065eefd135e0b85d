/** The workbench as a person meets it: files, lenses, the palette, the explorer, the panel. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type Locator, type Page } from '@playwright/test';
import { PanelView } from './panelView.js';
import { setup } from './setup.js';

export class Workbench {
  readonly panel: PanelView;

  constructor(
    readonly page: Page,
    private readonly address: string,
  ) {
    this.panel = new PanelView(page);
  }

  /** Opens the folder and waits until the workbench can be used. */
  async open(): Promise<void> {
    await this.page.goto(this.address);
    await this.ready();
  }

  async ready(): Promise<void> {
    await this.page.locator('.monaco-workbench').waitFor({ timeout: 60_000 });
    // Among the last things that a window shows.
    await this.page.locator('[id="status.problems"]').waitFor({ timeout: 60_000 });
  }

  /** Reloads the window: the extension host ends and another begins. */
  async reload(): Promise<void> {
    await this.page.reload();
    await this.ready();
  }

  /** Shows the file, in the group that has it already if there is one. */
  async openFile(name: string): Promise<void> {
    const tab = this.page.locator(`.tab[data-resource-name="${name}"]`).first();
    if (await tab.isVisible()) {
      await tab.click();
      return;
    }
    await this.page.keyboard.press('ControlOrMeta+P');
    const input = this.page.locator('.quick-input-widget input.input');
    await input.fill(name);
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click();
    await tab.waitFor();
  }

  /** Runs a command by its full title, as in `Tunesmith: Run`. */
  async command(title: string): Promise<void> {
    const row = await this.paletteRow(title);
    await row.click();
  }

  /** Returns whether the palette offers the command. */
  async offers(title: string): Promise<boolean> {
    const found = await this.paletteRow(title).then(
      () => true,
      () => false,
    );
    await this.page.keyboard.press('Escape');
    return found;
  }

  /** The palette does not follow what changes while it is open, so it is reopened until it has the command. */
  private async paletteRow(title: string): Promise<Locator> {
    const row = this.page.getByRole('option', { name: new RegExp(`^${escape(title)}(,|$)`) }).first();
    await expect(async () => {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('F1');
      const input = this.page.locator('.quick-input-widget input.input');
      await input.fill(`>${title}`, { timeout: 3000 });
      await row.waitFor({ timeout: 3000 });
    }).toPass({ timeout: 60_000 });
    return row;
  }

  /** A choice of a list that the extension shows. */
  async pick(text: string | RegExp): Promise<void> {
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: text }).first().click();
  }

  /** A lens of the active editor, by its words. */
  lens(text: string | RegExp): Locator {
    return this.page.locator('.editor-instance .codelens-decoration a', { hasText: text });
  }

  /** Shows the sidebar's runs. */
  async showRuns(): Promise<void> {
    const tab = this.page.locator('.activitybar').getByRole('tab', { name: /^Tunesmith/ });
    if ((await tab.getAttribute('aria-selected')) !== 'true') await tab.click();
    await this.rows.first().waitFor();
  }

  /** Rows of the runs view, each an experiment, a search or a run. */
  get rows(): Locator {
    return this.page.locator(
      '.sidebar .monaco-list[aria-label*="Runs" i] .monaco-list-row, .sidebar .tree-explorer-viewlet-tree-view .monaco-list-row',
    );
  }

  row(text: string | RegExp): Locator {
    return this.rows.filter({ hasText: text });
  }

  /** Opens a row with children. */
  async expand(row: Locator): Promise<void> {
    await row.waitFor();
    if ((await row.getAttribute('aria-expanded')) === 'false') await row.locator('.monaco-tl-twistie').click();
    await expect(row).toHaveAttribute('aria-expanded', 'true');
  }

  /** The action on a row, by its title. */
  async rowAction(row: Locator, title: string): Promise<void> {
    await row.hover();
    await row.getByRole('button', { name: title }).click();
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(setup.screenshots, { recursive: true });
    await this.page.mouse.move(2, 400);
    await this.page.screenshot({ path: join(setup.screenshots, `${name}.png`), animations: 'disabled' });
  }
}

const escape = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
