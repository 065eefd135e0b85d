/** Rows as the engine gives them, with what a test says laid over. */
import type { Experiment, Run, Search } from '../../../src/protocol/engine/index.js';

export const run = (over: Partial<Run> = {}): Run => ({
  id: 'r1',
  experiment: 'digits',
  file: '/w/digits.tune.yaml',
  search: null,
  trial: null,
  name: 'digits-1',
  status: 'completed',
  params: { lr: 0.002, optimizer: 'adam' },
  metrics: { loss: { last: 0.11, lastStep: 9, min: 0.1, max: 2, count: 10 } },
  objective: { metric: 'val/accuracy', goal: 'maximize', value: 0.98712, step: 3 },
  progress: null,
  info: {},
  device: null,
  error: null,
  tags: [],
  note: '',
  createdAt: 1000,
  startedAt: 2000,
  endedAt: 62_000,
  deletedAt: null,
  ...over,
});

export const search = (over: Partial<Search> = {}): Search => ({
  id: 's1',
  experiment: 'digits',
  file: '/w/digits.tune.yaml',
  name: 'digits search 1',
  status: 'running',
  sampler: 'random',
  pruner: 'median',
  reason: null,
  trials: 60,
  counts: { total: 14, queued: 0, running: 2, completed: 9, pruned: 2, failed: 1, stopped: 0 },
  parallel: 2,
  objective: { metric: 'val/accuracy', goal: 'maximize' },
  best: { run: 'r7', trial: 7, params: { lr: 0.0031, batch_size: 256 }, objective: 0.99214 },
  space: {},
  error: null,
  createdAt: 1000,
  endedAt: null,
  ...over,
});

export const experiment = (over: Partial<Experiment> = {}): Experiment => ({
  name: 'digits',
  runs: 12,
  live: 0,
  searches: 1,
  lastActivity: 0,
  ...over,
});
