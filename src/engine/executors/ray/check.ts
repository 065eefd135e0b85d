/** Tries a Ray cluster with a small job. */
import { helloThrough, type CheckOptions, type Found } from '../hello.js';
import { Ray } from './index.js';
import { l10n } from '../../../format/l10n.js';

export async function checkRay(address: string, options: CheckOptions): Promise<Found> {
  const ray = new Ray({ address });
  let version: string;
  try {
    version = await ray.version();
  } catch (error) {
    const advice = l10n.t('Start a cluster with `ray start --head`, or name its dashboard under ray.address.');
    return { ok: false, reason: `${(error as Error).message}. ${advice}` };
  }
  return helloThrough(ray, options, { kind: 'ray', ray: { address } }, `Ray ${version}.`, ({ argv }) =>
    l10n.t(
      'that folder, {0} and {1} must be on a disk that all nodes of the cluster can access.',
      options.dist,
      argv[0],
    ),
  );
}
