/** TensorBoard on the same points, in the same browser. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import type { Sizes } from './data.js';
import { heap } from './looking.js';

const PORT = 16_006;

/** Writes the event files of TensorBoard unless they are there. */
export function writePeer(python: string, folder: string, { peerRuns, peerPoints }: Sizes): void {
  if (existsSync(folder)) return;
  const program = path.join(process.cwd(), 'bench/panel/peer.py');
  execFileSync(python, [program, folder, String(peerRuns), String(peerPoints)]);
}

const DRAWN = 'scalar-card line-chart canvas, scalar-card line-chart path';

/**
 * Milliseconds until the first chart once all runs are loaded (cold and warm, 20 runs selected), and with all runs
 * selected, from the click that selects them; heap then.
 */
export async function tensorboard(
  context: BrowserContext,
  python: string,
  folder: string,
  { peerRuns }: Sizes,
): Promise<{ cold: number; warm: number; all: number; heap: number }> {
  const server = spawn(python, ['-m', 'tensorboard.main', '--logdir', folder, '--port', String(PORT)], {
    stdio: 'ignore',
  });
  try {
    const base = `http://localhost:${PORT}`;
    for (let tries = 0; tries < 300; tries++) {
      const runs = await fetch(`${base}/data/runs`)
        .then((answer) => answer.json() as Promise<string[]>)
        .catch(() => []);
      if (runs.length >= peerRuns) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const times: number[] = [];
    for (let i = 0; i < 2; i++) {
      const page = await open(context, base);
      times.push(await page.evaluate(() => performance.now()));
      await page.close();
    }
    const page = await open(context, base);
    const { start, end } = await selectAll(page);
    return { cold: times[0]!, warm: times[1]!, all: end - start, heap: await heap(page) };
  } finally {
    server.kill();
  }
}

/** Opens the time series of TensorBoard and waits for the first line chart. */
async function open(context: BrowserContext, base: string): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${base}/#timeseries`);
  await page.waitForFunction((drawn) => document.querySelector(drawn) !== null, DRAWN, { timeout: 120_000 });
  return page;
}

/**
 * Selects all runs and returns when the last of their series has arrived, which favours TensorBoard: it draws them in
 * a worker afterwards.
 */
async function selectAll(page: Page): Promise<{ start: number; end: number }> {
  const [start] = await page.evaluate(() => {
    const box = document.querySelector<HTMLElement>(
      'tb-data-table-header-cell mat-checkbox input, runs-data-table mat-checkbox input',
    );
    const now = performance.now();
    box!.click();
    return [now];
  });
  // Its requests follow some time after the click; they have ended once none has come for two seconds.
  const end = await page.evaluate(async (from) => {
    const answers = (): PerformanceResourceTiming[] =>
      (performance.getEntriesByType('resource') as PerformanceResourceTiming[]).filter(
        ({ name, responseEnd }) => /timeSeries/i.test(name) && responseEnd > from,
      );
    let [count, since] = [0, performance.now()];
    while (performance.now() - from < 120_000 && (count === 0 || performance.now() - since < 2000)) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      const now = answers().length;
      if (now !== count) [count, since] = [now, performance.now()];
    }
    return Math.max(from, ...answers().map(({ responseEnd }) => responseEnd));
  }, start!);
  return { start: start!, end };
}
