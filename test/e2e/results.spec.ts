/** The views of a trained network: its confusion matrix, a range test's plot, and the exported network. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const FILE = 'kinds.tune.yaml';
const EXPERIMENT = `name: kinds
network:
  data: { csv: { file: kinds.csv, target: kind } }
  layers: [{ dense: { units: 16, activation: relu } }, { dense: 3 }]
  loss: crossEntropy
  optimizer: { name: sgd, learningRate: '{lr}' } # it
  epochs: 3
  seed: 1
  backend: wasm
params:
  lr: 0.0001 # too low
objective: { metric: val/accuracy, goal: maximize }
`;

/** Two numbers decide between three kinds. */
function table(): string {
  const rows = Array.from({ length: 600 }, (_, i) => {
    const [a, b] = [(i * 37) % 101, (i * 53) % 97];
    return `${a},${b},${a + b < 80 ? 'low' : a + b < 120 ? 'middle' : 'high'}`;
  });
  return ['a,b,kind', ...rows].join('\n');
}

test('a range test suggests a rate, the training with it has a confusion matrix, and is exported', async ({
  page,
  server,
}) => {
  test.setTimeout(300_000);
  const workspace = join(setup.scratch, 'results é');
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, 'kinds.csv'), table());
  writeFileSync(join(workspace, FILE), EXPERIMENT);
  const cli = new Cli(workspace);
  const workbench = new Workbench(page, server.url(workspace));
  const { panel } = workbench;
  try {
    await workbench.open();
    await workbench.openFile(FILE);
    await workbench.lens('Find learning rate').click();
    const range = panel.frame.locator('[data-testid^="range-of-"]');
    await expect
      .poll(async () => Number(await range.getAttribute('data-points')), { timeout: 120_000 })
      .toBeGreaterThan(50);
    const use = panel.id('use-rate');
    await expect(use).toBeVisible({ timeout: 120_000 });
    await workbench.screenshot('learning-rate');
    await use.click();
    await expect.poll(() => readFileSync(join(workspace, FILE), 'utf8')).not.toContain('lr: 0.0001');
    const text = readFileSync(join(workspace, FILE), 'utf8');
    expect(Number(/^ {2}lr: (\S+) # too low$/m.exec(text)?.[1])).toBeGreaterThan(0.001);
    expect(text.replace(/lr: \S+ #/, 'lr: 0.0001 #')).toBe(EXPERIMENT);

    const { code, stdout, stderr } = cli.run('run', FILE);
    expect(code, stdout + stderr).toBe(0);
    const [run] = cli.ls();
    expect(run!.objective).toBeGreaterThan(0.8);
    const matrix = panel.id(`confusion-of-${run!.id}`);
    await expect(matrix).toBeVisible({ timeout: 60_000 });
    await matrix.scrollIntoViewIfNeeded();
    await expect(matrix.locator('thead th')).toContainText(['true', 'high', 'low', 'middle', 'recall']);
    // The arrow keys go from cell to cell.
    await matrix.locator('td[data-row="0"][data-column="0"]').focus();
    await page.keyboard.press('ArrowRight');
    await expect(matrix.locator('td[data-row="0"][data-column="1"]')).toBeFocused();
    await workbench.screenshot('confusion');

    const judged = cli.json<{ examples: number; metrics: { accuracy: number } }>('evaluate', run!.id, 'kinds.csv');
    expect(judged.examples).toBe(600);
    expect(judged.metrics.accuracy).toBeGreaterThan(0.8);
    const predicted = cli.run('predict', run!.id, 'kinds.csv', '--out', 'p.csv');
    expect(predicted.code, predicted.stderr).toBe(0);
    expect(readFileSync(join(workspace, 'p.csv'), 'utf8').split('\n')).toHaveLength(602);
    const exported = cli.run('export', run!.id, '--to', 'onnx', '--out', 'kinds.onnx');
    expect(exported.code, exported.stderr).toBe(0);
    expect(existsSync(join(workspace, 'kinds.onnx'))).toBe(true);
  } finally {
    cli.run('engine', 'stop', '--force');
  }
});
