/** Finds what a run on Kubernetes lacks. */
import type { Experiment, PlacedFault } from '../../../experiment/index.js';
import type { ClusterNeed } from '../../../protocol/run/cluster.js';
import { isInside, volumePath } from './manifest.js';
import { l10n } from '../../../format/l10n.js';

export interface PlaceContext {
  workspace: string;
  /** Folder with the bundles. */
  dist: string;
  /** Environment of the requesting client. */
  env: NodeJS.ProcessEnv;
}

const place = (): string => l10n.t('in the file under kubernetes, or in your setting tunesmith.clusters.kubernetes');

export function kubernetesFaults(
  { program }: Pick<Experiment, 'program'>,
  { kubernetes = {} }: ClusterNeed,
  { workspace, dist }: Pick<PlaceContext, 'workspace' | 'dist'>,
): PlacedFault[] {
  const { image, volume } = kubernetes;
  if (image === undefined)
    return [
      {
        at: ['kubernetes', 'image'],
        message: l10n.t('kubernetes needs an image'),
        hint: l10n.t('name one {0}', place()),
      },
    ];
  if (volume === undefined) {
    const message = l10n.t('kubernetes needs a volume with this folder, such as { claim: team, path: /shared }');
    return [{ at: ['kubernetes', 'volume'], message, hint: l10n.t('name one {0}', place()) }];
  }
  const path = volumePath(kubernetes);
  if (!isInside(path, workspace)) {
    const message = l10n.t('the folder {0} is not on the volume {1}', workspace, path);
    return [
      {
        at: ['kubernetes', 'volume'],
        message,
        hint: l10n.t('this machine must see the volume at the same path as the pods'),
      },
    ];
  }
  if (program.kind !== 'run' && !isInside(path, dist)) {
    const message = l10n.t('"{0}" needs Tunesmith’s own folder ({1}) on the volume {2}', program.kind, dist, path);
    return [
      { at: [program.kind], message, hint: l10n.t('install it there, or use "run" with a command of the image') },
    ];
  }
  return [];
}
