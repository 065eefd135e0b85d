/** `tunesmith doctor` as a person calls it, on a workspace with a real engine's files. */
import { execFile } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildDist } from '../support/build.js';
import { experiment, isAlive, runOver, TRAIN, until, Workspace } from '../engine/support.js';

let workspace: Workspace;
let cli: string;
let home: string;
const before = process.env.TUNESMITH_HOME;

beforeAll(async () => {
  const dist = await buildDist();
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'ts-home-'));
  process.env.TUNESMITH_HOME = home;
  workspace = new Workspace(dist);
  cli = path.join(dist, 'cli.cjs');
});
afterAll(async () => {
  await workspace.remove();
  fs.rmSync(home, { recursive: true, force: true });
  if (before === undefined) delete process.env.TUNESMITH_HOME;
  else process.env.TUNESMITH_HOME = before;
});

interface Answer {
  problems: number;
  findings: { about: string; state: string; text: string; outcome: string | null }[];
}

async function doctor(...args: string[]): Promise<{ code: number } & Answer> {
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [cli, 'doctor', '--json', '--workspace', workspace.folder, ...args],
      { env: { ...process.env, TUNESMITH_ENGINE_IDLE_SECONDS: '30' } },
      (error, stdout, stderr) => {
        if (stdout === '') return reject(new Error(stderr));
        resolve({ code: error ? Number(error.code) : 0, ...(JSON.parse(stdout) as Answer) });
      },
    );
  });
}

async function stopEngine(): Promise<void> {
  const pid = workspace.enginePid();
  const engine = await workspace.connect();
  await engine.request('engine/stop', { force: true });
  if (pid !== null) await until('the engine to leave', () => !isAlive(pid));
}

it('finds problems and fixes them', async () => {
  workspace.write('train.mjs', TRAIN);
  const file = workspace.write('a.tune.yaml', experiment('node train.mjs'));
  let engine = await workspace.connect();
  const { run } = await engine.request('runs/start', { file });
  await runOver(engine, run.id);
  await engine.request('runs/note', { id: run.id, note: 'kept' });
  expect((await doctor()).findings.find(({ about }) => about === 'engine')?.text).toMatch(/^An engine is running/);
  await stopEngine();
  const well = await doctor();
  expect(well).toMatchObject({ code: 0, problems: 0 });
  expect(well.findings.map(({ about }) => about)).toEqual(
    expect.arrayContaining(['home', 'engine', 'index', 'journals', 'folders', 'permissions', 'leftovers']),
  );

  // A journal that was not read to its end, something that is no run, files open to others, a workspace that is gone.
  const journal = workspace.at('.tunesmith/runs', run.id, 'journal/external.ndjson');
  fs.appendFileSync(journal, '{"step":99,"values":{"loss":7}}\n');
  fs.chmodSync(workspace.at('.tunesmith'), 0o755);
  fs.symlinkSync(os.tmpdir(), workspace.at('.tunesmith/runs/elsewhere'));
  const gone = path.join(path.dirname(workspace.local.local), 'a'.repeat(64));
  fs.mkdirSync(gone, { mode: 0o700 });
  fs.writeFileSync(path.join(gone, 'workspace.json'), JSON.stringify({ path: workspace.at('gone') }));
  const ill = await doctor();
  expect(ill.code).toBe(1);
  const states = Object.fromEntries(ill.findings.map(({ about, state }) => [about, state]));
  expect(states).toMatchObject({ journals: 'problem', folders: 'note', permissions: 'problem', leftovers: 'problem' });
  const mended = await doctor('--repair');
  expect(mended).toMatchObject({ code: 0, problems: 0 });
  expect(fs.existsSync(gone)).toBe(false);
  expect(fs.statSync(workspace.at('.tunesmith')).mode & 0o777).toBe(0o700);
  expect(fs.readdirSync(os.tmpdir()).length).toBeGreaterThan(0);
  engine = await workspace.connect();
  await until('the point', async () => (await engine.request('runs/get', { id: run.id })).metrics.loss?.last === 7);
  expect((await engine.request('runs/get', { id: run.id })).note).toBe('kept');
  await stopEngine();

  // A damaged index.
  const bytes = fs.readFileSync(workspace.local.store);
  bytes.fill(0xa5, 4096, 4096 * 8);
  fs.writeFileSync(workspace.local.store, bytes);
  expect((await doctor()).findings.find(({ about }) => about === 'index')).toMatchObject({ state: 'problem' });
  expect((await doctor('--repair')).code).toBe(0);
  engine = await workspace.connect();
  expect(await runOver(engine, run.id)).toMatchObject({ status: 'completed', note: 'kept' });
  const names = fs.readdirSync(workspace.local.local);
  expect(names.some((name) => name.startsWith('store.db.damaged-'))).toBe(true);
  await stopEngine();
  const db = new DatabaseSync(workspace.local.store, { readOnly: true });
  expect(db.prepare('PRAGMA quick_check').get()).toEqual({ quick_check: 'ok' });
  db.close();
});
