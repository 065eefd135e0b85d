import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { connectEngine, type ConnectOptions, type EngineConnection } from '../../../src/engine/clients/index.js';
import { workspacePaths, type WorkspacePaths } from '../../../src/engine/disk/paths.js';
import { LIVE_STATUSES, type Run, type RunStatus, type Search } from '../../../src/protocol/engine/index.js';
import { buildDist } from '../support/build.js';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function until<T>(what: string, look: () => T | Promise<T>, ms = 20_000): Promise<NonNullable<T>> {
  const end = Date.now() + ms;
  for (;;) {
    const found = await look();
    if (found) return found as NonNullable<T>;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await pause(30);
  }
}

export function isAlive(pid: number): boolean {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'latin1');
    return !/\) [ZX] /.test(stat);
  } catch {
    if (process.platform === 'linux') return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A workspace folder whose name is none of the easy ones, with its engine ended at the end. */
export class Workspace {
  readonly folder: string;
  private readonly connections: EngineConnection[] = [];

  constructor(
    readonly dist: string,
    parent: string = os.tmpdir(),
  ) {
    this.folder = fs.realpathSync(fs.mkdtempSync(path.join(parent, 'мастерская ü -')));
  }

  at(...parts: string[]): string {
    return path.join(this.folder, ...parts);
  }

  /** Where the engine keeps what is its own. */
  get local(): WorkspacePaths {
    return workspacePaths(this.folder);
  }

  write(name: string, text: string): string {
    fs.writeFileSync(this.at(name), text);
    return this.at(name);
  }

  async connect(options: Partial<ConnectOptions> = {}): Promise<EngineConnection> {
    const { env, ...others } = options;
    const connection = await connectEngine({
      workspace: this.folder,
      client: 'test',
      version: '0.1.0',
      distFolder: this.dist,
      env: { TUNESMITH_ENGINE_IDLE_SECONDS: '30', ...env },
      ...others,
    });
    this.connections.push(connection);
    return connection;
  }

  enginePid(): number | null {
    try {
      return (JSON.parse(fs.readFileSync(this.local.address, 'utf8')) as { pid: number }).pid;
    } catch {
      return null;
    }
  }

  engineLog(): string {
    return fs.readFileSync(this.local.log, 'utf8');
  }

  async killEngine(): Promise<void> {
    const pid = this.enginePid()!;
    process.kill(pid, 'SIGKILL');
    await until('the engine to be gone', () => !isAlive(pid));
  }

  async remove(): Promise<void> {
    try {
      const connection = await this.connect({ start: false, timeoutMs: 3000 });
      const { runs } = await connection.request('runs/list', { status: [...LIVE_STATUSES], limit: 10_000 });
      for (const search of (await connection.request('searches/list', {})).searches) {
        await connection.request('searches/stop', { id: search.id }).catch(() => undefined);
      }
      if (runs.length > 0) await connection.request('runs/stop', { ids: runs.map((run) => run.id) });
      await until('runs to end', async () => (await connection.request('engine/status', {})).runs === 0, 15_000);
      await connection.request('engine/stop', { force: true });
    } catch {
      // None is running.
    }
    const pid = this.enginePid();
    for (const connection of this.connections) connection.dispose();
    if (pid !== null) {
      await until('the engine to leave', () => !isAlive(pid), 5000).catch(() => process.kill(pid, 'SIGKILL'));
    }
    for (const folder of [this.folder, this.local.local])
      fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One workspace for all tests of a file. */
export function useWorkspace(): () => Workspace {
  let workspace: Workspace;
  beforeAll(async () => {
    workspace = new Workspace(await buildDist());
  });
  afterAll(() => workspace?.remove());
  return () => workspace;
}

export async function runWith(connection: EngineConnection, id: string, ...statuses: RunStatus[]): Promise<Run> {
  return until(`run ${id} to be ${statuses.join(' or ')}`, async () => {
    const { runs } = await connection.request('runs/list', { ids: [id] });
    return runs.find((run) => statuses.includes(run.status));
  });
}

export const runOver = (connection: EngineConnection, id: string): Promise<Run> =>
  runWith(connection, id, 'completed', 'failed', 'stopped', 'pruned');

export async function searchOver(connection: EngineConnection, id: string, ms = 40_000): Promise<Search> {
  return until(
    `search ${id} to be over`,
    async () => {
      const search = await connection.request('searches/get', { id });
      return ['completed', 'failed', 'stopped'].includes(search.status) ? search : null;
    },
    ms,
  );
}

/** Writes metrics as a program that knows nothing of us would. `$STEPS` steps of `$PAUSE` ms. */
export const TRAIN = `
import fs from 'node:fs';
const params = JSON.parse(process.env.TUNESMITH_PARAMS);
const { steps = 5, pause = 20, lr = 0 } = params;
for (let step = 0; step < steps; step++) {
  fs.appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ step, values: { loss: lr + 1 / (step + 1) } }) + '\\n');
  console.log('step', step);
  await new Promise((resolve) => setTimeout(resolve, pause));
}
`;

export function experiment(run: string, more = ''): string {
  return `name: tiny\nrun: ${run}\nobjective: { metric: loss, goal: minimize }\n${more}`;
}
