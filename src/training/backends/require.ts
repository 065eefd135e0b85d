/**
 * Loads a CommonJS package from an absolute path, and gives it this bundle's own TensorFlow.js where it asks for
 * one: one engine, one set of kernels, and nothing of the 300 MB union package needs to be installed.
 */
import Module, { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';

type Load = (request: string, parent: unknown, isMain: boolean) => unknown;
const loader = Module as unknown as { _load: Load };

const OURS = new Set(['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-core/dist/base']);

/** The packages derive their backend in the manner of ES5, which calls the base without `new`; a class refuses that. */
function Base(): void {
  // The base's constructor does nothing.
}
Base.prototype = tf.KernelBackend.prototype;
const ours = { ...tf, KernelBackend: Base };

/** Only its writer of TensorBoard summaries asks for these, which is never called here. */
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
