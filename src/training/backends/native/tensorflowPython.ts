/**
 * TensorFlow from the person's Python, driven through the tfjs-node binding compiled against it. If no Python has one,
 * the wheel's libraries are downloaded into this user's folder. It supports GPUs that the stock package (TensorFlow
 * 2.9, CUDA 11.2) can't drive.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { TrainingError } from '../../errors.js';
import { startBinding } from './binding.js';
import { compileBinding } from './compileBinding.js';
import { backendFolder, installInto, installStamp, isInstalled, manifest } from '../folder.js';
import { fetchTensorFlow, findTensorFlow } from './tensorFlowLibraries.js';
import { unpackTfjsNode } from './tfjsPackage.js';
import type { BackendModule } from '../types.js';
import { inEnglish, said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

const ID = 'tensorflow-python';

const unsupported = (): Said | null =>
  process.platform === 'win32'
    ? said('TensorFlow for Windows ships without the library that this needs (use WSL, or WebGPU)')
    : null;

export const tensorflowPython: BackendModule = {
  id: ID,
  name: 'TensorFlow of Python',
  advice: null,
  missing() {
    const why = unsupported();
    if (why) return inEnglish(why);
    return isInstalled(ID) ? null : 'not installed';
  },
  start: () => startBinding(join(backendFolder(ID), 'tfjs-node'), '@tensorflow/tfjs-node'),
  async install(context) {
    const why = unsupported();
    if (why) throw new TrainingError(why);
    const { signal, onProgress } = context;
    await installInto(
      ID,
      signal,
      () => onProgress(null, 'waiting for another installation'),
      async (folder) => {
        onProgress(0.02, 'looking for TensorFlow in Python');
        const own = await findTensorFlow(context.python, signal);
        const found = own ?? (await fetchTensorFlow(context, join(folder, 'tensorflow')));
        onProgress(0.6, `fetching the binding of TensorFlow.js`);
        const packageFolder = join(folder, 'tfjs-node');
        await unpackTfjsNode(packageFolder, signal);
        onProgress(0.7, `compiling it against TensorFlow ${found.version}`);
        await compileBinding(packageFolder, found, signal);
        if (!own) await found.dropHeaders();
        return { tensorflow: found.version, library: found.library, ours: !own };
      },
    );
  },
  fingerprint() {
    const stamp = installStamp(ID);
    if (stamp === 'absent') return stamp;
    // When the person updates TensorFlow, it must be tried again.
    const { library, ours } = manifest(ID);
    if (ours) return stamp;
    try {
      return `${stamp} ${statSync(String(library)).mtimeMs}`;
    } catch {
      return `${stamp} gone`;
    }
  },
};
