/** Tries a Ray cluster with a small job. */
import { performance } from 'node:perf_hooks';
import type { JobState } from '../executor.js';
import { ASK_SECONDS, ended, PATIENCE_SECONDS, withHello, type CheckOptions, type Found } from '../hello.js';
import { logTail } from '../../runs/logTail.js';
import * as path from 'node:path';
import { Ray } from './index.js';

export async function checkRay(address: string, options: CheckOptions): Promise<Found> {
  const { patience = PATIENCE_SECONDS, workspace, dist } = options;
  const ray = new Ray({ address });
  let version: string;
  try {
    version = await ray.version();
  } catch (error) {
    const advice = 'Start a cluster with `ray start --head`, or name its dashboard under ray.address.';
    return { ok: false, reason: `${(error as Error).message}. ${advice}` };
  }
  return withHello(options, { kind: 'ray', ray: { address } }, async (hello) => {
    const id = await ray.submit(hello);
    let state: JobState | undefined;
    let asked = performance.now();
    const end = await ended(hello.folder, patience, async () => {
      if (performance.now() - asked < ASK_SECONDS * 1000) return false;
      asked = performance.now();
      state = (await ray.poll(new Set([id])).catch(() => new Map<string, JobState>())).get(id);
      return state?.name === 'gone';
    });
    if (end) return end.ok ? { ok: true, reason: `Ray ${version}. Job ${id}: ${end.reason}` } : end;
    if (state?.name !== 'gone') {
      await ray.cancel(id).catch(() => undefined);
      const why = state?.name === 'queued' ? ` (${state.reason})` : '';
      return {
        ok: false,
        reason: `Ray ${version}. Job ${id} did not get its turn within ${patience} s${why} and was stopped.`,
      };
    }
    const said = logTail(hello.folder, path.basename(hello.output)).trim();
    const reason =
      `Ray ${version}. Job ${id} ran and left nothing in ${workspace}: that folder, ${dist} and ${hello.argv[0]} must be on ` +
      `a disk that all nodes of the cluster see.${said ? ` It printed: ${said}` : ''}`;
    return { ok: false, reason };
  });
}
