/** A workspace as somebody hostile would hand it over. Looking at it runs nothing, follows nothing and removes nothing. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../src/engine/clients/index.js';
import { buildDist } from '../support/build.js';
import { carriedSpec } from '../support/carriedSpec.js';
import { experiment, isAlive, pause, runOver, runWith, until, Workspace } from './support.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = new Workspace(await buildDist());
});
afterEach(() => workspace.remove());

const runs = (...names: string[]): string => workspace.at('.tunesmith/runs', ...names);
const spec = (id: string, more: object = {}): object => carriedSpec(id, workspace.at('started'), more);

/** A run's folder with these files beside its run.json. */
function carry(id: string, files: Record<string, string> = {}, more: object = {}): void {
  fs.mkdirSync(runs(id, 'journal'), { recursive: true });
  fs.writeFileSync(runs(id, 'run.json'), JSON.stringify(spec(id, more)));
  for (const [name, text] of Object.entries(files)) fs.writeFileSync(runs(id, name), text);
}

async function restart(): Promise<EngineConnection> {
  const pid = workspace.enginePid();
  const connection = await workspace.connect();
  if (pid === null) return connection;
  await connection.request('engine/stop', { force: true });
  await until('the engine to leave', () => !isAlive(pid));
  return workspace.connect();
}

describe('a run that the folder says is waiting', () => {
  it('is shown as never started, and is not started', async () => {
    carry('evil000001');
    carry('evil000002', {}, { launch: { number: 2, at: 1, checkpoint: null } });
    // Has the records that only our own programs write, but no end.
    carry('evil000003', {
      'journal/supervisor.ndjson': '{"type":"spawn","time":5,"pid":1,"started":"x","supervisor":2}\n',
    });
    const engine = await workspace.connect();
    const { runs: found } = await engine.request('runs/list', {});
    const waiting = found.filter(({ id }) => id !== 'evil000003');
    expect(waiting.map(({ status, error }) => [status, error?.message])).toEqual(
      Array(2).fill(['stopped', expect.stringMatching(/^It was never started here/)]),
    );
    await runOver(engine, 'evil000003');
    // A later engine does not think otherwise.
    await restart();
    await pause(700);
    expect(fs.existsSync(workspace.at('started'))).toBe(false);
    expect((await engine.request('runs/list', {}).catch(() => null)) ?? true).toBeTruthy();
  });

  it('is not started because the index says that it waits', async () => {
    carry('evil000001');
    await workspace.connect();
    await workspace.killEngine();
    const index = new DatabaseSync(workspace.local.store);
    index.prepare(`UPDATE runs SET status = 'queued', error = NULL`).run();
    index.close();
    const engine = await workspace.connect();
    expect((await engine.request('runs/get', { id: 'evil000001' })).status).toBe('stopped');
    await pause(500);
    expect(fs.existsSync(workspace.at('started'))).toBe(false);
  });

  it('starts when it is ours, after the index was lost too; not when it was rewritten meanwhile', async () => {
    workspace.write('wait.mjs', 'await new Promise((resolve) => setTimeout(resolve, 60_000));');
    workspace.write('ok.mjs', `import fs from 'node:fs'; fs.writeFileSync('ok', '');`);
    const blocker = workspace.write('b.tune.yaml', experiment('node wait.mjs'));
    const file = workspace.write('a.tune.yaml', experiment('node ok.mjs'));
    const engine = await workspace.connect();
    const blocking: string[] = [];
    // As many as run at once, so that what comes next waits.
    for (let i = 0; i < 64; i++) {
      const { run } = await engine.request('runs/start', { file: blocker });
      blocking.push(run.id);
      await pause(30);
      if ((await engine.request('runs/get', { id: run.id })).status === 'queued') break;
    }
    const { run: ours } = await engine.request('runs/start', { file });
    const { run: rewritten } = await engine.request('runs/start', { file });
    await workspace.killEngine();
    fs.writeFileSync(runs(rewritten.id, 'run.json'), JSON.stringify(spec(rewritten.id)));
    for (const end of ['', '-wal', '-shm']) fs.rmSync(workspace.local.store + end, { force: true });
    const again = await workspace.connect();
    await again.request('runs/stop', { ids: blocking });
    expect((await runOver(again, ours.id)).status).toBe('completed');
    expect(fs.existsSync(workspace.at('ok'))).toBe(true);
    const changed = await again.request('runs/get', { id: rewritten.id });
    expect(changed).toMatchObject({ status: 'stopped', error: { kind: 'not-started' } });
    expect(fs.existsSync(workspace.at('started'))).toBe(false);
  });
});

