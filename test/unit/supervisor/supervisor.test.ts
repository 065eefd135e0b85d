import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAPTURE_AUTO, CAPTURE_OFF } from '../../../src/protocol/run/captureSettings.js';
import { thisHost } from '../../../src/engine/machine/host.js';
import {
  address,
  alive,
  attach,
  bundle,
  cleanUp,
  journal,
  newFolder,
  output,
  recordOf,
  startRun,
  supervise,
  until,
} from './support.js';

const posix = process.platform !== 'win32';
let bundles: string;
const node = (code: string): string[] => ['node', '-e', code];
const python = (code: string): string[] => ['python3', '-c', code];

beforeAll(async () => {
  bundles = newFolder();
  await bundle(bundles, { supervisor: 'src/engine/supervisor/main.ts' });
});
afterAll(cleanUp);

describe('a program', () => {
  it('is started with its arguments, folder and environment, and its end is reported', async () => {
    const run = startRun(bundles, {
      argv: node(
        'console.log(process.argv[1], process.cwd(), process.env.MINE, process.env.TUNESMITH_PARAMS, process.env.PYTHONUNBUFFERED);' +
          'console.error("to stderr"); process.exitCode = 3',
      ).concat('ключ и "кавычки"'),
      env: { MINE: 'да' },
    });
    expect(await run.gone).toBe(0);
    expect(output(run.folder)).toBe(`ключ и "кавычки" ${run.folder} да {"lr":0.5} 1\nto stderr\n`);
    const [spawned, exit] = journal(run.folder, 'supervisor.ndjson');
    expect(spawned).toMatchObject({ type: 'spawn', supervisor: run.supervisor.pid, host: thisHost() });
    if (posix) expect(spawned).toHaveProperty('started', expect.any(String));
    expect(exit).toMatchObject({ type: 'exit', code: 3, signal: null, requested: null });
    expect(existsSync(join(run.folder, 'supervisor.json'))).toBe(false);
  });

  it('gets the capture settings of its file, else of the requesting client, else captures everything', async () => {
    const program = { argv: node('console.log(process.env.TUNESMITH_CAPTURE)') };
    const told = async (more: object): Promise<unknown> => {
      const run = startRun(bundles, { ...program, ...more });
      await run.gone;
      return JSON.parse(output(run.folder));
    };
    expect(await told({})).toEqual(CAPTURE_AUTO);
    expect(await told({ env: { TUNESMITH_CAPTURE: 'off' } })).toEqual(CAPTURE_OFF);
    const capture = { ...CAPTURE_AUTO, libraries: ['keras' as const] };
    expect(await told({ capture, env: { TUNESMITH_CAPTURE: 'off' } })).toEqual(capture);
  });

  it('in Python that is not changed for us is recorded by what its libraries log, unless that is off', async () => {
    const library = newFolder();
    mkdirSync(join(library, 'tensorboardX'));
    writeFileSync(join(library, 'tensorboardX', '__init__.py'), 'from .writer import SummaryWriter\n');
    const method = 'def add_scalar(self, tag, scalar_value, global_step=None): pass';
    writeFileSync(join(library, 'tensorboardX', 'writer.py'), `class SummaryWriter:\n    ${method}\n`);
    const argv = python('from tensorboardX import SummaryWriter as W; W().add_scalar("loss", 0.5, 3)');
    const run = startRun(bundles, { argv, env: { PYTHONPATH: library } });
    await run.gone;
    expect(recordOf(run.folder, 'metrics')).toMatchObject({ step: 3, values: { loss: 0.5 } });
    const off = startRun(bundles, { argv, env: { PYTHONPATH: library }, capture: { ...CAPTURE_OFF } });
    await off.gone;
    expect(recordOf(off.folder, 'exit')).toMatchObject({ code: 0 });
    expect(recordOf(off.folder, 'metrics')).toBeUndefined();
  });

  it.each([
    [['no-such-program-here'], 'There is no program "no-such-program-here" on the PATH'],
    [['/no/such/program'], 'The program /no/such/program does not exist'],
  ])('that does not exist (%s) ends with an error to act on', async (argv, message) => {
    const run = startRun(bundles, { argv });
    expect(await run.gone).toBe(0);
    expect(recordOf(run.folder, 'exit')).toMatchObject({ code: null, signal: null });
    expect(recordOf(run.folder, 'exit')?.error).toContain(message);
    expect(recordOf(run.folder, 'spawn')).toBeUndefined();
  });

  it('in a missing folder reports that', async () => {
    const run = startRun(bundles, { argv: node('1'), cwd: '/no/such/folder' });
    await run.gone;
    expect(recordOf(run.folder, 'exit')?.error).toContain('The working folder /no/such/folder does not exist');
  });

  it('whose run.json is broken ends with an error', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'run.json'), '{"version":1,"id":"x","argv":[]');
    expect(await supervise(bundles, folder).gone).toBe(1);
    expect(recordOf(folder, 'exit')?.error).toContain('run.json');
  });

  it.runIf(posix)('finds the Python client first, then the rest of PYTHONPATH', async () => {
    const run = startRun(bundles, {
      argv: python('import sys, tunesmith; print(tunesmith.__version__); print("/elsewhere" in sys.path)'),
      env: { PYTHONPATH: '/elsewhere' },
    });
    await run.gone;
    expect(output(run.folder)).toMatch(/^\d+\.\d+\.\d+\nTrue\n$/);
  });

  it('writes gigabytes no slower for being watched: output goes straight to the file', async () => {
    const run = startRun(bundles, {
      argv: node('const b = Buffer.alloc(1 << 20, 120); for (let i = 0; i < 200; i++) require("fs").writeSync(1, b)'),
    });
    await run.gone;
    expect(statSync(join(run.folder, 'output.log')).size).toBe(200 << 20);
  });
});

