import * as fs from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { ErrorCode, type Run } from '../../../../src/protocol/engine/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import { experiment, isAlive, pause, runOver, searchOver, TRAIN, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeEach(async () => {
  workspace().write('train.mjs', TRAIN);
  engine = await workspace().connect();
});

let files = 0;
function write(search: string, run = 'node train.mjs', params = 'params: { lr: 0.1, steps: 5, pause: 20 }'): string {
  return workspace().write(
    `s${++files}.tune.yaml`,
    experiment(run, `${params}\nsearch:\n${search.replace(/^/gm, '  ')}\n`),
  );
}

async function trials(search: string): Promise<Run[]> {
  return (await engine.request('runs/list', { search, sort: 'createdAt', descending: false, limit: 1000 })).runs;
}

const GRID = 'sampler: grid\nspace: { lr: { choice: [0.1, 0.2, 0.3, 0.4, 0.5, 0.6] } }';

describe('a search', () => {
  it('tries everything once, marks the best and is repeatable', async () => {
    const file = write('sampler: random\ntrials: 5\nparallel: 2\nseed: 7\nspace: { lr: { log: [0.001, 1] } }');
    const { search } = await engine.request('searches/start', { file });
    expect(search).toMatchObject({ status: 'running', sampler: 'random', trials: 5, parallel: 2 });
    const over = await searchOver(engine, search.id);
    expect(over).toMatchObject({ status: 'completed', error: null, counts: { total: 5, completed: 5 } });
    const runs = await trials(search.id);
    expect(runs.map((run) => run.trial).sort()).toEqual([0, 1, 2, 3, 4]);
    const best = runs.reduce((a, b) => (Number(a.objective!.value) < Number(b.objective!.value) ? a : b));
    expect(over.best).toEqual({
      run: best.id,
      trial: best.trial,
      params: best.params,
      objective: best.objective!.value,
    });
    const again = await engine.request('searches/start', { file });
    await searchOver(engine, again.search.id);
    const values = (all: Run[]) => all.sort((a, b) => a.trial! - b.trial!).map((run) => run.params.lr);
    expect(values(await trials(again.search.id))).toEqual(values(runs));
  });

  it('runs as many at once as asked for, and a person’s run waits for none of them', async () => {
    // Trials train until there is a file `go`.
    workspace().write(
      'gated.mjs',
      `${TRAIN}\nwhile (params.gated && !fs.existsSync('go')) await new Promise((resolve) => setTimeout(resolve, 20));`,
    );
    const file = write(`${GRID}\nparallel: 3`, 'node gated.mjs', 'params: { lr: 0.1, gated: true }');
    const { search } = await engine.request('searches/start', { file });
    const running = async () => (await engine.request('searches/get', { id: search.id })).counts.running;
    await until('three at once', async () => (await running()) === 3);
    const { run } = await engine.request('runs/start', { file, params: { lr: 0.1, gated: false } });
    expect((await runOver(engine, run.id)).status).toBe('completed');
    expect(await running()).toBe(3);
    workspace().write('go', '');
    const over = await searchOver(engine, search.id);
    expect(over.counts).toMatchObject({ total: 6, completed: 6 });
    const runs = await trials(search.id);
    const most = Math.max(
      ...runs.map((one) => runs.filter((o) => o.startedAt! <= one.startedAt! && o.endedAt! > one.startedAt!).length),
    );
    expect(most).toBe(3);
  });

  it('stops the hopeless ones early', async () => {
    // The hopeless ones never end by themselves, so that a busy machine has time to stop them.
    workspace().write('endless.mjs', TRAIN.replace('step < steps', 'step < steps || lr > 1'));
    const file = write(
      'sampler: grid\nparallel: 1\npruner: { name: median, startupTrials: 2 }\nspace: { lr: { choice: [0.1, 0.2, 5, 6] } }',
      'node endless.mjs',
      'params: { lr: 0.1, steps: 25, pause: 20 }',
    );
    const { search } = await engine.request('searches/start', { file });
    const over = await searchOver(engine, search.id);
    expect(over.status).toBe('completed');
    expect(over.counts).toMatchObject({ total: 4, completed: 2, pruned: 2 });
    const cut = (await trials(search.id)).filter((run) => run.status === 'pruned');
    expect(cut.map((run) => run.error)).toEqual([null, null]);
    expect(cut.map((run) => run.params.lr).sort()).toEqual([5, 6]);
  });

  it('takes trials, parallel and space from the request', async () => {
    const file = write('sampler: random\ntrials: 50\nspace: { lr: { uniform: [0, 1] } }');
    const { search } = await engine.request('searches/start', {
      file,
      trials: 2,
      parallel: 1,
      space: { lr: { uniform: [10, 11] } },
    });
    await searchOver(engine, search.id);
    const runs = await trials(search.id);
    expect(runs).toHaveLength(2);
    for (const run of runs) expect(run.params.lr).toBeGreaterThanOrEqual(10);
    await expect(engine.request('searches/start', { file, space: { lr: { uniform: [2, 1] } } })).rejects.toMatchObject({
      code: ErrorCode.invalidFile,
      message: expect.stringContaining('lr') as string,
    });
    const plain = workspace().write('plain.tune.yaml', experiment('node train.mjs'));
    await expect(engine.request('searches/start', { file: plain })).rejects.toThrow(/search/);
  });
});

