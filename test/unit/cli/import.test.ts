/** Other programs' logs become runs of ours, with the real command line and engine. */
import { spawnSync } from 'node:child_process';
import { cpSync, readdirSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { FoundLogs } from '../../../src/protocol/engine/foreign.js';
import { fixture } from '../foreign/support.js';
import { Workspace } from './workspace.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await Workspace.open({});
  cpSync(fixture('tensorboardx'), path.join(workspace.folder, 'runs'), { recursive: true });
});
afterAll(() => workspace?.dispose());

const list = async (): Promise<{ id: string; name: string; status: string; metrics: object; params: object }[]> =>
  JSON.parse((await workspace.tunesmith(['ls', '--json'])).out) as never;

it('shows first what would be imported', async () => {
  const { code, out } = await workspace.tunesmith(['import', '--dry-run']);
  expect(code).toBe(0);
  expect(out).toMatch(/exp1 +TensorBoard +runs\/exp1 +6 +15 +4 +3\n1 run. Nothing was changed.\n/);
  expect(await list()).toEqual([]);
});

it('lists logs with their state, for programs too', async () => {
  const { code, out } = await workspace.tunesmith(['import', '--list', '--json']);
  expect(code).toBe(0);
  expect(FoundLogs.parse(JSON.parse(out))).toMatchObject([{ format: 'tensorboard', name: 'exp1', state: 'new' }]);
  expect((await workspace.tunesmith(['import', '--list'])).out).toMatch(/exp1 +TensorBoard +runs\/exp1 +new\n/);
});

it('imports runs once, with params and metrics', async () => {
  const first = await workspace.tunesmith(['import']);
  expect(first).toMatchObject({ code: 0, out: '1 runs imported, 15 points.\n' });
  const [run] = await list();
  expect(run).toMatchObject({
    name: 'exp1',
    status: 'completed',
    params: { lr: 0.1, layers: 3, opt: 'adam', bias: true },
    metrics: { 'train/loss': Math.fround(0.2), odd: 'Infinity' },
  });
  const second = await workspace.tunesmith(['import', 'runs']);
  expect(second).toMatchObject({ code: 0, out: '0 runs imported, 0 points; 1 were already imported.\n' });
  expect(await list()).toHaveLength(1);
  const listed = FoundLogs.parse(JSON.parse((await workspace.tunesmith(['import', '--list', '--json'])).out));
  expect(listed).toMatchObject([{ id: run!.id, state: 'imported' }]);
  expect((await workspace.tunesmith(['import', '--only', 'another'])).code).toBe(1);
});

it('imports from Python', () => {
  const env = {
    ...process.env,
    TUNESMITH_CLI: JSON.stringify(workspace.command),
    TUNESMITH_HOME: workspace.home,
    PYTHONPATH: path.resolve(import.meta.dirname, '../../../python'),
  };
  const python = (code: string) =>
    spawnSync('python3', ['-c', `import json, tunesmith; print(json.dumps(${code}))`], {
      cwd: workspace.folder,
      env,
      encoding: 'utf8',
    });
  expect(JSON.parse(python('tunesmith.import_runs("runs")').stdout)).toMatchObject([
    { name: 'exp1', what: 'unchanged' },
  ]);
  expect(JSON.parse(python('tunesmith.import_runs(dry_run=True, formats="tensorboard")').stdout)).toMatchObject([
    { points: 15 },
  ]);
  expect(python('tunesmith.import_runs("nowhere")').stderr).toContain('There is no ');
  const exported = python('tunesmith.Api().export("events", format="tensorboard")');
  expect(exported.stderr).toBe('');
  expect(readdirSync(path.join(workspace.folder, 'events')).length).toBeGreaterThan(0);
});

it('says why an imported run can not be run again or resumed', async () => {
  const [{ id } = { id: '' }] = await list();
  const rerun = await workspace.tunesmith(['rerun', id]);
  expect(rerun.code).toBe(1);
  expect(rerun.err).toContain('was imported from another program');
  const resumed = await workspace.tunesmith(['resume', id]);
  expect(resumed.code).toBe(1);
  expect(resumed.err).toContain('was imported');
});

it('refuses missing files and unknown formats', async () => {
  expect(await workspace.tunesmith(['import', 'nowhere'])).toMatchObject({ code: 2 });
  const { code, err } = await workspace.tunesmith(['import', '--format', 'tensorbord']);
  expect(code).toBe(2);
  expect(err).toContain('did you mean "tensorboard"?');
});
