/** Texts about where runs execute. */
import type { Place } from '../protocol/run/cluster.js';
import { LIVE_STATUSES, type RunStatus } from '../protocol/engine/statuses.js';
import { l10n } from './l10n.js';

/** Returns a phrase for the place that a value of `on:` stands for. */
export function placeTitle(place: Place): string {
  switch (place) {
    case 'local':
      return l10n.t('This machine');
    case 'slurm':
      return l10n.t('Slurm: each run is a job');
    case 'kubernetes':
      return l10n.t('Kubernetes: each run is a Job');
    case 'ssh':
      return l10n.t('Another machine of yours, through SSH');
    case 'ray':
      return l10n.t('Ray: each run is a job');
  }
}

/**
 * Returns a device in words: `slurm 12 #3 (Priority)` is "slurm, job 12, place 3 in the queue: Priority". Devices of this machine and
 * what is not understood stay as they are.
 */
export function deviceText(device: string): string {
  const [, kind, id, place, reason] =
    /^(slurm|kubernetes|ssh|ray) (\S+)(?: #(\d+))?(?: \((.*)\))?$/s.exec(device) ?? [];
  const [, kindThere, idThere, node] = /^(slurm|kubernetes|ssh|ray) (\S+) @(\S+)$/.exec(device) ?? [];
  if (kindThere !== undefined) return l10n.t('{0}, job {1} on {2}', kindThere, idThere!, node!);
  if (kind === undefined) return device;
  // A host of one's own has no number for a job.
  const job = kind === 'ssh' ? `ssh ${id!}` : l10n.t('{0}, job {1}', kind, id!);
  const queue = place === undefined ? '' : `, ${l10n.t('place {0} in the queue', place)}`;
  return `${job}${queue}${reason ? `: ${reason}` : ''}`;
}

/** Returns where a live run is on a cluster or an SSH host, in words; null for any other run. */
export function whereText({ status, device }: { status: RunStatus; device: string | null }): string | null {
  if (device === null || !LIVE_STATUSES.includes(status) || !/^(slurm|kubernetes|ssh|ray) /.test(device)) return null;
  return deviceText(device);
}
