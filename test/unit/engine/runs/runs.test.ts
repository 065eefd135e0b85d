import * as fs from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { ErrorCode, type Run } from '../../../../src/protocol/engine/index.js';
import { experiment, isAlive, pause, runOver, runWith, TRAIN, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeAll(async () => {
  workspace().write('train.mjs', TRAIN);
  engine = await workspace().connect();
});

let files = 0;
/** Starts a run of a program given as a script's text. */
async function start(script: string, more = '', run = 'node'): Promise<Run> {
  const name = `p${++files}`;
  const extension = run.startsWith('node') ? 'mjs' : 'py';
  workspace().write(`${name}.${extension}`, script);
  const file = workspace().write(`${name}.tune.yaml`, experiment(`${run} ${name}.${extension}`, more));
  return (await engine.request('runs/start', { file })).run;
}
const log = async (id: string): Promise<string> => (await engine.request('log/read', { run: id })).text;

describe('a run', () => {
  it('goes from the queue to its end with every point, and tells clients', async () => {
    const statuses: string[] = [];
    const counts: number[] = [];
    const listening = [
      engine.on('changed', ({ runs }) => runs.forEach((one) => one.experiment === 'tiny' && statuses.push(one.status))),
      engine.on('seriesChanged', ({ runs }) => Object.values(runs).forEach((one) => counts.push(one.loss!))),
    ];
    const run = await start(TRAIN, 'params: { steps: 20, pause: 40, lr: 0.25 }\n');
    expect(run).toMatchObject({ experiment: 'tiny', name: 'tiny 1', params: { steps: 20, pause: 40, lr: 0.25 } });
    await engine.request('watch', { runs: [run.id], logs: [run.id] });
    const over = await runOver(engine, run.id);
    expect(over).toMatchObject({
      status: 'completed',
      error: null,
      device: 'cpu',
      objective: { metric: 'loss', goal: 'minimize', value: 0.25 + 1 / 20, step: 19 },
      metrics: { loss: { count: 20, last: 0.25 + 1 / 20, max: 1.25 } },
    });
    expect(over.startedAt).toBeGreaterThanOrEqual(over.createdAt - 50);
    expect(over.endedAt).toBeGreaterThan(over.startedAt!);
    await until('the last notification', () => counts.at(-1) === 20 && statuses.at(-1) === 'completed');
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    listening.forEach((one) => one.dispose());
    const detail = await engine.request('runs/get', { id: run.id });
    expect(detail).toMatchObject({ exitCode: 0, signal: null, cwd: workspace().folder });
    expect(detail.command[0]).toMatch(/node/);
    const { series } = await engine.request('series/read', { queries: [{ run: run.id, metric: 'loss' }] });
    expect(series[0]!.x).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(await log(run.id)).toMatch(/^step 0\n[\s\S]*step 19\n$/);
  });

  it('takes parameters from the request, and is run again with others', async () => {
    const first = await start(TRAIN, 'params: { steps: 2, pause: 1, lr: 0.5 }\n');
    await runOver(engine, first.id);
    const { run: same } = await engine.request('runs/rerun', { id: first.id });
    expect((await runOver(engine, same.id)).params).toEqual(first.params);
    const { run: other } = await engine.request('runs/rerun', { id: first.id, params: { lr: 2 } });
    expect(await runOver(engine, other.id)).toMatchObject({ params: { steps: 2, lr: 2 }, objective: { value: 2.5 } });
    const seeds = await Promise.all([first, same, other].map(({ id }) => engine.request('runs/get', { id })));
    expect(new Set(seeds.map(({ seed }) => seed)).size).toBe(1);
    await expect(engine.request('runs/rerun', { id: first.id, params: { lrr: 2 } })).rejects.toMatchObject({
      code: ErrorCode.invalidFile,
      message: expect.stringContaining('lr') as string,
    });
  });

  it('tries out learning rates with the built-in trainer only, in a run without an objective', async () => {
    const rangeTest = { from: 1e-5, to: 1, steps: 30 };
    const program = workspace().write('program.tune.yaml', experiment('node train.mjs'));
    await expect(engine.request('runs/start', { file: program, rangeTest })).rejects.toMatchObject({
      code: ErrorCode.conflict,
      message: expect.stringContaining('"network:" section') as string,
    });
    const text = 'name: net\nnetwork: { data: mnist, layers: [flatten, { dense: 10 }], loss: crossEntropy }\n';
    const file = workspace().write('net.tune.yaml', `${text}objective: { metric: val/accuracy, goal: maximize }\n`);
    const wrong = engine.request('runs/start', { file, rangeTest: { from: 1, to: 0.1, steps: 30 } });
    await expect(wrong).rejects.toThrow(/must be above the first/);
    const { run } = await engine.request('runs/start', { file, rangeTest });
    expect(run).toMatchObject({ name: 'learning rates net 1', objective: null });
    const { folder } = await engine.request('runs/get', { id: run.id });
    const spec = () => JSON.parse(fs.readFileSync(`${folder}/run.json`, 'utf8')) as object;
    expect(spec()).toMatchObject({ rangeTest });
    await runOver(engine, run.id);
    const { run: again } = await engine.request('runs/rerun', { id: run.id });
    const detail = await engine.request('runs/get', { id: again.id });
    expect(detail.name).toBe('learning rates net 2');
    expect(JSON.parse(fs.readFileSync(`${detail.folder}/run.json`, 'utf8'))).toMatchObject({ rangeTest });
    await runOver(engine, again.id);
  });

  it('keeps NaN and infinities, and ignores lines that are not records', async () => {
    const run = await start(`
      import fs from 'node:fs';
      const lines = ['{"step":0,"values":{"loss":"NaN"}}', 'rubbish {', '{"values":5}', 'x\\u0000\\u0001', '[]',
        '{"step":1,"values":{"loss":"Infinity"}}', '{"step":2,"values":{"loss":3}}'];
      fs.appendFileSync(process.env.TUNESMITH_JOURNAL, lines.join('\\n') + '\\n');
      process.stdout.write(Buffer.from([0xff, 0xfe, 0x1b, 0x5b, 0x32, 0x4a, 0x0a]));
    `);
    expect(await runOver(engine, run.id)).toMatchObject({
      status: 'completed',
      metrics: { loss: { count: 3, last: 3 } },
    });
  });

  it('runs a Python program with the Python client', async () => {
    const run = await start(
      'import tunesmith\nrun = tunesmith.init()\nfor i in range(50):\n    run.log({"loss": 1.0 / (i + 1)}, step=i)\nprint("done")\n',
      '',
      'python3',
    );
    expect(await runOver(engine, run.id)).toMatchObject({ status: 'completed', metrics: { loss: { count: 50 } } });
  });
});

describe('how a run fails', () => {
  it('says the exit code and the last words', async () => {
    const run = await start('import sys\nprint("starting")\nimport no_such_module_here\n', '', 'python3');
    const over = await runOver(engine, run.id);
    expect(over).toMatchObject({ status: 'failed', error: { kind: 'exit' } });
    expect(over.error!.message).toBe(
      "The program ended with exit code 1: ModuleNotFoundError: No module named 'no_such_module_here'",
    );
    expect(over.error!.logTail).toMatch(/^starting\nTraceback/);
  });

  it('names a program that is not there', async () => {
    const file = workspace().write('none.tune.yaml', experiment('no-such-program-at-all --x'));
    const { run } = await engine.request('runs/start', { file });
    const over = await runOver(engine, run.id);
    expect(over).toMatchObject({ status: 'failed', error: { kind: 'not-started' } });
    expect(over.error!.message).toMatch(/no program "no-such-program-at-all" on the PATH.*"run"/);
  });

  it('names memory that ran out', async () => {
    const real = await start('x = [0] * (1 << 60)\n', '', 'python3');
    expect((await runOver(engine, real.id)).error).toMatchObject({ kind: 'out-of-memory' });
    const heap = await start(
      'const all = []; for (;;) all.push(new Array(1e5).fill({}));',
      '',
      'node --max-old-space-size=32',
    );
    const over = await runOver(engine, heap.id);
    expect(over.error?.kind).toBe('out-of-memory');
    expect(over.error?.message).toMatch(/^Out of memory: .*heap out of memory/);
  }, 90_000);

  it('names the signal', async () => {
    const run = await start('process.kill(process.pid, "SIGSEGV"); setTimeout(() => {}, 1000);');
    expect((await runOver(engine, run.id)).error).toMatchObject({
      kind: 'signal',
      message: expect.stringContaining('SIGSEGV') as string,
    });
  });

  it('takes the program’s own word for it', async () => {
    const run = await start(
      'import tunesmith\nrun = tunesmith.init()\nrun.finish("failed", "the data set is empty")\n',
      '',
      'python3',
    );
    expect(await runOver(engine, run.id)).toMatchObject({
      status: 'failed',
      error: { kind: 'script', message: 'the data set is empty' },
    });
  });
});

describe('steering', () => {
  it('stops a whole process tree that ignores being asked', async () => {
    const run = await start(
      `
      import { spawn } from 'node:child_process';
      import fs from 'node:fs';
      process.on('SIGTERM', () => {});
      process.on('SIGINT', () => {});
      const code = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); ";
      const children = [
        spawn(process.execPath, ['-e', code], { stdio: 'inherit' }),
        spawn(process.execPath, ['-e', code], { stdio: 'ignore', detached: true }),
      ];
      fs.writeFileSync('pids.json', JSON.stringify([process.pid, ...children.map((child) => child.pid)]));
      setInterval(() => {}, 1000);
    `,
      'stopGrace: 0.5\n',
    );
    await runWith(engine, run.id, 'running');
    const pids = await until('the children', () => {
      const text = fs.existsSync(workspace().at('pids.json')) && fs.readFileSync(workspace().at('pids.json'), 'utf8');
      return text ? (JSON.parse(text) as number[]) : null;
    });
    await pause(300);
    expect(pids.map(isAlive)).toEqual([true, true, true]);
    expect(await engine.request('runs/stop', { ids: [run.id, 'nothing'] })).toEqual({
      done: [run.id],
      skipped: [{ id: 'nothing', why: 'does not exist' }],
    });
    expect(await runOver(engine, run.id)).toMatchObject({ status: 'stopped', error: null });
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect((await engine.request('runs/stop', { ids: [run.id] })).skipped[0]!.why).toBe('is already stopped');
  });

  it('really stops working while paused, and resumes', async () => {
    const run = await start(TRAIN, 'params: { steps: 400, pause: 20 }\n');
    const steps = async () => (await engine.request('runs/get', { id: run.id })).metrics.loss?.count ?? 0;
    await until('points', async () => (await steps()) > 5);
    expect((await engine.request('runs/pause', { ids: [run.id] })).done).toEqual([run.id]);
    await runWith(engine, run.id, 'paused');
    await pause(700);
    const size = (await engine.request('log/read', { run: run.id })).size;
    await pause(600);
    expect((await engine.request('log/read', { run: run.id })).size).toBe(size);
    expect((await engine.request('runs/pause', { ids: [run.id] })).skipped).toHaveLength(1);
    const before = await steps();
    await engine.request('runs/resume', { ids: [run.id] });
    await until('it to go on', async () => (await steps()) > before + 3);
    await engine.request('runs/pause', { ids: [run.id] });
    await engine.request('runs/stop', { ids: [run.id] });
    expect((await runOver(engine, run.id)).status).toBe('stopped');
  });

  it('passes new values to a running program', async () => {
    const run = await start(
      `
import tunesmith, time
run = tunesmith.init()
print("lr", run.config["lr"], flush=True)
end = time.time() + 20
while time.time() < end and run.config["lr"] == 0.1:
    time.sleep(0.05)
print("now", run.config["lr"], flush=True)
`,
      'params: { lr: 0.1 }\n',
      'python3',
    );
    await until('the program', async () => (await log(run.id)).includes('lr'));
    await engine.request('runs/set', { id: run.id, params: { lr: 0.7 } });
    expect((await runOver(engine, run.id)).status).toBe('completed');
    expect(await log(run.id)).toContain('now 0.7');
    await expect(engine.request('runs/set', { id: run.id, params: { lr: 1 } })).rejects.toMatchObject({
      code: ErrorCode.conflict,
    });
  });

  it('stops what still waits without starting it', async () => {
    const long = 'params: { steps: 1000, pause: 50 }\n';
    const many = await Promise.all(Array.from({ length: 8 }, () => start(TRAIN, long)));
    const { runs } = await engine.request('runs/list', { status: ['queued'] });
    expect(runs.length).toBeGreaterThan(0);
    const { done } = await engine.request('runs/stop', { ids: many.map(({ id }) => id) });
    expect(done).toHaveLength(8);
    for (const { id } of many) expect((await runOver(engine, id)).status).toBe('stopped');
    const waited = await engine.request('runs/get', { id: runs[0]!.id });
    expect(waited).toMatchObject({ startedAt: null, exitCode: null });
  });
});

describe('housekeeping', () => {
  it('names, tags, notes, hides, brings back and removes', async () => {
    const run = await start(TRAIN, 'params: { steps: 1 }\n');
    expect((await engine.request('runs/delete', { ids: [run.id] })).skipped[0]!.why).toMatch(/stop it first/);
    await runOver(engine, run.id);
    await engine.request('runs/rename', { id: run.id, name: 'лучший' });
    await engine.request('runs/tag', { ids: [run.id], add: ['a', 'b'], remove: ['b'] });
    await engine.request('runs/note', { id: run.id, note: 'keep' });
    const found = await engine.request('runs/list', { text: 'лучший' });
    expect(found.runs).toMatchObject([{ id: run.id, name: 'лучший', tags: ['a'], note: 'keep' }]);
    const removed = new Promise<string[]>((resolve) =>
      engine.on('changed', (params) => params.removedRuns.length > 0 && resolve(params.removedRuns)),
    );
    await engine.request('runs/delete', { ids: [run.id] });
    expect(await removed).toEqual([run.id]);
    expect((await engine.request('runs/list', { ids: [run.id] })).total).toBe(0);
    await engine.request('runs/restore', { ids: [run.id] });
    expect((await engine.request('runs/list', { ids: [run.id] })).total).toBe(1);
    const { folder } = await engine.request('runs/get', { id: run.id });
    await engine.request('runs/purge', { ids: [run.id] });
    expect(fs.existsSync(folder)).toBe(false);
    await expect(engine.request('runs/get', { id: run.id })).rejects.toMatchObject({ code: ErrorCode.notFound });
  });

  it('lists experiments and the best of a file', async () => {
    const file = workspace().write(
      'best.tune.yaml',
      `name: best\nrun: node train.mjs\nparams: { lr: 1, steps: 1 }\nobjective: { metric: loss, goal: minimize }\n`,
    );
    for (const lr of [0.5, 0.2, 0.9]) {
      const { run } = await engine.request('runs/start', { file, params: { lr } });
      await runOver(engine, run.id);
    }
    expect((await engine.request('best/of', { file })).best).toMatchObject({
      params: { lr: 0.2 },
      objective: 1.2,
      of: 3,
    });
    const { experiments } = await engine.request('experiments/list', {});
    expect(experiments.find(({ name }) => name === 'best')).toMatchObject({ runs: 3, live: 0, searches: 0 });
  });
});

describe('after the engine was killed', () => {
  it('adopts running, ended and queued runs; no point is missing or doubled', async () => {
    const running = await start(TRAIN, 'params: { steps: 150, pause: 30 }\n');
    const ending = await start(TRAIN, 'params: { steps: 30, pause: 30 }\n');
    const waiting = await start(TRAIN, 'params: { steps: 3, pause: 1 }\n');
    await until(
      'points',
      async () => ((await engine.request('runs/get', { id: running.id })).metrics.loss?.count ?? 0) > 3,
    );
    await workspace().killEngine();
    await pause(1500);
    engine = await workspace().connect();
    for (const [run, steps] of [
      [running, 150],
      [ending, 30],
      [waiting, 3],
    ] as const) {
      const over = await runOver(engine, run.id);
      expect(over).toMatchObject({ status: 'completed', metrics: { loss: { count: steps } } });
      const { points } = await engine.request('metrics/read', { run: run.id, metric: 'loss' });
      expect(points.map((point) => point.step)).toEqual(Array.from({ length: steps }, (_, i) => i));
      expect((await engine.request('runs/get', { id: run.id })).exitCode).toBe(0);
    }
  });

  it('rebuilds a deleted store from the run folders', async () => {
    const before = (await engine.request('runs/list', { limit: 1000 })).runs;
    await engine.request('engine/stop', {});
    await until('the engine to leave', () => engine.closed && workspace().enginePid() === null);
    for (const end of ['', '-wal', '-shm']) fs.rmSync(workspace().local.store + end, { force: true });
    engine = await workspace().connect();
    // Their metrics are read in the background.
    await until('all to be read', async () => {
      const { runs, progress } = await engine.request('engine/status', {});
      return runs === 0 && !progress;
    });
    const after = (await engine.request('runs/list', { limit: 1000 })).runs;
    const facts = (runs: Run[]) =>
      runs.map((run) => [run.id, run.status, run.params, run.metrics, run.createdAt, run.endedAt === null]).sort();
    const started = (runs: Run[]) => runs.filter((run) => run.startedAt !== null);
    expect(facts(started(after))).toEqual(facts(started(before)));
  });

  it('watches on a program whose supervisor was killed too', async () => {
    const run = await start(TRAIN, 'params: { steps: 60, pause: 50 }\n');
    await runWith(engine, run.id, 'running');
    const address = JSON.parse(
      fs.readFileSync(workspace().at('.tunesmith/runs', run.id, 'supervisor.json'), 'utf8'),
    ) as { pid: number };
    process.kill(address.pid, 'SIGKILL');
    await pause(600);
    await workspace().killEngine();
    engine = await workspace().connect();
    expect((await engine.request('runs/get', { id: run.id })).status).toBe('running');
    const over = await runOver(engine, run.id);
    expect(over.metrics.loss?.count).toBe(60);
    expect(over).toMatchObject({ status: 'failed', error: { kind: 'lost' } });
  });
});
