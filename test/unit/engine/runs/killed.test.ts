/** Processes that die at the worst moment: whatever was logged is stored, and no run is judged by what is not known. */
import * as fs from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { buildDist } from '../../support/build.js';
import { experiment, isAlive, runOver, runWith, TRAIN, until, Workspace } from '../support.js';

let workspace: Workspace;
afterEach(() => workspace?.remove());

/** A workspace whose engine, supervisors and programs load `hook` first. */
async function withHook(hook: string) {
  workspace = new Workspace(await buildDist());
  workspace.write('train.mjs', TRAIN);
  const path = workspace.write('hook.cjs', hook);
  return () => workspace.connect({ env: { NODE_OPTIONS: `--require ${JSON.stringify(path)}` } });
}

/** Kills the supervisor when it writes down that its program runs: before, or right after. */
const dieAtSpawn = (when: 'before' | 'after') => `
  if (/supervisor\\.cjs$/.test(process.argv[1] ?? '')) {
    const fs = require('node:fs');
    const write = fs.writeSync;
    fs.writeSync = (file, text, ...rest) => {
      const die = () => String(text).includes('"type":"spawn"') && process.kill(process.pid, 'SIGKILL');
      if (${when === 'before'}) die();
      const written = write(file, text, ...rest);
      die();
      return written;
    };
  }`;

describe.runIf(process.platform === 'linux')('a supervisor that is killed', () => {
  it.each(['before', 'after'] as const)(
    '%s it writes down which program it has started loses nothing',
    async (when) => {
      const connect = await withHook(dieAtSpawn(when));
      const engine = await connect();
      const file = workspace.write('a.tune.yaml', experiment('node train.mjs', 'params: { steps: 80, pause: 30 }\n'));
      const { run } = await engine.request('runs/start', { file });
      await runWith(engine, run.id, 'running');
      const over = await runOver(engine, run.id);
      // Nobody knows its exit code, and it said nothing of its end itself.
      expect(over).toMatchObject({ status: 'failed', error: { kind: 'lost' } });
      const { points } = await engine.request('metrics/read', { run: run.id, metric: 'loss' });
      expect(points.map(({ step }) => step)).toEqual(Array.from({ length: 80 }, (_, step) => step));
    },
  );

  it('leaves a program that can be stopped, with all it started', async () => {
    const connect = await withHook(dieAtSpawn('before'));
    const engine = await connect();
    workspace.write('tree.mjs', `import { spawn } from 'node:child_process'; spawn('sleep', ['600']); ${TRAIN}`);
    const file = workspace.write('a.tune.yaml', experiment('node tree.mjs', 'params: { steps: 4000 }\n'));
    const { run } = await engine.request('runs/start', { file });
    await runWith(engine, run.id, 'running');
    await engine.request('runs/stop', { ids: [run.id] });
    expect((await runOver(engine, run.id)).status).toBe('stopped');
    const mark = fs.readdirSync('/proc').filter((pid) => {
      try {
        return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').includes(`TUNESMITH_RUN_ID=${run.id}`);
      } catch {
        return false;
      }
    });
    expect(mark.filter((pid) => isAlive(Number(pid)))).toEqual([]);
  });
});

describe('a supervisor that takes its time', () => {
  it('starts no second program when its engine died meanwhile', async () => {
    // The first one sleeps before it does anything; those of later engines do not.
    const connect = await withHook(`
      const fs = require('node:fs');
      if (/supervisor\\.cjs$/.test(process.argv[1] ?? '')) {
        let first = false;
        try { fs.writeFileSync(${'`${__dirname}/first`'}, String(process.pid), { flag: 'wx' }); first = true; } catch {}
        if (first) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 23_000);
      }`);
    let engine = await connect();
    workspace.write('count.mjs', `import { appendFileSync } from 'node:fs'; appendFileSync('starts', 'x'); ${TRAIN}`);
    const file = workspace.write('a.tune.yaml', experiment('node count.mjs', 'params: { steps: 300, pause: 100 }\n'));
    const { run } = await engine.request('runs/start', { file });
    await until('the first supervisor', () => fs.existsSync(workspace.at('first')));
    await workspace.killEngine();
    engine = await connect();
    // As the engine does itself once it has waited long enough.
    await until('the run to be started by somebody', () => fs.existsSync(workspace.at('starts')), 60_000);
    await runWith(engine, run.id, 'running');
    await engine.request('runs/stop', { ids: [run.id] });
    await runOver(engine, run.id);
    const slow = Number(fs.readFileSync(workspace.at('first'), 'utf8'));
    await until('the slow one to have come and gone', () => !isAlive(slow), 30_000);
    expect(fs.readFileSync(workspace.at('starts'), 'utf8')).toBe('x');
  }, 90_000);
});

describe('an engine', () => {
  it('that meets an unforeseen error logs it and ends; the next one has everything', async () => {
    const connect = await withHook(`
      const fs = require('node:fs');
      if (/engine\\.cjs$/.test(process.argv[1] ?? ''))
        setInterval(() => {
          if (!fs.existsSync(${'`${__dirname}/now`'})) return;
          fs.rmSync(${'`${__dirname}/now`'});
          throw new Error('nobody foresaw this');
        }, 20);`);
    let engine = await connect();
    const file = workspace.write('a.tune.yaml', experiment('node train.mjs', 'params: { steps: 60, pause: 50 }\n'));
    const { run } = await engine.request('runs/start', { file });
    await runWith(engine, run.id, 'running');
    const pid = workspace.enginePid()!;
    workspace.write('now', '');
    await until('the engine to end', () => !isAlive(pid));
    expect(workspace.engineLog()).toMatch(/error unexpected error: engine \d+ ends.*nobody foresaw this/);
    engine = await connect();
    expect(engine.engine.pid).not.toBe(pid);
    expect((await runOver(engine, run.id)).status).toBe('completed');
    expect((await engine.request('metrics/read', { run: run.id, metric: 'loss' })).points).toHaveLength(60);
  });
});
