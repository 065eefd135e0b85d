/** The panel alone in a browser, with made-up runs, in every state that a person can bring it to. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import type { Page } from '@playwright/test';

const root = join(import.meta.dirname, '..', '..', '..');
const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css', ttf: 'font/ttf' };

/** Builds the harness and serves it. */
export async function serveHarness(): Promise<{ url: string; stop(): void }> {
  const built = spawnSync(process.execPath, [join(root, 'webview/harness/build.mjs')], { cwd: root, encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`The harness can't be built: ${built.stderr}`);
  const server: Server = createServer((request, response) => {
    const name = basename(new URL(request.url!, 'http://panel').pathname) || 'index.html';
    response.setHeader('content-type', TYPES[name.split('.').at(-1)!] ?? 'text/plain');
    // A browser that may keep the scripts keeps them compiled.
    response.setHeader('cache-control', 'max-age=3600');
    try {
      response.end(readFileSync(join(root, '.cache/harness', name)));
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, stop: () => server.close() };
}

export const THEMES = ['vscode-dark', 'vscode-light', 'vscode-high-contrast', 'vscode-high-contrast-light'] as const;

export interface PanelState {
  name: string;
  query: Record<string, string>;
  /** Brings the panel into the state by clicks and keys. */
  act?(page: Page): Promise<void>;
}

const id = (page: Page, testId: string) => page.locator(`[data-testid="${testId}"]`);
const run = (section: string, more: Record<string, string> = {}): Record<string, string> => ({
  ...more,
  page: JSON.stringify({ kind: 'run', run: 'r000000004', section }),
});

/** Runs of the harness are numbered r000000001 onwards. */
export const STATES: readonly PanelState[] = [
  { name: 'charts', query: { range: '', pruning: '', confusion: '', drawings: '' } },
  { name: 'charts-empty', query: { runs: '0' } },
  { name: 'charts-nothing', query: { runs: '0', files: '0' } },
  { name: 'charts-error', query: { fail: 'experiments/list' } },
  { name: 'charts-of-others', query: { foreign: '' } },
  { name: 'restricted', query: { trusted: '0' } },
  { name: 'charts-curves-error', query: { fail: 'series/read' } },
  { name: 'charts-grouped', query: { view: JSON.stringify({ groupBy: ['param:optimizer'] }) } },
  {
    name: 'charts-many',
    query: { runs: '300', view: JSON.stringify({ draw: { by: 'createdAt', descending: true, count: 200 } }) },
  },
  {
    name: 'group-and-colour',
    query: {},
    act: async (page) => id(page, 'draw-settings').click(),
  },
  { name: 'new-card', query: {}, act: async (page) => id(page, 'new-card').click() },
  {
    name: 'card-menu',
    query: {},
    act: async (page) => id(page, 'chart-menu-val/accuracy').click(),
  },
  {
    name: 'card-settings',
    query: {},
    act: async (page) => {
      await id(page, 'chart-menu-val/accuracy').click();
      await id(page, 'menu-card-settings').click();
    },
  },
  { name: 'chart-values', query: {}, act: async (page) => id(page, 'chart-values-val/accuracy').click() },
  {
    name: 'tooltip',
    query: {},
    act: async (page) => {
      await page.locator('ts-chart canvas.curves').first().focus();
      for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowRight');
    },
  },
  { name: 'pipeline', query: { pipeline: '' } },
  { name: 'table', query: { tab: 'table' } },
  { name: 'table-empty', query: { tab: 'table', runs: '0' } },
  { name: 'table-grouped', query: { tab: 'table', view: JSON.stringify({ groupBy: ['param:optimizer'] }) } },
  {
    name: 'table-filter-error',
    query: { tab: 'table' },
    act: async (page) => id(page, 'run-filter').fill('lr < and status = '),
  },
  {
    name: 'table-filter-completion',
    query: { tab: 'table' },
    act: async (page) => {
      await id(page, 'run-filter').click();
      await page.keyboard.type('lr < 0.01 and st');
    },
  },
  {
    name: 'table-nothing-found',
    query: { tab: 'table' },
    act: async (page) => id(page, 'run-filter').fill('nothing has this text'),
  },
  {
    name: 'columns',
    query: { tab: 'table' },
    act: async (page) => id(page, 'columns-button').click(),
  },
  {
    name: 'run-menu',
    query: { tab: 'table' },
    act: async (page) => page.locator('[data-testid^="run-menu-"]').first().click(),
  },
  {
    name: 'selected-runs',
    query: { tab: 'table' },
    act: async (page) => {
      for (const i of [0, 1]) await page.locator('[data-testid^="run-select-"]').nth(i).click();
    },
  },
  { name: 'media', query: { tab: 'media', media: '' } },
  { name: 'media-empty', query: { tab: 'media' } },
  { name: 'media-error', query: { tab: 'media', media: '', fail: 'media/read' } },
  { name: 'insight', query: { tab: 'insight' } },
  { name: 'insight-two-objectives', query: { tab: 'insight', insight: 'two' } },
  { name: 'insight-few', query: { tab: 'insight', insight: 'few' } },
  { name: 'insight-empty', query: { tab: 'insight', runs: '0' } },
  { name: 'form', query: { tab: 'form' } },
  { name: 'form-empty', query: { tab: 'form', runs: '0' } },
  {
    name: 'form-error',
    query: { tab: 'form' },
    act: async (page) => id(page, 'field-epochs').locator('input').fill('13'),
  },
  ...['overview', 'charts', 'media', 'log', 'system', 'code', 'environment', 'files'].map((section) => ({
    name: `run-${section}`,
    query: run(section, { media: '' }),
  })),
  { name: 'run-error', query: run('code', { fail: 'runs/recorded,runs/code,log/read,runs/get' }) },
  {
    name: 'run-log-ranks',
    query: run('log', { ranks: '' }),
    act: async (page) => {
      await id(page, 'log-rank').click();
      await page.getByRole('option', { name: /2/ }).click();
      await page.getByText('[rank 2]').first().waitFor();
    },
  },
  {
    name: 'run-log-search',
    query: run('log'),
    act: async (page) => id(page, 'log-search').locator('input').fill('warning'),
  },
  {
    name: 'run-note',
    query: run('overview'),
    act: async (page) => id(page, 'note-edit').click(),
  },
  {
    name: 'compare',
    query: { media: '', page: JSON.stringify({ kind: 'compare', runs: ['r000000001', 'r000000002', 'r000000003'] }) },
  },
  { name: 'help', query: {}, act: async (page) => id(page, 'help-button').click() },
  { name: 'views', query: {}, act: async (page) => id(page, 'views-button').click() },
];

/** Opens a state, and waits until nothing moves any more. */
export async function openState(
  page: Page,
  url: string,
  state: PanelState,
  more: Record<string, string> = {},
): Promise<void> {
  await page.goto(`${url}?${new URLSearchParams({ ...state.query, ...more })}`);
  await page.locator('main').waitFor();
  await settled(page);
  await state.act?.(page);
  await settled(page);
}

/** Waits until the page has not changed for a while, at most some seconds: live runs change it for ever. */
export const settled = (page: Page): Promise<void> =>
  page.evaluate(
    ({ quiet, most }) =>
      new Promise<void>((resolve) => {
        const end = () => {
          observer.disconnect();
          clearTimeout(last);
          clearTimeout(timer);
          resolve();
        };
        let timer = setTimeout(end, quiet);
        const observer = new MutationObserver(() => {
          clearTimeout(timer);
          timer = setTimeout(end, quiet);
        });
        observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
        const last = setTimeout(end, most);
      }),
    { quiet: 150, most: 1000 },
  );
