/**
 * Two hosts on a real network file system: a folder of a third host, mounted by each with sshfs, which keeps names, sizes and
 * times of files for seconds. Skipped where there is no sshfs or no /dev/fuse.
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as esbuild from 'esbuild';
import { networkFileSystem } from '../../../src/engine/machine/fileSystem.js';
import { buildDist, REPO } from '../support/build.js';
import { HOST_NAME, SshServer, whyNoSshd } from '../support/sshServer.js';
import { isAlive, runOver, runWith, until, Workspace } from './support.js';

const LAG_SECONDS = 3;
const missing = ['sshfs', 'python3'].filter((name) => spawnSync('sh', ['-c', `command -v ${name}`]).status !== 0);
const why =
  whyNoSshd() ??
  (missing.length > 0 ? `no ${missing.join(', no ')}` : fs.existsSync('/dev/fuse') ? null : 'no /dev/fuse');

/** On a disk that both hosts see: the other one's /tmp is its own. */
const shared = path.join(REPO, '.cache', `network-${process.pid}`);
const dist = path.join(shared, 'dist');
const [here, there] = [path.join(shared, 'here'), path.join(shared, 'there')];
let server: SshServer;
let workspace: Workspace;

const TRAIN = `
import os, time, tunesmith
run = tunesmith.init()
step = 0
while not run.should_stop:
    run.log({"loss": 1 / (step + 1)}, step=step)
    print("step", step, flush=True)
    step += 1
    time.sleep(0.05)
`;

/** Runs the command line on the other host, which has mounted the same folder for itself. */
function onOtherHost(...args: string[]): Promise<string> {
  const script =
    `hostname node7 && mount --bind '${there}' '${here}' && mount --rbind '${REPO}' /mnt && mount -t tmpfs none /tmp && ` +
    `mkdir -p /tmp/home '${REPO}' && mount --rbind /mnt '${REPO}' && cd "$1" && shift && ` +
    'export TUNESMITH_HOME=/tmp/home TUNESMITH_ENGINE_IDLE_SECONDS=5 TMPDIR=/tmp && "$@"';
  const namespaces = ['--mount', '--pid', '--fork', '--uts', '--mount-proc', '--kill-child'];
  const command = [
    ...namespaces,
    'sh',
    '-c',
    script,
    'sh',
    workspace.folder,
    process.execPath,
    path.join(dist, 'cli.cjs'),
  ];
  return new Promise((resolve, reject) =>
    execFile('unshare', [...command, ...args], { timeout: 60_000 }, (error, out, said) =>
      error ? reject(new Error(said || error.message)) : resolve(out),
    ),
  );
}

describe.skipIf(why !== null)(`a folder on a network file system${why === null ? '' : ` (skipped: ${why})`}`, () => {
  beforeAll(async () => {
    fs.cpSync(await buildDist(), dist, { recursive: true });
    const options = { bundle: true, platform: 'node', format: 'cjs', target: 'node20', logLevel: 'error' } as const;
    const entryPoints = [path.join(REPO, 'src/cli/main.ts')];
    await esbuild.build({ entryPoints, outfile: path.join(dist, 'cli.cjs'), ...options });
    fs.cpSync(path.join(REPO, 'python/tunesmith'), path.join(shared, 'python/tunesmith'), { recursive: true });
    server = await SshServer.start();
    fs.mkdirSync(server.disk('exported'));
    for (const folder of [here, there]) {
      fs.mkdirSync(folder, { recursive: true });
      const lag = `dcache_timeout=${LAG_SECONDS},attr_timeout=${LAG_SECONDS},entry_timeout=${LAG_SECONDS}`;
      const config = ['-F', server.env.TUNESMITH_SSH_CONFIG!];
      execFileSync('sshfs', [...config, '-o', `reconnect,${lag}`, `${HOST_NAME}:/tmp/exported`, folder]);
    }
  }, 120_000);
  afterAll(async () => {
    await workspace?.remove();
    for (const folder of [here, there]) spawnSync('umount', ['--lazy', folder]);
    await server?.stop();
    fs.rmSync(shared, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  });

  it('has journals that nobody maps, which grow on the other host, too, and a stop from there is heard', async () => {
    workspace = new Workspace(dist, here);
    expect(networkFileSystem(workspace.folder)).toBe('FUSE');
    workspace.write('train.py', TRAIN);
    const file = workspace.write('a.tune.yaml', 'name: far\nrun: python3 train.py\nparams: { lr: 1 }\n');
    const engine = await workspace.connect();
    const { run } = await engine.request('runs/start', { file });
    const { id } = run;
    await runWith(engine, id, 'running');
    await until('points', async () => (await engine.request('runs/get', { id })).metrics.loss?.count);
    const journal = workspace.at('.tunesmith/runs', id, 'journal');
    const records = fs.readFileSync(path.join(journal, 'supervisor.ndjson'), 'utf8').split('\n').filter(Boolean);
    const { pid } = records
      .map((line) => JSON.parse(line) as { type: string; pid: number })
      .find(({ type }) => type === 'spawn')!;
    expect(fs.readFileSync(`/proc/${pid}/maps`, 'utf8')).not.toContain('.ndjson');

    const lastThere = async (): Promise<number> => {
      const text = await onOtherHost('metrics', id, 'loss', '--json').catch((error: Error) => {
        // The latest records may not be visible there yet.
        if (/has no metric|no run/i.test(error.message)) return '[]';
        throw error;
      });
      const points = JSON.parse(text) as { step: number }[];
      // No record is missing in between, whatever of the file's size and contents has arrived.
      expect(points.map(({ step }) => step)).toEqual(points.map((_, at) => at));
      return points.length;
    };
    const first = await until('the first of it', lastThere, 60_000);
    await until('more of it', async () => (await lastThere()) > first + 20, 60_000);
    expect(await onOtherHost('ls', '--json')).toContain('"elsewhere"');
    await onOtherHost('stop', id);
    expect(await runOver(engine, id)).toMatchObject({ status: 'stopped', error: null });
    await until('the program to be gone', () => !isAlive(pid));
    const { points } = await engine.request('metrics/read', { run: id, metric: 'loss' });
    expect(points.map(({ step }) => step)).toEqual(points.map((_, at) => at));
  }, 180_000);
});
