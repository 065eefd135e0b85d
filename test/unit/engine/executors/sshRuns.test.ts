/** Runs and a search on a real SSH host that shares no files with this one. Skipped where there is no sshd. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Search } from '../../../../src/protocol/engine/index.js';
import { check } from '../../../../src/engine/executors/check.js';
import { buildDist } from '../../support/build.js';
import { SshServer, whyNoSshd } from '../../support/sshServer.js';
import { runOver, runWith, searchOver, until } from '../support.js';
import { agreed, FOLDER, HostWorkspace, place, refusal, someSteps, steps, upTo, xs } from './sshSupport.js';

const why = whyNoSshd();
let dist: string;
let server: SshServer;
let workspace: HostWorkspace;

/** Makes the workspace a repository with one commit. */
function commit(): (...args: string[]) => string {
  const git = (...args: string[]): string =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
      cwd: workspace.folder,
      encoding: 'utf8',
    }).trim();
  git('init', '-q');
  workspace.write('.gitignore', '.tunesmith\n');
  git('add', '.');
  git('commit', '-qm', 'first');
  return git;
}

describe.skipIf(why !== null)(`on an SSH host${why === null ? '' : ` (skipped: ${why})`}`, () => {
  beforeAll(async () => {
    dist = await buildDist();
    server = await SshServer.start({ gpus: 2 });
  }, 120_000);
  beforeEach(() => {
    workspace = new HostWorkspace(dist, server);
  });
  afterEach(async () => {
    await workspace.remove();
  }, 60_000);
  afterAll(() => server?.stop());

  it('a run works there from a copy of the code, is seen live, and completes by its own record', async () => {
    const engine = await workspace.engine();
    const { id } = await workspace.start(engine, workspace.file('params: { lr: 1, steps: 60, pause: 50 }\n'));
    await runWith(engine, id, 'running');
    await until('its place', async () => /^ssh gpu-box gpu:[01]$/.test(await place(engine, id)));
    await someSteps(engine, id, 3);
    expect((await engine.request('runs/get', { id })).status).toBe('running');
    expect(await runOver(engine, id)).toMatchObject({ status: 'completed', error: null });
    expect(await xs(engine, id)).toEqual(upTo(60));
    expect(workspace.printed(id)).toMatch(/begins at 0 on gpu-box GPU [01]/);
    // Its checkpoints stay there.
    expect(fs.existsSync(workspace.at('.tunesmith/runs', id, 'checkpoints'))).toBe(false);
    expect(server.ask(`ls ${FOLDER.replaceAll(/[' ]/g, '\\$&')}/*/*/.tunesmith/runs/${id}/checkpoints`)).toMatch(
      /step-/,
    );
  }, 120_000);

  it('the state of the code is recorded before it is sent, and what the host does not have is refused at its place', async () => {
    const git = commit();
    fs.appendFileSync(workspace.at('trainer.mjs'), '\n// changed\n');
    const engine = await workspace.engine();
    const file = workspace.file('params: { lr: 1, steps: 3, pause: 1 }\n');
    const { id } = await workspace.start(engine, file);
    expect((await runOver(engine, id)).status).toBe('completed');
    const recorded = await engine.request('runs/recorded', { id });
    expect(recorded.code).toMatchObject({ commit: git('rev-parse', 'HEAD'), changed: ['trainer.mjs'] });
    expect(recorded.code!.untracked.map(({ path }) => path)).toEqual(['a.tune.yaml']);
    expect((await engine.request('runs/code', { id })).changes).toContain('+// changed');
    await until('the environment', async () => (await engine.request('runs/recorded', { id })).environment !== null);

    const large = workspace.file('params: {}\nresources: { gpus: 3 }\n', 'run: node -e 1', 'large');
    const refused = await workspace.start(engine, large).catch((error: Error) => error.message);
    expect(refused).toMatch(/6:20: gpu-box has only 2 GPUs \(or choose another host\)/);
  }, 120_000);

  it('code that changes while it is sent is sent again, and the record tells of the code that ran', async () => {
    commit();
    const rsync = execFileSync('sh', ['-c', 'command -v rsync'], { encoding: 'utf8' }).trim();
    const bin = workspace.at('.tunesmith-bin');
    fs.mkdirSync(bin);
    const program = workspace.at('trainer.mjs');
    workspace.write('.gitignore', '.tunesmith\n.tunesmith-bin\n');
    // The first transfer is slow: the person saves a file that has been sent already.
    const save = `[ "$edit" = yes ] && [ ! -e '${bin}/done' ] && touch '${bin}/done' && echo '// edited' >> '${program}'`;
    const find = `edit=no; for each; do [ "$each" = '${workspace.folder}/' ] && edit=yes; done`;
    workspace.write('.tunesmith-bin/rsync', `#!/bin/sh\n${find}\n'${rsync}' "$@"; code=$?\n${save}\nexit $code\n`);
    fs.chmodSync(workspace.at('.tunesmith-bin/rsync'), 0o755);
    const engine = await workspace.connect({ env: { ...workspace.env, PATH: `${bin}:${process.env.PATH}` } });
    const { id } = await workspace.start(engine, workspace.file('params: { lr: 1, steps: 3, pause: 1 }\n'));
    expect((await runOver(engine, id)).status).toBe('completed');
    expect(fs.existsSync(path.join(bin, 'done'))).toBe(true);
    expect((await engine.request('runs/code', { id })).changes).toContain('+// edited');
    // Each test has its own folder here, so that no other copy has the line.
    expect(server.ask(`grep -l '// edited' "${FOLDER}"/*/*/trainer.mjs | wc -l`)?.trim()).toBe('1');
  }, 120_000);

  it('a search sends as many trials as the host works on at once', async () => {
    const engine = await workspace.engine();
    const body =
      'params: { steps: 100000, pause: 50 }\nobjective: { metric: loss, goal: minimize }\nresources: { perGpu: 2 }\n' +
      'search: { sampler: random, seed: 5, trials: 9, space: { lr: { uniform: [0, 1] } } }\n';
    const file = workspace.file(body, 'module: ./trainer.mjs', 'auto');
    const { search } = await agreed((send) => engine.request('searches/start', { file, ...send }));
    expect(search.parallel).toBe(4);
    const live = async (): Promise<string[]> =>
      (await engine.request('runs/list', { search: search.id })).runs.map(({ status }) => status);
    await until('four trials', async () => (await live()).filter((status) => status === 'running').length === 4);
    expect(await live()).toHaveLength(4);
    await engine.request('searches/stop', { id: search.id });
    await searchOver(engine, search.id, 60_000);
  }, 120_000);

  it('a search whose host is away when it starts learns later how many trials it works on at once', async () => {
    const engine = await workspace.engine();
    const body =
      'params: { steps: 100000, pause: 50 }\nobjective: { metric: loss, goal: minimize }\nresources: { perGpu: 2 }\n' +
      'search: { seed: 5, trials: 8, space: { lr: { uniform: [0, 1] } } }\n';
    const file = workspace.file(body, 'module: ./trainer.mjs', 'away');
    await server.kill();
    const { search } = await agreed((send) => engine.request('searches/start', { file, ...send }));
    expect(search.parallel).toBe(1);
    expect(search.reason).not.toContain('4 of 8 trials at a time');
    await server.up();
    const row = async (): Promise<Search> =>
      (await engine.request('searches/list', {})).searches.find(({ id }) => id === search.id)!;
    await until('what the host has', async () => (await row()).parallel === 4, 60_000);
    await until('the reason', async () => (await row()).reason?.includes('with 4 of 8 trials at a time'));
    await engine.request('searches/stop', { id: search.id });
    await searchOver(engine, search.id, 60_000);
  }, 120_000);

  it('a run that is erased for good leaves nothing on the host, and other runs stay there', async () => {
    const engine = await workspace.engine();
    const file = workspace.file('params: { lr: 1, steps: 3, pause: 1 }\n');
    const { id } = await workspace.start(engine, file);
    expect((await runOver(engine, id)).status).toBe('completed');
    const { run: other } = await engine.request('runs/start', { file });
    expect((await runOver(engine, other.id)).status).toBe('completed');
    const there = (run: string): boolean =>
      server.ask(`ls -d ${FOLDER.replaceAll(/[' ]/g, '\\$&')}/*/*/.tunesmith/runs/${run}`) !== null;
    expect([there(id), there(other.id)]).toEqual([true, true]);
    await engine.request('runs/delete', { ids: [id] });
    expect(there(id), 'a run that can be restored').toBe(true);
    expect(await engine.request('runs/purge', { ids: [id] })).toMatchObject({ done: [id], left: [] });
    expect([there(id), there(other.id)]).toEqual([false, true]);
    await server.kill();
    const gone = await engine.request('runs/purge', { ids: [other.id] });
    expect(gone.done).toEqual([other.id]);
    expect(gone.left).toEqual([{ id: other.id, host: 'gpu-box', why: expect.stringMatching(/./) }]);
    await server.up();
  }, 120_000);

  it('nothing is sent without consent, which names the files, is remembered, and is asked for again for new files', async () => {
    const git = (...args: string[]): void => void execFileSync('git', ['-C', workspace.folder, ...args]);
    git('init', '-q');
    workspace.write('.gitignore', '*\n');
    const ignored = workspace.file('params: { lr: 1, steps: 2, pause: 1 }\n');
    const nothing = (await workspace.engine()).request('runs/start', { file: ignored });
    await expect(nothing).rejects.toThrow(/git ignores all its files/);
    for (const [name, text] of Object.entries({ '.gitignore': 'data\n', '.env': 'TOKEN=1', 'secret.key': 'x' }))
      workspace.write(name, text);
    fs.mkdirSync(workspace.at('data'));
    workspace.write('data/large.bin', 'ignored');
    workspace.write('数据 (1).txt', 'sent');
    const file = workspace.file('params: { lr: 1, steps: 2, pause: 1 }\n');
    const engine = await workspace.engine();
    const asked = refusal(await engine.request('runs/start', { file }).catch((error: unknown) => error));
    expect(asked.files.map(({ path }) => path).sort()).toEqual(
      ['.gitignore', 'a.tune.yaml', 'trainer.mjs', '数据 (1).txt'].sort(),
    );
    expect(asked).toMatchObject({ host: 'gpu-box', folder: FOLDER, byGit: true, fresh: null });
    expect(asked.leftOut.sort()).toEqual(['.env', 'secret.key']);
    expect((await engine.request('runs/list', {})).runs).toEqual([]);
    // Another list than the one that was shown.
    const wrong = engine.request('runs/start', { file, send: 'x' });
    await expect(wrong).rejects.toThrow(/needs your consent/);
    const { run } = await engine.request('runs/start', { file, send: asked.digest });
    expect((await runOver(engine, run.id)).status).toBe('completed');
    const there = server.ask(
      `cd ${FOLDER.replaceAll(/[' ]/g, '\\$&')}/*/*/.tunesmith/runs/${run.id}/../../.. && ls -A`,
    );
    expect(there?.trim().split('\n').sort()).toEqual(
      ['.gitignore', '.tunesmith', 'a.tune.yaml', 'trainer.mjs', '数据 (1).txt'].sort(),
    );
    // Changed code needs no consent; a new file does.
    fs.appendFileSync(workspace.at('trainer.mjs'), '\n// changed\n');
    await runOver(engine, (await engine.request('runs/start', { file })).run.id);
    workspace.write('new.py', '1');
    const again = refusal(await engine.request('runs/start', { file }).catch((error: unknown) => error));
    expect(again).toMatchObject({ fresh: 1, files: [{ path: 'new.py', size: 1 }] });
    const search = engine.request('runs/rerun', { id: run.id });
    await expect(search).rejects.toThrow(/needs your consent/);
  }, 120_000);

  it('the devices of the host are given to one run after the other; what waits says why, and a stop ends it', async () => {
    const engine = await workspace.engine();
    const file = workspace.file('params: { lr: 1, steps: 100000, pause: 50 }\n');
    const ids: string[] = [];
    for (let i = 0; i < 4; i++) ids.push((await workspace.start(engine, file)).id);
    await until('two of them', async () => {
      const { runs } = await engine.request('runs/list', { status: ['running'] });
      return runs.length === 2;
    });
    const [first, second, third, fourth] = ids as [string, string, string, string];
    await until(
      'its place in the queue',
      async () => (await place(engine, fourth)) === 'ssh gpu-box #2 (waiting for a GPU)',
    );
    await until('some output', () => [first, second].every((id) => /GPU/.test(workspace.printed(id))));
    const gpus = [first, second].map((id) => /GPU (\d)/.exec(workspace.printed(id))?.[1]).sort();
    expect(gpus).toEqual(['0', '1']);
    await engine.request('runs/stop', { ids: [third] });
    expect(await runOver(engine, third)).toMatchObject({ status: 'stopped', error: null });
    await engine.request('runs/stop', { ids: [first] });
    expect((await runOver(engine, first)).status).toBe('stopped');
    await runWith(engine, fourth, 'running');
    expect(workspace.printed(third)).toBe('');
  }, 120_000);

  it('a Python program is paused, resumed, given new values and stopped', async () => {
    workspace.write(
      'train.py',
      `
import tunesmith, time
run = tunesmith.init()
for step in range(100000):
    run.log({"loss": run.config["lr"]}, step=step)
    if run.config["lr"] == 0.5: break
    time.sleep(0.05)
print("now", run.config["lr"], flush=True)
`,
    );
    const engine = await workspace.engine();
    const { id } = await workspace.start(engine, workspace.file('params: { lr: 0.1 }\n', 'run: python train.py'));
    await someSteps(engine, id);
    await engine.request('runs/pause', { ids: [id] });
    await runWith(engine, id, 'paused');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const before = await steps(engine, id);
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(await steps(engine, id)).toBe(before);
    await engine.request('runs/resume', { ids: [id] });
    await someSteps(engine, id, before + 3);
    await engine.request('runs/set', { id, params: { lr: 0.5 } });
    expect(await runOver(engine, id)).toMatchObject({ status: 'completed', error: null });
    expect(workspace.printed(id)).toContain('now 0.5');
    expect((await engine.request('runs/get', { id })).metrics.loss?.last).toBe(0.5);
  }, 120_000);

  it('a stopped run resumes from its checkpoint there, with changed code, and a branch begins from it', async () => {
    const engine = await workspace.engine();
    const file = workspace.file('params: { lr: 1, steps: 120, pause: 40 }\n');
    const { id } = await workspace.start(engine, file);
    await someSteps(engine, id, 8);
    await engine.request('runs/stop', { ids: [id] });
    expect((await runOver(engine, id)).status).toBe('stopped');
    fs.appendFileSync(workspace.at('trainer.mjs'), "\nconsole.log('changed');\n");
    expect((await engine.request('runs/resume', { ids: [id] })).skipped).toEqual([]);
    await until('its end', async () => (await engine.request('runs/get', { id })).status === 'completed', 40_000);
    expect(await xs(engine, id)).toEqual(upTo(120));
    expect(workspace.printed(id).match(/begins at/g)).toHaveLength(2);
    expect(workspace.printed(id)).toContain('changed');
    const { run } = await engine.request('runs/branch', { id, params: { steps: 125 } });
    expect((await runOver(engine, run.id)).status).toBe('completed');
    expect(workspace.printed(run.id)).toMatch(/begins at 120 on gpu-box/);
  }, 120_000);

  it('a search that pauses and promotes ends as it does on this machine with the same seed', async () => {
    const body =
      'params: { lr: 1, steps: 9, pause: 5 }\nobjective: { metric: loss, goal: minimize }\n' +
      'search: { sampler: random, seed: 5, trials: 4, parallel: 1, checkpoints: true, maxSteps: 9, ' +
      'pruner: { name: asha, form: promote, eta: 3, grace: 1 }, space: { lr: { uniform: [0, 1] } } }\n';
    const engine = await workspace.engine();
    const files = [
      workspace.file(body, 'module: ./trainer.mjs', 'there'),
      workspace.write('here.tune.yaml', `name: here\nmodule: ./trainer.mjs\n${body}`),
    ];
    const values: unknown[] = [];
    for (const file of files) {
      const { search } = await agreed((send) => engine.request('searches/start', { file, ...send }));
      expect((await searchOver(engine, search.id, 200_000)).status).toBe('completed');
      const { runs } = await engine.request('runs/list', { search: search.id, sort: 'createdAt', descending: false });
      values.push(runs.map(({ trial, status, params, metrics }) => [trial, status, params.lr, metrics.loss?.last]));
    }
    expect(values[0]).toEqual(values[1]);
  }, 300_000);

  it('a check takes the whole way and leaves nothing, and says what to do when a host is unknown', async () => {
    const options = { workspace: workspace.folder, dist, env: { ...process.env, ...server.env }, patience: 30 };
    const ssh = { host: 'gpu-box', folder: '/tmp/check here' };
    expect(await check({ kind: 'ssh', ssh }, options)).toEqual({
      name: 'ssh gpu-box',
      kind: 'ssh',
      ok: true,
      reason: expect.stringMatching(
        /^gpu-box \(Linux \S+, Node v\d+\S+, \d+ cores, 2 × Test GPU\): hello from gpu-box$/,
      ) as string,
    });
    expect(server.ask("ls '/tmp/check here'")?.trim()).toBe('bin');
    expect(await check({ kind: 'ssh', ssh: { ...ssh, host: 'nobody.invalid' } }, options)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/Could not resolve hostname.*~\/\.ssh\/config/) as string,
    });
    server.forget();
    expect(await check({ kind: 'ssh', ssh }, options)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/Host key verification failed.*`ssh gpu-box`/) as string,
    });
    server.know();
  }, 120_000);
});
