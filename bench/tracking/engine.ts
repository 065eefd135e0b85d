/** An engine in a workspace of its own, and its costs: CPU seconds of its process and the longest that it let a client wait. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { connectEngine } from '../../src/engine/clients/connect.js';
import type { EngineConnection } from '../../src/engine/clients/connection.js';
import { hostFolders, prepareLocal } from '../../src/engine/disk/localState.js';

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Makes a workspace with a Tunesmith home of its own. */
export function makeWorkspace(): string {
  const workspace = realpathSync(mkdtempSync(path.join(tmpdir(), 'tunesmith-tracking-')));
  process.env.TUNESMITH_HOME = path.join(workspace, 'home');
  mkdirSync(path.join(workspace, '.tunesmith', 'runs'), { recursive: true });
  return workspace;
}

/**
 * Runs in the engine. At SIGUSR2 it writes the longest time between two turns of the event loop since the last signal
 * and the share of turns that held it for more than 20 ms, and begins anew.
 */
const TURNS = `
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { writeFileSync, renameSync } from 'node:fs';
const seen = monitorEventLoopDelay({ resolution: 1 });
seen.enable();
process.on('SIGUSR2', () => {
  writeFileSync(FILE + '.new', JSON.stringify({ longest: seen.max / 1e6, p99: seen.percentile(99) / 1e6 }));
  renameSync(FILE + '.new', FILE);
  seen.reset();
});
`;

export interface TurnFigures {
  /** Milliseconds between two turns of the engine's event loop: the longest, and the 99th percentile. */
  longest: number;
  p99: number;
}

export class MeasuredEngine {
  private constructor(
    private readonly turnsFile: string,
    private readonly child: ChildProcess,
    private readonly options: Parameters<typeof connectEngine>[0],
    readonly client: EngineConnection,
    /** Milliseconds until a client had its first answer. */
    readonly reachableMs: number,
  ) {}

  /** `profile`: folder for a V8 CPU profile. The engine notes how long its event loop was held, see `turns`. */
  static async start(workspace: string, dist: string, profile: string | null = null): Promise<MeasuredEngine> {
    const flags = profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`];
    const turnsFile = path.join(workspace, 'turns.json');
    flags.push(
      '--import',
      `data:text/javascript,${encodeURIComponent(TURNS.replaceAll('FILE', JSON.stringify(turnsFile)))}`,
    );
    const began = performance.now();
    const child = spawn(process.execPath, [...flags, path.join(dist, 'engine.cjs'), '--workspace', workspace], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const options = {
      workspace,
      client: 'bench',
      version: '0.0.0',
      distFolder: dist,
      start: false,
      timeoutMs: 300_000,
    };
    for (;;) {
      if (child.exitCode !== null) throw new Error(`the engine ended with ${child.exitCode}`);
      const client = await connectEngine(options).catch(() => null);
      if (client) return new MeasuredEngine(turnsFile, child, options, client, performance.now() - began);
      await pause(10);
    }
  }

  /** Seconds of CPU time that the engine's process has used. */
  cpu(): number {
    const text = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Returns how long turns of the event loop took since the last call. */
  async turns(): Promise<TurnFigures> {
    rmSync(this.turnsFile, { force: true });
    this.child.kill('SIGUSR2');
    while (!existsSync(this.turnsFile)) await pause(5);
    return JSON.parse(readFileSync(this.turnsFile, 'utf8')) as TurnFigures;
  }

  /** Resolves once the engine has next to nothing to do. */
  async idle(): Promise<void> {
    // One that never rests is measured as it is.
    for (let before = -1, now = this.cpu(), i = 0; now - before > 0.03 && i < 10; now = this.cpu(), i++) {
      before = now;
      await pause(1000);
    }
  }

  /** Resident memory in MB. */
  memory(): number {
    const line = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8'));
    return Number(line?.[1] ?? 0) / 1024;
  }

  /** Milliseconds that small requests waited while `work` was done. They are sent by a thread that does nothing else. */
  async longestWait<T>(work: () => Promise<T>): Promise<{ result: T; waits: number[] }> {
    const prober = new Worker(process.argv[1]!, { workerData: this.options });
    const answers = new Promise<number[]>((resolve, reject) => {
      prober.on('message', (waits: number[] | 'begun') => (waits === 'begun' ? begun() : resolve(waits)));
      prober.on('error', reject);
    });
    let begun!: () => void;
    await Promise.race([new Promise<void>((resolve) => (begun = resolve)), answers]);
    try {
      const result = await work();
      prober.postMessage('over');
      return { result, waits: await answers };
    } finally {
      await prober.terminate();
    }
  }

  async stop(): Promise<void> {
    const gone = new Promise((resolve) => this.child.once('exit', resolve));
    await this.client.request('engine/stop', { force: true }).catch(() => undefined);
    await gone;
    this.client.dispose();
  }
}

/** Asks the engine for little every 5 ms, until it is told to stop: what a worker does. */
export async function probe(): Promise<void> {
  const client = await connectEngine(workerData as Parameters<typeof connectEngine>[0]);
  const waits: number[] = [];
  let over = false;
  parentPort!.once('message', () => (over = true));
  parentPort!.postMessage('begun');
  while (!over) {
    const began = performance.now();
    await client.request('engine/status', {}, { timeoutMs: 300_000 });
    waits.push(performance.now() - began);
    await pause(5);
  }
  client.dispose();
  parentPort!.postMessage(waits);
}

/** Removes the index, as a person does that has lost it. */
export function removeIndex(workspace: string): void {
  for (const folder of hostFolders(prepareLocal(workspace).folder)) {
    for (const end of ['', '-wal', '-shm']) rmSync(path.join(folder, `store.db${end}`), { force: true });
  }
}
