/** Puts an experiment on the place that its file or the person has chosen, and refuses what can't be had there. */
import { placeExperiment, problemsAt, type Experiment, type PlacedFault } from '../../experiment/index.js';
import type { ClusterNeed } from '../../protocol/run/cluster.js';
import type { Placing } from '../../protocol/engine/placing.js';
import { l10n } from '../../format/l10n.js';
import { invalidFile } from '../server/requestError.js';
import { kubernetesFaults, type PlaceContext } from './kubernetes/faults.js';
import type { Clusters } from './clusters.js';
import { rayFaults, rayOffer } from './ray/offer.js';
import { sshFaults } from './ssh/offer.js';
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

/** Throws RequestError if an SSH host that the person has agreed to use says that it can't fulfil the run's need. */
export async function refuseBeyondHost(
  experiment: Experiment,
  clusters: Pick<Clusters, 'hostFacts'>,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const { cluster } = experiment;
  if (cluster?.kind !== 'ssh') return;
  const facts = await clusters.hostFacts(cluster, env);
  const faults = facts ? problemsAt(experiment, sshFaults(cluster, facts)) : [];
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
    case 'ray':
      return rayFaults(need, await rayOffer(need.ray!));
  }
}

/** Returns the earlier runs that a network starts from: their weights are here, and no run's folder is sent. */
function trainedFaults({ program }: Experiment): PlacedFault[] {
  if (program.kind !== 'network') return [];
  const { from, distil } = program.value as { from?: unknown; distil?: { teacher?: unknown } | null };
  const places: PlacedFault['at'][] = [];
  if (!isFile(from)) places.push(['network', 'from']);
  if (joinsRuns(from)) places.push(['network', 'from', 'join']);
  if (!isFile(distil?.teacher)) places.push(['network', 'distil', 'teacher']);
  return places.map((at) => ({
    at,
    message: l10n.t('the weights of earlier runs are not sent to an SSH host'),
    hint: l10n.t('export them to a file of this folder with tunesmith export, and name that file'),
  }));
}

/** Returns whether a trained network is left out, or is a file. A text is its path. */
const isFile = (source: unknown): boolean =>
  source === undefined ||
  source === null ||
  typeof source === 'string' ||
  (typeof source === 'object' && 'file' in source && typeof source.file === 'string');

const joinsRuns = (source: unknown): boolean =>
  typeof source === 'object' &&
  source !== null &&
  'join' in source &&
  Array.isArray(source.join) &&
  source.join.length > 0;
