/** TensorBoard on the same points, in the same browser. */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { Browser } from 'playwright-core';

const PORT = 16_006;

/** Runs that are written: TensorBoard selects none by itself when there are more than 40. */
export const PEER_RUNS = 20;

/** Milliseconds until the first chart once all runs are loaded, cold and warm. `python` has tensorboard. */
export async function tensorboard(
  browser: Browser,
  python: string,
  points: number,
): Promise<[cold: number, warm: number]> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-tensorboard-'));
  execFileSync(python, [path.join(process.cwd(), 'bench/panel/peer.py'), folder, String(PEER_RUNS), String(points)]);
  const server = spawn(
    python,
    ['-m', 'tensorboard.main', '--logdir', folder, '--port', String(PORT), '--load_fast', 'false'],
    {
      stdio: 'ignore',
    },
  );
  try {
    const base = `http://localhost:${PORT}`;
    for (let tries = 0; tries < 300; tries++) {
      const runs = await fetch(`${base}/data/runs`)
        .then((answer) => answer.json() as Promise<string[]>)
        .catch(() => []);
      if (runs.length >= PEER_RUNS) break;
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
    const times: number[] = [];
    for (let i = 0; i < 2; i++) {
      const page = await context.newPage();
      await page.goto(`${base}/#timeseries`);
      await page.waitForFunction(
        () => document.querySelector('scalar-card line-chart canvas, scalar-card line-chart path') !== null,
        undefined,
        { timeout: 120_000 },
      );
      times.push(await page.evaluate(() => performance.now()));
      await page.close();
    }
    await context.close();
    return [times[0]!, times[1]!];
  } finally {
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}
