/** Shared code of the three backends that drive native TensorFlow through tfjs-node's N-API binding. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import util from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../../errors.js';
import { registerNativeKernels } from './kernels.js';
import { requireWithOurs } from './require.js';
import type { Started } from '../types.js';
import { said } from '../../../format/said.js';

interface NodeBackend extends tf.KernelBackend {
  isUsingGpuDevice: boolean;
  binding: { TF_Version?: string };
}

/** Returns the newest binding that this Node's N-API can load. */
export function findBinding(packageFolder: string): string | null {
  const lib = join(packageFolder, 'lib');
  if (!existsSync(lib)) return null;
  const versions = readdirSync(lib)
    .flatMap((name) => /^napi-v(\d+)$/.exec(name)?.[1] ?? [])
    .map(Number)
    .filter((version) => version <= Number(process.versions.napi))
    .sort((a, b) => b - a);
  const paths = versions.map((version) => join(lib, `napi-v${version}`, 'tfjs_binding.node'));
  return paths.find((path) => existsSync(path)) ?? null;
}

/** Starts TensorFlow from a tfjs-node package folder with its binding. */
export async function startBinding(packageFolder: string, name: string): Promise<Started> {
  const path = findBinding(packageFolder);
  if (!path) throw new TrainingError(said('its native part is not in {0}', packageFolder));
  // Logs are silenced, and GPU memory grows on demand because several trials may share one device.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // Node 23 removed this function, but the package still calls it.
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value === null || value === undefined;

  // The package uses other deprecated APIs, and the person can't change that.
  process.noDeprecation = true;
  const binding = requireWithOurs(path) as NodeBackend['binding'];
  const kernels = requireWithOurs(join(packageFolder, 'dist', 'nodejs_kernel_backend.js')) as {
    NodeJSKernelBackend: new (binding: unknown, name: string) => NodeBackend;
  };
  const backend = new kernels.NodeJSKernelBackend(binding, name);
  requireWithOurs(join(packageFolder, 'dist', 'register_all_kernels.js'));
  registerNativeKernels();
  tf.registerBackend('tensorflow', () => backend, 10);
  await tf.setBackend('tensorflow');
  await tf.ready();
  const device = backend.isUsingGpuDevice ? 'gpu' : 'cpu';
  return {
    device,
    detail: `TensorFlow ${binding.TF_Version ?? ''} on the ${device === 'gpu' ? 'GPU' : 'CPU'}`.replace('  ', ' '),
    cheapReads: device === 'cpu',
    evaluationBatch: device === 'cpu' ? 200 : 1000,
  };
}
