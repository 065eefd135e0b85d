import * as fs from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import type { Run } from '../../../../src/protocol/engine/index.js';
import { pause, runOver, runWith, searchOver, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;

/** Appends to `ran.txt` which stage has really run, waits while `hold` is there, and hands a number on. */
const WORK = `
import fs from 'node:fs';
import { step } from './step.mjs';
const [stage, out, from = '0', by = '1'] = process.argv.slice(2);
fs.appendFileSync('ran.txt', stage + '\\n');
while (fs.existsSync('hold-' + stage)) await new Promise((done) => setTimeout(done, 30));
if (fs.existsSync('fail-' + stage)) throw new Error('told to fail');
const value = (fs.existsSync(from) ? Number(fs.readFileSync(from, 'utf8')) : 0) + step * Number(by);
fs.writeFileSync(out, String(value));
fs.appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step: 0, values: { value } }) + '\\n');
`;
let files = 0;
const THREE = (more = '') => `name: steps${++files}
params: { by: 2 }
objective: { metric: c/value, goal: maximize }
pipeline:
  - { stage: a, run: "node work.mjs a {run.dir}/v", outputs: [v] }
  - { stage: b, run: "node work.mjs b {run.dir}/v {stage.a.dir}/v {by}", outputs: [v] }
  - { stage: c, run: "node work.mjs c {run.dir}/v {stage.b.dir}/v" }
${more}`;

beforeEach(async () => {
  for (const name of fs.readdirSync(workspace().folder)) {
    if (/^(ran|hold|fail)/.test(name)) fs.rmSync(workspace().at(name));
  }
  workspace().write('work.mjs', WORK);
  // Each test is of its own: nothing that an earlier one has done can be reused.
  workspace().write('step.mjs', `export const step = 1; // ${files}\n`);
  engine = await workspace().connect();
});

const ran = (): string[] => fs.readFileSync(workspace().at('ran.txt'), 'utf8').trim().split('\n');
const start = async (file: string, params = {}): Promise<Run> =>
  (await engine.request('runs/start', { file, params })).run;
const view = async (id: string) => (await engine.request('pipelines/get', { id })).stages;
const value = (run: Run): unknown => run.metrics['c/value']?.last;

describe('a pipeline of commands', () => {
  it('runs its stages in order, hands files on, and has their metrics', async () => {
    const run = await start(workspace().write('p.tune.yaml', THREE()));
    expect(run.stages).toEqual(['a', 'b', 'c']);
    const over = await runOver(engine, run.id);
    expect(over).toMatchObject({ status: 'completed', error: null, objective: { metric: 'c/value', value: 4 } });
    expect(ran()).toEqual(['a', 'b', 'c']);
    const stages = await view(run.id);
    expect(stages).toMatchObject([
      { name: 'a', after: [], status: 'completed', reused: false, bytes: 1 },
      { name: 'b', after: ['a'], status: 'completed' },
      { name: 'c', after: ['b'], status: 'completed', objective: { metric: 'value', value: 4 } },
    ]);
    const { runs } = await engine.request('runs/list', { pipeline: run.id });
    expect(runs.find(({ stage }) => stage?.name === 'b')?.stage?.parents).toEqual([stages[0]!.run]);
    const { experiments } = await engine.request('experiments/list', {});
    expect(experiments.map(({ name }) => name).filter((name) => name.includes('/'))).toEqual([]);
    const { best } = await engine.request('best/of', { file: workspace().at('p.tune.yaml') });
    expect(best).toMatchObject({ run: run.id, of: 1 });
  });

  it('does only what has changed again', async () => {
    const file = workspace().write('q.tune.yaml', THREE());
    await runOver(engine, (await start(file)).id);
    const same = await start(file);
    expect(value(await runOver(engine, same.id))).toBe(4);
    expect(ran()).toEqual(['a', 'b', 'c']);
    expect((await view(same.id)).map(({ reused }) => reused)).toEqual([true, true, true]);
    const log = await engine.request('log/read', { run: same.id });
    expect(log.text).toMatch(/^b: unchanged, taken from run \w+$/m);
    expect(value(await runOver(engine, (await start(file, { by: 3 })).id))).toBe(5);
    expect(ran().slice(3)).toEqual(['b', 'c']);
    // A module that the script imports is code of each stage.
    workspace().write('step.mjs', 'export const step = 10;\n');
    expect(value(await runOver(engine, (await start(file)).id))).toBe(40);
    expect(ran().slice(5)).toEqual(['a', 'b', 'c']);
    const { run } = await engine.request('runs/start', { file, afresh: 'b' });
    expect(value(await runOver(engine, run.id))).toBe(40);
    expect(ran().slice(8)).toEqual(['b', 'c']);
    await expect(engine.request('runs/start', { file, afresh: 'x' })).rejects.toThrow('There is no stage x.');
  });

  it('skips what needs a stage that failed, and does that stage alone again', async () => {
    const file = workspace().write(
      'f.tune.yaml',
      `${THREE()}  - { stage: d, from: a, run: "node work.mjs d {run.dir}/v" }\n`,
    );
    workspace().write('fail-b', '');
    const run = await start(file);
    const over = await runOver(engine, run.id);
    expect(over).toMatchObject({ status: 'failed', error: { message: expect.stringContaining('the stage b failed') } });
    const statuses = (await view(run.id)).map(({ name, status }) => [name, status]);
    expect(statuses).toEqual([
      ['a', 'completed'],
      ['b', 'failed'],
      ['c', 'skipped'],
      ['d', 'completed'],
    ]);
    fs.rmSync(workspace().at('fail-b'));
    const { done } = await engine.request('runs/resume', { ids: [run.id] });
    expect(done).toEqual([run.id]);
    expect(await runOver(engine, run.id)).toMatchObject({ status: 'completed', objective: { value: 4 } });
    expect(ran().sort()).toEqual(['a', 'b', 'b', 'c', 'd']);
  });

  it('fails when a stage leaves a file out', async () => {
    const text = 'pipeline:\n  - { stage: a, run: "node work.mjs a {run.dir}/v", outputs: [other.csv] }\n';
    const run = await start(workspace().write('o.tune.yaml', text));
    await runOver(engine, run.id);
    const log = await engine.request('log/read', { run: run.id });
    expect(log.text).toContain('a: failed: it has not written other.csv into its folder');
  });

  it('resumes after the engine was killed, and runs nothing twice', async () => {
    workspace().write('hold-b', '');
    const run = await start(workspace().write('k.tune.yaml', THREE()));
    await until('stage b', () => fs.existsSync(workspace().at('ran.txt')) && ran().includes('b'));
    await workspace().killEngine();
    fs.rmSync(workspace().at('hold-b'));
    await pause(300);
    engine = await workspace().connect();
    expect(value(await runOver(engine, run.id))).toBe(4);
    expect(ran()).toEqual(['a', 'b', 'c']);
  });

  it('can be paused, resumed and stopped as a whole', async () => {
    workspace().write('hold-b', '');
    const run = await start(workspace().write('z.tune.yaml', THREE()));
    await until('stage b', () => fs.existsSync(workspace().at('ran.txt')) && ran().includes('b'));
    const stage = (await until('its run', async () => (await view(run.id))[1]!.run)) as string;
    await runWith(engine, stage, 'running');
    await engine.request('runs/pause', { ids: [run.id] });
    await runWith(engine, stage, 'paused');
    await engine.request('runs/resume', { ids: [run.id] });
    await runWith(engine, stage, 'running');
    await engine.request('runs/stop', { ids: [run.id] });
    expect(await runOver(engine, run.id)).toMatchObject({ status: 'stopped', error: null });
    expect(await runOver(engine, stage)).toMatchObject({ status: 'stopped' });
    fs.rmSync(workspace().at('hold-b'));
    await engine.request('runs/resume', { ids: [run.id] });
    expect(await runOver(engine, run.id)).toMatchObject({ status: 'completed' });
    expect(ran()).toEqual(['a', 'b', 'b', 'c']);
  });
});

it('a search tries whole pipelines, and equal stages are run once', async () => {
  const search = 'search: { sampler: grid, parallel: 2, space: { by: { choice: [1, 2, 3] } } }\n';
  const file = workspace().write('s.tune.yaml', THREE(search));
  const { search: started } = await engine.request('searches/start', { file });
  const over = await searchOver(engine, started.id);
  expect(over).toMatchObject({
    status: 'completed',
    counts: { completed: 3 },
    best: { params: { by: 3 }, objective: 5 },
  });
  expect(ran().sort()).toEqual(['a', 'b', 'b', 'b', 'c', 'c', 'c']);
});

it('a run that came with its folder is never taken for a stage', async () => {
  const file = workspace().write('h.tune.yaml', THREE());
  const run = await start(file);
  await runOver(engine, run.id);
  const first = (await view(run.id))[0]!.run!;
  // Another word in run.json is no longer what this person has asked for.
  const spec = workspace().at('.tunesmith/runs', first, 'run.json');
  fs.writeFileSync(spec, fs.readFileSync(spec, 'utf8').replace('"version":1', '"version":1,"note":"x"'));
  const again = await start(file);
  await runOver(engine, again.id);
  expect((await view(again.id)).map(({ reused }) => reused)).toEqual([false, false, false]);
  // A pipeline that came with its folder is refused with the commands of its stages.
  const own = workspace().at('.tunesmith/runs', again.id, 'run.json');
  fs.writeFileSync(own, fs.readFileSync(own, 'utf8').replace('"version":1', '"version":1,"note":"x"'));
  await expect(engine.request('runs/rerun', { id: again.id })).rejects.toThrow(
    /Its command is: \(a pipeline\) a: node work\.mjs a \{run\.dir\}\/v; b: node work\.mjs b .*; c: node work\.mjs c .*; it would run in/,
  );
});
