/**
 * Two hosts on one folder: the second one is a shell in namespaces of its own (mounts, processes, name), with a /tmp and,
 * where a test says so, a home of its own. It sees no process and no socket of the first.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { execFile, spawnSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as esbuild from 'esbuild';
import { LIVE_STATUSES } from '../../../src/protocol/engine/index.js';
import { buildDist, REPO } from '../support/build.js';
import { experiment, isAlive, runOver, runWith, TRAIN, until, Workspace } from './support.js';

const canUnshare =
  process.platform === 'linux' &&
  spawnSync('unshare', ['--mount', '--pid', '--fork', '--uts', '--mount-proc', 'mount', '-t', 'tmpfs', 'none', '/mnt'])
    .status === 0;

let workspace: Workspace;
/** On a disk that both hosts see: the other one's /tmp is its own. */
const shared = path.join(REPO, '.cache', `two-hosts-${process.pid}`);
const dist = path.join(shared, 'dist');
beforeAll(async () => {
  fs.cpSync(await buildDist(), dist, { recursive: true });
  const options = { bundle: true, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'error' } as const;
  await esbuild.build({
    entryPoints: [path.join(REPO, 'src/cli/main.ts')],
    outfile: path.join(dist, 'cli.cjs'),
    ...options,
  });
});
afterEach(() => workspace?.remove());
afterAll(() => fs.rmSync(shared, { recursive: true, force: true }));

/** Runs the command line on the other host; `sharedHome`: it has the same Tunesmith home, as on a cluster. */
/** `first`: put before the command, in the same shell. */
function onOtherHost(
  args: string[],
  sharedHome = false,
  first = '',
): Promise<{ out: string; error: string; code: number | null }> {
  const home = sharedHome ? '"$TUNESMITH_HOME"' : '/tmp/home';
  const script =
    // A clone below /tmp is put back behind the other host's own /tmp.
    `hostname node7 && mount --bind '${REPO}' /mnt && mount -t tmpfs none /tmp && mkdir -p /tmp/home '${REPO}' && ` +
    `mount --bind /mnt '${REPO}' && cd "$1" && shift && ` +
    `export TUNESMITH_HOME=${home} TUNESMITH_ENGINE_IDLE_SECONDS=5 TMPDIR=/tmp && ${first} "$@"`;
  const command = [process.execPath, path.join(dist, 'cli.cjs'), ...args];
  const all = [
    '--mount',
    '--pid',
    '--fork',
    '--uts',
    '--mount-proc',
    '--kill-child',
    'sh',
    '-c',
    script,
    'sh',
    workspace.folder,
  ];
  return new Promise((resolve) =>
    execFile('unshare', [...all, ...command], { timeout: 60_000 }, (error, out, err) =>
      resolve({ out, error: err, code: error ? (error.code as unknown as number) : 0 }),
    ),
  );
}

const listed = async (sharedHome = false) => {
  const { out, error } = await onOtherHost(['ls', '--json'], sharedHome);
  return { runs: (JSON.parse(out) as { runs?: { id: string; status: string }[] }).runs ?? JSON.parse(out), error };
};

async function started(parameters: string): Promise<{ engine: Awaited<ReturnType<Workspace['connect']>>; id: string }> {
  workspace = new Workspace(dist, shared);
  workspace.write('train.mjs', TRAIN);
  const file = workspace.write('a.tune.yaml', experiment('node train.mjs', `params: { ${parameters} }\n`));
  const engine = await workspace.connect();
  const { run } = await engine.request('runs/start', { file });
  await runWith(engine, run.id, 'running');
  return { engine, id: run.id };
}

it.runIf(canUnshare)(
  'a search of the other host is seen while it works and when it has ended, by the same engine',
  async () => {
    workspace = new Workspace(dist, shared);
    workspace.write('train.mjs', TRAIN);
    const space = 'search: { sampler: grid, parallel: 1, space: { lr: { choice: [1, 2, 3] } } }\n';
    workspace.write('a.tune.yaml', experiment('node train.mjs', `params: { steps: 40, pause: 60 }\n${space}`));
    const engine = await workspace.connect();
    const seen: string[] = [];
    engine.on('changed', ({ searches }) => seen.push(...searches.map(({ status }) => status)));
    const there = onOtherHost(['search', 'a.tune.yaml']);
    const list = async () => (await engine.request('searches/list', {})).searches;
    await until('the search to be seen', async () => (await list()).some(({ status }) => status === 'running'), 30_000);
    expect(engine.engine.problem).toBeNull();
    const { code, error } = await there;
    expect(error).toContain('completed');
    expect(code).toBe(0);
    const search = await until('its end to be seen', async () =>
      (await list()).find(({ status, counts }) => status === 'completed' && counts.completed === 3),
    );
    expect(search).toMatchObject({ best: { params: { lr: 1 } }, error: null });
    expect(seen).toContain('running');
    // Notifications come a little later than answers.
    await until('the client to be told of its end', () => seen.at(-1) === 'completed');
  },
  60_000,
);

