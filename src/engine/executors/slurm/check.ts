/** Tries Slurm with a small job. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ClusterNeed } from '../../../protocol/run/cluster.js';
import { helloThrough, type CheckOptions, type Found } from '../hello.js';
import { run, Slurm } from './index.js';
import { l10n } from '../../../format/l10n.js';

/** Returns whether its programs are there. */
export function hasSlurm(env: NodeJS.ProcessEnv): boolean {
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.some((folder) => fs.existsSync(path.join(folder, 'sbatch')));
}

export async function checkSlurm(need: ClusterNeed, options: CheckOptions): Promise<Found> {
  const { env = process.env } = options;
  if (!hasSlurm(env)) {
    const reason = l10n.t('sbatch is not on the PATH. Work on a login node of the cluster, or load its module first.');
    return { ok: false, reason };
  }
  const there = await inventory(env);
  return helloThrough(new Slurm(env), options, need, there, ({ argv }) => {
    return l10n.t('that folder, {0} and {1} must be on a disk that the nodes see as well.', options.dist, argv[0]);
  });
}

/** Returns version and partitions in a sentence. Throws with Slurm's own words when it does not answer. */
async function inventory(env: NodeJS.ProcessEnv): Promise<string> {
  try {
    return await askInventory(env);
  } catch (error) {
    const advice = l10n.t('Work on a login node of the cluster; `sinfo` must answer there. It says:');
    throw new Error(l10n.t('Slurm does not answer. {0} {1}', advice, (error as Error).message), { cause: error });
  }
}

async function askInventory(env: NodeJS.ProcessEnv): Promise<string> {
  const version = (await run('sinfo', ['--version'], env)).trim().replace(/^slurm(-wlm)?\s*/i, '');
  const lines = (await run('sinfo', ['--noheader', '--format=%P %D'], env)).trim().split('\n');
  const partitions = [...new Set(lines.map((line) => line.split(' ')[0]!))];
  const shown = partitions.slice(0, 8).join(', ') + (partitions.length > 8 ? ', …' : '');
  return l10n.t('Slurm {0}, partitions {1}.', version, shown);
}
