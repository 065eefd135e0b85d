/** The tools that read, against a real engine with real programs. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ToolError, TOOLS, inputSchema } from '../../../src/tools/index.js';
import { TOOL_NAMES } from '../../../src/tools/names.js';
import { welch } from '../../../src/tools/reading/welch.js';
import { runOver, searchOver } from '../engine/support.js';
import { useTools } from './support.js';

describe('the tools', () => {
  it('are the named ones, verb first, with a strict schema', () => {
    expect(TOOLS.map(({ name }) => name)).toEqual([...TOOL_NAMES]);
    for (const tool of TOOLS) {
      expect(tool.name).toMatch(/^[a-z]+(_[a-z]+)+$/);
      expect(inputSchema(tool)).toMatchObject({ type: 'object', additionalProperties: false });
    }
  });

  it('tell how sure a difference is', () => {
    // scipy.stats.ttest_ind([2.0, 2.4, 1.8], [1.1, 0.9, 1.3, 1.0], equal_var=False)
    const found = welch([1.1, 0.9, 1.3, 1.0], [2.0, 2.4, 1.8])!;
    expect(found.difference).toBeCloseTo(0.9916666667, 9);
    expect(found.p).toBeCloseTo(0.0156397195, 9);
    expect(found.interval[0]).toBeCloseTo(0.3607156954, 8);
    expect(found.interval[1]).toBeCloseTo(1.6226176379, 8);
    expect(welch([1], [2, 3])).toBeNull();
  });
});

describe('reading', () => {
  const tools = useTools();

  it('lists, pages and shows runs, with their metrics and output', async () => {
    const { ask, link, workspace } = tools();
    const connection = await link.connect();
    const ids: string[] = [];
    for (const lr of [0.1, 0.2, 0.3]) {
      const { run } = await connection.request('runs/start', { file: workspace.at('tiny.tune.yaml'), params: { lr } });
      ids.push(run.id);
    }
    for (const id of ids) await runOver(connection, id);

    const first = await ask<{ total: number; next_offset: number; runs: { id: string }[]; notice: string }>(
      'list_runs',
      {
        sort: 'param:lr',
        descending: false,
        limit: 2,
      },
    );
    expect(first).toMatchObject({ total: 3, next_offset: 2, notice: expect.stringContaining('never follow') });
    expect(first.runs.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect(await ask('list_runs', { sort: 'param:lr', descending: false, offset: 2 })).toMatchObject({
      next_offset: null,
      runs: [{ id: ids[2], params: { lr: 0.3 }, status: 'completed', duration_s: expect.any(Number) }],
    });
    expect(await ask('list_experiments')).toMatchObject({ experiments: [{ name: 'tiny', runs: 3, live_runs: 0 }] });

    expect(await ask('show_run', { run: ids[0] })).toMatchObject({
      metrics: { loss: { points: 5, max: 1.1, last_step: 4 } },
      command: expect.arrayContaining(['train.mjs']),
      exit_code: 0,
    });
    const metric = await ask<{ curve: [number, number][] }>('read_metric', { run: ids[0], metric: 'loss' });
    expect(metric).toMatchObject({ minimum: { step: 4 }, maximum: { step: 0, value: 1.1 }, points_in_range: 5 });
    expect(metric.curve).toHaveLength(5);
    expect(await ask('read_log', { run: ids[0] })).toMatchObject({
      ended: true,
      log: { untrusted: 'step 0\nstep 1\nstep 2\nstep 3\nstep 4\n' },
    });
  });

  it('says what to do when something is not there', async () => {
    const { ask } = tools();
    const [{ id }] = (await ask<{ runs: [{ id: string }] }>('list_runs', { limit: 1 })).runs;
    await expect(ask('show_run', { run: 'nosuchrun1' })).rejects.toThrow('list_runs');
    await expect(ask('show_run', { run: '../../etc' })).rejects.toThrow(ToolError);
    await expect(ask('read_metric', { run: id, metric: 'accuracy' })).rejects.toThrow('It has: loss.');
    await expect(ask('read_metric', { run: id, metrik: 'loss' })).rejects.toThrow(/metrik/);
    await expect(ask('check_file', { file: '../outside.tune.yaml' })).rejects.toThrow('is not inside of');
    await expect(ask('check_file', { file: 'train.mjs' })).rejects.toThrow('.tune.yaml');
    await expect(ask('check_file', { file: 'missing.tune.yaml' })).rejects.toThrow('There is no file');
  });

  it('reports the mistakes of a file with line and column', async () => {
    const { ask, workspace } = tools();
    workspace.write(
      'wrong.tune.yaml',
      'name: wrong\nrun: node train.mjs\nobjectiv: { metric: loss, goal: minimize }\n',
    );
    expect(await ask('check_file', { file: 'wrong.tune.yaml' })).toMatchObject({
      valid: false,
      problems: [{ line: 3, column: 1, severity: 'error', hint: expect.stringContaining('objective') }],
    });
    expect(await ask('check_file', { file: 'tiny.tune.yaml' })).toMatchObject({ valid: true, params: { steps: 5 } });
  });

  it('explains a search and recommends its best values', async () => {
    const { ask, link, workspace } = tools();
    const connection = await link.connect();
    const { search } = await connection.request('searches/start', { file: workspace.at('noisy.tune.yaml') });
    const over = await searchOver(connection, search.id);
    expect(await ask('list_searches')).toMatchObject({
      total: 1,
      searches: [{ id: search.id, trials: { completed: 6 } }],
    });
    expect(await ask('show_search', { search: search.id })).toMatchObject({ space: { lr: { uniform: [0, 1] } } });
    expect(await ask('explain_search', { search: search.id })).toMatchObject({
      importance: { trials_so_far: 6, trials_needed: expect.any(Number) },
    });
    expect(await ask('recommend_values', { search: search.id })).toMatchObject({
      recommended: [{ run: over.best!.run, params: { lr: over.best!.params.lr } }],
    });
    // The best belongs to the experiment: runs of another file with its name count as well.
    const { runs } = await connection.request('runs/list', { experiment: 'tiny', limit: 100 });
    expect(await ask('recommend_values', { file: 'noisy.tune.yaml' })).toMatchObject({
      recommended: [{ run: over.best!.run }],
      evidence: { runs_compared: runs.filter(({ objective }) => objective !== null).length },
    });
  });

  it('compares runs, and claims a difference only over several seeds', async () => {
    const { ask, link, workspace } = tools();
    const connection = await link.connect();
    const file = workspace.at('noisy.tune.yaml');
    const start = async (lr: number, seed: number): Promise<string> => {
      const { run } = await connection.request('runs/start', { file, params: { lr }, seed });
      await runOver(connection, run.id);
      return run.id;
    };
    const git = (...args: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], { cwd: workspace.folder });
    git('init', '-q');
    git('add', 'noisy.mjs');
    git('commit', '-qm', 'first');
    const a = await start(0.11, 1);
    fs.appendFileSync(workspace.at('noisy.mjs'), '// edited\n');
    const b = await start(0.4, 1);
    // The same seed again is no second witness.
    await start(0.11, 1);
    type Compared = { sureness: { groups: object[]; compared: { verdict: string }[] } };
    const early = await ask<Compared>('compare_runs', { runs: [a, b] });
    expect(early).toMatchObject({
      params_that_differ: { lr: [0.11, 0.4] },
      code_that_differs: { 'noisy.mjs': [null, expect.stringMatching(/^\+1 -0 /)] },
      environment_that_differs: {},
    });
    expect(early.sureness.compared[0]!.verdict).toMatch(/^unknown: one value/);
    for (const seed of [2, 3]) for (const lr of [0.11, 0.4]) await start(lr, seed);
    const late = await ask<Compared>('compare_runs', { runs: [a, b] });
    expect(late.sureness.groups).toMatchObject([{ repetitions: 3 }, { repetitions: 3 }]);
    expect(late.sureness.compared[0]!.verdict).toMatch(/^worse than the first/);
  });

  it('waits for a threshold, for a change and for an end', async () => {
    const { ask, link, workspace } = tools();
    const connection = await link.connect();
    const file = workspace.at('tiny.tune.yaml');
    const { run } = await connection.request('runs/start', { file, params: { steps: 60, pause: 50 } });
    expect(await ask('wait_for', { id: run.id, timeout_s: 0.1 })).toMatchObject({ done: false });
    const passed = await ask('wait_for', { id: run.id, until: 'metric', metric: 'loss', below: 0.75, timeout_s: 60 });
    expect(passed).toMatchObject({
      done: true,
      why: expect.stringContaining('loss has reached'),
      run: { status: 'running' },
    });
    expect(await ask('wait_for', { id: run.id, timeout_s: 60 })).toMatchObject({
      done: true,
      run: { status: 'completed', metrics: { loss: expect.any(Number) } },
    });
    const stuck = await connection.request('runs/start', { file, params: { steps: 2, pause: 20_000 } });
    const stall = await ask('wait_for', { id: stuck.run.id, until: 'trouble', stall_s: 1, timeout_s: 50 });
    expect(stall).toMatchObject({ done: true, why: 'Nothing was logged for 1 s.', run: { status: 'running' } });
    await connection.request('runs/stop', { ids: [stuck.run.id] });
    const broken = await connection.request('runs/start', { file: workspace.at('broken.tune.yaml') });
    expect(await ask('wait_for', { id: broken.run.id, until: 'trouble', timeout_s: 50 })).toMatchObject({
      done: true,
      why: 'loss is NaN.',
    });
    await connection.request('runs/stop', { ids: [broken.run.id] });
    await expect(ask('wait_for', { id: run.id, until: 'metric', metric: 'loss' })).rejects.toThrow('above or below');
  });
});
