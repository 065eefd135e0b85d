/** Compares a run's need with what an SSH host has. */
import type { PlacedFault } from '../../../experiment/index.js';
import type { RemoteFacts } from '../../../protocol/engine/remote.js';
import { l10n } from '../../../format/l10n.js';
import type { ClusterNeed } from '../../../protocol/run/cluster.js';
import { shortfall, type Offered } from '../shortfall.js';

/** Returns what the host lacks. */
export function sshFaults(need: ClusterNeed, { cores, memory, gpus }: RemoteFacts): PlacedFault[] {
  const offered: Offered = { cpus: cores, memory, gpus };
  return shortfall(need, offered, need.ssh?.host ?? '', l10n.t('or choose another host'));
}

/** Returns how many runs the host works on at once, as its own queue counts. */
export function sshCapacity({ gpus, cpuSlots }: RemoteFacts, need: { gpus: number; perGpu: number }): number {
  if (need.gpus === 0 || gpus === 0) return Math.max(1, cpuSlots);
  return Math.max(1, Math.floor((gpus * need.perGpu) / Math.min(need.gpus, gpus)));
}
