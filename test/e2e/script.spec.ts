/** A person with a plain `train.py` and nothing of ours: a run and a search, from the lenses above the code. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const TRAIN = `import argparse
import math


def train(args):
    loss = 1.0
    for epoch in range(args.epochs):
        loss = abs(math.log10(args.lr) + 2) / 4 + math.exp(-epoch / 3) + args.dropout / 10
        print(f"epoch {epoch} loss {loss:.4f}", flush=True)


def main():
    parser = argparse.ArgumentParser(description="A small training")
    parser.add_argument("--lr", type=float, default=0.1, help="learning rate")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--dropout", type=float, default=0.2)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--nesterov", action="store_true")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
`;

test.describe('a plain train.py', () => {
  let page: Page;
  let bench: Workbench;
  let cli: Cli;
  let workspace: string;

  test.beforeAll(async ({ browser, server }) => {
    workspace = join(setup.scratch, 'plain script');
    mkdirSync(workspace, { recursive: true });
    writeFileSync(join(workspace, 'train.py'), TRAIN);
    cli = new Cli(workspace);
    page = await browser.newPage({ viewport: { width: 1500, height: 950 } });
    bench = new Workbench(page, server.url(workspace));
    await bench.open();
  });

  test.afterAll(async () => {
    await page?.close();
    cli?.run('engine', 'stop', '--force');
  });

  test('Run starts it, Tune writes a file that a search starts from', async () => {
    await bench.openFile('train.py');
    await expect(bench.lens(/Run$/)).toHaveCount(2);
    await expect(bench.lens('Tune…').first()).toBeVisible();
    await bench.screenshot('script-lenses');

    await bench.lens(/Run$/).first().click();
    await expect.poll(() => cli.ls()[0]?.status, { timeout: 60_000 }).toBe('completed');
    expect(cli.ls()[0]!.params).toMatchObject({ lr: 0.1, batch_size: 64, nesterov: false });
    await bench.openFile('train.py');
    await bench.screenshot('script-run');

    await bench.lens('Tune…').first().click();
    await expect(bench.lens(/Start search$/)).toBeVisible();
    await bench.screenshot('script-tune');
    const text = readFileSync(join(workspace, 'train.tune.yaml'), 'utf8');
    expect(text).toContain('lr: { log: [1e-3, 1.0] }');
    await bench.lens(/Start search$/).click();
    await expect
      .poll(() => cli.ls().filter(({ search, status }) => search !== null && status === 'completed').length, {
        timeout: 120_000,
      })
      .toBeGreaterThan(2);
  });
});
