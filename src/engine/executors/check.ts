/** Tries a place where runs can work, with a small program that takes the whole way there and back. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { makeFolderReal, removeReal, writeReal } from '../../files/real.js';
import { RUN_ENV, RUN_FILES } from '../../protocol/runFiles.js';
import { ownNode } from '../clients/nodePath.js';
import { readSupervisorRecords } from '../runs/endingRecords.js';
import { logTail } from '../runs/logTail.js';
import type { JobRequest, JobState } from './executor.js';
import { run, Slurm } from './slurm/index.js';

export interface Check {
  name: string;
  kind: 'local' | 'slurm';
  ok: boolean;
  /** A summary of the place, or the fault and what to do. */
  reason: string;
}

export interface CheckOptions {
  /** Its runs are what will be started. */
  workspace: string;
  /** Folder with the bundles. */
  dist: string;
  env?: NodeJS.ProcessEnv;
  /** Seconds that a job may wait for its turn. */
  patience?: number;
}

const LOCAL_SECONDS = 20;
const PATIENCE_SECONDS = 120;
const EACH_MS = 200;
/** Seconds between two questions to the cluster. */
const ASK_SECONDS = 5;
const GREETING = 'hello from';
const HELLO = `console.log('${GREETING}', require('os').hostname())`;

/** Places that are there: this machine, and Slurm if its programs are. */
export function placesToCheck(env: NodeJS.ProcessEnv = process.env): Check['kind'][] {
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.some((folder) => fs.existsSync(path.join(folder, 'sbatch'))) ? ['local', 'slurm'] : ['local'];
}

/** Never rejects. Leaves nothing in the workspace. */
export async function check(kind: Check['kind'], options: CheckOptions): Promise<Check> {
  const tried = kind === 'local' ? checkLocal : checkSlurm;
  try {
    return { name: kind, kind, ...(await tried(options)) };
  } catch (error) {
    return { name: kind, kind, ok: false, reason: (error as Error).message };
  }
}

type Found = Pick<Check, 'ok' | 'reason'>;

async function checkLocal(options: CheckOptions): Promise<Found> {
  return withHello(options, async (hello) => {
    const [program, ...args] = hello.argv as [string, ...string[]];
    const child = spawn(program, args, { cwd: hello.folder, stdio: 'ignore', detached: true, env: hello.env });
    child.on('error', () => undefined);
    child.unref();
    const end = await ended(hello.folder, LOCAL_SECONDS, () => Promise.resolve(child.exitCode !== null));
    return end ?? { ok: false, reason: `The supervisor said nothing for ${LOCAL_SECONDS} s.` };
  });
}

async function checkSlurm(options: CheckOptions): Promise<Found> {
  const { env = process.env, patience = PATIENCE_SECONDS } = options;
  if (!placesToCheck(env).includes('slurm')) {
    const reason = 'sbatch is not on the PATH. Work on a login node of the cluster, or load its module first.';
    return { ok: false, reason };
  }
  const slurm = new Slurm(env);
  const there = await inventory(env);
  return withHello(options, async (hello) => {
    const id = await slurm.submit(hello);
    let state: JobState | undefined;
    let asked = performance.now();
    const end = await ended(hello.folder, patience, async () => {
      if (performance.now() - asked < ASK_SECONDS * 1000) return false;
      asked = performance.now();
      state = (await slurm.poll(new Set([hello.name])).catch(() => new Map<string, JobState>())).get(hello.name);
      return state?.name === 'gone';
    });
    if (end) return end.ok ? { ok: true, reason: `${there} Job ${id}: ${end.reason}` } : end;
    if (state?.name !== 'gone') {
      await slurm.cancel(id).catch(() => undefined);
      const why = state?.name === 'queued' ? ` (${state.reason})` : '';
      return {
        ok: false,
        reason: `${there} Job ${id} did not get its turn within ${patience} s${why} and was cancelled.`,
      };
    }
    const said = logTail(hello.folder, path.basename(hello.output)).trim();
    const reason =
      `${there} Job ${id} ran and left nothing in ${options.workspace}: that folder, ${options.dist} and ` +
      `${hello.argv[0]} must be on a disk that the nodes see as well.${said ? ` It printed: ${said}` : ''}`;
    return { ok: false, reason };
  });
}

/** Returns version and partitions in a sentence. Throws with Slurm's own words when it does not answer. */
async function inventory(env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return await askInventory(env);
  } catch (error) {
    const advice = 'Work on a login node of the cluster; `sinfo` must answer there. It says:';
    throw new Error(`Slurm does not answer. ${advice} ${(error as Error).message}`, { cause: error });
  }
}

async function askInventory(env: NodeJS.ProcessEnv): Promise<string> {
  const version = (await run('sinfo', ['--version'], env)).trim().replace(/^slurm(-wlm)?\s*/i, '');
  const lines = (await run('sinfo', ['--noheader', '--format=%P %D'], env)).trim().split('\n');
  const partitions = [...new Set(lines.map((line) => line.split(' ')[0]!))];
  const shown = partitions.slice(0, 8).join(', ') + (partitions.length > 8 ? ', …' : '');
  return `Slurm ${version}, partitions ${shown}.`;
}

async function withHello(
  { workspace, dist, env = process.env }: CheckOptions,
  use: (hello: JobRequest) => Promise<Found>,
): Promise<Found> {
  const id = `check-${randomBytes(4).toString('hex')}`;
  // Beside the folders of runs; names with a dot belong to none.
  const folder = path.join(workspace, '.tunesmith', 'runs', `.${id}`);
  makeFolderReal(path.join(folder, RUN_FILES.journal));
  try {
    const spec = JSON.stringify({ version: 1, id, argv: ['node', '-e', HELLO], cwd: '.', params: {} });
    writeReal(path.join(folder, RUN_FILES.spec), spec);
    const node = ownNode();
    const hash = createHash('sha256').update(spec).digest('hex');
    return await use({
      name: `tunesmith-${id}`,
      folder,
      output: path.join(folder, 'job-1.log'),
      argv: [node.execPath, path.join(dist, 'supervisor.cjs'), folder, '77', hash, ''],
      env: { ...env, ...node.env, [RUN_ENV.job]: 'check' },
      need: { kind: 'slurm', minutes: 5 },
      grace: 5,
    });
  } finally {
    await removeReal(folder);
  }
}

/** Resolves to what came of the program once that is written down; null: nothing within `seconds`, or soon after `gone`. */
async function ended(folder: string, seconds: number, gone: () => Promise<boolean>): Promise<Found | null> {
  const until = performance.now() + seconds * 1000;
  let goneAt = Infinity;
  while (performance.now() < Math.min(until, goneAt)) {
    const { exit } = readSupervisorRecords(folder);
    if (exit) {
      const said = logTail(folder).trim();
      const ok = exit.code === 0 && said.includes(GREETING);
      return { ok, reason: exit.error ?? (said || `The program ended with ${exit.code ?? exit.signal}.`) };
    }
    if (goneAt === Infinity && (await gone())) goneAt = performance.now() + ASK_SECONDS * 1000;
    await new Promise((resolve) => setTimeout(resolve, EACH_MS));
  }
  return null;
}