describe('the socket', () => {
  it.runIf(posix)('is private to the user', async () => {
    const run = startRun(bundles, { argv: node('setTimeout(() => 0, 3000)') });
    const { socket } = await address(run.folder);
    expect(statSync(dirname(socket)).mode & 0o777).toBe(0o700);
    expect(statSync(join(run.folder, 'supervisor.json')).mode & 0o777).toBe(0o600);
    expect(socket.length).toBeLessThan(100);
    run.supervisor.kill('SIGKILL');
  });

  it('refuses a wrong token, a missing hello and garbage, and keeps working', async () => {
    const run = startRun(bundles, { argv: node('setTimeout(() => 0, 60000)') });
    const { token } = await address(run.folder);
    const wrong = await attach(run.folder, { token: token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')) });
    await wrong.closed;
    expect(wrong.received).toEqual([]);
    const stranger = await attach(run.folder, { type: 'stop', reason: 'stop' });
    await stranger.closed;
    const noise = await attach(run.folder);
    noise.socket.write('\n{"type":\n[]\nnull\n{"type":"stop"}\n{"type":"stop","reason":"because"}\n\u0000\uFFFF\n');
    noise.socket.write('{"type":"set","params":[1]}\n{"type":"frame","file":"../../etc/passwd","offset":-1}\n');
    await until('welcome', () => noise.received.length > 0);
    expect(alive(recordOf(run.folder, 'spawn')!.pid)).toBe(true);
    noise.send({ type: 'stop', reason: 'stop' });
    await run.gone;
    expect(noise.received.at(-1)).toEqual({ type: 'exited' });
    expect(recordOf(run.folder, 'exit')).toMatchObject({ requested: 'stop' });
  });

  it('passes frames of a client on, and an engine can leave and return', async () => {
    const run = startRun(bundles, { argv: node('setTimeout(() => 0, 60000)') });
    const client = await attach(run.folder, { role: 'client' });
    const first = await attach(run.folder);
    await until('welcome', () => first.received.length > 0 && client.received.length > 0);
    client.send({ type: 'frame', file: 'rank0-1.ndjson', offset: 0, data: 'é\n' });
    await until('frame', () => first.received.find((message) => message.data === 'é\n'));
    first.socket.destroy();
    await first.closed;
    client.send({ type: 'frame', file: 'rank0-1.ndjson', offset: 3, data: 'lost\n' });
    const second = await attach(run.folder);
    await until('welcome', () => second.received.length > 0);
    expect(second.received[0]).toMatchObject({ type: 'welcome', paused: false, pid: expect.any(Number) });
    client.send({ type: 'frame', file: 'rank0-1.ndjson', offset: 8, data: 'next\n' });
    await until('frame', () => second.received.find((message) => message.offset === 8));
    second.send({ type: 'stop', reason: 'prune' });
    await run.gone;
    expect(recordOf(run.folder, 'exit')).toMatchObject({ requested: 'prune' });
  });

  it.runIf(posix)('does not matter to the run: with its folder removed the program ends as it would', async () => {
    const run = startRun(bundles, { argv: node('setTimeout(() => console.log("done"), 800)') });
    const { socket } = await address(run.folder);
    rmSync(dirname(socket), { recursive: true });
    expect(await run.gone).toBe(0);
    expect(output(run.folder)).toBe('done\n');
    expect(recordOf(run.folder, 'exit')).toMatchObject({ code: 0 });
  });

  it.runIf(posix)('is recreated at the address in supervisor.json when it was removed', async () => {
    const run = startRun(bundles, { argv: node('setTimeout(() => 0, 60000)') });
    const { socket } = await address(run.folder);
    rmSync(dirname(socket), { recursive: true });
    await until('a new address', () => readFileSync(join(run.folder, 'supervisor.json'), 'utf8').indexOf(socket) < 0);
    const engine = await attach(run.folder);
    await until('welcome', () => engine.received.length > 0);
    engine.send({ type: 'stop', reason: 'stop' });
    expect(await run.gone).toBe(0);
  });

  it('tells of a journal that a program without a client writes', async () => {
    const run = startRun(bundles, {
      argv: node(
        'setTimeout(() => { require("fs").appendFileSync(process.env.TUNESMITH_JOURNAL, \'{"values":{"a":1}}\\n\') }, 300); setTimeout(() => 0, 2000)',
      ),
    });
    const engine = await attach(run.folder);
    await until('frame', () => engine.received.find((message) => message.file === 'external.ndjson'));
    expect(engine.received.filter((message) => message.file === 'external.ndjson')).toEqual([
      { type: 'frame', file: 'external.ndjson', offset: 0 },
    ]);
    await run.gone;
  });

  it.runIf(process.platform === 'linux')(
    'drops frames for an engine that does not read, and then says which files grew',
    async () => {
      const run = startRun(bundles, { argv: node('setTimeout(() => 0, 60000)') });
      const client = await attach(run.folder, { role: 'client' });
      const slow = await attach(run.folder);
      await until('welcome', () => slow.received.length > 0 && client.received.length > 0);
      slow.socket.pause();
      const data = 'x'.repeat(1 << 20) + '\n';
      for (let i = 0; i < 40; i++)
        client.send({ type: 'frame', file: 'rank0-1.ndjson', offset: i * data.length, data });
      await until('all sent', () => client.socket.writableLength === 0);
      await new Promise((done) => setTimeout(done, 500));
      const status = readFileSync(`/proc/${run.supervisor.pid}/status`, 'utf8');
      expect(Number(/VmRSS:\s+(\d+)/.exec(status)![1])).toBeLessThan(200 << 10);
      slow.socket.resume();
      const notice = await until('notice', () =>
        // Records of the supervisor itself (use of the machine) may have been dropped as well.
        slow.received.find(
          (message) => message.type === 'frame' && message.data === undefined && message.file === 'rank0-1.ndjson',
        ),
      );
      expect(notice).toBeDefined();
      slow.send({ type: 'stop', reason: 'stop', grace: 0 });
      await run.gone;
    },
  );
});

describe.runIf(posix)('stopping', () => {
  it('ends a whole tree that ignores being asked, also what left its group and its parent', async () => {
    // A shell that ignores SIGTERM; its child in a session of its own, whose parent is gone; a grandchild.
    const script =
      "trap '' TERM; (setsid bash -c \"trap '' TERM; echo \\$\\$ >> pids; while :; do sleep 0.2; done\" &) ; " +
      'bash -c "trap \'\' TERM; echo \\$\\$ >> pids; while :; do sleep 0.2; done" & echo $$ >> pids; while :; do sleep 0.2; done';
    const run = startRun(bundles, { argv: ['bash', '-c', script], stopGrace: 1 });
    const engine = await attach(run.folder);
    const path = join(run.folder, 'pids');
    await until('three processes', () => existsSync(path) && readFileSync(path, 'utf8').split('\n').length === 4);
    const pids = readFileSync(path, 'utf8').trim().split('\n').map(Number);
    expect(pids.map(alive)).toEqual([true, true, true]);
    engine.send({ type: 'stop', reason: 'stop' });
    await run.gone;
    expect(pids.map(alive)).toEqual([false, false, false]);
    expect(recordOf(run.folder, 'exit')).toMatchObject({ code: null, signal: 'SIGKILL', requested: 'stop' });
  });

  it('is a SIGTERM at once for a program without a client', async () => {
    const run = startRun(bundles, {
      argv: python(
        'import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *a: (print("asked"), sys.exit(5)))\nprint("up")\ntime.sleep(60)',
      ),
      // Longer than the test may take.
      stopGrace: 600,
    });
    const engine = await attach(run.folder);
    await until('up', () => output(run.folder).includes('up'));
    engine.send({ type: 'stop', reason: 'stop' });
    await run.gone;
    expect(output(run.folder)).toContain('asked');
    expect(recordOf(run.folder, 'exit')).toMatchObject({ code: 5, requested: 'stop' });
  });

  it('pauses and resumes', async () => {
    const run = startRun(bundles, { argv: ['bash', '-c', 'while :; do echo tick; sleep 0.05; done'], stopGrace: 2 });
    const engine = await attach(run.folder);
    await until('ticks', () => output(run.folder).length > 10);
    engine.send({ type: 'pause' });
    const isPaused = async () => {
      const other = await attach(run.folder);
      await until('welcome', () => other.received.length > 0);
      return (other.received[0] as { paused?: boolean }).paused === true;
    };
    while (!(await isPaused()));
    const before = output(run.folder).length;
    await new Promise((done) => setTimeout(done, 400));
    expect(output(run.folder).length).toBe(before);
    engine.send({ type: 'resume' });
    await until('more ticks', () => output(run.folder).length > before);
    // A paused program can be stopped, too.
    engine.send({ type: 'pause' });
    while (!(await isPaused()));
    engine.send({ type: 'stop', reason: 'stop' });
    await run.gone;
    const exit = recordOf(run.folder, 'exit')!;
    expect(exit).toMatchObject({ signal: 'SIGTERM', requested: 'stop' });
    // At least as long as we looked at the paused program; the two clocks may round differently.
    expect(exit.stood).toBeGreaterThan(390);
  });

  it('leaves the program alone when only the supervisor gets a hang-up signal', async () => {
    const run = startRun(bundles, { argv: node('setTimeout(() => console.log("whole"), 1000)') });
    await address(run.folder);
    run.supervisor.kill('SIGHUP');
    run.supervisor.kill('SIGINT');
    expect(await run.gone).toBe(0);
    expect(output(run.folder)).toBe('whole\n');
  });

  it('gives back the room that a killed writer had allocated', async () => {
    const run = startRun(bundles, {
      argv: python(
        'import os, tunesmith\nrun = tunesmith.init()\nrun.log({"loss": 1.0}, step=1)\nos.kill(os.getpid(), 9)',
      ),
    });
    await run.gone;
    const metrics = journal(run.folder).filter((record) => record.type === 'metrics');
    expect(metrics).toHaveLength(1);
    const file = recordOf(run.folder, 'start')!;
    const size = statSync(join(run.folder, 'journal', `rank0-${file.pid}.ndjson`)).size;
    expect(size).toBeLessThan(1000);
  });
});
