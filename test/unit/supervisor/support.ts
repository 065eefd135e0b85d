/** Real supervisors of real programs, from bundles built into a temporary folder. */
import { createHash } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { JournalRecord } from '../../../src/protocol/run/journal.js';
import { lineReader } from '../../../src/protocol/values/lines.js';
import type { RunSpec, SupervisorAddress } from '../../../src/protocol/run/runFolder.js';

export const root = resolve(import.meta.dirname, '../../..');
const started: ChildProcess[] = [];
const folders: string[] = [];

/** A folder with a blank and non-Latin letters in its name, removed by `cleanUp`. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'прогон è '));
  folders.push(folder);
  return folder;
}

export function cleanUp(): void {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** Bundles of the named sources, built once for a test file. */
export async function bundle(folder: string, entries: Record<string, string>): Promise<void> {
  const entryPoints = Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(root, path)]));
  await build({
    entryPoints,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    outdir: folder,
    outExtension: { '.js': '.cjs' },
    logLevel: 'error',
  });
}

export async function until<T>(what: string, look: () => T | null | undefined | false, ms = 15_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = look();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain for ${what}`);
    await new Promise((done) => setTimeout(done, 10));
  }
}

export interface TestRun {
  folder: string;
  supervisor: ChildProcess;
  /** Resolves with the supervisor's exit code. */
  gone: Promise<number | null>;
}

export function startRun(
  bundles: string,
  spec: Partial<RunSpec> & { argv: string[] },
  env: Record<string, string> = {},
): TestRun {
  const folder = join(newFolder(), 'run 1');
  mkdirSync(folder);
  const whole = { version: 1, id: 'r1', cwd: folder, env: {}, params: { lr: 0.5 }, seed: 7, stopGrace: 5, ...spec };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(whole));
  return supervise(bundles, folder, env);
}

export function supervise(bundles: string, folder: string, env: Record<string, string> = {}): TestRun {
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, 'run.json')))
    .digest('hex');
  const supervisor = spawn(process.execPath, [join(bundles, 'supervisor.cjs'), folder, '22', hash], {
    stdio: 'ignore',
    env: { ...process.env, TUNESMITH_PYTHON_DIR: join(root, 'python'), ...env },
  });
  started.push(supervisor);
  return { folder, supervisor, gone: new Promise((done) => supervisor.on('exit', done)) };
}

export function journal(folder: string, name?: string): JournalRecord[] {
  const files = readdirSync(join(folder, 'journal')).filter((file) => !name || file === name);
  return files.flatMap((file) =>
    readFileSync(join(folder, 'journal', file), 'utf8')
      .replace(/\0[^]*$/, '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JournalRecord.parse({ type: 'metrics', ...(JSON.parse(line) as object) })),
  );
}

export function recordOf<T extends JournalRecord['type']>(
  folder: string,
  type: T,
): Extract<JournalRecord, { type: T }> | undefined {
  if (!existsSync(join(folder, 'journal'))) return undefined;
  return journal(folder).find((record): record is Extract<JournalRecord, { type: T }> => record.type === type);
}

export const output = (folder: string): string =>
  existsSync(join(folder, 'output.log')) ? readFileSync(join(folder, 'output.log'), 'utf8') : '';

export async function address(folder: string): Promise<SupervisorAddress> {
  const path = join(folder, 'supervisor.json');
  await until('supervisor.json', () => existsSync(path));
  return JSON.parse(readFileSync(path, 'utf8')) as SupervisorAddress;
}

export interface Link {
  socket: Socket;
  received: Record<string, unknown>[];
  /** The same messages as they came. */
  lines: string[];
  send(message: object): void;
  closed: Promise<void>;
}

/** Connects as the engine does. */
export async function attach(folder: string, hello: object = {}): Promise<Link> {
  const { socket: path, token } = await address(folder);
  const socket = connect(path);
  const received: Record<string, unknown>[] = [];
  const lines: string[] = [];
  socket.on('error', () => undefined);
  socket.on(
    'data',
    lineReader((line) => {
      lines.push(line);
      received.push(JSON.parse(line));
    }),
  );
  const closed = new Promise<void>((done) => socket.on('close', () => done()));
  const send = (message: object): void => void socket.write(JSON.stringify(message) + '\n');
  send({ type: 'hello', role: 'engine', token, ...hello });
  return { socket, received, lines, send, closed };
}

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}