describe('links in the folder', () => {
  it('are followed neither to be read nor to be written', async () => {
    const secret = workspace.write('secret.txt', 'do not tell\n');
    const precious = workspace.at('precious');
    fs.mkdirSync(precious);
    fs.writeFileSync(path.join(precious, 'x.ndjson'), '{"step":1,"values":{"stolen":1}}\n');
    carry('log0000001', { 'journal/external.ndjson': '{"step":1,"values":{"loss":1}}\n' });
    fs.symlinkSync(secret, runs('log0000001', 'output.log'));
    carry('jour000001');
    fs.rmSync(runs('jour000001', 'journal'), { recursive: true });
    fs.symlinkSync(precious, runs('jour000001', 'journal'));
    fs.symlinkSync(precious, runs('folder0001'));
    carry('spec000001');
    fs.rmSync(runs('spec000001', 'run.json'));
    fs.writeFileSync(path.join(precious, 'run.json'), JSON.stringify(spec('spec000001')));
    fs.symlinkSync(path.join(precious, 'run.json'), runs('spec000001', 'run.json'));
    const engine = await workspace.connect();
    const { runs: found } = await engine.request('runs/list', {});
    expect(found.map(({ id }) => id).sort()).toEqual(['jour000001', 'log0000001']);
    await runOver(engine, 'log0000001');
    expect(await engine.request('log/read', { run: 'log0000001' })).toMatchObject({ text: '', size: 0 });
    expect((await engine.request('runs/get', { id: 'log0000001' })).error?.logTail ?? '').not.toContain('tell');
    const { done } = await engine.request('runs/purge', { ids: ['jour000001', 'log0000001'] });
    expect(done.sort()).toEqual(['jour000001', 'log0000001']);
    expect(fs.readdirSync(precious).sort()).toEqual(['run.json', 'x.ndjson']);
    expect(fs.readFileSync(secret, 'utf8')).toBe('do not tell\n');
    expect(JSON.stringify(await engine.request('runs/columns', {}))).not.toContain('stolen');
  });

  it('in place of the whole folder are refused with a sentence', async () => {
    fs.mkdirSync(workspace.at('precious'));
    fs.symlinkSync(workspace.at('precious'), workspace.at('.tunesmith'));
    await expect(workspace.connect()).rejects.toThrow(/\.tunesmith is a link or not an ordinary file/);
    expect(fs.readdirSync(workspace.at('precious'))).toEqual([]);
  });
});

describe('names', () => {
  it('that are invalid ids are not runs, wherever they come from, and forge no line of the log', async () => {
    const forged = 'x\n2026-01-01T00:00:00.000Z info forged';
    fs.mkdirSync(runs(forged), { recursive: true });
    fs.writeFileSync(runs(forged, 'run.json'), JSON.stringify(spec(forged)));
    fs.mkdirSync(workspace.at('x'));
    carry('good000001');
    await workspace.connect();
    await workspace.killEngine();
    const index = new DatabaseSync(workspace.local.store);
    index.prepare(`UPDATE runs SET id = '../../x'`).run();
    index.close();
    const engine = await workspace.connect();
    expect((await engine.request('runs/list', {})).runs.map(({ id }) => id)).toEqual(['good000001']);
    for (const id of ['../../x', '..', 'a/b', 'a\nb', '']) {
      await expect(engine.request('runs/purge', { ids: [id] }), id).rejects.toThrow();
      await expect(engine.request('runs/get', { id }), id).rejects.toThrow();
      await expect(engine.request('searches/delete', { id }), id).rejects.toThrow();
    }
    expect(fs.existsSync(workspace.at('x'))).toBe(true);
    const lines = workspace.engineLog().split('\n');
    expect(lines.filter((line) => line.endsWith(' info forged') && line.startsWith('2026-01-01'))).toEqual([]);
    await runWith(engine, 'good000001', 'stopped');
  });
});

describe('runs that came with the folder are refused', () => {
  it('is named as what would really run, whatever run.json shows', async () => {
    workspace.write('ok.mjs', '');
    const file = workspace.write('a.tune.yaml', experiment('node ok.mjs {lr}', 'params: { lr: 1 }\n'));
    const { run } = await (await workspace.connect()).request('runs/start', { file });
    await runOver(await workspace.connect(), run.id);
    fs.cpSync(runs(run.id), runs('copy000001'), { recursive: true });
    const change = (name: string, from: string, to: string): void => {
      const text = fs.readFileSync(runs('copy000001', name), 'utf8');
      expect(text).toContain(from);
      fs.writeFileSync(runs('copy000001', name), text.replaceAll(from, to));
    };
    change('run.json', run.id, 'copy000001');
    change('experiment.json', 'ok.mjs', 'evil.mjs');
    const engine = await restart();
    const refused = (request: Promise<unknown>): Promise<unknown> =>
      request.then(
        () => 'done',
        (error: unknown) => error,
      );
    const same = await refused(engine.request('runs/rerun', { id: 'copy000001' }));
    expect(same).toMatchObject({ code: -32055, data: { kind: 'run', folder: workspace.folder } });
    expect((same as { data: { command: string } }).data.command).toMatch(/ok\.mjs 1$/);
    const changed = await refused(engine.request('runs/rerun', { id: 'copy000001', params: { lr: 2 } }));
    expect(changed).toMatchObject({ code: -32055, message: expect.stringContaining('evil.mjs 2') as string });
    expect((changed as { data: { command: string } }).data.command).toMatch(/evil\.mjs 2$/);
  });
});
