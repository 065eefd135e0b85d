/** WebGPU through Dawn, for GPUs of any vendor. */
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { TrainingError } from '../../errors.js';
import { installLocked } from '../../files/npm.js';
import { correctAveragePool } from '../webAssembly/averagePool.js';
import { backendFolder, installInto, installStamp, isInstalled } from '../folder.js';
import { requireWithOurs } from '../native/require.js';
import type { BackendModule } from '../types.js';
import lock from './webgpu.lock.json';
import { said } from '../../../format/said.js';

const SOFTWARE = /swiftshader|llvmpipe|lavapipe|software|basic render/i;

interface Adapter {
  info?: { vendor?: string; device?: string; description?: string; architecture?: string };
}
interface Dawn {
  create(options: string[]): { requestAdapter(options?: object): Promise<Adapter | null> };
  globals: object;
}

export const webgpu: BackendModule = {
  id: 'webgpu',
  name: 'WebGPU (Dawn)',
  advice: null,
  missing: () => (isInstalled('webgpu') ? null : 'not installed'),
  async start() {
    const require = createRequire(join(backendFolder('webgpu'), 'package.json'));
    const dawn = requireWithOurs(require.resolve('webgpu')) as Dawn;
    Object.assign(globalThis, dawn.globals);
    const gpu = dawn.create([]);
    Object.defineProperty(globalThis, 'navigator', {
      value: { gpu, userAgent: 'node' },
      configurable: true,
      writable: true,
    });
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter) throw new TrainingError(said('no graphics adapter was found'));
    const { description, device, vendor, architecture } = adapter.info ?? {};
    const name = [description || device, vendor, architecture].filter(Boolean).join(', ') || 'unnamed adapter';
    if (SOFTWARE.test(name) && !process.env.TUNESMITH_SOFTWARE_GPU) {
      throw new TrainingError(said('the only adapter is a software one ({0}), slower than the processor itself', name));
    }
    requireWithOurs(require.resolve('@tensorflow/tfjs-backend-webgpu'));
    if (!(await tf.setBackend('webgpu'))) throw new TrainingError(said('the adapter could not be opened'));
    await tf.ready();
    correctAveragePool('webgpu');
    return { device: SOFTWARE.test(name) ? 'cpu' : 'gpu', detail: name, cheapReads: false, evaluationBatch: 500 };
  },
  async install({ onProgress, signal }) {
    await installInto(
      'webgpu',
      signal,
      () => onProgress(null, 'waiting for another installation'),
      async (folder) => {
        const { dependencies } = lock.packages[''];
        await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
        await writeFile(join(folder, 'package-lock.json'), JSON.stringify(lock));
        onProgress(0.1, 'fetching WebGPU for Node (Dawn)');
        await installLocked(folder, signal);
        return { packages: dependencies };
      },
    );
  },
  fingerprint: () => installStamp('webgpu'),
};
