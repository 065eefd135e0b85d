/** No kind of training, nor any stage of a pipeline, keeps a tensor: one process works on many runs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { RunClient } from '../../../../src/client/index.js';
import { backendById, startBackend } from '../../../../src/training/backends/index.js';
import { trainRun } from '../../../../src/training/loop/trainRun.js';
import { network } from '../support.js';
import { buildTrainer } from '../trainerProgram.js';

const workspace = mkdtempSync(join(tmpdir(), 'leaks '));
const LAYERS = [{ dense: { units: 8, activation: 'relu' } }, { dense: { units: 6, activation: 'relu' } }, { dense: 4 }];
const BASE = {
  data: { csv: { file: 'table.csv', target: 'kind' } },
  layers: LAYERS,
  ...{ loss: 'crossEntropy', backend: 'wasm', batchSize: 16, epochs: 2 },
};

beforeAll(async () => {
  vi.stubEnv('TUNESMITH_HOME', join(workspace, 'home'));
  // A backend is tried in a process of its own.
  vi.stubEnv('TUNESMITH_TRAINER', await buildTrainer(workspace));
  await startBackend(backendById('wasm'));
  const rows = Array.from({ length: 90 }, (_, i) => `${(i * 37) % 61},${(i * 23) % 59},${'abcd'[i % 4]}`);
  writeFileSync(join(workspace, 'table.csv'), ['x,y,kind', ...rows].join('\n'));
  await run('base', {});
  // A run of three parts, which stages work on one by one.
  await run('split', {
    epochs: 0,
    layers: undefined,
    from: { run: 'base' },
    decompose: { parts: { first: '1.dense', last: 'end' } },
  });
}, 240_000);
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(workspace, { recursive: true });
});

/** Executes a run with these settings, to its end or until it has logged so many values; returns the tensors that it kept. */
async function run(id: string, section: object, logs = Infinity): Promise<number> {
  const written = network({ ...BASE, ...section });
  const folder = join(workspace, '.tunesmith', 'runs', id);
  mkdirSync(join(folder, 'checkpoints'), { recursive: true });
  const spec = { version: 1, id, experiment: 'table', file: null, search: null, trial: null, params: {} };
  const more = { argv: ['node'], cwd: '.', env: {}, network: written, seed: 1, objective: null, createdAt: 1 };
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...spec, ...more }));
  let logged = 0;
  const client = {
    ...{ enabled: true, folder, checkpoint: null, stopRequested: null as 'stop' | null },
    stopSignal: new AbortController().signal,
    ...{ progress: () => undefined, info: () => undefined, media: () => undefined, saveCheckpoint: () => undefined },
    ...{ message: () => undefined, onSet: () => ({ dispose: () => undefined }) },
    log: () => void (++logged > logs && (client.stopRequested = 'stop')),
  };
  const before = tf.memory().numTensors;
  const completed = await trainRun(client as unknown as RunClient, { network: written, seed: 1 }, workspace);
  expect(completed).toBe(logs === Infinity);
  return tf.memory().numTensors - before;
}

const FROM = { layers: undefined, from: { run: 'base' } };
const oneOf = { more: [{ dense: 6 }], skip: [] };
const KINDS: [string, object][] = [
  ['training', {}],
  ['training of a trained network', FROM],
  ['pruning', { ...FROM, epochs: 0, prune: { by: 'taylor', remove: 0.5, rounds: 2, examples: 32, probes: 2 } }],
  ['pruning with a bound', { ...FROM, epochs: 0, prune: { by: 'fisher', remove: 0.9, rounds: 2, maxDrop: 1e-6 } }],
  ['named parts', { ...FROM, epochs: 0, decompose: { parts: { first: '1.dense', last: 'end' } } }],
  ['work on a part', { ...FROM, from: { run: 'split', part: 'first' } }],
  ['low-rank factors', { ...FROM, epochs: 0, decompose: { rank: 3 } }],
  ['normalised inputs', { ...FROM, epochs: 0, transform: { normalise: 'all' } }],
  ['whitened inputs', { ...FROM, epochs: 0, transform: { whiten: 'all' } }],
  ['a smooth mapping', { ...FROM, transform: { smooth: { by: 'gaussian' } } }],
  ['local targets', { ...FROM, transform: { local: { steps: 2 } } }],
  ['distillation', { distil: { teacher: { run: 'base' }, alpha: 0.5 } }],
  [
    'distillation of features',
    {
      distil: { teacher: { run: 'base' }, distance: 'features', features: { student: '1.dense', teacher: '1.dense' } },
    },
  ],
  ['quantised weights', { ...FROM, epochs: 0, quantise: { bits: 8 } }],
  ['hypergradients', { hypergradient: { tune: ['learningRate', 'weightDecayByLayer', 'labelSmoothing'], every: 2 } }],
  [
    'hypergradients of several steps',
    { hypergradient: { tune: ['weightDecay', 'classWeights'], every: 4, horizon: 3 } },
  ],
  [
    'implicit hypergradients',
    { hypergradient: { tune: ['weightDecay', 'labelSmoothing'], method: 'implicit', every: 2 } },
  ],
  [
    'DARTS',
    {
      layers: undefined,
      validation: 0.3,
      architecture: { method: 'darts', order: 'second', epochs: 1, chain: [{ dense: 6 }, { oneOf }, { dense: 4 }] },
    },
  ],
  [
    'SMASH',
    {
      layers: undefined,
      validation: 0.3,
      architecture: { method: 'smash', epochs: 1, samples: 2, chain: [{ dense: 6 }, { oneOf }, { dense: 4 }] },
    },
  ],
  ['federated averaging', { federated: { clients: 4, share: 0.5, epochs: 2 } }],
  [
    'meta-learning',
    {
      layers: [...LAYERS.slice(0, 2), { dense: 2 }],
      meta: { ways: 2, shots: 2, queries: 2, steps: 3, unseen: { tasks: 2 } },
    },
  ],
];

describe('no tensor is kept', { timeout: 120_000 }, () => {
  it.each(KINDS)('by %s', async (name, section) => {
    expect(await run(name.replaceAll(' ', '-'), section)).toBe(0);
    // Nor if it is stopped on its way.
    if (!('epochs' in section)) expect(await run(`${name.replaceAll(' ', '-')}-stopped`, section, 3)).toBe(0);
  });
});
