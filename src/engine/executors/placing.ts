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
    default:
      // An SSH host and Ray say it when they are handed the run.
      return [];
  }
}
