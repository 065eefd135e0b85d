/** A workspace whose runs work on a real SSH host. */
import * as fs from 'node:fs';
import { EngineError, type EngineConnection } from '../../../../src/engine/clients/index.js';
import { ErrorCode, SendRefusal, type Run } from '../../../../src/protocol/engine/index.js';
import type { SshServer } from '../../support/sshServer.js';
import { until, Workspace } from '../support.js';

/** Its own letters, quotes and spaces reach the host. */
export const FOLDER = "/tmp/l'été 実験";

/** Logs steps, saves each, and says how often it was started and where. */
export const TRAINER = `
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

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, step) => step);

export class HostWorkspace extends Workspace {
  constructor(
    dist: string,
    private readonly server: SshServer,
  ) {
    super(dist);
    this.write('trainer.mjs', TRAINER);
  }

  get env(): Record<string, string> {
    return { ...this.server.env, TUNESMITH_CLUSTER_POLL_SECONDS: '1', TUNESMITH_LEASE_SECONDS: '0.5' };
  }

  engine(): Promise<EngineConnection> {
    return this.connect({ env: this.env });
  }

  file(more: string, program = 'module: ./trainer.mjs', name = 'a'): string {
    return this.write(
      `${name}.tune.yaml`,
      `name: on a host\non: ssh\nssh: { host: gpu-box, folder: ${JSON.stringify(FOLDER)} }\n${program}\n${more}`,
    );
  }

  async start(engine: EngineConnection, file: string): Promise<Run> {
    const { run } = await agreed((send) => engine.request('runs/start', { file, ...send }));
    return run;
  }

  printed(id: string): string {
    const file = this.at('.tunesmith/runs', id, 'output.log');
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }
}

/** Asks, and agrees to send the files. */
export async function agreed<T>(request: (send: { send?: string }) => Promise<T>): Promise<T> {
  try {
    return await request({});
  } catch (error) {
    return request({ send: refusal(error).digest });
  }
}

export function refusal(error: unknown): SendRefusal {
  if (!(error instanceof EngineError) || error.code !== ErrorCode.send) throw error;
  return SendRefusal.parse(error.data);
}

export const steps = async (engine: EngineConnection, id: string): Promise<number> =>
  (await engine.request('runs/get', { id })).metrics.loss?.count ?? 0;

export async function xs(engine: EngineConnection, id: string): Promise<number[]> {
  const { series } = await engine.request('series/read', { queries: [{ run: id, metric: 'loss' }] });
  return [...series[0]!.x];
}

export const place = async (engine: EngineConnection, id: string): Promise<string> =>
  (await engine.request('runs/list', { ids: [id] })).runs[0]?.device ?? '';

export const someSteps = (engine: EngineConnection, id: string, more = 5): Promise<unknown> =>
  until('some steps', async () => (await steps(engine, id)) > more);
