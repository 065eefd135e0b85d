/** Trainings on two nodes of a real Slurm, each another host. Skipped where Slurm is not installed. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { buildDist, REPO } from '../../support/build.js';
import { SlurmCluster, whyNoSlurm } from '../../support/slurmCluster.js';
import { runOver, runWith, until, Workspace } from '../support.js';

const why = whyNoSlurm();
const shared = path.join(REPO, '.cache', `nodes-${process.pid}`);
const dist = path.join(shared, 'dist');
let cluster: SlurmCluster;
let workspace: Workspace;

/** The ranks meet at rank 0's port before they train, as torch.distributed does, and note what they were given. */
const RANKS = `
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
const names = ['RANK', 'LOCAL_RANK', 'NODE_RANK', 'WORLD_SIZE', 'LOCAL_WORLD_SIZE', 'PET_NNODES', 'PET_NODE_RANK'];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
function meet(rank, size) {
  const { MASTER_ADDR: host, MASTER_PORT: port } = process.env;
  if (rank === 0) {
    return new Promise((resolve) => {
      let come = 1;
      const server = net.createServer((socket) => {
        socket.on('error', () => undefined).resume();
        if (++come === size) resolve(server.close());
      });
      server.listen(Number(port));
    });
  }
  return new Promise((resolve) => {
    const tryIt = () => {
      const socket = net.connect(Number(port), host, () => resolve(socket.destroy()));
      socket.on('error', () => setTimeout(tryIt, 100));
    };
    tryIt();
  });
}
export default async function train(run) {
  const env = Object.fromEntries(names.map((name) => [name, process.env[name]]));
  const rank = Number(env.RANK);
  const note = (name, text) => fs.writeFileSync(path.join(process.env.TUNESMITH_RUN_DIR, name + rank), text);
  console.log('rank', rank, 'prints');
  await meet(rank, Number(env.WORLD_SIZE));
  note('env-', JSON.stringify({ ...env, host: os.hostname() }));
  for (let step = 0; step < run.params.number('steps') && run.stopRequested === null; step++) {
    run.log({ loss: rank + 1 / (step + 1) }, { step });
    await pause(50);
  }
  note('heard-', run.stopRequested !== null ? 'stop' : 'nothing');
}
`;

/** Real torch.distributed: every rank adds its number to a sum over all, and logs what came of it. */
const DDP = `
import json, os
import torch
import torch.distributed as dist

dist.init_process_group("gloo")
rank, size = dist.get_rank(), dist.get_world_size()
for step in range(5):
    value = torch.tensor([float(rank + step)])
    dist.all_reduce(value)
    with open(os.environ["TUNESMITH_JOURNAL"], "a") as journal:
        journal.write(json.dumps({"type": "metrics", "step": step, "values": {"sum": value.item(), "own": rank}}) + "\\n")
print("rank", rank, "of", size, "on", os.uname().nodename, flush=True)
dist.destroy_process_group()
`;

/** A Python with PyTorch. */
const torch = [process.env.TUNESMITH_TEST_TORCH ?? '', ...torchOfTests()].find((file) => fs.existsSync(file));

function torchOfTests(): string[] {
  const kept = path.join(os.homedir(), '.cache/tunesmith-dev/python');
  const names = fs.existsSync(kept) ? fs.readdirSync(kept).filter((name) => name.startsWith('torch-')) : [];
  return names.map((name) => path.join(kept, name, 'bin/python'));
}

const FAILS = `
import fs from 'node:fs';
if (process.env.RANK === '3') {
  // Ranks that have not begun when one fails have no output.
  const others = process.env.TUNESMITH_RUN_DIR + '/output-rank1.log';
  for (let i = 0; i < 600 && !fs.existsSync(others); i++) await new Promise((done) => setTimeout(done, 50));
  console.error('boom in the middle');
  process.exit(3);
}
setInterval(() => undefined, 1000);
`;

async function start(text: string): Promise<{ engine: EngineConnection; id: string }> {
  workspace = new Workspace(dist, shared);
  workspace.write('ranks.mjs', RANKS);
  workspace.write('fails.mjs', FAILS);
  workspace.write('ddp.py', DDP);
  const engine = await workspace.connect({
    env: { ...cluster.env, TUNESMITH_CLUSTER_POLL_SECONDS: '1', TUNESMITH_LEASE_SECONDS: '0.5' },
  });
  const { run } = await engine.request('runs/start', { file: workspace.write('a.tune.yaml', text) });
  return { engine, id: run.id };
}

const read = (id: string, name: string): string => fs.readFileSync(workspace.at('.tunesmith/runs', id, name), 'utf8');
const exists = (id: string, name: string): boolean => fs.existsSync(workspace.at('.tunesmith/runs', id, name));
const jobsLeft = (): string | undefined => cluster.ask('squeue', ['--noheader', '--states=RUNNING,PENDING'])?.trim();

