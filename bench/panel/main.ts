/** The panel in Chromium over a store with many runs, many points and many metrics. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type BrowserContext, type Page } from 'playwright-core';
import { serve } from './answers.js';
import { openData, type Sizes } from './data.js';
import { busy, DRAWN, frames, type Frames, heap, openPanel, scriptTime, since, timeline } from './looking.js';
import { tensorboard, writePeer } from './peer.js';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    points: { type: 'string', default: '10000' },
    metrics: { type: 'string', default: '2000' },
    long: { type: 'string', default: '10000000' },
    rows: { type: 'string', default: '100000' },
    log: { type: 'string', default: '100' },
    peerRuns: { type: 'string', default: '500' },
    peerPoints: { type: 'string', default: '1000' },
    python: { type: 'string' },
    keep: { type: 'string' },
    fill: { type: 'boolean' },
    only: { type: 'string' },
  },
});
const sizes = Object.fromEntries(
  (['runs', 'points', 'metrics', 'long', 'rows', 'log', 'peerRuns', 'peerPoints'] as const).map((name) => [
    name,
    Number(values[name]),
  ]),
) as unknown as Sizes;

const say = (what: string, value: number, unit: string): void =>
  console.log(`${what.padEnd(62)} ${value.toFixed(value < 10 ? 1 : 0).padStart(8)} ${unit}`);
const count = (value: number): string => value.toLocaleString('en');

type Measure = (context: BrowserContext, base: string) => Promise<void>;

/** Milliseconds until the first chart, cold and warm. */
async function first(context: BrowserContext, base: string, experiment: string, points: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < 2; i++) {
    const page = await openPanel(context, base, { experiment });
    times.push(await since(page, DRAWN(20, 20 * points)));
    say(`  main thread by then, ${i === 0 ? 'cold' : 'warm'}`, await busy(page), 'ms of processor time');
    if (process.env.TIMELINE) await timeline(page);
    if (i === 0) say("the panel's script: fetched, compiled and run, cold", await scriptTime(page), 'ms');
    await page.close();
  }
  return times;
}

const wheel = async (page: Page, by: number): Promise<void> => {
  for (let i = 0; i < 60; i++) {
    await page.mouse.wheel(0, by);
    await page.waitForTimeout(16);
  }
};

const across = async (page: Page): Promise<void> => {
  const box = (await page.locator('ts-chart canvas.curves').first().boundingBox())!;
  for (let i = 0; i < 120; i++) {
    await page.mouse.move(box.x + 50 + (i * (box.width - 60)) / 120, box.y + box.height / 2);
    await page.waitForTimeout(16);
  }
};

const sayFrames = (what: string, { fps, longest, cost }: Frames): void =>
  say(what, fps, `frames/s, longest ${longest.toFixed(0)} ms, ${cost.toFixed(1)} ms of the main thread each`);