describe('failures', () => {
  it('continues after a failed trial', async () => {
    workspace().write(
      'half.mjs',
      `if (JSON.parse(process.env.TUNESMITH_PARAMS).lr === 0.3) throw new RangeError('no luck');\n${TRAIN.replace(/^\s*import.*$/m, '')}`.replace(
        /^/,
        "import fs from 'node:fs';\n",
      ),
    );
    const { search } = await engine.request('searches/start', { file: write(GRID, 'node half.mjs') });
    const over = await searchOver(engine, search.id);
    expect(over).toMatchObject({ status: 'completed', counts: { total: 6, completed: 5, failed: 1 } });
    const failed = (await trials(search.id)).find((run) => run.status === 'failed')!;
    expect(failed.error).toMatchObject({
      kind: 'exit',
      message: expect.stringContaining('RangeError: no luck') as string,
    });
  });

  it('gives up when the first three trials fail', async () => {
    workspace().write('broken.mjs', 'throw new TypeError("broken from the start");');
    const { search } = await engine.request('searches/start', {
      file: write(`${GRID}\nparallel: 1`, 'node broken.mjs'),
    });
    const over = await searchOver(engine, search.id);
    expect(over).toMatchObject({ status: 'failed', counts: { total: 3, failed: 3 } });
    expect(over.error).toMatch(/first 3 trials failed.*broken from the start/);
  });

  it('says which metric is missing', async () => {
    workspace().write(
      'other.mjs',
      `import fs from 'node:fs';
      fs.appendFileSync(process.env.TUNESMITH_JOURNAL, '{"step":0,"values":{"val_loss":1}}\\n');`,
    );
    const { search } = await engine.request('searches/start', { file: write(GRID, 'node other.mjs') });
    const over = await searchOver(engine, search.id);
    expect(over.status).toBe('failed');
    expect(over.error).toMatch(/objective "loss".*val_loss/);
  });
});

