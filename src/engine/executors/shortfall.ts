/** The parts of a run's need that its place can't fulfil, in words. */
import type { PlacedFault } from '../../experiment/index.js';
import { l10n } from '../../format/l10n.js';
import type { ClusterNeed } from '../../protocol/run/cluster.js';

/** The most of each that one run can get; `memory` in MiB. */
export interface Offered {
  cpus: number;
  memory: number;
  gpus: number;
}

/** `where`: the subject of the message, such as `gpu-box`. */
export function shortfall(need: ClusterNeed, offered: Offered, where: string, hint: string): PlacedFault[] {
  const { cpus, memory, gpus } = offered;
  const faults: PlacedFault[] = [];
  const check = (key: keyof Offered, wanted: number | undefined, message: string): void => {
    if (wanted !== undefined && wanted > offered[key]) faults.push({ at: ['resources', key], message, hint });
  };
  const cores = l10n.t('{0} has only {1} cores', where, cpus);
  check('cpus', need.cpus ?? need.tasksPerNode, cpus === 1 ? l10n.t('{0} has only 1 core', where) : cores);
  check('memory', need.memory, l10n.t('{0} has only {1} MiB', where, memory));
  const some = gpus === 1 ? l10n.t('{0} has only 1 GPU', where) : l10n.t('{0} has only {1} GPUs', where, gpus);
  check('gpus', need.gpus, gpus === 0 ? l10n.t('{0} has no GPUs', where) : some);
  return faults;
}
