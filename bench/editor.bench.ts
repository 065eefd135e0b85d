/** Measures in a real editor; `bench/editor.mjs` starts it and prints what it finds. */
import { writeFileSync } from 'node:fs';
import { Cli } from '../test/e2e/support/cli.js';
import { expect, test } from '../test/e2e/support/fixtures.js';
import { Workbench } from '../test/e2e/support/workbench.js';
import { exampleWorkspace, FILE } from '../test/e2e/support/workspace.js';

const ROUNDS = 5;

test('activation, and from Run to the first point', async ({ page, server }) => {
  const workspace = exampleWorkspace('bench', { limit: 4000, epochs: 1 });
  const cli = new Cli(workspace);
  const bench = new Workbench(page, server.url(workspace));
  const activation: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await bench.open();
    await bench.openFile(FILE);
    await expect(bench.lens(/Run$/)).toBeVisible();
    await bench.command('Developer: Show Running Extensions');
    const row = page.locator('.runtime-extensions-editor .monaco-list-row', { hasText: 'Tunesmith' }).first();
    const told = await row.locator('.activation-time').innerText();
    activation.push(Number(/(\d+)\s*ms/.exec(told)?.[1]));
    await page.keyboard.press('Escape');
  }
  const firstPoint: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await bench.openFile(FILE);
    const before = cli.ls().length;
    const start = Date.now();
    await bench.lens(/Run$/).click();
    const charts = bench.panel.frame.locator('[data-testid^="chart-"][data-points]');
    const drawn = () => charts.evaluateAll((all) => Math.max(0, ...all.map((one) => Number(one.dataset.points))));
    await expect.poll(drawn, { timeout: 60_000, intervals: [20] }).toBeGreaterThan(0);
    firstPoint.push(Date.now() - start);
    await expect
      .poll(() => cli.ls().filter(({ endedAt }) => endedAt !== null).length, { timeout: 120_000 })
      .toBe(before + 1);
    // The next round begins with an empty chart again.
    cli.run('rm', '--purge', ...cli.ls().map(({ id }) => id));
  }
  cli.run('engine', 'stop', '--force');
  writeFileSync(process.env.TUNESMITH_BENCH_RESULTS!, JSON.stringify({ activation, firstPoint }));
});
