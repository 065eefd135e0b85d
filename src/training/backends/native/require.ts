/**
 * Loads a CommonJS package from an absolute path, and supplies this bundle's own TensorFlow.js when it requires one.
 * There is then one engine and one set of kernels, and the 300 MB union package need not be installed.
 */
import Module, { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';

type Load = (request: string, parent: unknown, isMain: boolean) => unknown;
const loader = Module as unknown as { _load: Load };

const OURS = new Set(['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-core/dist/base']);

/** Stands in for the base class, because the packages call it in ES5 style, without `new`, which a class rejects. */
function Base(): void {
  // The base's constructor does nothing.
}
Base.prototype = tf.KernelBackend.prototype;
const ours = { ...tf, KernelBackend: Base };

/** Modules needed only for TensorBoard summaries, which are never written here. */
const UNUSED = /(^google-protobuf$|\/proto\/api_pb$)/;

export function requireWithOurs(path: string): unknown {
  const before = loader._load;
  loader._load = (request, parent, isMain) =>
    OURS.has(request) ? ours : UNUSED.test(request) ? {} : before.call(loader, request, parent, isMain);
  try {
    return createRequire(path)(path);
  } finally {
    loader._load = before;
  }
}