const MEASURES: Record<string, Measure> = {
  async peer(context, base) {
    const [cold, warm] = await first(context, base, 'peer', sizes.peerPoints);
    const page = await openPanel(
      context,
      base,
      { experiment: 'peer' },
      { draw: { by: 'createdAt', descending: true, count: 10_000 } },
    );
    const all = await since(page, DRAWN(sizes.peerRuns, sizes.peerRuns * sizes.peerPoints));
    const mib = await heap(page);
    await page.close();
    const what = `${count(sizes.peerRuns)} runs of ${count(sizes.peerPoints)} points`;
    say(`${what}: first chart, cold`, cold!, 'ms');
    say(`${what}: first chart, warm`, warm!, 'ms');
    say(`${what}: all of them drawn`, all, 'ms');
    say(`${what}: heap with all of them`, mib, 'MiB');
    if (values.python === undefined) return;
    const peer = await tensorboard(context, values.python, path.join(folder, 'tensorboard'), sizes);
    const line = (name: string, own: number, other: number, unit = 'ms'): void =>
      say(`TensorBoard: ${name}`, other, `${unit}: ${(other / own).toFixed(1)} times ours`);
    line('first chart, cold', cold!, peer.cold);
    line('first chart, warm', warm!, peer.warm);
    line('all of them drawn', all, peer.all);
    line('heap with all of them', mib, peer.heap, 'MiB');
  },
  async many(context, base) {
    const [cold, warm] = await first(context, base, 'many', sizes.points);
    say(`first chart of ${count(sizes.runs)} runs, cold`, cold!, 'ms');
    say(`first chart of ${count(sizes.runs)} runs, warm`, warm!, 'ms');
    const page = await openPanel(context, base, { experiment: 'many' });
    await since(page, DRAWN(20, 20 * sizes.points));
    sayFrames('hover over a chart of 20 runs', await frames(page, () => across(page)));
    await page.close();
  },
  async all(context, base) {
    const draw = { by: 'createdAt', descending: true, count: 10_000 };
    for (const what of ['cold', 'warm']) {
      const page = await openPanel(context, base, { experiment: 'many' }, { draw });
      say(
        `all ${count(sizes.runs)} runs of one metric, ${what}`,
        await since(page, DRAWN(sizes.runs, sizes.runs * sizes.points)),
        'ms',
      );
      say('  main thread by then', await busy(page), 'ms of processor time');
      if (what === 'warm') {
        say('  heap with all of them drawn', await heap(page), 'MiB');
        sayFrames('  hover over their chart', await frames(page, () => across(page)));
        if (process.env.SHOT) await page.screenshot({ path: process.env.SHOT });
      }
      await page.close();
    }
    const grouped = await openPanel(context, base, { experiment: 'many' }, { groupBy: ['param:opt'], draw });
    say(
      `all ${count(sizes.runs)} runs in two groups with bands`,
      await since(grouped, DRAWN(2, sizes.runs * sizes.points)),
      'ms',
    );
    await grouped.close();
  },
  async table(context, base) {
    for (const [experiment, runs] of [
      ['many', sizes.runs],
      ['rows', sizes.rows],
    ] as const) {
      const page = await openPanel(context, base, { experiment, tab: 'table' });
      say(
        `table of ${count(runs)} runs`,
        await since(page, "document.querySelectorAll('.run-row:not(.loading)').length > 20"),
        'ms',
      );
      await page.mouse.move(600, 500);
      sayFrames('  scrolling it', await frames(page, () => wheel(page, 400)));
      sayFrames('  dragging its scroll bar from end to end', await frames(page, () => page.evaluate(dragThrough)));
      say('  heap', await heap(page), 'MiB');
      await page.close();
    }
  },
  async wide(context, base) {
    const page = await openPanel(context, base, { experiment: 'wide' });
    say(`first chart of a run with ${count(sizes.metrics)} metrics`, await since(page, DRAWN(1, 20)), 'ms');
    say('  cards that exist', await page.locator('ts-chart').count(), `of ${sizes.metrics}`);
    await page.mouse.move(800, 500);
    sayFrames('  scrolling the charts', await frames(page, () => wheel(page, 300)));
    say('  heap', await heap(page), 'MiB');
    await page.close();
  },
  async long(context, base) {
    const page = await openPanel(context, base, { experiment: 'long' });
    say(`a run of ${count(sizes.long)} points`, await since(page, DRAWN(1, sizes.long)), 'ms');
    const box = (await page.locator('ts-chart canvas.curves').first().boundingBox())!;
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    sayFrames(
      '  zooming it by the wheel',
      await frames(page, async () => {
        await page.keyboard.down('Control');
        for (let i = 0; i < 30; i++) {
          await page.mouse.wheel(0, -100);
          await page.waitForTimeout(33);
        }
        await page.keyboard.up('Control');
      }),
    );
    say('  heap', await heap(page), 'MiB');
    await page.close();
  },
  async log(context, base) {
    const page = await openPanel(context, base, {
      experiment: 'long',
      page: { kind: 'run', run: 'long', section: 'log' },
    });
    say(`a log of ${sizes.log} MB`, await since(page, "document.querySelectorAll('.log-line').length > 20"), 'ms');
    await page.mouse.move(600, 500);
    sayFrames('  scrolling it', await frames(page, () => wheel(page, -400)));
    const start = await page.evaluate(() => performance.now());
    await page.locator('[data-testid=log-search] input').fill('needle');
    await page.waitForFunction(
      () => /^\d+ of/.test(document.querySelector('[data-testid=log-found]')?.textContent?.trim() ?? ''),
      undefined,
      { timeout: 60_000 },
    );
    say('  searching all of it', (await page.evaluate(() => performance.now())) - start, 'ms');
    say('  heap', await heap(page), 'MiB');
    await page.close();
  },
};

/** Moves the table's scroll bar from one end to the other and back, a step in each frame. */
async function dragThrough(): Promise<void> {
  const box = [...document.querySelectorAll('*')].find((one) => one.scrollHeight > one.clientHeight + 10_000)!;
  for (let i = 0; i <= 120; i++) {
    box.scrollTop = (Math.sin((i / 120) * Math.PI) * (box.scrollHeight - box.clientHeight)) | 0;
    await new Promise(requestAnimationFrame);
  }
}

const folder = values.keep ?? mkdtempSync(path.join(tmpdir(), 'tunesmith-panel-'));

async function main(): Promise<void> {
  const start = performance.now();
  const isNew = !existsSync(path.join(folder, 'sizes.json'));
  const store = openData(folder, sizes);
  if (values.python !== undefined) writePeer(values.python, path.join(folder, 'tensorboard'), sizes);
  if (isNew)
    console.log(
      `stored ${count(sizes.runs * sizes.points + sizes.long)} points in ${((performance.now() - start) / 1000).toFixed(0)} s`,
    );
  const asked = new Map<string, number>();
  const server = await serve(store, folder, (method, ms) => asked.set(method, (asked.get(method) ?? 0) + ms));
  const browser = values.fill
    ? null
    : await chromium.launch({ ...(process.env.CHROME && { executablePath: process.env.CHROME }) });
  try {
    if (!browser) return;
    console.log(
      `${count(sizes.runs)} runs of ${count(sizes.points)} points; ${cpus().length} cores, load average ${loadavg()[0]!.toFixed(1)}`,
    );
    const base = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
    const wanted = values.only?.split(',') ?? Object.keys(MEASURES);
    for (const name of wanted) {
      const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
      asked.clear();
      await MEASURES[name]!(context, base);
      await context.close();
      if (process.env.ASKED) console.log(Object.fromEntries([...asked].map(([key, ms]) => [key, Math.round(ms)])));
    }
  } finally {
    await browser?.close();
    server.close();
    store.close();
    if (values.keep === undefined) rmSync(folder, { recursive: true, force: true });
  }
}
void main();
