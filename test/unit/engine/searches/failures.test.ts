/** A search whose trials fail, are stopped, or have nothing to be compared by; with real engines and programs. */
import * as fs from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { ErrorCode, type Run } from '../../../../src/protocol/engine/index.js';
import { experiment, searchOver, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeEach(async () => {
  engine = await workspace().connect();
});

let files = 0;
/** `program`: of the trials; `x` is the parameter searched, and `flag(name)` tells whether the test has made that file. */
function write(search: string, program: string, head = ''): string {
  const name = `f${++files}`;
  workspace().write(
    `${name}.mjs`,
    `import fs from 'node:fs';
const { x } = JSON.parse(process.env.TUNESMITH_PARAMS);
const flag = (name) => fs.existsSync(${JSON.stringify(workspace().folder)} + '/' + name);
const waitFor = async (name) => { while (!flag(name)) await pause(20); };
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const log = (step, loss) => fs.appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step, values: { loss } }) + '\\n');
${program}`,
  );
  return workspace().write(
    `${name}.tune.yaml`,
    `${head || experiment(`node ${name}.mjs`)}params: { x: 1 }\nsearch:\n${search.replace(/^/gm, '  ')}\n`,
  );
}

const GRID = 'sampler: grid\nparallel: 4\nspace: { x: { int: [1, 8] } }';

async function trials(search: string): Promise<Run[]> {
  const { runs } = await engine.request('runs/list', { search, limit: 1000 });
  return runs.sort((a, b) => a.trial! - b.trial!);
}
const statuses = async (search: string) => (await trials(search)).map(({ status }) => status);

describe('a search that reaches the limit of failures', () => {
  it('lets healthy trials end, continues when one works, and repeats the failed ones under their numbers', async () => {
    const file = write(
      GRID,
      `if (x <= 3 && !flag('fixed')) process.exit(7);
await waitFor('healthy');
log(0, x);`,
    );
    const { search } = await engine.request('searches/start', { file });
    const doubtful = await until('the limit', async () => {
      const now = await engine.request('searches/get', { id: search.id });
      return now.error === null ? null : now;
    });
    expect(doubtful).toMatchObject({ status: 'running', counts: { failed: 3 } });
    expect(doubtful.counts.total).toBeLessThan(7);
    expect(doubtful.error).toMatch(
      /^The first 3 trials failed\. No new ones start until one of the \d still running reports a value\.$/,
    );
    workspace().write('healthy', '');
    const over = await searchOver(engine, search.id);
    expect(over).toMatchObject({ status: 'completed', error: null });
    expect(over.counts).toMatchObject({ total: 8, completed: 5, failed: 3, stopped: 0 });

    workspace().write('fixed', '');
    const { retried, search: again } = await engine.request('searches/retry', { id: search.id });
    expect(retried).toEqual([0, 1, 2]);
    expect(again).toMatchObject({ status: 'running', trials: over.trials });
    const done = await searchOver(engine, search.id);
    expect(done).toMatchObject({ status: 'completed', counts: { total: 8, completed: 8 } });
    const runs = await trials(search.id);
    expect(runs.map(({ params }) => params.x)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(runs.map(({ objective }) => objective!.value)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    await expect(engine.request('searches/retry', { id: search.id })).rejects.toMatchObject({
      code: ErrorCode.conflict,
    });
    expect(await engine.request('searches/get', { id: search.id })).toMatchObject({ status: 'completed' });
  });

  it('gives up with a message once all running trials have ended, and resumes without holes', async () => {
    const file = write(
      GRID,
      `if (!flag('mended')) { if (x > 3) await waitFor('enough'); process.exit(7); }
log(0, x);`,
    );
    const { search } = await engine.request('searches/start', { file });
    await until('the limit', async () => (await engine.request('searches/get', { id: search.id })).error);
    workspace().write('enough', '');
    const over = await searchOver(engine, search.id);
    expect(over).toMatchObject({ status: 'failed', counts: { completed: 0, stopped: 0 } });
    const { total } = over.counts;
    expect(total).toBeLessThan(7);
    expect(over.error).toContain(`Gave up: the first ${total} trials failed`);
    expect(over.error).toContain(`tunesmith search --resume ${search.id} --retry-failed`);
    expect(over.error).toContain('search.giveUpAfter');

    workspace().write('mended', '');
    // Failed trials stay failed; the others are tried.
    await engine.request('searches/resume', { id: search.id });
    expect((await searchOver(engine, search.id)).counts).toMatchObject({
      total: 8,
      completed: 8 - total,
      failed: total,
    });
    await engine.request('searches/retry', { id: search.id, trials: [1, 3] });
    expect((await searchOver(engine, search.id)).counts).toMatchObject({
      total: 8,
      completed: 10 - total,
      failed: total - 2,
    });
    const all = await statuses(search.id);
    for (const trial of [1, 3, 6, 7]) expect(all[trial]).toBe('completed');
    for (const trial of [0, 2]) expect(all[trial]).toBe('failed');
  });

  it('takes the limit from the file and from the request', async () => {
    const program = `process.exit(7);`;
    const one = await engine.request('searches/start', {
      file: write(`${GRID}\ngiveUpAfter: 1\nparallel: 1`.replace('parallel: 4\n', ''), program),
    });
    expect((await searchOver(engine, one.search.id)).counts).toMatchObject({ total: 1, failed: 1 });
    const never = await engine.request('searches/start', { file: write(GRID, program), giveUpAfter: 0 });
    const over = await searchOver(engine, never.search.id);
    expect(over).toMatchObject({ status: 'failed', counts: { total: 8, failed: 8 } });
    expect(over.error).toMatch(/^All 8 trials failed/);
    const wrong = write(`${GRID}\ngiveUpAfter: -1`, program);
    await expect(engine.request('searches/start', { file: wrong })).rejects.toMatchObject({
      code: ErrorCode.invalidFile,
      message: expect.stringMatching(/:9:16: giveUpAfter must be at least 0/) as string,
    });
  });
});

describe('trials of a search that was stopped', () => {
  it('resume under their own numbers with the search', async () => {
    const file = write(
      GRID.replace('4', '2'),
      `for (let step = 0; step < 20; step++) { log(step, x + step); await pause(60); }`,
    );
    const { search } = await engine.request('searches/start', { file });
    await until('points', async () => (await trials(search.id)).some((run) => (run.metrics.loss?.count ?? 0) > 3));
    await engine.request('searches/stop', { id: search.id });
    const stopped = await searchOver(engine, search.id);
    expect(stopped.counts.stopped).toBe(2);
    await engine.request('searches/resume', { id: search.id });
    const over = await searchOver(engine, search.id);
    expect(over).toMatchObject({ status: 'completed', trials: stopped.trials, counts: { total: 8, completed: 8 } });
    const runs = await trials(search.id);
    expect(runs.map(({ params }) => params.x)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    for (const run of runs) expect(run.objective).toMatchObject({ value: run.params.x, step: 0 });
  });

  it('can be repeated one by one, during the search', async () => {
    const file = write(
      GRID.replace('4', '2'),
      `if (x === 1 && !flag('again')) await pause(60_000);
await pause(x > 2 ? 1500 : 100);
log(0, x);`,
    );
    const { search } = await engine.request('searches/start', { file });
    const first = await until('the first', async () =>
      (await trials(search.id)).find((run) => run.trial === 0 && run.status === 'running'),
    );
    await engine.request('runs/stop', { ids: [first.id] });
    await until('its end', async () => (await engine.request('runs/get', { id: first.id })).status === 'stopped');
    workspace().write('again', '');
    // As a person does it with the run's own menu.
    expect(await engine.request('runs/resume', { ids: [first.id] })).toEqual({ done: [first.id], skipped: [] });
    expect(await searchOver(engine, search.id)).toMatchObject({
      status: 'completed',
      counts: { total: 8, completed: 8 },
    });
    const spec = JSON.parse(fs.readFileSync(workspace().at('.tunesmith/runs', first.id, 'run.json'), 'utf8')) as {
      launch: object;
    };
    expect(spec.launch).toMatchObject({ number: 2 });
  });
});

describe('a search without an objective', () => {
  it('runs all of a grid', async () => {
    const head = `name: blind\nrun: node f${files + 1}.mjs\n`;
    const file = write(GRID, `if (x === 2) process.exit(7);\nlog(0, x);`, head);
    const { search } = await engine.request('searches/start', { file });
    expect(search.objective).toBeNull();
    const over = await searchOver(engine, search.id);
    expect(over).toMatchObject({
      status: 'completed',
      best: null,
      error: null,
      counts: { total: 8, completed: 7, failed: 1 },
    });
    await expect(engine.request('searches/insight', { id: search.id, parts: ['history'] })).rejects.toThrow(
      'no objective',
    );
  });

  it('is refused where a sampler or a pruner compares trials', async () => {
    const head = `name: blind\nrun: node f${files + 1}.mjs\n`;
    const file = write('sampler: tpe\ntrials: 3\nspace: { x: { int: [1, 6] } }', '', head);
    await expect(engine.request('searches/start', { file })).rejects.toThrow('sampler "tpe" needs an objective');
  });
});
