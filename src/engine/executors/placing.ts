/** Puts an experiment on the place that its file or the person has chosen, and refuses what can't be had there. */
import { placeExperiment, problemsAt, type Experiment, type PlacedFault } from '../../experiment/index.js';
import type { ClusterNeed } from '../../protocol/run/cluster.js';
import type { Placing } from '../../protocol/engine/placing.js';
import { invalidFile } from '../server/requestError.js';
import { kubernetesFaults, type PlaceContext } from './kubernetes/faults.js';
import { slurmFaults, slurmOffer } from './slurm/offer.js';

/** Throws RequestError with the places of the faults in the file. `experiment`: the very object that was parsed. */
export async function placeOrRefuse(
  experiment: Experiment,
  placing: Placing | undefined,
  context: PlaceContext,
): Promise<void> {
  const problems = placeExperiment(experiment, placing ?? {});
  if (problems.length > 0) throw invalidFile(problems);
  const { cluster } = experiment;
  if (!cluster) return;
  const faults = problemsAt(experiment, await faultsOf(experiment, cluster, context));
  if (faults.length > 0) throw invalidFile(faults);
}

async function faultsOf(experiment: Experiment, need: ClusterNeed, context: PlaceContext): Promise<PlacedFault[]> {
  switch (need.kind) {
    case 'slurm':
      return slurmFaults(need, (await slurmOffer(context.env)) ?? []);
    case 'kubernetes':
      return kubernetesFaults(experiment, need, context);
    case 'ssh':
      return trainedFaults(experiment);
    default:
      // Ray says it when it is handed the run.
      return [];
  }
}

/** Returns the earlier runs that a network starts from: their weights are here, and no run's folder is sent. */
function trainedFaults({ program }: Experiment): PlacedFault[] {
  if (program.kind !== 'network') return [];
  const { from, distil } = program.value as { from?: unknown; distil?: { teacher?: unknown } };
  const named = [
    { at: ['network', 'from'], source: from },
    { at: ['network', 'distil', 'teacher'], source: distil?.teacher },
  ];
  return named
    .filter(({ source }) => source !== undefined && source !== null && !isFile(source))
    .map(({ at }) => ({
      at,
      message: 'the weights of earlier runs are not sent to an SSH host',
      hint: 'export them to a file of this folder with tunesmith export, and name that file',
    }));
}

const isFile = (source: unknown): boolean => typeof source === 'object' && source !== null && 'file' in source;
