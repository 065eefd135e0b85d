/** Plays the supervisors of many running runs: folders, sockets, growing journals, and the frames that announce them. */
import { appendFileSync, chmodSync, closeSync, mkdirSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import * as path from 'node:path';
import { newSocket, removeSocket, RUN_SOCKET } from '../../src/engine/disk/sockets.js';
import { thisHost } from '../../src/engine/machine/host.js';
import { processStartTime } from '../../src/engine/supervisor/processes.js';
import { lineReader } from '../../src/protocol/values/lines.js';

/** Bytes that may wait for the engine in all. */
const MAX_WAITING = 8 << 20;

export interface RunShape {
  id: string;
  createdAt: number;
  search?: string;
  trial?: number;
}

/** Makes a run's folder as the engine does. */
export function makeRunFolder(workspace: string, { id, createdAt, search, trial }: RunShape): string {
  const folder = path.join(workspace, '.tunesmith', 'runs', id);
  mkdirSync(path.join(folder, 'journal'), { recursive: true });
  const spec = {
    ...{ version: 1, id, experiment: 'bench', file: null, search: search ?? null, trial: trial ?? null },
    ...{ params: { lr: 0.1, layers: 3 }, argv: ['node', 'train.js'], cwd: '.', env: {}, seed: 1, stopGrace: 1 },
    ...{ objective: { metric: 'loss', goal: 'minimize' }, createdAt, name: id },
    origin: { host: thisHost().name, git: null },
  };
  writeFileSync(path.join(folder, 'run.json'), JSON.stringify(spec));
  return folder;
}

export const spawnLine = (): string =>
  `${JSON.stringify({
    ...{ type: 'spawn', time: Date.now(), pid: process.pid, started: processStartTime(process.pid) },
    ...{ supervisor: process.pid, host: thisHost() },
  })}\n`;
export const exitLine = (): string =>
  `${JSON.stringify({ type: 'exit', time: Date.now(), code: 0, signal: null, requested: null, ran: 1000 })}\n`;

/** Returns a metrics record of so many metrics, `loss` first. */
export function metricsText(step: number, metrics: number): string {
  const names = Array.from(
    { length: metrics },
    (_, i) => `"${i === 0 ? 'loss' : `m${i}`}":${1 / (step + i + 1) + 0.1234567}`,
  );
  return `{"type":"metrics","time":${Date.now()},"step":${step},"values":{${names.join(',')}}}\n`;
}

/** The text of some lines and its JSON, made once for all runs that log the same. */
let made = { key: '', data: '', json: '', bytes: 0 };
function textOf(from: number, lines: number, metrics: number): typeof made {
  const key = `${from} ${lines} ${metrics}`;
  if (made.key !== key) {
    const data = Array.from({ length: lines }, (_, i) => metricsText(from + i, metrics)).join('');
    made = { key, data, json: JSON.stringify(data), bytes: Buffer.byteLength(data) };
  }
  return made;
}

export class PlayedRun {
  offset = 0;
  step = 0;
  private socket: Socket | null = null;
  private readonly server: Server;
  private readonly address = newSocket(RUN_SOCKET);
  private readonly journal: number;
  private constructor(private readonly folder: string) {
    this.journal = openSync(path.join(folder, 'journal', 'rank0-1.ndjson'), 'a');
    this.server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on(
        'data',
        lineReader(() => {
          if (this.socket === socket) return;
          this.socket = socket;
          socket.write(`{"type":"welcome","pid":${process.pid},"paused":false}\n`);
        }),
      );
    });
  }

  static async begin(workspace: string, shape: RunShape): Promise<PlayedRun> {
    const folder = makeRunFolder(workspace, shape);
    const run = new PlayedRun(folder);
    await new Promise<void>((resolve) => run.server.listen(run.address, resolve));
    const holder = { pid: process.pid, started: processStartTime(process.pid), time: Date.now(), host: thisHost() };
    writeFileSync(path.join(folder, 'launch-1.json'), JSON.stringify(holder));
    writeFileSync(path.join(folder, 'output.log'), '');
    const address = { pid: process.pid, socket: run.address, token: 'x', launch: 1, host: thisHost() };
    writeFileSync(path.join(folder, 'supervisor.json'), JSON.stringify(address));
    chmodSync(path.join(folder, 'supervisor.json'), 0o600);
    appendFileSync(path.join(folder, 'journal', 'supervisor.ndjson'), spawnLine());
    return run;
  }

  get connected(): boolean {
    return this.socket !== null;
  }

  get waiting(): number {
    return this.socket?.writableLength ?? 0;
  }

  /** Appends lines to the journal and tells the engine of them, as a program's client does through the supervisor. */
  log(lines: number, metrics: number): void {
    const { data, json, bytes } = textOf(this.step, lines, metrics);
    this.step += lines;
    writeSync(this.journal, data);
    this.socket?.write(`{"type":"frame","file":"rank0-1.ndjson","offset":${this.offset},"data":${json}}\n`);
    this.offset += bytes;
  }

  end(): void {
    appendFileSync(path.join(this.folder, 'journal', 'supervisor.ndjson'), exitLine());
    this.socket?.write('{"type":"exited"}\n');
    this.close();
  }

  close(): void {
    closeSync(this.journal);
    this.socket?.end();
    this.server.close();
    rmSync(path.join(this.folder, 'supervisor.json'), { force: true });
    removeSocket(RUN_SOCKET, this.address);
  }
}

/** Lets the engine catch up if more waits for it than sockets should hold. */
export async function roomFor(runs: readonly PlayedRun[]): Promise<void> {
  while (runs.reduce((sum, run) => sum + run.waiting, 0) > MAX_WAITING)
    await new Promise((resolve) => setTimeout(resolve, 2));
  await new Promise((resolve) => setImmediate(resolve));
}
