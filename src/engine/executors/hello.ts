/** The small program of a check, and what came of it. */
import * as path from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { makeFolderReal, removeReal, writeReal } from '../../files/real.js';
import { l10n } from '../../format/l10n.js';
import { RUN_ENV, RUN_FILES } from '../../protocol/run/runFiles.js';
import type { RunSpec } from '../../protocol/run/runFolder.js';
import type { ClusterNeed } from '../../protocol/run/cluster.js';
import { ownNode } from '../clients/nodePath.js';
import { readSupervisorRecords } from '../runs/ends/endingRecords.js';
import { logTail } from '../runs/ends/logTail.js';
import type { Executor, JobEnd, JobRequest, JobState } from './executor.js';

export interface CheckOptions {
  /** Its runs are what will be started. */
  workspace: string;
  /** Folder with the bundles. */
  dist: string;
  env?: NodeJS.ProcessEnv;
  /** Seconds that a job may wait for its turn. */
  patience?: number;
}

export interface Found {
  ok: boolean;
  /** A summary of the place, or the fault and what to do. */
  reason: string;
}

export const PATIENCE_SECONDS = 120;
const EACH_MS = 200;
/** Seconds for which a file server may hide what another host has written. */
const LAG_SECONDS = 15;
/** Seconds between two questions to the cluster. */
export const ASK_SECONDS = 5;
const MINUTES = 5;
const GREETING = 'hello from';
const HELLO = `console.log('${GREETING}', require('os').hostname())`;

function helloSpec(id: string): RunSpec {
  return {
    ...{ version: 1, id, experiment: 'check', file: null, search: null, trial: null, objective: null, createdAt: 0 },
    ...{ argv: ['node', '-e', HELLO], cwd: '.', env: {}, params: {}, seed: 0, stopGrace: 5 },
  };
}

/** Makes the folder of the program in the workspace, and removes it afterwards. */
export async function withHello(
  { workspace, dist, env = process.env }: CheckOptions,
  need: ClusterNeed,
  use: (hello: JobRequest) => Promise<Found>,
): Promise<Found> {
  const id = `check-${randomBytes(4).toString('hex')}`;
  // Beside the folders of runs; names with a dot belong to none.
  const folder = path.join(workspace, '.tunesmith', 'runs', `.${id}`);
  makeFolderReal(path.join(folder, RUN_FILES.journal));
  try {
    const spec = JSON.stringify(helloSpec(id));
    writeReal(path.join(folder, RUN_FILES.spec), spec);
    const node = ownNode();
    const hash = createHash('sha256').update(spec).digest('hex');
    return await use({
      name: `tunesmith-${id}-1`,
      folder,
      output: path.join(folder, 'job-1.log'),
      argv: [node.execPath, path.join(dist, 'supervisor.cjs'), folder, '77', hash, ''],
      env: { ...env, ...node.env, [RUN_ENV.job]: 'check' },
      need,
      grace: 5,
      launch: 1,
      spec: { ...helloSpec(id), cwd: workspace },
    });
  } finally {
    await removeReal(folder);
  }
}

/** Hands the program to a cluster. `there`: a summary of the cluster. `lost`: why a job may leave nothing, and what to do. */
export async function helloThrough(
  executor: Executor,
  options: CheckOptions,
  need: ClusterNeed,
  there: string,
  lost: (hello: JobRequest) => string,
): Promise<Found> {
  const { patience = PATIENCE_SECONDS } = options;
  // The size of a run says nothing here, and a large job would wait.
  const small = { ...need, gpus: undefined, nodes: undefined, tasksPerNode: undefined, minutes: MINUTES };
  return withHello(options, small, async (hello) => {
    const id = await executor.submit(hello);
    let state: JobState | undefined;
    let asked = performance.now();
    const end = await ended(hello.folder, patience, async () => {
      if (performance.now() - asked < ASK_SECONDS * 1000) return false;
      asked = performance.now();
      state = (await executor.poll(new Set([hello.name])).catch(() => new Map<string, JobState>())).get(hello.name);
      return state?.name === 'gone';
    });
    if (end) return end.ok ? { ok: true, reason: l10n.t('{0} Job {1}: {2}', there, id, end.reason) } : end;
    if (state?.name !== 'gone') await executor.cancel(id).catch(() => undefined);
    const said = logTail(hello.folder, path.basename(hello.output)).trim();
    const what = whatBecame(id, state, patience, `${options.workspace}: ${lost(hello)}`);
    return { ok: false, reason: `${there} ${what}${said ? ` ${l10n.t('It printed: {0}', said)}` : ''}` };
  });
}

/** Says what became of a job that has left no record. `nothing`: where that would be, and why it may not be there. */
function whatBecame(id: string, state: JobState | undefined, patience: number, nothing: string): string {
  switch (state?.name) {
    case undefined:
      return l10n.t('The cluster did not say within {0} s what became of job {1}. It was cancelled.', patience, id);
    case 'queued':
      return l10n.t('Job {0} did not get its turn within {1} s ({2}) and was cancelled.', id, patience, state.reason);
    case 'running':
      return l10n.t('Job {0} ran for up to {1} s, left nothing in {2} It was cancelled.', id, patience, nothing);
    case 'gone':
      return whyGone(id, state.how, nothing);
  }
}

function whyGone(id: string, how: JobEnd | null, nothing: string): string {
  switch (how) {
    // Only a script that ended by itself has certainly begun.
    case null:
    case 'ended':
    case 'failed':
      return l10n.t('Job {0} ran and left nothing in {1}', id, nothing);
    case 'cancelled':
      return l10n.t('Job {0} was cancelled by somebody.', id);
    case 'preempted':
      return l10n.t('Job {0} was preempted by another one. Try again.', id);
    case 'timeout':
      return l10n.t('Job {0} reached its time limit. Try again.', id);
    case 'node failed':
      return l10n.t('The node of job {0} failed. Try again.', id);
    case 'out of memory':
      return l10n.t('Job {0} needed more memory than the cluster gives it.', id);
    case 'vanished':
    case 'restarted':
      return l10n.t('Job {0} is gone: its node or the cluster’s own programs were restarted. Try again.', id);
  }
}

/** Resolves to what came of the program once that is written down; null: nothing within `seconds`, or soon after `gone`. */
export async function ended(folder: string, seconds: number, gone: () => Promise<boolean>): Promise<Found | null> {
  const until = performance.now() + seconds * 1000;
  let goneAt = Infinity;
  while (performance.now() < Math.min(until, goneAt)) {
    const { exit } = readSupervisorRecords(folder);
    if (exit) {
      const said = logTail(folder).trim();
      const ok = exit.code === 0 && said.includes(GREETING);
      return { ok, reason: exit.error ?? (said || l10n.t('The program ended with {0}.', exit.code ?? exit.signal)) };
    }
    if (goneAt === Infinity && (await gone())) goneAt = performance.now() + LAG_SECONDS * 1000;
    await new Promise((resolve) => setTimeout(resolve, EACH_MS));
  }
  return null;
}
