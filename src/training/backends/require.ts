/**
 * Loads a CommonJS package from an absolute path, and gives it this bundle's own TensorFlow.js where it asks for
 * one: one engine, one set of kernels, and nothing of the 300 MB union package needs to be installed.
 */
import Module, { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';

type Load = (request: string, parent: unknown, isMain: boolean) => unknown;
const loader = Module as unknown as { _load: Load };

const OURS = new Set(['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-core/dist/base']);

export function requireWithOurs(path: string): unknown {
  const before = loader._load;
  loader._load = (request, parent, isMain) => (OURS.has(request) ? tf : before.call(loader, request, parent, isMain));
  try {
    return createRequire(path)(path);
  } finally {
    loader._load = before;
  }
}
