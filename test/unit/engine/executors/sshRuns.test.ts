/** Runs and a search on a real SSH host that shares no files with this one. Skipped where there is no sshd. */
import * as fs from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineError, type EngineConnection } from '../../../../src/engine/clients/index.js';
import { ErrorCode, SendRefusal } from '../../../../src/protocol/engine.js';
import { buildDist } from '../../support/build.js';
import { SshServer, whyNoSshd } from '../../support/sshServer.js';
import { runOver, runWith, until, Workspace } from '../support.js';

const why = whyNoSshd();
/** Its own letters and spaces reach the host. */
const FOLDER = "/tmp/l'été 実験";
let dist: string;
let server: SshServer;
let workspace: Workspace;

/** Logs steps, saves each, and says how often it was started and where. */
const TRAINER = `
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
export default async function train(run) {
  let step = 0;
  if (run.checkpoint) step = JSON.parse(fs.readFileSync(path.join(run.checkpoint, 'state.json'), 'utf8')).step + 1;
  console.log('begins at', step, 'on', os.hostname(), 'GPU', process.env.CUDA_VISIBLE_DEVICES ?? 'none');
  for (; step < run.params.number('steps'); step++) {
    run.log({ loss: run.params.number('lr') + 1 / (step + 1) }, { step });
    await run.saveCheckpoint(step, (folder) => fs.writeFileSync(path.join(folder, 'state.json'), JSON.stringify({ step })));
    if (run.stopping) return;
    await new Promise((resolve) => setTimeout(resolve, run.params.number('pause')));
  }
}
`;

const env = (): Record<string, string> => ({
  ...server.env,
  TUNESMITH_CLUSTER_POLL_SECONDS: '1',
  TUNESMITH_LEASE_SECONDS: '0.5',
});

const connect = (): Promise<EngineConnection> => workspace.connect({ env: env() });

function body(more: string): string {
  return `name: on a host\non: ssh\nssh: { host: gpu-box, folder: ${JSON.stringify(FOLDER)} }\nmodule: ./trainer.mjs\n${more}`;
}

/** Asks, and agrees to what is to be sent. */
async function agreed<T>(request: (send: { send?: string }) => Promise<T>): Promise<T> {
  try {
    return await request({});
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== ErrorCode.send) throw error;
    return request({ send: SendRefusal.parse(error.data).digest });
  }
}

async function start(more: string): Promise<{ engine: EngineConnection; id: string }> {
  workspace = new Workspace(dist);
  workspace.write('trainer.mjs', TRAINER);
  const file = workspace.write('a.tune.yaml', body(more));
  const engine = await connect();
  const { run } = await agreed((send) => engine.request('runs/start', { file, ...send }));
  return { engine, id: run.id };
}

const printed = (id: string): string => fs.readFileSync(workspace.at('.tunesmith/runs', id, 'output.log'), 'utf8');
const steps = async (engine: EngineConnection, id: string): Promise<number> =>
  (await engine.request('runs/get', { id })).metrics.loss?.count ?? 0;
async function xs(engine: EngineConnection, id: string): Promise<number[]> {
  const { series } = await engine.request('series/read', { queries: [{ run: id, metric: 'loss' }] });
  return [...series[0]!.x];
}
const upTo = (count: number): number[] => Array.from({ length: count }, (_, step) => step);

describe.skipIf(why !== null)(`on an SSH host${why === null ? '' : ` (skipped: ${why})`}`, () => {
  beforeAll(async () => {
    dist = await buildDist();
    server = await SshServer.start();
  }, 120_000);
  afterEach(async () => {
    await workspace?.remove();
  }, 60_000);
  afterAll(() => server?.stop());

  it('a run works there from a copy of the code, is seen live, and completes by its own record', async () => {
    const { engine, id } = await start('params: { lr: 1, steps: 40, pause: 50 }\n');
    const running = await runWith(engine, id, 'running');
    expect(running.device).toMatch(/^ssh gpu-box/);
    await until('live points', async () => (await steps(engine, id)) > 3);
    expect((await engine.request('runs/get', { id })).status).toBe('running');
    expect(await runOver(engine, id)).toMatchObject({ status: 'completed', error: null });
    expect(await xs(engine, id)).toEqual(upTo(40));
    expect(printed(id)).toMatch(/begins at 0 on gpu-box/);
    // Its checkpoints stay there.
    expect(fs.existsSync(workspace.at('.tunesmith/runs', id, 'checkpoints'))).toBe(false);
  }, 120_000);
});
