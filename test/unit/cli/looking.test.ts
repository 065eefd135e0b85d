/** The command line in folders that are not ours to change, or not ours to look at, as a user without privileges. */
import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it, type TestContext } from 'vitest';
import { buildDist } from '../support/build.js';
import { skipBecause } from '../support/skip.js';
import { experiment, isAlive, runOver, searchOver, TRAIN, until, Workspace } from '../engine/support.js';

const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
/** Modes mean nothing to root, so it looks as somebody else. */
const as = isRoot ? { uid: NOBODY, gid: NOBODY } : {};
const canLook = spawnSync(process.execPath, ['--version'], as).status === 0;

let workspace: Workspace;
let base: string;
let cli: string;
let run: string;
const used = new Set<string>();

beforeAll(async () => {
  const dist = await buildDist();
  base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'looking ')));
  fs.chmodSync(base, 0o755);
  cli = path.join(dist, 'cli.cjs');
  fs.mkdirSync(path.join(base, 'home'), { mode: 0o700 });
  if (isRoot) fs.chownSync(path.join(base, 'home'), NOBODY, NOBODY);
  workspace = new Workspace(dist);
  fs.chmodSync(workspace.folder, 0o755);
  workspace.write('train.mjs', `console.log('printed');\n${TRAIN}`);
  const search = 'search: { sampler: grid, space: { lr: { choice: [0.5, 0.25] } } }\n';
  const file = workspace.write('a.tune.yaml', experiment('node train.mjs', `params: { lr: 1 }\n${search}`));
  const engine = await workspace.connect();
  run = (await engine.request('runs/start', { file, name: 'first' })).run.id;
  await runOver(engine, run);
  await engine.request('runs/note', { id: run, note: 'worth a look' });
  await searchOver(engine, (await engine.request('searches/start', { file })).search.id);
  const pid = workspace.enginePid()!;
  await engine.request('engine/stop', { force: true });
  await until('the engine to leave', () => !isAlive(pid));
});
afterAll(async () => {
  for (const folder of used) await tunesmith(folder, 'engine', 'stop', '--force');
  await workspace?.remove();
  if (fs.existsSync(base)) spawnSync('chmod', ['-R', 'u+w', base]);
  fs.rmSync(base, { recursive: true, force: true });
});

function tunesmith(folder: string, ...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  used.add(folder);
  const home = path.join(base, 'home');
  const { PATH, TMPDIR } = process.env;
  const env = {
    PATH,
    ...(TMPDIR && { TMPDIR }),
    HOME: home,
    TUNESMITH_HOME: path.join(home, 'tunesmith'),
    NO_COLOR: '1',
  };
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, env, ...as });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}

/** A copy that everybody may read and nobody may write. */
function archive(name: string, ...leftOut: string[]): string {
  const folder = path.join(base, name);
  fs.mkdirSync(folder);
  fs.cpSync(workspace.at('.tunesmith'), path.join(folder, '.tunesmith'), { recursive: true });
  for (const each of leftOut) fs.rmSync(path.join(folder, '.tunesmith', each), { recursive: true });
  spawnSync('chmod', ['-R', 'a+rX,a-w', folder]);
  return folder;
}

/** Names, sizes and times of everything below. */
function everything(folder: string): string[] {
  return (fs.readdirSync(folder, { recursive: true }) as string[]).sort().map((name) => {
    const { size, mtimeMs, mode } = fs.lstatSync(path.join(folder, name));
    return `${name} ${size} ${mtimeMs} ${mode}`;
  });
}

function unlessUnable(test: TestContext): void {
  if (process.platform === 'win32') skipBecause(test, 'Windows has no modes');
  if (!canLook) skipBecause(test, 'another user may not run the Node of these tests');
}