describe('steering', () => {
  const SLOW = 'params: { lr: 0.1, steps: 30, pause: 40 }';

  it('starts nothing while paused, and resumes', async () => {
    const { search } = await engine.request('searches/start', {
      file: write(`${GRID}\nparallel: 2`, 'node train.mjs', SLOW),
    });
    await until('points', async () => (await trials(search.id)).some((run) => (run.metrics.loss?.count ?? 0) > 3));
    await engine.request('searches/pause', { id: search.id });
    await expect(engine.request('searches/pause', { id: search.id })).rejects.toMatchObject({
      code: ErrorCode.conflict,
    });
    await pause(800);
    const before = (await trials(search.id)).map((run) => [run.id, run.status, run.metrics.loss?.count]);
    expect(before.filter(([, status]) => status === 'paused')).toHaveLength(2);
    await pause(800);
    expect((await trials(search.id)).map((run) => [run.id, run.status, run.metrics.loss?.count])).toEqual(before);
    await engine.request('searches/resume', { id: search.id });
    expect(await searchOver(engine, search.id)).toMatchObject({
      status: 'completed',
      counts: { total: 6, completed: 6 },
    });
  });

  it('tries a person’s values before its own suggestions, even after kill -9 and in a paused search', async () => {
    const space = 'sampler: random\ntrials: 3\nparallel: 1\nspace: { lr: { uniform: [0, 1] } }';
    const { search } = await engine.request('searches/start', { file: write(space, 'node train.mjs', SLOW) });
    const enqueue = (params: Params) => engine.request('searches/enqueue', { id: search.id, params });
    await until('a trial', async () => (await trials(search.id)).length > 0);
    await engine.request('searches/pause', { id: search.id });
    const before = (await trials(search.id)).length;
    await expect(enqueue({ lr: 2 })).rejects.toThrow('"lr"');
    await expect(enqueue({ rate: 0.1 })).rejects.toThrow('"rate" is not in the search space');
    expect((await enqueue({ lr: 0.625 })).search.trials).toBe(4);
    await workspace().killEngine();
    engine = await workspace().connect();
    await engine.request('searches/resume', { id: search.id });
    expect(await searchOver(engine, search.id)).toMatchObject({ status: 'completed', counts: { total: 4 } });
    const tried = (await trials(search.id)).sort((a, b) => a.trial! - b.trial!).map((run) => run.params.lr);
    expect(tried[before]).toBe(0.625);
    await expect(enqueue({ lr: 0.5 })).rejects.toMatchObject({ code: ErrorCode.conflict });
  });

  it('continues in another space and to another number of trials, while running and after its end', async () => {
    const space = 'sampler: tpe\ntrials: 4\nparallel: 1\nspace: { lr: { uniform: [0, 1] } }';
    const file = write(space, 'node train.mjs', 'params: { lr: 0.1, steps: 2, pause: 5 }');
    const { search } = await engine.request('searches/start', { file });
    const change = (what: object) => engine.request('searches/change', { id: search.id, ...what });
    await expect(change({})).rejects.toThrow('Say what to change');
    await expect(change({ space: { lr: { uniform: [3, 2] } } })).rejects.toMatchObject({ code: ErrorCode.invalidFile });
    await searchOver(engine, search.id);

    expect((await change({ trials: 6 })).search).toMatchObject({ status: 'running', trials: 6 });
    expect((await searchOver(engine, search.id)).counts.completed).toBe(6);
    await workspace().killEngine();
    engine = await workspace().connect();
    const changed = (await change({ trials: 9, space: { lr: { uniform: [2, 3] } } })).search;
    expect(changed).toMatchObject({ trials: 9, space: { lr: { uniform: [2, 3] } } });
    await workspace().killEngine();
    engine = await workspace().connect();
    expect((await searchOver(engine, search.id)).counts.completed).toBe(9);

    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('[0, 1]', '[5, 6]'));
    await change({ reread: true, trials: 10 });
    expect((await searchOver(engine, search.id)).counts.completed).toBe(10);
    const tried = (await trials(search.id)).sort((a, b) => a.trial! - b.trial!).map((run) => Number(run.params.lr));
    expect(tried.map(Math.floor)).toEqual([0, 0, 0, 0, 0, 0, 2, 2, 2, 5]);
  });

  it('whose time changes has another budget of trial time', async () => {
    const space = 'sampler: tpe\ncost: time\ntime: 100s\ntrials: 2\nparallel: 2\nspace: { lr: { uniform: [0, 1] } }';
    const file = write(space, 'node train.mjs', 'params: { lr: 0.1, steps: 2, pause: 5 }');
    const { search } = await engine.request('searches/start', { file });
    const budget = (): unknown => {
      const saved = fs.readFileSync(workspace().at('.tunesmith/searches', search.id, 'study.json'), 'utf8');
      return /"cost":\{[^}]*\}/.exec(saved)?.[0];
    };
    await searchOver(engine, search.id);
    expect(budget()).toBe('"cost":{"seconds":200}');
    await engine.request('searches/change', { id: search.id, time: 300, trials: 3 });
    await searchOver(engine, search.id);
    expect(budget()).toBe('"cost":{"seconds":600}');
  });

  it('takes what several people ask for at once, one after the other', async () => {
    const space = 'sampler: random\ntrials: 2\nparallel: 2\nspace: { lr: { uniform: [0, 1] } }';
    const file = write(space, 'node train.mjs', 'params: { lr: 0.1, steps: 2, pause: 50 }');
    const { search } = await engine.request('searches/start', { file });
    const change = (what: object) => engine.request('searches/change', { id: search.id, ...what });
    const begun = async () => (await trials(search.id)).map((run) => run.trial!).sort((a, b) => a - b);
    await searchOver(engine, search.id);

    await Promise.all([change({ trials: 6 }), change({ space: { lr: { uniform: [2, 3] } } })]);
    // Its own space is still that of the file, which must not undo the other one.
    await Promise.all([change({ space: { lr: { uniform: [4, 5] } } }), change({ trials: 8 })]);
    expect(await searchOver(engine, search.id)).toMatchObject({
      status: 'completed',
      trials: 8,
      space: { lr: { uniform: [4, 5] } },
    });
    expect(await begun()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);

    const [first, ...others] = await Promise.allSettled([
      change({ trials: 11, reread: true }),
      engine.request('searches/stop', { id: search.id }),
      engine.request('searches/resume', { id: search.id }),
      engine.request('searches/delete', { id: search.id }),
    ]);
    expect(first.status).toBe('fulfilled');
    for (const other of others) {
      expect(other).toMatchObject({ status: 'rejected', reason: { code: ErrorCode.conflict } });
    }
    expect((await searchOver(engine, search.id)).counts).toMatchObject({ total: 11, completed: 11 });
    expect(await begun()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('stops at once, and resumes the interrupted trials', async () => {
    const { search } = await engine.request('searches/start', {
      file: write(`${GRID}\nparallel: 2`, 'node train.mjs', SLOW),
    });
    await until(
      'two to be over',
      async () => (await engine.request('searches/get', { id: search.id })).counts.completed >= 2,
    );
    await engine.request('searches/stop', { id: search.id });
    const stopped = await searchOver(engine, search.id);
    expect(stopped.status).toBe('stopped');
    expect(stopped.counts.running + stopped.counts.queued).toBe(0);
    await expect(engine.request('searches/stop', { id: search.id })).rejects.toMatchObject({
      code: ErrorCode.conflict,
    });
    await engine.request('searches/resume', { id: search.id });
    const over = await searchOver(engine, search.id);
    expect(over).toMatchObject({ status: 'completed', trials: 6, counts: { total: 6, completed: 6 } });
    const runs = await trials(search.id);
    expect(
      runs
        .filter((run) => run.status === 'completed')
        .map((run) => run.params.lr)
        .sort(),
    ).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
    expect(new Set(runs.map((run) => run.trial)).size).toBe(runs.length);
    await engine.request('searches/delete', { id: search.id });
    await expect(engine.request('searches/get', { id: search.id })).rejects.toMatchObject({ code: ErrorCode.notFound });
  });
});

describe('when the engine is killed', () => {
  it('continues after kill -9, three times, with every trial and every point exactly once', async () => {
    const file = write(
      'sampler: random\ntrials: 9\nparallel: 2\nseed: 3\nspace: { lr: { uniform: [0, 1] } }',
      'node train.mjs',
      'params: { lr: 0.1, steps: 25, pause: 30 }',
    );
    const { search } = await engine.request('searches/start', { file });
    for (const done of [1, 3, 5]) {
      await until(
        'trials',
        async () => (await engine.request('searches/get', { id: search.id })).counts.completed >= done,
      );
      // At another moment of the trials' lives each time.
      await pause(done * 67);
      await workspace().killEngine();
      await pause(done === 3 ? 1500 : 0);
      engine = await workspace().connect();
    }
    const over = await searchOver(engine, search.id);
    expect(over).toMatchObject({ status: 'completed', counts: { total: 9, completed: 9 } });
    const runs = await trials(search.id);
    expect(runs.map((run) => run.trial).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    for (const run of runs) {
      const { points } = await engine.request('metrics/read', { run: run.id, metric: 'loss' });
      expect(points.map((point) => point.step)).toEqual(Array.from({ length: 25 }, (_, i) => i));
      const journal = fs.readFileSync(workspace().at('.tunesmith/runs', run.id, 'journal/external.ndjson'), 'utf8');
      expect(journal.trim().split('\n')).toHaveLength(25);
    }
    // The same search without a kill suggests the same parameters.
    const calm = await engine.request('searches/start', { file });
    await searchOver(engine, calm.search.id);
    const values = (all: Run[]) => all.sort((a, b) => a.trial! - b.trial!).map((run) => run.params.lr);
    expect(values(await trials(calm.search.id))).toEqual(values(runs));
  }, 90_000);

  it('a paused search stays paused, its programs too', async () => {
    // Trials train until there is a file `onwards`, so that a busy machine has time to pause the first one.
    workspace().write('patient.mjs', TRAIN.replace('step < steps', "step < steps || !fs.existsSync('onwards')"));
    const { search } = await engine.request('searches/start', {
      file: write(`${GRID}\nparallel: 1`, 'node patient.mjs', 'params: { lr: 0.1, steps: 5, pause: 20 }'),
    });
    const statuses = async () => (await trials(search.id)).map(({ status }) => status);
    await until('a run', async () => (await trials(search.id)).some((run) => (run.metrics.loss?.count ?? 0) > 2));
    await engine.request('searches/pause', { id: search.id });
    await until('the run to pause', async () => (await statuses())[0] === 'paused');
    await workspace().killEngine();
    engine = await workspace().connect();
    workspace().write('onwards', '');
    await until('the run to be adopted', async () => (await statuses())[0] === 'paused');
    // Time in which a program that went on would end and the search would make another trial.
    await pause(1200);
    expect(await engine.request('searches/get', { id: search.id })).toMatchObject({
      status: 'paused',
      counts: { total: 1 },
    });
    expect(await statuses()).toEqual(['paused']);
    await engine.request('searches/resume', { id: search.id });
    expect((await searchOver(engine, search.id)).counts).toMatchObject({ total: 6, completed: 6 });
  });

  it('leaves by force without harming anything', async () => {
    const { search } = await engine.request('searches/start', { file: write(GRID) });
    await expect(engine.request('engine/stop', {})).rejects.toMatchObject({ code: ErrorCode.conflict });
    const { pid } = engine.engine;
    await engine.request('engine/stop', { force: true });
    await until('the engine to leave', () => !isAlive(pid));
    engine = await workspace().connect();
    expect((await searchOver(engine, search.id)).counts).toMatchObject({ total: 6, completed: 6 });
  });
});