describe.skipIf(why !== null)(`on several nodes${why === null ? '' : ` (skipped: ${why})`}`, () => {
  beforeAll(async () => {
    fs.cpSync(await buildDist(), dist, { recursive: true });
    cluster = await SlurmCluster.start(shared, REPO);
  }, 120_000);
  afterEach(async () => workspace?.remove());
  afterAll(async () => {
    await cluster?.stop();
    fs.rmSync(shared, { recursive: true, force: true, maxRetries: 5 });
  });

  const resources = 'on: slurm\nresources: { nodes: 2, tasksPerNode: 2, cpus: 2 }\n';

  it.runIf(torch !== undefined).each([
    ['started by srun', 'tasksPerNode: 2', (python: string) => `${python} ddp.py`],
    [
      'started by torchrun',
      'cpus: 2',
      (python: string) => `${python} -m torch.distributed.run --nproc-per-node 2 ddp.py`,
    ],
  ])(
    'four ranks of PyTorch %s train together over gloo on two nodes',
    async (_, size, command) => {
      const need = `on: slurm\nresources: { nodes: 2, ${size} }\n`;
      const { engine, id } = await start(
        `name: ddp\nrun: ${command(torch!)}\nparams: {}\nenv: { GLOO_SOCKET_IFNAME: lo }\n${need}`,
      );
      await until('its end', async () => (await engine.request('runs/get', { id })).endedAt !== null, 120_000);
      const over = await engine.request('runs/get', { id });
      expect(
        over,
        fs.existsSync(workspace.at('.tunesmith/runs', id, 'output.log')) ? read(id, 'output.log') : '',
      ).toMatchObject({
        status: 'completed',
        error: null,
      });
      const { points } = await engine.request('metrics/read', { run: id, metric: 'sum' });
      // 0 + 1 + 2 + 3, and four times the step.
      expect([...new Set(points.map(({ step, value }) => `${step}: ${value}`))]).toEqual(
        [0, 1, 2, 3, 4].map((step) => `${step}: ${6 + 4 * step}`),
      );
      const logs = fs.readdirSync(workspace.at('.tunesmith/runs', id)).filter((name) => /^output.*\.log$/.test(name));
      const printed = logs.map((name) => read(id, name)).join('');
      for (const [rank, node] of ['node1', 'node1', 'node2', 'node2'].entries())
        expect(printed).toContain(`rank ${rank} of 4 on ${node}`);
    },
    180_000,
  );

  it('four ranks find each other, have a journal and a log each, and one record ends the run', async () => {
    const { engine, id } = await start(`name: ranks\nmodule: ./ranks.mjs\nparams: { steps: 40 }\n${resources}`);
    expect(await runOver(engine, id)).toMatchObject({ status: 'completed', error: null });
    const places = [0, 1, 2, 3].map((rank) => JSON.parse(read(id, `env-${rank}`)) as Record<string, string>);
    expect(places.map(({ RANK, LOCAL_RANK, NODE_RANK }) => [RANK, LOCAL_RANK, NODE_RANK])).toEqual([
      ['0', '0', '0'],
      ['1', '1', '0'],
      ['2', '0', '1'],
      ['3', '1', '1'],
    ]);
    expect(places[0]).toMatchObject({ WORLD_SIZE: '4', LOCAL_WORLD_SIZE: '2', PET_NNODES: '2', PET_NODE_RANK: '0' });
    expect(places.map(({ host }) => host)).toEqual(['node1', 'node1', 'node2', 'node2']);
    const { metrics } = await engine.request('runs/get', { id });
    for (const [rank, name] of ['loss', 'rank1/loss', 'rank2/loss', 'rank3/loss'].entries())
      expect(metrics[name], name).toMatchObject({ count: 40, last: rank + 1 / 40 });
    expect(read(id, 'output.log')).toMatch(/^rank 0 prints$/m);
    expect(read(id, 'output.log')).not.toContain('rank 2');
    expect(read(id, 'output-rank2.log')).toContain('rank 2 prints');
    expect((await engine.request('log/read', { run: id, rank: 2 })).text).toContain('rank 2 prints');
    expect((await engine.request('log/read', { run: id, rank: 9 })).text).toBe('');
    await until('the job to be gone', () => jobsLeft() === '');
  }, 120_000);

  it('a stop is heard by the ranks of both nodes', async () => {
    const { engine, id } = await start(`name: stop\nmodule: ./ranks.mjs\nparams: { steps: 100000 }\n${resources}`);
    await until(
      'points of the last rank',
      async () => (await engine.request('runs/get', { id })).metrics['rank3/loss'],
    );
    await runWith(engine, id, 'running');
    await engine.request('runs/stop', { ids: [id] });
    expect(await runOver(engine, id)).toMatchObject({ status: 'stopped', error: null });
    for (const rank of [0, 1, 2, 3]) expect(read(id, `heard-${rank}`), `rank ${rank}`).toBe('stop');
    await until('the job to be gone', () => jobsLeft() === '');
  }, 120_000);

  it('a pause holds the ranks of both nodes, and resuming lets them go on', async () => {
    const { engine, id } = await start(`name: pause\nmodule: ./ranks.mjs\nparams: { steps: 100000 }\n${resources}`);
    const counts = async (): Promise<number[]> => {
      const { metrics } = await engine.request('runs/get', { id });
      return ['loss', 'rank3/loss'].map((name) => metrics[name]?.count ?? 0);
    };
    await until('points of the last rank', async () => (await counts())[1]! > 0);
    await engine.request('runs/pause', { ids: [id] });
    let before = await counts();
    await until('both to stand still', async () => {
      await new Promise((resolve) => setTimeout(resolve, 1500));
      const [earlier, now] = [before, await counts()];
      before = now;
      return earlier.join() === now.join();
    });
    await engine.request('runs/resume', { ids: [id] });
    await until('both to go on', async () => (await counts()).every((count, at) => count > before[at]!));
    await engine.request('runs/stop', { ids: [id] });
    expect((await runOver(engine, id)).status).toBe('stopped');
  }, 120_000);

  it('one rank that fails ends the others, and its last words are in the run’s log', async () => {
    const { engine, id } = await start(`name: fails\nrun: node fails.mjs\nparams: {}\n${resources}`);
    const over = await runOver(engine, id);
    expect(over.status).toBe('failed');
    expect(over.error?.logTail).toContain('[rank 3] boom in the middle');
    expect(exists(id, 'output-rank1.log')).toBe(true);
    await until('the job to be gone', () => jobsLeft() === '');
  }, 120_000);
});
