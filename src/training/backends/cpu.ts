import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { correctAveragePool } from './webAssembly/averagePool.js';
import type { BackendModule } from './types.js';
import { said } from '../../format/said.js';

/** Plain JavaScript: works everywhere, for very small networks and for reference. */
export const cpu: BackendModule = {
  id: 'cpu',
  name: 'Plain JavaScript',
  advice: said(
    'Plain JavaScript is slow: it serves very small networks only. "tunesmith backends install" gets a fast one.',
  ),
  missing: () => null,
  async start() {
    await tf.setBackend('cpu');
    await tf.ready();
    correctAveragePool('cpu');
    return { device: 'cpu', detail: 'part of Tunesmith', cheapReads: true, evaluationBatch: 32 };
  },
  install: null,
  fingerprint: () => tf.version_core,
};
