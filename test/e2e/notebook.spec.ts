/** A notebook with the output of a run: drawn by the extension's renderer, with a way to the panel. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NOTEBOOK_MIME } from '../../src/protocol/notebook.js';
import { TEST_IDS } from '../../webview/testids.js';
import { contrastFaults, violations } from './support/axe.js';
import { Cli, type ListedRun } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const PROGRAM = `import { appendFileSync } from 'node:fs';
for (let step = 0; step < 20; step++)
  appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step, loss: 1 / (step + 1) }) + '\\n');
`;

test('a run below a cell has curves, a status and a button that shows it in the panel', async ({ page, server }) => {
  test.setTimeout(180_000);
  const workspace = join(setup.scratch, 'notebook é');
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, 'train.mjs'), PROGRAM);
  writeFileSync(join(workspace, 'a.tune.yaml'), 'name: notebook\nrun: node train.mjs\n');
  const cli = new Cli(workspace);
  expect(cli.run('run', 'a.tune.yaml').code).toBe(0);
  const [run] = cli.json<ListedRun[]>('ls');
  const points = Array.from({ length: 20 }, (_, step) => [step, 1 / (step + 1)]);
  const shown = {
    ...{ version: 1, id: run!.id, name: '<img src=x onerror=alert(1)> first', status: 'completed' },
    curves: [
      { name: 'loss', last: 0.05, points },
      { name: 'gaps', last: 'NaN', points: [[0, 1], [1, null], [2, 3]] }, // prettier-ignore
    ],
  };
  const output = (data: object) => ({ output_type: 'display_data', metadata: {}, data });
  const notebook = {
    ...{ nbformat: 4, nbformat_minor: 5, metadata: { language_info: { name: 'python' } } },
    cells: [
      {
        ...{ cell_type: 'code', id: 'one', execution_count: 1, metadata: {}, source: 'run = tunesmith.init()' },
        outputs: [
          output({ [NOTEBOOK_MIME]: shown, 'text/html': '<p>in other programs</p>', 'text/plain': 'plain' }),
          output({ [NOTEBOOK_MIME]: { version: 7 } }),
        ],
      },
    ],
  };
  writeFileSync(join(workspace, 'cells.ipynb'), JSON.stringify(notebook));
  const workbench = new Workbench(page, server.url(workspace));
  try {
    await workbench.open();
    await workbench.openFile('cells.ipynb');
    const outputs = page.frameLocator('iframe.webview').frameLocator('iframe#active-frame');
    const card = outputs.locator('section.card');
    await expect(card).toBeVisible({ timeout: 60_000 });
    await expect(card.locator('.name')).toHaveText(shown.name);
    await expect(card.locator('.status')).toHaveText('completed');
    await expect(card.getByRole('img')).toHaveCount(2);
    // A line, and two dots with a gap between them.
    await expect(card.locator('polyline')).toHaveCount(3);
    await expect(outputs.getByText('This output is not a run')).toBeVisible();
    await workbench.screenshot('notebook');
    const frame = (await (await card.elementHandle())!.ownerFrame())!;
    expect(await violations(frame, {}, card)).toEqual([]);
    const toggle = 'Preferences: Toggle between Light/Dark Themes';
    await workbench.command(toggle);
    await expect(outputs.locator('body')).toHaveAttribute('data-vscode-theme-kind', 'vscode-light');
    expect(await contrastFaults(frame, card)).toEqual([]);
    await workbench.screenshot('notebook-light');
    await workbench.command(toggle);
    await card.getByRole('img', { name: /^loss/ }).hover({ position: { x: 4, y: 40 } });
    await expect(card.locator('figcaption').first()).toContainText('step 0: 1');
    await card.getByRole('button', { name: 'Show in Panel' }).click();
    // The notebook's outputs are a page of their own beside the panel's.
    const isDrawn = async () => {
      const seen = page.frames().map((frame) => frame.getByTestId(TEST_IDS.chart('loss')).isVisible());
      return (await Promise.allSettled(seen)).some((each) => each.status === 'fulfilled' && each.value);
    };
    await expect.poll(isDrawn, { timeout: 60_000 }).toBe(true);
    await workbench.screenshot('notebook-panel');
  } finally {
    cli.run('engine', 'stop', '--force');
  }
});
