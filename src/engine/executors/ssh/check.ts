/** Tries an SSH host with a small program that is sent, queued and run there, and whose records come back. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { SshPlace } from '../../../protocol/run/cluster.js';
import { ended, PATIENCE_SECONDS, withHello, type CheckOptions, type Found } from '../hello.js';
import { ClusterJob, Jobs } from '../jobs.js';
import { SshHost } from './index.js';
import { l10n } from '../../../format/l10n.js';

const QUIET = { info: () => undefined, warn: () => undefined };

/** Sends nothing of a workspace, and leaves nothing on the host but Tunesmith's own programs. */
export async function checkSsh(place: SshPlace, options: CheckOptions): Promise<Found> {
  const { dist, env = process.env, patience = PATIENCE_SECONDS } = options;
  const workspace = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith-check-')));
  const host = new SshHost({ place, dist, log: QUIET, consented: () => new Set(), env });
  const jobs = new Jobs(host, QUIET, 1);
  try {
    // Says at once what is wrong, where a run would wait for better times.
    await host.connect();
    const there = host.describe();
    return await withHello({ ...options, workspace }, { kind: 'ssh', ssh: place, gpus: 0 }, async (hello) => {
      const job = new ClusterJob(jobs, hello, 1);
      job.begin(true);
      const isOver = (): boolean => job.refused !== null || job.state?.name === 'gone';
      const end = await ended(hello.folder, patience, () => Promise.resolve(isOver()));
      const { state, refused, trouble } = job;
      jobs.remove(job);
      await host.forget(hello, true).catch(() => undefined);
      if (end) return end.ok ? { ok: true, reason: `${there}: ${end.reason}` } : end;
      const said = fs.existsSync(hello.output) ? fs.readFileSync(hello.output, 'utf8').trim().slice(-500) : '';
      const why =
        refused ??
        trouble ??
        (state?.name === 'queued' ? l10n.t('it is {0}', state.reason) : said || l10n.t('it printed nothing'));
      return { ok: false, reason: l10n.t('{0}. The program did not run within {1} s: {2}', there, patience, why) };
    });
  } finally {
    jobs.close();
    fs.rmSync(workspace, { recursive: true, force: true });
  }
}
