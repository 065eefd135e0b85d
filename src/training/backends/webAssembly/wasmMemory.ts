/**
 * Guards against exhausted WebAssembly memory, which is limited to 4 GB. Beyond that, TensorFlow.js takes the 0 that
 * `malloc` returns for an address and overwrites other tensors; kernels that fail inside report "memory access out of
 * bounds".
 */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import { sizeText } from '../../data/memory.js';
import { TrainingError } from '../../errors.js';
import { said } from '../../../format/said.js';
import type { Said } from '../../../protocol/said.js';

/** The parts of the backend's module that concern memory. */
export interface Emscripten {
  asm?: { memory?: WebAssembly.Memory };
  _malloc(bytes: number): number;
  _free(address: number): void;
}

const MOST = 2 ** 32;
const ADVICE = said(
  'a smaller batchSize, smaller layers or shorter inputs need less; "tunesmith backends install" gets a backend without this bound',
);
const guarded = new WeakSet<object>();

/**
 * Turns failed allocations and kernels' out-of-bounds accesses into TrainingErrors. Call it when the backend is ready.
 */
export function guardMemory(backend: BackendWasm): void {
  const module = backend.wasm as unknown as Emscripten;
  if (guarded.has(module)) return;
  guarded.add(module);
  // The first call replaces the function by another.
  module._free(module._malloc(16));
  const allocate = module._malloc;
  module._malloc = (bytes) => {
    // A number beyond 32 bits would be truncated, and too little would be allocated.
    const address = bytes < MOST ? allocate(bytes) : 0;
    if (address !== 0 || bytes === 0) return address;
    throw outOfMemory(bytes, module);
  };
  for (const kernel of tf.getKernelsForBackend('wasm')) {
    kernel.kernelFunc = guardedKernel(kernel.kernelName, kernel.kernelFunc, module);
  }
}

/** Returns the kernel with a trap inside it, such as an out-of-bounds access, turned into a TrainingError. */
export function guardedKernel<Given extends unknown[], Result>(
  name: string,
  compute: (...given: Given) => Result,
  module: Emscripten,
): (...given: Given) => Result {
  return (...given) => {
    try {
      return compute(...given);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'RuntimeError')) throw error;
      throw new TrainingError(
        said('{0} failed ({1}), {2}. If memory has run out, {3}', name, error.message, taken(module), ADVICE),
      );
    }
  };
}

/** Returns the error for an allocation of this many bytes that failed. */
export function outOfMemory(bytes: number, module: Emscripten): TrainingError {
  return new TrainingError(said('{0} more are needed, {1}: {2}', sizeText(bytes), taken(module), ADVICE));
}

function taken({ asm }: Emscripten): Said {
  const bytes = asm?.memory?.buffer.byteLength;
  return bytes === undefined
    ? said('but WebAssembly can have only {0}', sizeText(MOST))
    : said('but WebAssembly can have only {0}; it has {1} now', sizeText(MOST), sizeText(bytes));
}
