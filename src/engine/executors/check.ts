/** Tries a place where runs can work, with a small program that takes the whole way there and back. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { ClusterNeed, SshPlace } from '../../protocol/run/cluster.js';
import { ended, withHello, type CheckOptions, type Found } from './hello.js';
import { checkKubernetes } from './kubernetes/check.js';
import { kubeconfigFiles } from './kubernetes/kubeconfig.js';
import { checkRay } from './ray/check.js';
import { checkSlurm, hasSlurm } from './slurm/check.js';
import { checkSsh } from './ssh/check.js';
import { l10n } from '../../format/l10n.js';

export type Place =
  | { kind: 'local' }
  | { kind: 'ssh'; ssh: SshPlace }
  | { kind: 'ray'; address: string }
  /** `need`: its partition, image and the like; its size does not count. */
  | { kind: 'slurm' | 'kubernetes'; need?: ClusterNeed | undefined };

export interface Check extends Found {
  /** The kind and, for hosts and Ray, which one. */
  name: string;
  kind: Place['kind'];
}

const LOCAL_SECONDS = 20;

/** Places that are there without a name: this machine, Slurm if its programs are, and Kubernetes if there is a kubeconfig. */
export function placesToCheck(env: NodeJS.ProcessEnv = process.env): Place[] {
  const places: Place[] = [{ kind: 'local' }];
  if (hasSlurm(env)) places.push({ kind: 'slurm' });
  if (kubeconfigFiles(env).some((file) => existsSync(file))) places.push({ kind: 'kubernetes' });
  return places;
}

export function nameOf(place: Place): string {
  if (place.kind === 'ssh') return `ssh ${place.ssh.host}`;
  return place.kind === 'ray' ? `ray ${place.address}` : place.kind;
}

/** Never rejects. Leaves nothing in the workspace, or on a host. */
export async function check(place: Place, options: CheckOptions): Promise<Check> {
  const { kind } = place;
  try {
    return { name: nameOf(place), kind, ...(await tried(place, options)) };
  } catch (error) {
    return { name: nameOf(place), kind, ok: false, reason: (error as Error).message };
  }
}

function tried(place: Place, options: CheckOptions): Promise<Found> {
  switch (place.kind) {
    case 'local':
      return checkLocal(options);
    case 'slurm':
      return checkSlurm(place.need ?? { kind: 'slurm' }, options);
    case 'kubernetes':
      return checkKubernetes(place.need ?? { kind: 'kubernetes' }, options);
    case 'ssh':
      return checkSsh(place.ssh, options);
    case 'ray':
      return checkRay(place.address, options);
  }
}

async function checkLocal(options: CheckOptions): Promise<Found> {
  return withHello(options, { kind: 'slurm', minutes: 5 }, async (hello) => {
    const [program, ...args] = hello.argv as [string, ...string[]];
    const child = spawn(program, args, { cwd: hello.folder, stdio: 'ignore', detached: true, env: hello.env });
    child.on('error', () => undefined);
    child.unref();
    const end = await ended(hello.folder, LOCAL_SECONDS, () => Promise.resolve(child.exitCode !== null));
    return end ?? { ok: false, reason: l10n.t('The supervisor said nothing for {0} s.', LOCAL_SECONDS) };
  });
}