/** A search of slow trials on this host, with a trial at work. */
async function searchHere(parallel: number) {
  workspace = new Workspace(dist, shared);
  workspace.write('train.mjs', TRAIN);
  const space = `search: { sampler: grid, parallel: ${parallel}, space: { lr: { choice: [1, 2, 3, 4, 5, 6] } } }\n`;
  const file = workspace.write(
    'a.tune.yaml',
    experiment('node train.mjs', `params: { steps: 20000, pause: 50 }\n${space}`),
  );
  const engine = await workspace.connect();
  const { search } = await engine.request('searches/start', { file });
  const trial = await until('a trial to run', async () => {
    const { runs } = await engine.request('runs/list', { search: search.id });
    return runs.find(({ status }) => status === 'running');
  });
  const status = async () =>
    (await engine.request('searches/list', {})).searches.find(({ id }) => id === search.id)!.status;
  return { engine, file, search: search.id, trial: trial.id, status };
}

it.runIf(canUnshare)(
  'a search is looked at live from both hosts, paused, resumed and stopped from the other, and only this one starts anything',
  async () => {
    const { engine, search, trial, status } = await searchHere(1);
    const live = await onOtherHost(['metrics', trial, 'loss', '--json'], false, '"$@" 2>&1 >/dev/null; sleep 2;');
    expect(live.out.match(/"step"/g)!.length, 'live points there').toBeGreaterThan(5);
    expect((await engine.request('metrics/read', { run: trial, metric: 'loss' })).points.length).toBeGreaterThan(5);
    const control = workspace.at('.tunesmith/searches', search, 'control.ndjson');
    fs.writeFileSync(control, '{"ask":"stop"}\n');
    fs.chmodSync(control, 0o666);
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await status(), 'a file that anybody may write').toBe('running');
    fs.rmSync(control);
    expect(await onOtherHost(['pause', search])).toMatchObject({ code: 0 });
    await until('the pause to be heard', async () => (await status()) === 'paused');
    expect(await onOtherHost(['resume', search])).toMatchObject({ code: 0 });
    await until('it to be resumed', async () => (await status()) === 'running');
    const refused = await onOtherHost(['search', 'a.tune.yaml', '--detach']);
    expect(refused.code).not.toBe(0);
    expect(refused.error).toContain('nothing started or changed');
    expect(await onOtherHost(['stop', search])).toMatchObject({ code: 0 });
    await until('the stop to be heard', async () => (await status()) === 'stopped');
    expect((await engine.request('runs/list', { search })).runs.every(({ status: each }) => each === 'stopped')).toBe(
      true,
    );
    expect(fs.existsSync(control), 'requests that are carried out are gone').toBe(false);
    await until('the lease to be given back', () => !fs.existsSync(workspace.at('.tunesmith/scheduler.json')), 30_000);
    const there = (await listed()).runs as { id: string; status: string }[];
    expect(there.find(({ id }) => id === trial)?.status).toBe('stopped');
  },
  180_000,
);

it.runIf(canUnshare)(
  'a search that was paused for long is paused on both hosts, and resumed from either, also when its own host is gone',
  async () => {
    const { engine, search, status } = await searchHere(1);
    const statusThere = async () => {
      const { out } = await onOtherHost(['ls', '--searches', '--json']);
      return (JSON.parse(out) as { search: string; status: string }[]).find((each) => each.search === search)?.status;
    };
    // A trial that stands still would keep the folder for this host.
    const pauseForLong = async () => {
      await engine.request('searches/pause', { id: search });
      const { runs } = await engine.request('runs/list', { search, status: [...LIVE_STATUSES] });
      await engine.request('runs/stop', { ids: runs.map(({ id }) => id) });
      await until(
        'the lease to be given back',
        () => !fs.existsSync(workspace.at('.tunesmith/scheduler.json')),
        60_000,
      );
    };
    await pauseForLong();
    expect(await statusThere()).toBe('paused');
    expect(await onOtherHost(['resume', search])).toMatchObject({ code: 0 });
    await until('it to be resumed here', async () => (await status()) === 'running');
    expect(fs.existsSync(workspace.at('.tunesmith/searches', search, 'control.ndjson'))).toBe(false);

    await pauseForLong();
    await workspace.killEngine();
    const refused = await onOtherHost(['resume', search]);
    expect(refused).toMatchObject({ code: 1, error: expect.stringMatching(/not started the search/) as string });
    expect(await onOtherHost(['resume', search, '--trust'], false, '"$@" && sleep 3; exit;')).toMatchObject({
      code: 0,
    });
    const lease = JSON.parse(fs.readFileSync(workspace.at('.tunesmith/scheduler.json'), 'utf8')) as {
      host: { name: string };
    };
    expect(lease.host.name, 'the other host works on it').toBe('node7');
  },
  240_000,
);

