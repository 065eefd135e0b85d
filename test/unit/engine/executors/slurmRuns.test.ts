/** Runs and a search through a real Slurm whose nodes are other hosts. Skipped where Slurm is not installed. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { check, placesToCheck } from '../../../../src/engine/executors/check.js';
import { buildDist, REPO } from '../../support/build.js';
import { SlurmCluster, whyNoSlurm } from '../../support/slurmCluster.js';
import { experiment, runOver, runWith, searchOver, TRAIN, until, Workspace } from '../support.js';

const why = whyNoSlurm();
const shared = path.join(REPO, '.cache', `slurm-${process.pid}`);
const dist = path.join(shared, 'dist');
let cluster: SlurmCluster;
let workspace: Workspace;

/** Logs steps, saves each, and says how often it was started. */
const TRAINER = `
import fs from 'node:fs';
import path from 'node:path';
export default async function train(run) {
  let step = 0;
  if (run.checkpoint) step = JSON.parse(fs.readFileSync(path.join(run.checkpoint, 'state.json'), 'utf8')).step + 1;
  console.log('begins at', step);
  for (; step < run.params.number('steps'); step++) {
    run.log({ loss: run.params.number('lr') + 1 / (step + 1) }, { step });
    await run.saveCheckpoint(step, (folder) => fs.writeFileSync(path.join(folder, 'state.json'), JSON.stringify({ step })));
    if (run.stopRequested) return;
    await new Promise((resolve) => setTimeout(resolve, run.params.number('pause')));
  }
}
`;

const env = (): Record<string, string> => ({
  ...cluster.env,
  TUNESMITH_CLUSTER_POLL_SECONDS: '1',
  TUNESMITH_LEASE_SECONDS: '0.5',
});

async function connect(): Promise<EngineConnection> {
  return workspace.connect({ env: env() });
}

async function start(name: string, more: string): Promise<{ engine: EngineConnection; id: string }> {
  workspace = new Workspace(dist, shared);
  workspace.write('train.mjs', TRAIN);
  workspace.write('trainer.mjs', TRAINER);
  const file = workspace.write(`${name}.tune.yaml`, more);
  const engine = await connect();
  const { run } = await engine.request('runs/start', { file });
  return { engine, id: run.id };
}

const printed = (id: string): string => fs.readFileSync(workspace.at('.tunesmith/runs', id, 'output.log'), 'utf8');

/** True once the engine has had time to look at the run's folder again. */
function noteIsOld(id: string): boolean {
  return Date.now() - fs.statSync(workspace.at('.tunesmith/runs', id, 'journal/engine.ndjson')).mtimeMs > 4000;
}

/** Processes whose command contains the text. */
function pidsWith(text: string): number[] {
  return fs.readdirSync('/proc').flatMap((name) => {
    try {
      return /^\d+$/.test(name) && fs.readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(text)
        ? [Number(name)]
        : [];
    } catch {
      // It has just ended.
      return [];
    }
  });
}

