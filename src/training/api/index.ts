/** Implementation of `tunesmith/training`, the interface in types.ts. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import '../kernels/tensorflow.js';
import { chooseBackend, requestedBackend, startBackend as start } from '../backends/index.js';
import { batches, loadData, makeData } from './data.js';
import { augmentation, evaluate, loss, network, optimizer, schedule } from './parts.js';
import { train } from './train.js';
import type { TrainingApi } from './types.js';

export type * from './types.js';
export { augmentation, batches, evaluate, loadData, loss, makeData, network, optimizer, schedule, tf, train };

// Backends are tried and workers run in trainer processes, because this process runs the person's own program.
const trainer = typeof __dirname === 'string' ? join(__dirname, 'trainer.cjs') : '';
if (existsSync(trainer)) process.env.TUNESMITH_TRAINER ??= trainer;

export const startBackend: TrainingApi['startBackend'] = async (name) => {
  const backend = await chooseBackend(requestedBackend(name ?? null));
  const { device } = await start(backend);
  return { name: backend.id, device };
};

// The compiler checks here that the exports match the declared interface.
({
  ...{
    augmentation,
    batches,
    evaluate,
    loadData,
    loss,
    makeData,
    network,
    optimizer,
    schedule,
    startBackend,
    tf,
    train,
  },
}) satisfies TrainingApi;
