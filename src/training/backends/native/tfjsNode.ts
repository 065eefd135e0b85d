/** The tfjs-node binding with TensorFlow's own C library, 2.9 on most systems, compiled here from verified sources. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TrainingError } from '../../errors.js';
import { LIBTENSORFLOW } from '../../files/pinned.js';
import { startBinding } from './binding.js';
import { compileBinding } from './compileBinding.js';
import { backendFolder, installInto, installStamp, isInstalled } from '../folder.js';
import { fetchLibTensorFlow } from './libTensorFlow.js';
import { unpackTfjsNode } from './tfjsPackage.js';
import type { BackendModule, InstallContext } from '../types.js';
import { inEnglish, said } from '../../../format/said.js';

/** The driver's files on Linux, in a container with a GPU, and in WSL. */
const hasNvidiaDriver = () =>
  ['/proc/driver/nvidia/version', '/dev/nvidiactl', '/dev/dxg'].some((path) => existsSync(path));

function stock(id: 'tfjs-node' | 'tfjs-node-gpu', name: string, gpu: boolean): BackendModule {
  const packageFolder = () => join(backendFolder(id), 'tfjs-node');
  const archive = LIBTENSORFLOW[`${gpu ? 'gpu' : 'cpu'} ${process.platform} ${process.arch}`];
  const unsupported = said('there is no such package for {0} on {1}', process.platform, process.arch);
  return {
    id,
    name,
    advice: null,
    missing() {
      if (!archive) return inEnglish(unsupported);
      return isInstalled(id) ? null : 'not installed';
    },
    async start() {
      const started = await startBinding(packageFolder(), `@tensorflow/${id}`);
      if (gpu && started.device !== 'gpu') {
        throw new TrainingError(
          said('it works, but finds no GPU (it needs an NVIDIA driver, CUDA 11.2 and cuDNN 8.1)'),
        );
      }
      return started;
    },
    async install(context: InstallContext) {
      if (!archive) throw new TrainingError(unsupported);
      if (gpu && !hasNvidiaDriver()) throw new TrainingError(said('no NVIDIA driver was found on this machine'));
      const { signal, onProgress } = context;
      const wait = () => onProgress(null, 'waiting for another installation');
      await installInto(id, signal, wait, async (folder) => {
        const tensorflow = await fetchLibTensorFlow(archive, join(folder, 'tensorflow'), context);
        onProgress(0.6, 'fetching the binding of TensorFlow.js');
        const target = join(folder, 'tfjs-node');
        const version = await unpackTfjsNode(target, signal);
        onProgress(0.7, `compiling it against TensorFlow ${tensorflow.version}`);
        await compileBinding(target, tensorflow, signal);
        await tensorflow.dropHeaders();
        return { version, tensorflow: tensorflow.version };
      });
    },
    fingerprint: () => installStamp(id),
  };
}

export const tfjsNode = stock('tfjs-node', 'TensorFlow for Node, CPU', false);
export const tfjsNodeGpu = stock('tfjs-node-gpu', 'TensorFlow for Node, CUDA', true);
