/** A pipeline by clicks: its runs nested in the explorer, its graph in the panel, and its stages on the pages of runs. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TEST_IDS } from '../../webview/testids.js';
import { Cli } from './support/cli.js';
import { expect, test } from './support/fixtures.js';
import { setup } from './support/setup.js';
import { Workbench } from './support/workbench.js';

const FILE = 'chain.tune.yaml';
const EXPERIMENT = `name: chain
params: { size: 3 }
objective: { metric: train/loss, goal: minimize }
pipeline:
  - stage: data
    run: node stage.mjs data {size}
  - stage: train
    from: data
    run: node stage.mjs train {size}
  - stage: report
    from: train
    run: node stage.mjs report {size}
`;
const STAGE = `import { appendFileSync } from 'node:fs';
const size = Number(process.argv[3]);
for (let step = 0; step < 5; step++)
  appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ type: 'metrics', step, values: { loss: size / (step + 1) } }) + '\\n');
`;

test('a pipeline is nested in the explorer, drawn as a graph, and found from its stages', async ({ page, server }) => {
  test.setTimeout(240_000);
  const workspace = join(setup.scratch, 'pipeline é');
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, FILE), EXPERIMENT);
  writeFileSync(join(workspace, 'stage.mjs'), STAGE);
  const cli = new Cli(workspace);
  const started = cli.run('run', FILE);
  expect(started.code, started.stderr).toBe(0);
  const workbench = new Workbench(page, server.url(workspace));
  const { panel } = workbench;
  await workbench.open();

  // The experiment has the pipeline's run, which has its stages.
  await workbench.showRuns();
  await workbench.expand(workbench.row(/^chain(?! \d)/).first());
  const pipeline = workbench.rows.filter({ hasText: /chain \d/ }).first();
  await workbench.expand(pipeline);
  for (const stage of ['data', 'train', 'report'])
    await expect(workbench.rows.filter({ hasText: stage }).first()).toHaveAttribute('aria-level', '3');

  // The graph has a node for each stage, all of them done.
  await pipeline.click();
  await workbench.command('Tunesmith: Open Panel');
  const stages = panel.frame.locator('[data-testid^="stage-"]');
  await expect(stages).toHaveCount(3, { timeout: 60_000 });
  for (const stage of ['data', 'train', 'report'])
    await expect(panel.id(TEST_IDS.stage(stage))).toHaveAttribute('data-status', 'completed');
  await workbench.screenshot('pipeline');

  // The page of a stage leads to its pipeline, and to the stages before and behind it.
  await panel.id(TEST_IDS.stage('train')).dblclick();
  const lineage = panel.id(TEST_IDS.lineage);
  await expect(lineage.locator('[data-role="pipeline"]')).toContainText('Stage of the pipeline');
  await expect(lineage.locator('[data-role="uses"]')).toContainText('data');
  await expect(lineage.locator('[data-role="usedBy"]')).toContainText('report');
  await lineage.locator('[data-role="usedBy"] button').click();
  await expect(lineage.locator('[data-role="uses"]')).toContainText('train');
});
