/** The command line of the packaged extension, run as a person would in the workspace's folder. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..', '..');
const program = join(root, 'bin', 'tunesmith.mjs');

/** A run as `ls --json` documents it. */
export interface ListedRun {
  id: string;
  experiment: string;
  search: string | null;
  name: string;
  status: string;
  params: Record<string, unknown>;
  metrics: Record<string, unknown>;
  /** Best value so far. */
  objective: number | null;
  /** ISO 8601. */
  createdAt: string;
  endedAt: string | null;
}

export interface Point {
  step: number;
  time: number;
  value: number;
}

export class Cli {
  constructor(
    readonly workspace: string,
    readonly env: NodeJS.ProcessEnv = process.env,
  ) {}

  /** Runs to the end; `code` is the exit code. */
  run(...args: string[]): { code: number; stdout: string; stderr: string } {
    const done = spawnSync(process.execPath, [program, ...args], {
      cwd: this.workspace,
      env: this.env,
      encoding: 'utf8',
      timeout: 180_000,
      maxBuffer: 256 << 20,
    });
    return { code: done.status ?? 1, stdout: done.stdout, stderr: done.stderr };
  }

  /** The JSON it prints; throws with what it said when it fails. */
  json<T>(...args: string[]): T {
    const { code, stdout, stderr } = this.run(...args, '--json');
    if (code !== 0) throw new Error(`tunesmith ${args.join(' ')} exited with ${code}:\n${stderr}${stdout}`);
    return JSON.parse(stdout) as T;
  }

  start(...args: string[]): ChildProcess {
    return spawn(process.execPath, [program, ...args], {
      cwd: this.workspace,
      env: this.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  /** Newest first. */
  ls(): ListedRun[] {
    return this.json<ListedRun[]>('ls').sort((a, b) => b.createdAt.localeCompare(a.createdAt));
  }

  metrics(run: string, metric: string): Point[] {
    return this.json<Point[]>('metrics', run, metric);
  }

  /** How many points the metric has; 0 while nothing was logged under its name. */
  count(run: string, metric: string): number {
    const { code, stdout } = this.run('metrics', run, metric, '--json');
    return code === 0 ? (JSON.parse(stdout) as Point[]).length : 0;
  }

  engine(): { pid: number; version: string; clients: number; runs: number } {
    return this.json('engine', 'status');
  }
}