describe.skipIf(why !== null)(`through Slurm${why === null ? '' : ` (skipped: ${why})`}`, () => {
  beforeAll(async () => {
    fs.cpSync(await buildDist(), dist, { recursive: true });
    cluster = await SlurmCluster.start(shared, REPO);
  }, 120_000);
  afterEach(async () => workspace?.remove());
  afterAll(async () => {
    await cluster?.stop();
    fs.rmSync(shared, { recursive: true, force: true, maxRetries: 5 });
  });

  it('a run works on a node, is seen live, and completes by its own record', async () => {
    const setup = 'slurm: { setup: ["export GREETING=\\"it\'s $(hostname)\\""] }\n';
    const { engine, id } = await start(
      'simple',
      experiment(
        'node train.mjs',
        `on: slurm\nparams: { steps: 60, pause: 50 }\nresources: { cpus: 2, memory: 100M, time: 1h }\n${setup}`,
      ),
    );
    const running = await runWith(engine, id, 'running');
    await until('its place', async () => {
      const { runs } = await engine.request('runs/list', { ids: [id] });
      return /^slurm \d+ @node\d$/.test(runs[0]?.device ?? '');
    });
    await until('live points', async () => (await engine.request('runs/get', { id })).metrics.loss);
    expect(running.startedAt).not.toBeNull();
    const over = await runOver(engine, id);
    expect(over).toMatchObject({ status: 'completed', error: null });
    expect((await engine.request('metrics/read', { run: id, metric: 'loss' })).points).toHaveLength(60);
    expect(cluster.ask('squeue', ['--noheader', '--states=RUNNING,PENDING'])?.trim()).toBe('');
  }, 120_000);

  it('a run is stopped while it works, also by an engine that came later, and its job is gone', async () => {
    const { engine, id } = await start('stop', experiment('node train.mjs', 'on: slurm\nparams: { steps: 100000 }\n'));
    await runWith(engine, id, 'running');
    await workspace.killEngine();
    const later = await connect();
    await later.request('runs/stop', { ids: [id] });
    expect(await runOver(later, id)).toMatchObject({ status: 'stopped', error: null });
    await until(
      'the job to be gone',
      () => cluster.ask('squeue', ['--noheader', '--states=RUNNING,PENDING'])?.trim() === '',
    );
  }, 120_000);

  it('what waits in Slurm says why and at which place, and a stop takes it out of there', async () => {
    const { engine, id } = await start(
      'waits',
      experiment('node train.mjs', 'on: slurm\nparams: {}\nslurm: { extra: ["--hold"] }\n'),
    );
    await until('the reason', async () => {
      const { runs } = await engine.request('runs/list', { ids: [id] });
      return /^slurm \d+ #1 \(JobHeldUser\)$/.test(runs[0]?.device ?? '');
    });
    // A client that knows nothing of the cluster starts the next engine: the run has its own environment.
    await workspace.killEngine();
    const { SLURM_CONF: _conf, ...others } = env();
    const later = await workspace.connect({ env: others });
    await later.request('runs/stop', { ids: [id] });
    expect(await runOver(later, id)).toMatchObject({ status: 'stopped', error: null });
    await until('the job to be gone', () => cluster.ask('squeue', ['--noheader', '--states=PENDING'])?.trim() === '');
  }, 120_000);

  it('a job that Slurm refuses fails with its words', async () => {
    const { engine, id } = await start(
      'refused',
      experiment('node train.mjs', 'on: slurm\nparams: {}\nslurm: { extra: ["--gres=nothing:1"] }\n'),
    );
    expect(await runOver(engine, id)).toMatchObject({
      status: 'failed',
      error: {
        kind: 'not-started',
        message: expect.stringMatching(/Slurm rejected the job: .*gres/i) as string,
      },
    });
    // The engine's own note of the end is no sign of life.
    await until('the note to be read', () => noteIsOld(id));
    expect(workspace.engineLog().match(new RegExp(`${id}: (failed|taken up)`, 'g'))).toEqual([`${id}: failed`]);
  }, 120_000);

  it('what no partition offers is refused at once, at its place in the file', async () => {
    workspace = new Workspace(dist, shared);
    workspace.write('train.mjs', TRAIN);
    const engine = await connect();
    const refused = async (more: string): Promise<string> => {
      const file = workspace.write('a.tune.yaml', experiment('node train.mjs', `on: slurm\nparams: {}\n${more}`));
      const error = (await engine.request('runs/start', { file }).catch((each: unknown) => each)) as Error;
      return error.message.slice(error.message.indexOf('a.tune.yaml') + 'a.tune.yaml:'.length);
    };
    expect(await refused('slurm: { partition: nowhere }\n')).toBe(
      '6:21: Slurm has no partition "nowhere" (it has main, urgent)',
    );
    expect(await refused('resources: { gpus: 1 }\n')).toBe(
      '6:20: a node of the partition main has no GPUs (or choose another partition)',
    );
    expect(await refused('resources: { nodes: 3, cpus: 8 }\n')).toBe(
      '6:21: the partition main has only 2 nodes (or choose another partition)',
    );
    expect((await engine.request('runs/list', {})).total).toBe(0);
  }, 120_000);

  it('a place that the person has chosen replaces the file’s', async () => {
    workspace = new Workspace(dist, shared);
    workspace.write('train.mjs', TRAIN);
    const engine = await connect();
    const file = workspace.write('a.tune.yaml', experiment('node train.mjs', 'params: { steps: 3 }\n'));
    const place = { on: 'slurm' as const, defaults: { slurm: { partition: 'urgent' } } };
    const { run } = await engine.request('runs/start', { file, place });
    await until('its place', async () => {
      const { runs } = await engine.request('runs/list', { ids: [run.id] });
      return /^slurm \d+/.test(runs[0]?.device ?? '');
    });
    expect(
      cluster.ask('squeue', ['--noheader', '--states=all', '--format=%P', `--name=tunesmith-${run.id}-1`])?.trim(),
    ).toBe('urgent');
    expect((await runOver(engine, run.id)).status).toBe('completed');
  }, 120_000);

  it('a pipeline’s stages are jobs, one takes the files of another, and a stage can stay on this machine', async () => {
    workspace = new Workspace(dist, shared);
    workspace.write(
      'stage.mjs',
      `import fs from 'node:fs'; import os from 'node:os'; import path from 'node:path';
const [, , from] = process.argv;
const before = from ? fs.readFileSync(path.join(from, 'host'), 'utf8') + ',' : '';
fs.writeFileSync(path.join(process.env.TUNESMITH_RUN_DIR, 'host'), before + os.hostname());
`,
    );
    const file = workspace.write(
      'chain.tune.yaml',
      'name: chain\non: slurm\nresources: { cpus: 1 }\nslurm: { partition: urgent }\npipeline:\n' +
        '  - { stage: data, run: node stage.mjs, on: local }\n' +
        '  - { stage: train, from: data, run: "node stage.mjs {stage.data.dir}", resources: { memory: 200M } }\n' +
        '  - { stage: report, from: train, run: "node stage.mjs {stage.train.dir}" }\n',
    );
    const engine = await connect();
    const { run } = await engine.request('runs/start', { file });
    expect(await runOver(engine, run.id)).toMatchObject({ status: 'completed', error: null });
    const { runs } = await engine.request('runs/list', { limit: 10 });
    const byStage = new Map(runs.map((each) => [each.stage?.name, each]));
    expect(byStage.get('train')?.device).toMatch(/^slurm \d+/);
    const host = fs.readFileSync(workspace.at('.tunesmith/runs', byStage.get('report')!.id, 'host'), 'utf8');
    expect(host).toMatch(new RegExp(`^${os.hostname()},node\\d,node\\d$`));
    const jobs = cluster.ask('squeue', ['--noheader', '--states=all', '--format=%j %P %m']) ?? '';
    expect(jobs).toContain(`tunesmith-${byStage.get('train')!.id}-1 urgent 200M`);
  }, 180_000);

  it('a preempted run goes on from its checkpoint in another job, with every step once', async () => {
    const { engine, id } = await start(
      'preempted',
      'name: preempted\non: slurm\nmodule: ./trainer.mjs\nparams: { lr: 1, steps: 80, pause: 100 }\nslurm: { extra: ["--exclusive"] }\n',
    );
    await until('some steps', async () => ((await engine.request('runs/get', { id })).metrics.loss?.count ?? 0) > 5);
    const urgent = ['--partition=urgent', '--nodes=2', '--exclusive', '--output=/dev/null', '--wrap=sleep 3'];
    expect(cluster.ask('sbatch', urgent)).not.toBeNull();
    expect(await runOver(engine, id)).toMatchObject({ status: 'completed', error: null });
    const detail = await engine.request('runs/get', { id });
    expect(detail.messages.map(({ text }) => text).join('\n')).toMatch(
      /Launched again \(1 of 1000\): The Slurm job \d+ was preempted/,
    );
    const { series } = await engine.request('series/read', { queries: [{ run: id, metric: 'loss' }] });
    expect(series[0]!.x).toEqual(Array.from({ length: 80 }, (_, step) => step));
    expect(printed(id).match(/begins at/g)).toHaveLength(2);
  }, 180_000);

  it('a node that dies loses its run, which is done again as `retries:` says', async () => {
    const { engine, id } = await start(
      'node',
      'name: node\non: slurm\nmodule: ./trainer.mjs\nparams: { lr: 1, steps: 150, pause: 100 }\nretries: { lost: 1 }\n',
    );
    await until('some steps', async () => ((await engine.request('runs/get', { id })).metrics.loss?.count ?? 0) > 5);
    const { device } = await runWith(engine, id, 'running');
    const node = /@(node\d)/.exec(device ?? '')?.[1] ?? cluster.nodes[0]!;
    await cluster.killNode(node);
    // Nobody answers for a while: that ends nothing.
    await cluster.stopController();
    cluster.startController();
    cluster.startNode(node);
    await until('its end', async () => (await engine.request('runs/get', { id })).status === 'completed', 120_000);
    const { messages } = await engine.request('runs/get', { id });
    expect(messages.map(({ text }) => text).join('\n')).toMatch(
      /Launched again \(1 of 1\): The (node of the )?Slurm job/,
    );
    expect(printed(id).match(/begins at/g)).toHaveLength(2);
  }, 240_000);

  it('a person’s scancel stops a run; one that died with its controller is lost, though Slurm may call both cancelled', async () => {
    const { engine, id } = await start(
      'cancelled',
      experiment('node train.mjs', 'on: slurm\nparams: { steps: 100000 }\n'),
    );
    const jobOf = (run: string): string =>
      cluster.ask('squeue', ['--noheader', '--states=all', '--format=%i', `--name=tunesmith-${run}-1`])?.trim() ?? '';
    await runWith(engine, id, 'running');
    cluster.ask('scancel', [jobOf(id)]);
    expect(await runOver(engine, id)).toMatchObject({ status: 'stopped', error: null });

    const { run } = await engine.request('runs/start', { file: workspace.at('cancelled.tune.yaml') });
    await until('points', async () => (await engine.request('runs/get', { id: run.id })).metrics.loss?.count);
    const folder = workspace.at('.tunesmith/runs', run.id);
    // A program that it is just starting has its name for a moment.
    const supervisor = await until('the supervisor alone', () => {
      const pids = pidsWith(`supervisor.cjs\0${folder}\0`);
      return pids.length === 1 ? pids : null;
    });
    // This cluster tracks processes by their parents, so it would lose sight of the program.
    for (const pid of [...supervisor, ...pidsWith('node\0train.mjs\0')]) process.kill(pid, 'SIGKILL');
    await cluster.stopController();
    cluster.startController();
    await until('its end', async () => (await engine.request('runs/get', { id: run.id })).endedAt !== null, 180_000);
    expect(await runOver(engine, run.id)).toMatchObject({ status: 'failed', error: { kind: 'lost' } });
  }, 300_000);

  it('a run whose node was rebooted in good order is lost, not stopped: all was told to end, but nobody cancelled it', async () => {
    const { engine, id } = await start(
      'rebooted',
      'name: rebooted\non: slurm\nmodule: ./trainer.mjs\nparams: { lr: 1, steps: 150, pause: 100 }\nretries: { lost: 1 }\n',
    );
    await until('some steps', async () => ((await engine.request('runs/get', { id })).metrics.loss?.count ?? 0) > 5);
    const place = /@(node\d)$/;
    const { device } = await until('its place', async () => {
      const { runs } = await engine.request('runs/list', { ids: [id] });
      return place.test(runs[0]?.device ?? '') ? runs[0] : null;
    });
    const node = place.exec(device!)![1]!;
    // Slurm's programs are stopped before the others, so that nobody hears how the job has ended.
    await cluster.stopController();
    const folder = workspace.at('.tunesmith/runs', id);
    const [supervisor] = pidsWith(`supervisor.cjs\0${folder}\0`);
    process.kill(supervisor!, 'SIGTERM');
    await until('its end', () => pidsWith(`supervisor.cjs\0${folder}\0`).length === 0);
    await cluster.killNode(node);
    cluster.startNode(node, true);
    cluster.startController();
    await until('its end', async () => (await engine.request('runs/get', { id })).status === 'completed', 180_000);
    const { messages } = await engine.request('runs/get', { id });
    expect(messages.map(({ text }) => text).join('\n')).toMatch(/Launched again \(1 of 1(000)?\): /);
    expect(printed(id).match(/begins at/g)).toHaveLength(2);
  }, 300_000);

  it.runIf(process.env.TUNESMITH_TEST_SLOW)(
    'a run goes on in another job when the time of its job is over',
    async () => {
      const { engine, id } = await start(
        'limit',
        'name: limit\non: slurm\nmodule: ./trainer.mjs\nparams: { lr: 1, steps: 700, pause: 100 }\nresources: { time: 1m }\n',
      );
      await until('its end', async () => (await engine.request('runs/get', { id })).endedAt !== null, 280_000);
      const over = await engine.request('runs/get', { id });
      expect(over).toMatchObject({ status: 'completed', error: null, metrics: { loss: { count: 700 } } });
      expect(over.messages.map(({ text }) => text).join('\n')).toMatch(/Launched again \(1 of 1000\): .*time/);
    },
    300_000,
  );

  it('a check takes the whole way and leaves nothing, and says what Slurm says when it does not answer', async () => {
    workspace = new Workspace(dist, shared);
    const options = { workspace: workspace.folder, dist, env: { ...process.env, ...cluster.env }, patience: 60 };
    expect(placesToCheck()).toEqual([{ kind: 'local' }, { kind: 'slurm' }]);
    const slurm = await check({ kind: 'slurm' }, options);
    expect(slurm).toEqual({
      name: 'slurm',
      kind: 'slurm',
      ok: true,
      reason: expect.stringMatching(/^Slurm \S+, partitions main\*, urgent\. Job \d+: hello from node\d$/) as string,
    });
    expect(await check({ kind: 'local' }, options)).toMatchObject({
      ok: true,
      reason: expect.stringMatching(/^hello from /) as string,
    });
    expect(fs.readdirSync(workspace.at('.tunesmith/runs'))).toEqual([]);
    // The nodes have a /tmp of their own.
    const hidden = fs.mkdtempSync(path.join(os.tmpdir(), 'unseen-'));
    const unseen = await check({ kind: 'slurm' }, { ...options, workspace: hidden });
    expect(unseen).toMatchObject({ ok: false, reason: expect.stringMatching(/a disk that the nodes see/) as string });
    fs.rmSync(hidden, { recursive: true });
    const none = await check({ kind: 'slurm' }, { ...options, env: { PATH: '/nowhere' } });
    expect(none).toMatchObject({ ok: false, reason: expect.stringMatching(/sbatch is not on the PATH/) as string });
  }, 120_000);

  it.each([
    ['that pauses and promotes', '{ name: asha, form: promote, eta: 2, graceSteps: 1 }'],
    ['of a population', '{ name: pbt, population: 3, intervalSteps: 2, truncation: 0.34 }'],
  ])(
    'a search %s ends as it does on this machine with the same seed',
    async (_, pruner) => {
      const body = (on: string): string =>
        `name: same\non: ${on}\nmodule: ./trainer.mjs\nparams: { lr: 1, steps: 4, pause: 2500 }\n` +
        'objective: { metric: loss, goal: minimize }\n' +
        'search: { sampler: random, seed: 5, trials: 3, parallel: 1, checkpoints: true, maxSteps: 4, ' +
        `pruner: ${pruner}, space: { lr: { uniform: [0, 1] } } }\n`;
      workspace = new Workspace(dist, shared);
      workspace.write('trainer.mjs', TRAINER);
      const engine = await connect();
      const values: unknown[] = [];
      for (const on of ['local', 'slurm']) {
        const file = workspace.write(`${on}.tune.yaml`, body(on));
        const { search } = await engine.request('searches/start', { file });
        expect((await searchOver(engine, search.id, 200_000)).status).toBe('completed');
        const { runs } = await engine.request('runs/list', { search: search.id, sort: 'createdAt', descending: false });
        const launches = runs.map(({ id }) => {
          const spec = JSON.parse(fs.readFileSync(workspace.at('.tunesmith/runs', id, 'run.json'), 'utf8')) as {
            launch?: { number: number };
          };
          return spec.launch?.number ?? 1;
        });
        expect(Math.max(...launches), 'some trial goes on in another launch').toBeGreaterThan(1);
        values.push(
          runs.map(({ trial, status, params, metrics }, at) => [
            trial,
            status,
            params.lr,
            metrics.loss?.last,
            launches[at],
          ]),
        );
      }
      expect(values[1]).toEqual(values[0]);
    },
    300_000,
  );
});
