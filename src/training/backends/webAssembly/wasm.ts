import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { setWasmPaths, type BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { TrainingError } from '../../errors.js';
import type { BackendModule } from '../types.js';
import { registerWasmKernels } from './wasmKernels.js';
import { guardMemory } from './wasmMemory.js';
import { said } from '../../../format/said.js';

const FILE = 'tfjs-backend-wasm-simd.wasm';

/** WebAssembly with SIMD, one thread: part of Tunesmith, for small networks. */
export const wasm: BackendModule = {
  id: 'wasm',
  name: 'WebAssembly',
  advice: said(
    'WebAssembly serves small networks well; "tunesmith backends install" gets a backend that is several times faster for large ones.',
  ),
  missing: () => (wasmFolder() ? null : `${FILE} is not beside the program`),
  async start() {
    const folder = wasmFolder();
    if (!folder) throw new TrainingError(said('{0} is not beside the program', FILE));
    setWasmPaths(`${folder}/`);
    // Multithreading needs a worker script that Node can't load, and parallel trials use the cores better.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    if (!(await tf.setBackend('wasm'))) throw new TrainingError(said('WebAssembly could not be started'));
    await tf.ready();
    registerWasmKernels();
    guardMemory(tf.backend() as BackendWasm);
    return { device: 'cpu', detail: 'part of Tunesmith', cheapReads: true, evaluationBatch: 100 };
  },
  install: null,
  fingerprint: () => tf.version_core,
};

/** Returns the folder of the WebAssembly files: beside the bundle, or in the package during development. */
function wasmFolder(): string | null {
  const folders = [typeof __dirname === 'string' ? __dirname : '', dirname(process.argv[1] ?? '')];
  try {
    folders.push(dirname(createRequire(join(process.cwd(), 'x.js')).resolve('@tensorflow/tfjs-backend-wasm')));
  } catch {
    // The package is absent outside development.
  }
  for (const folder of folders) {
    for (const place of [folder, join(folder, '..', 'wasm-out'), join(folder, 'dist')]) {
      if (folder && existsSync(join(place, FILE))) return place;
    }
  }
  return null;
}