it.runIf(canUnshare)(
  'a run that waits on this host waits there, too, and can be stopped from there',
  async () => {
    const { engine, search, file } = await searchHere(1);
    const slots = (await engine.request('devices/list', {})).devices.find(({ kind }) => kind === 'cpu')!.slots;
    const runs: string[] = [];
    for (let i = 0; i < Math.max(2, slots) + 2; i++) runs.push((await engine.request('runs/start', { file })).run.id);
    const waiting = await until('one to wait', async () => {
      const { runs: rows } = await engine.request('runs/list', { ids: runs });
      return rows.every(({ status }) => status === 'running' || status === 'queued')
        ? rows.find(({ status }) => status === 'queued')
        : undefined;
    });
    const there = (await listed()).runs as { id: string; status: string }[];
    expect(there.find(({ id }) => id === waiting.id)?.status).toBe('queued');
    expect(await onOtherHost(['stop', waiting.id])).toMatchObject({ code: 0 });
    expect(await runOver(engine, waiting.id)).toMatchObject({ status: 'stopped', error: null });
    await engine.request('searches/stop', { id: search });
    await engine.request('runs/stop', { ids: runs });
  },
  180_000,
);

describe.runIf(canUnshare)('a run on this host', () => {
  it.each([false, true])(
    'is shown there as elsewhere and ends by its own record; engine killed, same home there: %s',
    async (sharedHome) => {
      const { id } = await started('steps: 300, pause: 50');
      await workspace.killEngine();
      const there = await listed(sharedHome);
      expect(there.runs.find((run: { id: string }) => run.id === id)?.status).toBe('elsewhere');
      const engine = await workspace.connect();
      expect((await runOver(engine, id)).status).toBe('completed');
      expect((await engine.request('metrics/read', { run: id, metric: 'loss' })).points).toHaveLength(300);
    },
    90_000,
  );

  it('is stopped from there, through a file that its supervisor believes only if it is this person’s own', async () => {
    const { engine, id } = await started('steps: 20000, pause: 50');
    const control = workspace.at('.tunesmith/runs', id, 'control.ndjson');
    const line = JSON.stringify({ launch: 1, control: { type: 'stop', reason: 'stop', grace: 0 } });
    fs.writeFileSync(control, `${line}\n`);
    fs.chmodSync(control, 0o666);
    const steps = async () => (await engine.request('metrics/read', { run: id, metric: 'loss' })).points.length;
    const before = await steps();
    await until('it to train on for seconds', async () => (await steps()) > before + 50);
    expect((await runWith(engine, id, 'running')).status).toBe('running');
    fs.rmSync(control);
    const stop = await onOtherHost(['stop', id]);
    expect(stop).toMatchObject({ code: 0 });
    expect(await runOver(engine, id)).toMatchObject({ status: 'stopped', error: null });
  }, 90_000);

  it('is looked at from there while its engine works, which keeps the right to start', async () => {
    const { engine, id } = await started('steps: 2000, pause: 50');
    const pid = engine.engine.pid;
    const there = await listed();
    expect(there.runs.find((run: { id: string }) => run.id === id)?.status).toBe('elsewhere');
    expect(there.error).toMatch(/Tunesmith on .* \(process \d+\) has worked in .* since .*stop its runs there/s);
    const metrics = await onOtherHost(['metrics', id, 'loss', '--json'], false, '"$@" 2>&1 >/dev/null; sleep 2;');
    expect(metrics.out.match(/"step"/g)!.length, 'live points').toBeGreaterThan(5);
    const begun = await onOtherHost(['run', 'a.tune.yaml', '--detach']);
    expect(begun.code).not.toBe(0);
    expect(begun.error).toContain('nothing started or changed');
    expect(isAlive(pid)).toBe(true);
    expect((await engine.request('runs/list', {})).total).toBe(1);
    await engine.request('runs/stop', { ids: [id] });
    expect((await runOver(engine, id)).status).toBe('stopped');
    await until('the lease to be given back', () => !fs.existsSync(workspace.at('.tunesmith/scheduler.json')), 30_000);
    expect((await listed()).runs.find((run: { id: string }) => run.id === id)?.status).toBe('stopped');
  }, 120_000);
});
