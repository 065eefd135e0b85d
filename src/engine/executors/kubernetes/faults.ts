/** Finds what a run on Kubernetes lacks. */
import type { Experiment, PlacedFault } from '../../../experiment/index.js';
import type { ClusterNeed } from '../../../protocol/run/cluster.js';
import { isInside, volumePath } from './manifest.js';

export interface PlaceContext {
  workspace: string;
  /** Folder with the bundles. */
  dist: string;
  /** Environment of the requesting client. */
  env: NodeJS.ProcessEnv;
}

const HINT = 'in the file under kubernetes, or in your setting tunesmith.clusters.kubernetes';

export function kubernetesFaults(
  { program }: Pick<Experiment, 'program'>,
  { kubernetes = {} }: ClusterNeed,
  { workspace, dist }: Pick<PlaceContext, 'workspace' | 'dist'>,
): PlacedFault[] {
  const { image, volume } = kubernetes;
  if (image === undefined)
    return [{ at: ['kubernetes', 'image'], message: 'kubernetes needs an image', hint: `name one ${HINT}` }];
  if (volume === undefined) {
    const message = 'kubernetes needs a volume with this folder, such as { claim: team, path: /shared }';
    return [{ at: ['kubernetes', 'volume'], message, hint: `name one ${HINT}` }];
  }
  const path = volumePath(kubernetes);
  if (!isInside(path, workspace)) {
    const message = `the folder ${workspace} is not on the volume ${path}`;
    return [
      { at: ['kubernetes', 'volume'], message, hint: 'this machine must see the volume at the same path as the pods' },
    ];
  }
  if (program.kind !== 'run' && !isInside(path, dist)) {
    const message = `"${program.kind}" needs Tunesmith’s own folder (${dist}) on the volume ${path}`;
    return [{ at: [program.kind], message, hint: 'install it there, or use "run" with a command of the image' }];
  }
  return [];
}
