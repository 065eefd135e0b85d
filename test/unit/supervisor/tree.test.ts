/** When a run ends, all processes that its program started end, however they got away and however the program ended. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markOf } from '../../../src/engine/supervisor/mark.js';
import { ProcessTree } from '../../../src/engine/supervisor/tree.js';
import { alive, bundle, cleanUp, journal, newFolder, recordOf, startRun, supervise, until } from './support.js';

const posix = process.platform !== 'win32';
const linux = process.platform === 'linux';
const hasPrlimit = linux && existsSync('/usr/bin/prlimit');
let bundles: string;

beforeAll(async () => {
  bundles = newFolder();
  await bundle(bundles, { supervisor: 'src/engine/supervisor/main.ts' });
});
afterAll(cleanUp);

/** A Python program that starts `child` (source) and then ends by `end`; the child writes its pid to the file `pid`. */
function program(start: string, end: string): string[] {
  const lines = [
    'import os, subprocess, sys, time',
    `child = "import os, time; open('pid.new', 'w').write(str(os.getpid())); os.rename('pid.new', 'pid'); time.sleep(600)"`,
    start,
    'while not os.path.exists("pid"): time.sleep(0.01)',
    end,
  ];
  return ['python3', '-c', lines.join('\n')];
}

const pidOf = (folder: string): number => Number(readFileSync(join(folder, 'pid'), 'utf8'));
const messages = (folder: string) => journal(folder).filter((record) => record.type === 'message');

const POPEN = 'subprocess.Popen([sys.executable, "-c", child])';
const SETSID = 'subprocess.Popen([sys.executable, "-c", child], start_new_session=True)';
// A daemon by the book: two forks, a session, an empty environment, no open file of ours.
const DAEMON = [
  'if os.fork() == 0:',
  '    os.setsid()',
  '    if os.fork() == 0:',
  '        null = os.open(os.devnull, os.O_RDWR)',
  '        for number in (0, 1, 2): os.dup2(null, number)',
  '        os.execve(sys.executable, [sys.executable, "-c", child], {})',
  '    os._exit(0)',
  'os.wait()',
].join('\n');

describe.runIf(posix)('the end of a program ends', () => {
  it.each([
    ['a child, when it aborts', POPEN, 'os.abort()', true],
    ['a child, when it exits by itself', POPEN, 'os._exit(0)', true],
    ['a child in a session of its own', SETSID, 'os.abort()', linux],
    ['a daemon without a trace in its environment', DAEMON, 'os.abort()', hasPrlimit],
    ['a daemon of a program that ends well', DAEMON, 'sys.exit(0)', hasPrlimit],
  ])('%s', async (_, start, end, possible) => {
    if (!possible) return;
    const run = startRun(bundles, { argv: program(start, end) });
    expect(await run.gone).toBe(0);
    expect(alive(pidOf(run.folder))).toBe(false);
    const exit = recordOf(run.folder, 'exit')!;
    expect(exit).toMatchObject(end === 'os.abort()' ? { code: null, signal: 'SIGABRT' } : { code: 0 });
    expect(messages(run.folder)).toEqual([
      expect.objectContaining({ level: 'info', text: expect.stringContaining(`python3 ${pidOf(run.folder)}`) }),
    ]);
  });

  it('and waits for one that is just finishing its work', async () => {
    const start = POPEN.replace('child]', 'child.replace("600", "0.5") + "; open(\'done\', \'w\')"]');
    const run = startRun(bundles, { argv: program(start, 'sys.exit(0)') });
    await run.gone;
    expect(existsSync(join(run.folder, 'done'))).toBe(true);
    expect(messages(run.folder)).toEqual([]);
  });

  it.runIf(linux)('but not one that is to stay, nor what that has started', async () => {
    const start = SETSID.replace('start_new', 'env={**os.environ, "TUNESMITH_OUTLIVE": "1"}, start_new');
    const run = startRun(bundles, { argv: program(start, 'os.abort()') });
    await run.gone;
    const pid = pidOf(run.folder);
    expect(alive(pid)).toBe(true);
    process.kill(pid, 'SIGKILL');
    expect(messages(run.folder)).toEqual([]);
  });
});

describe.runIf(posix)('a tree', () => {
  it('takes no process for its own that has the number of a root that is gone', async () => {
    const folder = newFolder();
    const other = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    const tree = new ProcessTree({ pid: other.pid!, started: 'another time' }, markOf(folder, 1));
    expect(await tree.members()).toEqual([]);
    expect(await tree.kill()).toEqual([]);
    expect(alive(other.pid!)).toBe(true);
    other.kill('SIGKILL');
  });

  it('has a mark that no copy of the folder, no other launch and no later run in its place has', () => {
    const [one, other] = [newFolder(), newFolder()];
    expect(markOf(one, 1)).toBe(markOf(one, 1));
    const marks = [markOf(one, 1), markOf(one, 2), markOf(other, 1)];
    // File systems give the number of a folder that was deleted to the next one; the name of a run is its id.
    renameSync(one, `${one}-later`);
    marks.push(markOf(`${one}-later`, 1));
    renameSync(`${one}-later`, one);
    expect(new Set(marks).size).toBe(4);
  });
});

describe('a launch', () => {
  it('is taken by one of two supervisors only', async () => {
    const argv = ['node', '-e', 'require("fs").appendFileSync("starts", "x"); setTimeout(() => 0, 700)'];
    const first = startRun(bundles, { argv });
    const others = [supervise(bundles, first.folder), supervise(bundles, first.folder)];
    const codes = await Promise.all([first, ...others].map(({ gone }) => gone));
    expect(codes.sort()).toEqual([0, 3, 3]);
    expect(readFileSync(join(first.folder, 'starts'), 'utf8')).toBe('x');
    expect(journal(first.folder).filter(({ type }) => type === 'exit')).toHaveLength(1);
  });

  it('is not started again for a supervisor that comes late', async () => {
    const run = startRun(bundles, { argv: ['node', '-e', 'require("fs").appendFileSync("starts", "x")'] });
    await run.gone;
    expect(await supervise(bundles, run.folder).gone).toBe(3);
    expect(readFileSync(join(run.folder, 'starts'), 'utf8')).toBe('x');
  });
});

describe('a lease', () => {
  it('exists as long as the program, and names the host', async () => {
    const run = startRun(bundles, { argv: ['node', '-e', 'setTimeout(() => 0, 700)'] });
    const path = join(run.folder, 'lease.json');
    await until('the lease', () => existsSync(path) && readFileSync(path, 'utf8'));
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ pid: run.supervisor.pid, launch: 1 });
    await run.gone;
    expect(existsSync(path)).toBe(false);
  });
});

it('a duration survives a clock that is set back', async () => {
  const folder = newFolder();
  const hook = join(folder, 'clock.cjs');
  writeFileSync(
    hook,
    'const real = Date.now; const began = real(); Date.now = () => (real() - began > 400 ? 1e12 : real());',
  );
  const run = startRun(
    bundles,
    { argv: ['node', '-e', 'setTimeout(() => 0, 1200)'] },
    { NODE_OPTIONS: `--require "${hook}"` },
  );
  await run.gone;
  const exit = recordOf(run.folder, 'exit')!;
  expect(exit.time).toBe(1e12);
  expect(exit.ran).toBeGreaterThan(1000);
});