it('shows all of an archive, changes nothing, and says in one sentence that it can not', async (test) => {
  unlessUnable(test);
  const folder = archive('archive');
  const before = everything(folder);
  const look = async (...args: string[]) => {
    const { code, out, err } = await tunesmith(folder, ...args);
    expect({ args, code, err }).toEqual({ args, code: 0, err: '' });
    return out;
  };
  const runs = JSON.parse(await look('ls', '--json')) as { status: string }[];
  expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed']);
  expect(await look('show', run)).toContain('worth a look');
  expect(await look('metrics', run, 'loss')).toMatch(/^4\t.*\t1\.2$/m);
  expect(await look('log', run)).toContain('printed');
  expect(await look('best')).toContain('0.25');
  expect(await look('ls', '--searches')).toContain('2/2');
  expect(await look('export', '--points')).toContain('loss');
  const changes = [
    ['rerun', run, '--trust'],
    ['resume', run, '--trust'],
    ['rm', run],
    ['rm', run, '--purge'],
  ];
  for (const args of changes) {
    const { code, err } = await tunesmith(folder, ...args);
    expect({ args, code }).toEqual({ args, code: 1 });
    expect(err).toMatch(/^tunesmith: .*archive\/\.tunesmith\/runs can be looked at, but not changed: .*\n$/);
  }
  const status = JSON.parse(await look('engine', 'status', '--json')) as { problem: string };
  expect(status.problem).toContain('can be looked at, but not changed');
  expect(everything(folder)).toEqual(before);
});

it('shows folders with missing parts that can’t be made', async (test) => {
  unlessUnable(test);
  const bare = archive('bare', 'runs', 'searches', '.gitignore');
  const empty = path.join(base, 'empty');
  fs.mkdirSync(empty, { mode: 0o555 });
  for (const folder of [bare, empty]) {
    const { code, out, err } = await tunesmith(folder, 'ls');
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: 'No runs. Start one with: tunesmith run FILE\n' });
  }
  expect(fs.readdirSync(path.join(bare, '.tunesmith'))).toEqual([]);
  expect(fs.readdirSync(empty)).toEqual([]);
});

it('leaves inaccessible folders alone, and says so in one sentence', async (test) => {
  unlessUnable(test);
  if (!isRoot) skipBecause(test, 'needs two users');
  const { code, out, err } = await tunesmith(workspace.folder, 'ls');
  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toMatch(/^tunesmith: You have no access to .*\.tunesmith\. [^\n]*\n$/);
  const read = (file: string) => spawnSync('cat', [file], { ...as, encoding: 'utf8' });
  for (const file of [
    workspace.at('.tunesmith/runs', run, 'output.log'),
    workspace.local.store,
    workspace.local.address,
  ])
    expect(read(file), file).toMatchObject({ status: 1, stdout: '' });
  // Files that are closed in a folder that is not: such a run can't be shown, and the others can.
  const folder = archive('partly');
  fs.chmodSync(path.join(folder, '.tunesmith/runs', run), 0o700);
  const shown = JSON.parse((await tunesmith(folder, 'ls', '--json')).out) as { id: string }[];
  expect(shown).toHaveLength(2);
  expect(shown.map(({ id }) => id)).not.toContain(run);
});

it('works in the folder that the person is in, and passes by what another user has put higher up', async (test) => {
  unlessUnable(test);
  if (!isRoot) skipBecause(test, 'needs two users');
  const inner = path.join(archive('theirs'), 'mine');
  fs.chmodSync(path.dirname(inner), 0o755);
  fs.mkdirSync(inner);
  fs.chownSync(inner, NOBODY, NOBODY);
  expect(JSON.parse((await tunesmith(inner, 'ls', '--json')).out)).toEqual([]);
  expect(fs.existsSync(path.join(inner, '.tunesmith'))).toBe(true);
  const named = await tunesmith(inner, 'ls', '--json', '--workspace', path.dirname(inner));
  expect(JSON.parse(named.out)).toHaveLength(3);
  await tunesmith(path.dirname(inner), 'engine', 'stop', '--force');
});
