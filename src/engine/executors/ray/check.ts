/** Tries a Ray cluster with a small job. */
import { helloThrough, type CheckOptions, type Found } from '../hello.js';
import { Ray } from './index.js';

export async function checkRay(address: string, options: CheckOptions): Promise<Found> {
  const ray = new Ray({ address });
  let version: string;
  try {
    version = await ray.version();
  } catch (error) {
    const advice = 'Start a cluster with `ray start --head`, or name its dashboard under ray.address.';
    return { ok: false, reason: `${(error as Error).message}. ${advice}` };
  }
  return helloThrough(
    ray,
    options,
    { kind: 'ray', ray: { address } },
    `Ray ${version}.`,
    ({ argv }) =>
      `that folder, ${options.dist} and ${argv[0]} must be on a disk that all nodes of the cluster can access.`,
  );
}
