/** Runs and a search as jobs of a real Ray cluster. Skipped where Ray is not installed. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EngineConnection } from '../../../../src/engine/clients/index.js';
import { check } from '../../../../src/engine/executors/check.js';
import { buildDist } from '../../support/build.js';
import { RayCluster, whyNoRay } from '../../support/rayCluster.js';
import { runOver, searchOver, until, Workspace } from '../support.js';
import { place, someSteps, steps, TRAINER, upTo, xs } from './sshSupport.js';

const why = whyNoRay();
const CPUS = 2;
let dist: string;
let cluster: RayCluster;
let workspace: Workspace;

const connect = (): Promise<EngineConnection> =>
  workspace.connect({ env: { TUNESMITH_CLUSTER_POLL_SECONDS: '1', TUNESMITH_LEASE_SECONDS: '0.5' } });

function file(more: string, name = 'a'): string {
  const on = `on: ray\nray: { address: "${cluster.address}", runtimeEnv: { env_vars: { GREETING: "it's $HOME" } } }\n`;
  return workspace.write(`${name}.tune.yaml`, `name: on ray\n${on}module: ./trainer.mjs\n${more}`);
}

async function start(engine: EngineConnection, more: string): Promise<string> {
  return (await engine.request('runs/start', { file: file(more) })).run.id;
}

describe.skipIf(why !== null)(`through Ray${why === null ? '' : ` (skipped: ${why})`}`, () => {
  beforeAll(async () => {
    dist = await buildDist();
    cluster = await RayCluster.start(CPUS);
  }, 180_000);
  beforeEach(() => {
    workspace = new Workspace(dist);
    workspace.write('trainer.mjs', TRAINER);
  });
  afterEach(() => workspace.remove(), 60_000);
  afterAll(() => cluster?.stop(), 60_000);

  it('a run works as a job with the resources that it asks for, and completes by its own record', async () => {
    const engine = await connect();
    const id = await start(engine, 'params: { lr: 1, steps: 100, pause: 50 }\nresources: { cpus: 1, memory: 100M }\n');
    // The first job of a cluster takes its time.
    await until('its start', async () => (await engine.request('runs/get', { id })).status === 'running', 60_000);
    await until('its place', async () => /^ray tunesmith-\w+-1 @[\d.]+$/.test(await place(engine, id)));
    await until('its end', async () => (await engine.request('runs/get', { id })).endedAt !== null, 60_000);
    expect(await engine.request('runs/get', { id })).toMatchObject({ status: 'completed', error: null });
    expect(await xs(engine, id)).toEqual(upTo(100));
    const job = await until('the job to end', async () => {
      const answer = await fetch(`${cluster.address}/api/jobs/tunesmith-${id}-1`);
      const found = (await answer.json()) as Record<string, unknown>;
      return found.status === 'SUCCEEDED' ? found : null;
    });
    expect(job).toMatchObject({ metadata: { tunesmith_run: id } });
    // Nobody who sees the dashboard learns of the person's environment.
    expect(Object.keys((job.runtime_env as { env_vars: object }).env_vars).sort()).toEqual(
      ['GREETING', 'TUNESMITH_LEASE_SECONDS', 'TUNESMITH_RUN_JOB'].sort(),
    );
  }, 120_000);

  it('what waits says why, and a stop takes it out; a running one is stopped by an engine that came later', async () => {
    const engine = await connect();
    const long = 'params: { lr: 1, steps: 100000, pause: 50 }\nresources: { cpus: 2 }\n';
    const first = await start(engine, long);
    await someSteps(engine, first);
    const second = await start(engine, long);
    await until('the reason', async () =>
      /^ray tunesmith-\w+-1 #1 \(.*(resource|pending|start)/i.test(await place(engine, second)),
    );
    await engine.request('runs/stop', { ids: [second] });
    expect(await runOver(engine, second)).toMatchObject({ status: 'stopped', error: null });
    await workspace.killEngine();
    const later = await connect();
    await later.request('runs/stop', { ids: [first] });
    expect(await runOver(later, first)).toMatchObject({ status: 'stopped', error: null });
  }, 120_000);

  it('a head that is killed and restarted without its memory loses nothing of ours', async () => {
    const engine = await connect();
    const id = await start(
      engine,
      'params: { lr: 1, steps: 150, pause: 50 }\nretries: { lost: 3 }\nresources: { cpus: 1 }\n',
    );
    await someSteps(engine, id, 20);
    await cluster.kill();
    const before = await steps(engine, id);
    expect(before).toBeGreaterThan(20);
    await cluster.up(CPUS);
    await until('its end', async () => (await engine.request('runs/get', { id })).endedAt !== null, 120_000);
    expect(await engine.request('runs/get', { id })).toMatchObject({ status: 'completed', error: null });
    expect(await xs(engine, id)).toEqual(upTo(150));
  }, 240_000);

  it('a job that Ray refuses fails with its words; no cluster is waited for', async () => {
    const engine = await connect();
    const own = workspace.write(
      'b.tune.yaml',
      `on: ray\nray: { address: "${cluster.address}", runtimeEnv: { env_vars: { A: 1 } } }\nrun: node -e 1\n`,
    );
    const { run } = await engine.request('runs/start', { file: own });
    await until('its end', async () => (await engine.request('runs/get', { id: run.id })).endedAt !== null, 60_000);
    expect(await engine.request('runs/get', { id: run.id })).toMatchObject({
      status: 'failed',
      error: {
        kind: 'not-started',
        message: expect.stringMatching(
          /^(Ray rejected the job: |The Ray job .* ended before the program began: ).*\S/,
        ) as string,
      },
    });
    const large = file('params: {}\nresources: { cpus: 3, gpus: 1 }\n', 'large');
    const refused = await engine.request('runs/start', { file: large }).catch((error: Error) => error.message);
    expect(refused).toMatch(/6:20: a node of the Ray cluster has only 2 cores \(or choose another cluster\)/);
    const none = workspace.write('c.tune.yaml', 'on: ray\nray: { address: "http://127.0.0.1:9" }\nrun: node -e 1\n');
    const waiting = (await engine.request('runs/start', { file: none })).run.id;
    await until('the reason', async () =>
      /^ray \(http:\/\/127\.0\.0\.1:9 does not answer/.test(await place(engine, waiting)),
    );
    await engine.request('runs/stop', { ids: [waiting] });
    expect((await runOver(engine, waiting)).status).toBe('stopped');
  }, 120_000);

  it('why a job never began is known to an engine that came later, too', async () => {
    const engine = await connect();
    const env = '{ env_vars: { GREETING: x }, pip: ["/nowhere/at-all.whl"] }';
    const own = workspace.write(
      'late.tune.yaml',
      `on: ray\nray: { address: "${cluster.address}", runtimeEnv: ${env} }\nrun: node -e 1\n`,
    );
    const { run } = await engine.request('runs/start', { file: own });
    await until('its job', async () => /^ray tunesmith-/.test(await place(engine, run.id)));
    await workspace.killEngine();
    const later = await connect();
    await until('its end', async () => (await later.request('runs/get', { id: run.id })).endedAt !== null, 110_000);
    expect((await later.request('runs/get', { id: run.id })).error).toMatchObject({
      kind: 'not-started',
      message: expect.stringMatching(/ended before the program began: .*\S/) as string,
    });
  }, 180_000);

  it('a search that pauses and promotes ends as it does on this machine with the same seed', async () => {
    const body =
      'params: { lr: 1, steps: 9, pause: 5 }\nobjective: { metric: loss, goal: minimize }\n' +
      'search: { sampler: random, seed: 5, trials: 3, parallel: 1, checkpoints: true, maxSteps: 9, ' +
      'pruner: { name: asha, form: promote, eta: 3, grace: 1 }, space: { lr: { uniform: [0, 1] } } }\n';
    const engine = await connect();
    const files = [
      file(body, 'there'),
      workspace.write('here.tune.yaml', `name: here\nmodule: ./trainer.mjs\n${body}`),
    ];
    const values: unknown[] = [];
    for (const one of files) {
      const { search } = await engine.request('searches/start', { file: one });
      expect((await searchOver(engine, search.id, 200_000)).status).toBe('completed');
      const { runs } = await engine.request('runs/list', { search: search.id, sort: 'createdAt', descending: false });
      values.push(runs.map(({ trial, status, params, metrics }) => [trial, status, params.lr, metrics.loss?.last]));
    }
    expect(values[0]).toEqual(values[1]);
  }, 300_000);

  it('a check takes the whole way and leaves nothing, and says what to do when nobody answers', async () => {
    const options = { workspace: workspace.folder, dist, patience: 60 };
    expect(await check({ kind: 'ray', address: cluster.address }, options)).toEqual({
      name: `ray ${cluster.address}`,
      kind: 'ray',
      ok: true,
      reason: expect.stringMatching(/^Ray [\d.]+\. Job tunesmith-check-\w+-1: hello from /) as string,
    });
    expect(await check({ kind: 'ray', address: 'http://127.0.0.1:9' }, options)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/does not answer.*ray start --head/) as string,
    });
  }, 120_000);
});
