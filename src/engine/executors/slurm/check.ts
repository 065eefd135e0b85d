/** Tries Slurm with a small job. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { logTail } from '../../runs/logTail.js';
import type { JobState } from '../executor.js';
import { ASK_SECONDS, ended, PATIENCE_SECONDS, withHello, type CheckOptions, type Found } from '../hello.js';
import { run, Slurm } from './index.js';

/** Returns whether its programs are there. */
export function hasSlurm(env: NodeJS.ProcessEnv): boolean {
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.some((folder) => fs.existsSync(path.join(folder, 'sbatch')));
}

export async function checkSlurm(options: CheckOptions): Promise<Found> {
  const { env = process.env, patience = PATIENCE_SECONDS } = options;
  if (!hasSlurm(env)) {
    const reason = 'sbatch is not on the PATH. Work on a login node of the cluster, or load its module first.';
    return { ok: false, reason };
  }
  const slurm = new Slurm(env);
  const there = await inventory(env);
  return withHello(options, { kind: 'slurm', minutes: 5 }, async (hello) => {
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
