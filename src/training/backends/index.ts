/** The ladder of backends: tries, selects, starts and installs them. */
import * as tf from '@tensorflow/tfjs-core';
import type { BackendId, BackendReport } from '../../protocol/engine/index.js';
import { TrainingError, saidOf } from '../errors.js';
import { cpu } from './cpu.js';
import { probe } from './choosing/probe.js';
import { tensorflowPython } from './native/tensorflowPython.js';
import { tfjsNode, tfjsNodeGpu } from './native/tfjsNode.js';
import type { BackendModule, InstallContext, Started } from './types.js';
import { wasm } from './webAssembly/wasm.js';
import { webgpu } from './webgpu/index.js';
import { said } from '../../format/said.js';

/** Backends in order of preference. */
export const LADDER: readonly BackendModule[] = [tfjsNodeGpu, tensorflowPython, webgpu, tfjsNode, wasm, cpu];

/** Returns the backend named by `TUNESMITH_BACKEND` or a file's `backend:`; null for `auto`. */
export function requestedBackend(inFile: string | null, env: NodeJS.ProcessEnv = process.env): BackendId | null {
  const name = env.TUNESMITH_BACKEND || inFile || 'auto';
  if (name === 'auto') return null;
  const found = LADDER.find((backend) => backend.id === name);
  if (!found)
    throw new TrainingError(
      said('unknown backend "{0}": it must be auto or one of {1}', name, LADDER.map(({ id }) => id).join(', ')),
    );
  return found.id;
}

/** Tries every backend, each in its own process. */
export async function probeBackends(onProgress: (text: string) => void = () => undefined): Promise<BackendReport[]> {
  const reports: BackendReport[] = [];
  for (const backend of LADDER) {
    onProgress(`trying ${backend.name}`);
    reports.push(await report(backend));
  }
  const requested = requestedBackend(null);
  const chosen = reports.find((one) => one.works && (requested === null || one.id === requested));
  if (chosen) chosen.chosen = true;
  return reports;
}

async function report(backend: BackendModule): Promise<BackendReport> {
  const missing = backend.missing();
  const result = missing === null ? await probe(backend) : { works: false, device: null, reason: missing };
  return { id: backend.id, name: backend.name, ...result, installable: backend.install !== null, chosen: false };
}

/**
 * Returns the first backend that works, or the requested one; throws the reason when the requested one doesn't work.
 */
export async function chooseBackend(requested: BackendId | null): Promise<BackendModule> {
  for (const backend of LADDER) {
    if (requested !== null && backend.id !== requested) continue;
    const result = await report(backend);
    if (result.works) return backend;
    if (requested === null) continue;
    throw new TrainingError(
      result.installable && result.reason === 'not installed'
        ? said(
            'backend {0} can\'t be used: it is not installed: run "tunesmith backends install {1}"',
            requested,
            requested,
          )
        : said("backend {0} can't be used: {1}", requested, result.reason),
    );
  }
  throw new TrainingError(said('no backend works here; "tunesmith backends" says why'));
}

/** Returns all backends that work, in order of preference. Plain JavaScript is included only as a last resort. */
export async function workingBackends(): Promise<BackendModule[]> {
  const working: BackendModule[] = [];
  for (const backend of LADDER) {
    if (backend === cpu && working.length > 0) break;
    if ((await report(backend)).works) working.push(backend);
  }
  if (working.length > 0) return working;
  throw new TrainingError(said('no backend works here; "tunesmith backends" says why'));
}

/** The running backend of this process. */
let running: { id: BackendId; started: Started; backend: unknown } | null = null;

/** Starts a backend that is known to work, unless it runs already. */
export async function startBackend(backend: BackendModule): Promise<Started> {
  if (running?.id === backend.id && running.backend === tf.backend()) return running.started;
  try {
    const started = await backend.start();
    running = { id: backend.id, started, backend: tf.backend() };
    return started;
  } catch (error) {
    throw new TrainingError(said('backend {0} could not be started: {1}', backend.id, saidOf(error)));
  }
}

export function backendById(id: string): BackendModule {
  const backend = LADDER.find((one) => one.id === id);
  if (!backend)
    throw new TrainingError(
      said('unknown backend "{0}": it must be one of {1}', id, LADDER.map((one) => one.id).join(', ')),
    );
  return backend;
}

/** Installs a backend and tries it; throws the reason when it can't be installed or doesn't work. */
export async function installBackend(id: BackendId, context: InstallContext): Promise<BackendReport> {
  const backend = backendById(id);
  if (!backend.install)
    throw new TrainingError(said('{0} is part of Tunesmith: there is nothing to install', backend.name));
  await backend.install(context);
  context.onProgress(0.95, `trying ${backend.name}`);
  const found = await report(backend);
  if (!found.works)
    throw new TrainingError(said('{0} was installed, but does not work here: {1}', backend.name, found.reason));
  return found;
}
