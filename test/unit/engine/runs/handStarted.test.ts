import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { thisHost } from '../../../../src/engine/machine/host.js';
import { LeaseReader } from '../../../../src/engine/runs/handStarted/lease.js';
import { processStartTime } from '../../../../src/engine/supervisor/processes.js';
import { ErrorCode, type Run } from '../../../../src/protocol/engine/index.js';
import { temporary } from '../../store/helpers.js';
import { experiment, pause, runOver, runWith, until, useWorkspace } from '../support.js';

const workspace = useWorkspace();
let engine: EngineConnection;
beforeAll(async () => {
  // The folder of all runs is not there yet: the first program makes it.
  fs.mkdirSync(workspace().at('.tunesmith'));
  engine = await workspace().connect();
});

const PYTHON = path.resolve(import.meta.dirname, '../../../../python');
const children: ChildProcess[] = [];
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

function environment(more: Record<string, string> = {}): NodeJS.ProcessEnv {
  return { ...process.env, PYTHONPATH: PYTHON, PYTHONUNBUFFERED: '1', PYTHONDONTWRITEBYTECODE: '1', ...more };
}

/** Starts a Python program as a person would, in the workspace; resolves once it has printed a line. */
async function byHand(code: string, env: Record<string, string> = {}): Promise<ChildProcess> {
  const child = spawn('python3', ['-c', code], {
    cwd: workspace().folder,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  children.push(child);
  await new Promise((resolve) => child.stdout!.once('data', resolve));
  return child;
}

const named = (name: string, ...statuses: string[]): Promise<Run> =>
  until(`the run ${name} to be ${statuses.join(' or ')}`, async () => {
    const { runs } = await engine.request('runs/list', { limit: 10_000 });
    return runs.find((run) => run.name === name && statuses.includes(run.status));
  });

describe('a program that was started by hand', () => {
  it('is a live row at once, is stopped and edited through its client, and ends honestly', async () => {
    const told: string[] = [];
    const listening = engine.on('changed', ({ runs }) =>
      runs.forEach((run) => run.name === 'mine' && told.push(run.status)),
    );
    await byHand(`
import time, tunesmith
run = tunesmith.init(project="hand", name="mine", config={"lr": 0.5}, tags=["a"], notes="why")
print("up", flush=True)
i = 0
while True: run.log({"loss": 1 / (i + 1), "lr": run.config.lr}, step=i); i += 1; time.sleep(0.01)
`);
    const run = await named('mine', 'running');
    expect(run).toMatchObject({ experiment: 'hand', tags: ['a'], note: 'why', search: null, objective: null });
    await until('points', async () => ((await runWith(engine, run.id, 'running')).metrics.loss?.count ?? 0) > 20);
    expect(run.startedAt).toBeGreaterThan(0);
    expect((await engine.request('runs/pause', { ids: [run.id] })).skipped[0]!.why).toContain('started by hand');
    await engine.request('runs/set', { id: run.id, params: { lr: 0.25 } });
    await until('the new value', async () => (await runWith(engine, run.id, 'running')).metrics.lr?.last === 0.25);
    expect(await engine.request('runs/stop', { ids: [run.id] })).toMatchObject({ done: [run.id] });
    const over = await runOver(engine, run.id);
    expect(over).toMatchObject({ status: 'stopped', error: null, params: { lr: 0.5 } });
    expect(over.endedAt).toBeGreaterThan(over.startedAt!);
    expect((await engine.request('runs/stop', { ids: [run.id] })).skipped[0]!.why).toContain('already stopped');
    expect((await engine.request('runs/resume', { ids: [run.id] })).skipped[0]!.why).toContain('resume="allow"');
    expect(told).toContain('running');
    expect(told.at(-1)).toBe('stopped');
    listening.dispose();
  });

  it('is compared by the metric that its program gives a goal', async () => {
    await byHand(`
import time, tunesmith
run = tunesmith.init(name="with a goal")
print("up", flush=True)
time.sleep(1)
run.define_metric("acc", goal="maximize")
time.sleep(0.5)
for step, value in enumerate([0.5, 0.9, 0.7]): run.log({"acc": value}, step=step)
run.finish()
`);
    const run = await named('with a goal', 'completed');
    expect(run.objective).toMatchObject({ metric: 'acc', goal: 'maximize', value: 0.9 });
  });

  it('has printed metrics beside recorded ones', async () => {
    await byHand(`
import time, tunesmith
run = tunesmith.init(name="prints")
print("up", flush=True)
for epoch in range(1, 4):
    print(f"epoch {epoch} loss {1 / epoch:.3f} acc {epoch / 4:.2f}", flush=True)
    run.log({"train/loss": 1 / epoch}, step=epoch)
print("Test set: accuracy: 0.875", end="", flush=True)
time.sleep(60)
`);
    const { id } = await named('prints', 'running');
    const counts = async (): Promise<Record<string, number>> => {
      const { metrics } = (await engine.request('runs/list', { limit: 10_000 })).runs.find((run) => run.id === id)!;
      return Object.fromEntries(Object.entries(metrics).map(([name, { count }]) => [name, count]));
    };
    await until('printed metrics', async () => (await counts()).acc === 3);
    expect(await counts()).toMatchObject({ 'train/loss': 3, acc: 3 });
    children.at(-1)!.kill('SIGKILL');
    expect(Object.keys((await runOver(engine, id)).metrics).sort()).toEqual(
      expect.arrayContaining(['acc', 'test/accuracy', 'train/loss']),
    );
    expect(await counts()).not.toHaveProperty('loss');
  });

  it('whose engine comes late has them, too, and each once', async () => {
    const code = `
import tunesmith
run = tunesmith.init(name="late")
for epoch in range(1, 4): print(f"epoch {epoch} acc {epoch / 4:.2f}")
`;
    const home = temporary();
    fs.mkdirSync(path.join(home, '.tunesmith'));
    expect(spawnSync('python3', ['-c', code], { cwd: home, env: environment() }).status).toBe(0);
    const [id] = fs.readdirSync(path.join(home, '.tunesmith', 'runs'));
    const target = path.join(workspace().folder, '.tunesmith', 'runs', id!);
    fs.renameSync(path.join(home, '.tunesmith', 'runs', id!), target);
    const run = await named('late', 'completed');
    expect(run.metrics.acc).toMatchObject({ count: 3, last: 0.75, source: 'output' });
    expect(JSON.parse(fs.readFileSync(path.join(target, 'read.json'), 'utf8'))).toEqual({
      output: fs.statSync(path.join(target, 'output.log')).size,
    });
  });

  it('that is killed has crashed, with all it logged; one that fails says why', async () => {
    const child = await byHand(`
import time, tunesmith
run = tunesmith.init(name="killed")
for i in range(4999): run.log({"i": i}, step=i)
time.sleep(0.5)
run.log({"i": 4999}, step=4999)
print("up", flush=True)
time.sleep(60)
`);
    const { id, createdAt } = await named('killed', 'running');
    child.kill('SIGKILL');
    const over = await runOver(engine, id);
    // The end is the last record, though the system has not yet written the page that holds it.
    expect(over.endedAt! - createdAt).toBeGreaterThan(500);
    expect(over).toMatchObject({
      status: 'failed',
      error: { kind: 'lost', message: expect.stringContaining('without reporting it') },
      metrics: { i: { count: 5000, last: 4999 } },
    });
    await byHand(
      'import tunesmith\ntunesmith.init(name="fails")\nprint("up", flush=True)\nraise ValueError("bad batch")',
    );
    const failed = await named('fails', 'failed');
    expect(failed.error).toMatchObject({ kind: 'script', message: expect.stringContaining('ValueError: bad batch') });
  });

  it('that continues its run by id is the same row, live again', async () => {
    const code = `
import time, tunesmith
run = tunesmith.init(id="again-1", name="again", resume="allow")
print("up", flush=True)
for _ in range(10): run.log({"step": run.step}); time.sleep(0.02)
`;
    await byHand(code);
    await named('again', 'completed');
    await byHand(code + 'time.sleep(2)\n');
    const live = await named('again', 'running');
    expect(live.id).toBe('again-1');
    expect(await runOver(engine, 'again-1')).toMatchObject({ metrics: { step: { count: 20, last: 19 } } });
  });

  it('has a log of its output, whose end explains a failure', async () => {
    workspace().write(
      'prints.py',
      'import os, tunesmith\nrun = tunesmith.init(name="prints")\nprint("said", 1)\nprint("RuntimeError: CUDA out of memory.")\nos._exit(1)\n',
    );
    spawn('python3', ['prints.py'], { cwd: workspace().folder, env: environment(), stdio: 'ignore' });
    const run = await until('the end', async () => {
      const { runs } = await engine.request('runs/list', { experiment: 'prints' });
      return runs.find(({ status }) => status === 'failed');
    });
    const { text } = await engine.request('log/read', { run: run.id });
    expect(text).toBe('said 1\nRuntimeError: CUDA out of memory.\n');
    expect(run.error?.logTail).toBe(text.trimEnd());
  });

  it('is run again from its recorded command', async () => {
    workspace().write(
      'typed.py',
      'import sys, tunesmith\nprint("up", flush=True)\nfor i in range(5): tunesmith.log({"i": i, "arg": int(sys.argv[1])}, step=i)\n',
    );
    const child = spawn('python3', ['typed.py', '7'], { cwd: workspace().folder, env: environment(), stdio: 'ignore' });
    await new Promise((resolve) => child.once('exit', resolve));
    const first = await until('the run', async () => {
      const { runs } = await engine.request('runs/list', { experiment: 'typed' });
      return runs[0]?.status === 'completed' ? runs[0] : null;
    });
    // The command lies in the workspace, where anybody could have put it: the person must say that it is theirs.
    await expect(engine.request('runs/rerun', { id: first.id })).rejects.toMatchObject({ code: ErrorCode.foreign });
    const { run } = await engine.request('runs/rerun', { id: first.id, trust: true });
    expect(await runOver(engine, run.id)).toMatchObject({
      status: 'completed',
      experiment: 'typed',
      metrics: { i: { count: 5 }, arg: { last: 7 } },
    });
    expect((await engine.request('runs/list', { experiment: 'typed' })).total).toBe(2);
  });

  it('in several ranks is one run whose rank 0 speaks for all', async () => {
    const code = `
import tunesmith
run = tunesmith.init(name="ranks")
print("up", flush=True)
for i in range(50): run.log({"loss": i + 1000 * run.rank}, step=i); run.progress(0.1 + run.rank)
`;
    const env = { WORLD_SIZE: '2', MASTER_ADDR: 'localhost', MASTER_PORT: '29533' };
    await Promise.all(['1', '0'].map((RANK) => byHand(code, { ...env, RANK })));
    const { id } = await named('ranks', 'completed');
    await until('all ranks', async () => {
      const { metrics } = (await engine.request('runs/list', { ids: [id] })).runs[0]!;
      return metrics['rank1/loss']?.count === 50 && metrics.loss?.count === 50;
    });
    const run = (await engine.request('runs/list', { ids: [id] })).runs[0]!;
    expect(run).toMatchObject({
      metrics: { loss: { max: 49, last: 49 }, 'rank1/loss': { min: 1000, last: 1049 } },
      progress: { fraction: 0.1 },
    });
  });

  it('is never doubled if Tunesmith started it, and further runs in it are separate rows', async () => {
    workspace().write(
      'several.py',
      `import tunesmith
for lr in (0.1, 0.2, 0.3):
    with tunesmith.init(config={"lr": lr}, name=f"several {lr}") as run:
        for i in range(5): run.log({"loss": lr}, step=i)
`,
    );
    const file = workspace().write('several.tune.yaml', experiment('python3 several.py', 'params: { epochs: 2 }\n'));
    const { run } = await engine.request('runs/start', { file, params: {} });
    expect(await runOver(engine, run.id)).toMatchObject({
      status: 'completed',
      metrics: { loss: { last: 0.1, count: 5 } },
    });
    for (const lr of [0.2, 0.3]) {
      expect(await named(`several ${lr}`, 'completed')).toMatchObject({
        params: { lr, epochs: 2 },
        metrics: { loss: { last: lr } },
      });
    }
    const { runs } = await engine.request('runs/list', { limit: 10_000 });
    expect(runs.filter(({ metrics }) => metrics.loss?.last === 0.1)).toHaveLength(1);
  });

  it('needs no engine: a hundred at once are all there when one comes', async () => {
    await workspace().killEngine();
    const script = workspace().write(
      'hundred.py',
      `
import os, sys, tunesmith, tunesmith._session, tunesmith._standalone
children = []
for _ in range(100):
    pid = os.fork()
    if pid == 0:
        run = tunesmith.init(project="hundred")
        for i in range(200): run.log({"i": i}, step=i)
        sys.exit()
    children.append(pid)
for pid in children: assert os.waitpid(pid, 0)[1] == 0
`,
    );
    const done = spawnSync('python3', [script], { cwd: workspace().folder, env: environment(), encoding: 'utf8' });
    expect([done.status, done.stderr.match(/recording/g)?.length]).toEqual([0, 100]);
    const living = await byHand(
      'import time, tunesmith\nrun = tunesmith.init(name="living")\nrun.log({"i": 1})\nprint("up", flush=True)\ntime.sleep(60)',
    );
    engine = await workspace().connect();
    await named('living', 'running');
    const hundred = await until('a hundred runs', async () => {
      const { runs } = await engine.request('runs/list', { experiment: 'hundred', limit: 1000 });
      return runs.length === 100 && runs.every(({ status }) => status === 'completed') ? runs : null;
    });
    expect(new Set(hundred.map(({ metrics }) => `${metrics.i!.count} ${Number(metrics.i!.last)}`))).toEqual(
      new Set(['200 199']),
    );
    // Once more: what is known is not taken in twice, and what ended meanwhile has ended.
    await workspace().killEngine();
    living.kill('SIGKILL');
    engine = await workspace().connect();
    await named('living', 'failed');
    expect((await engine.request('runs/list', { experiment: 'hundred', limit: 1000 })).total).toBe(100);
  }, 120_000);
});

describe('runs that came with a folder', () => {
  const spec = (id: string, more: object = {}): object => ({
    version: 1,
    id,
    experiment: 'carried',
    file: null,
    search: null,
    trial: null,
    params: {},
    env: {},
    seed: 1,
    argv: ['touch', workspace().at('proof')],
    cwd: workspace().folder,
    objective: null,
    createdAt: 1,
    name: id,
    origin: { host: 'other', git: null, by: 'program' },
    ...more,
  });
  function put(id: string, content: object, files: Record<string, string> = {}): void {
    const temporary = workspace().at('.tunesmith/runs', `.new-${id}`);
    fs.mkdirSync(path.join(temporary, 'journal'), { recursive: true });
    fs.writeFileSync(path.join(temporary, 'run.json'), JSON.stringify(content));
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(temporary, name), text);
    fs.renameSync(temporary, workspace().at('.tunesmith/runs', id));
  }

  it('is shown and never started', async () => {
    put('carried1', spec('carried1'), { 'journal/rank0-1.ndjson': '{"step":1,"loss":2}\n' });
    expect(await named('carried1', 'failed')).toMatchObject({ metrics: { loss: { last: 2 } } });
    put('wrong-id', spec('carried1'));
    put('no spec', {});
    fs.symlinkSync('/', workspace().at('.tunesmith/runs/linked'));
    await pause(1500);
    const { runs } = await engine.request('runs/list', { experiment: 'carried' });
    expect(runs.map(({ id }) => id)).toEqual(['carried1']);
    expect(fs.existsSync(workspace().at('proof'))).toBe(false);
  });

  it('a run on another host is live while its lease is written', async () => {
    const holder = { pid: 1, started: 'x', launch: 1, host: { name: 'other', bootId: 'b', pidNamespace: null } };
    put('elsewhere1', spec('elsewhere1'), { 'lease.json': JSON.stringify(holder) });
    expect(await named('elsewhere1', 'elsewhere')).toBeTruthy();
    fs.appendFileSync(workspace().at('.tunesmith/runs/elsewhere1/journal/rank0-9.ndjson'), '{"step":1,"loss":7}\n');
    await until('the point', async () => (await named('elsewhere1', 'elsewhere')).metrics.loss?.last === 7);
    fs.appendFileSync(
      workspace().at('.tunesmith/runs/elsewhere1/journal/rank0-9.ndjson'),
      `{"type":"finish","time":${Date.now()},"status":"completed"}\n`,
    );
    fs.rmSync(workspace().at('.tunesmith/runs/elsewhere1/lease.json'));
    await named('elsewhere1', 'completed');
  });

  it('a control file that is a link is not followed', async () => {
    const secret = workspace().write('precious.txt', 'as it was');
    await byHand(
      'import time, tunesmith\ntunesmith.init(name="linked control")\nprint("up", flush=True)\ntime.sleep(60)',
    );
    const { id } = await named('linked control', 'running');
    fs.symlinkSync(secret, workspace().at('.tunesmith/runs', id, 'control.ndjson'));
    expect((await engine.request('runs/stop', { ids: [id] })).skipped[0]!.why).toContain("can't be reached");
    expect(fs.readFileSync(secret, 'utf8')).toBe('as it was');
  });
});

describe('a lease', () => {
  const write = (folder: string, content: object | string): void =>
    fs.writeFileSync(
      path.join(folder, 'lease.json'),
      typeof content === 'string' ? content : JSON.stringify({ launch: 1, ...content }),
    );

  it('tells a process from a later one with its number', () => {
    const folder = temporary();
    const lease = new LeaseReader(folder);
    expect(lease.look()).toBe('none');
    const started = processStartTime(process.pid);
    write(folder, { pid: process.pid, started, host: thisHost() });
    expect(lease.look()).toBe('here');
    write(folder, { pid: process.pid, started: 'another time', host: thisHost() });
    expect(lease.look()).toBe(process.platform === 'win32' ? 'here' : 'gone');
    const { pid } = spawnSync(process.execPath, ['-e', '0']);
    write(folder, { pid, started: null, host: thisHost() });
    expect(lease.look()).toBe('gone');
  });

  it('of another host is believed while it is written, and for three minutes of ours after that', () => {
    const folder = temporary();
    let now = 0;
    const lease = new LeaseReader(folder, () => now);
    const elsewhere = { pid: process.pid, started: 'x', host: { ...thisHost(), bootId: 'another boot' } };
    write(folder, elsewhere);
    // The other host's clock is wrong by years.
    const touch = (seconds: number): void => fs.utimesSync(path.join(folder, 'lease.json'), seconds, seconds);
    touch(1000);
    for (let written = 1000; written < 1100; written += 10) {
      touch(written);
      expect(lease.look()).toBe('elsewhere');
      now += 170_000;
    }
    now += 20_000;
    expect(lease.look()).toBe('gone');
    touch(2000);
    expect(lease.look()).toBe('elsewhere');
  });

  it('that can’t be understood ends nothing at once', () => {
    const folder = temporary();
    let now = 0;
    const lease = new LeaseReader(folder, () => now);
    for (const text of ['', '{', '[]', '{"pid":"1"}', 'x'.repeat(100_000)]) {
      write(folder, text);
      expect(lease.look()).toBe('here');
    }
    now = 200_000;
    expect(lease.look()).toBe('gone');
  });
});
