import type { Run, Search } from '../../../src/protocol/engine/index.js';

/** A run with everything set, for tests of what is shown. */
export function sampleRun(changes: Partial<Run> = {}): Run {
  return {
    id: '0jq4m2k7xa',
    experiment: 'digits',
    file: '/w/digits.tune.yaml',
    search: null,
    trial: null,
    name: 'lr 0.0031',
    status: 'completed',
    params: { lr: 0.0031, optimizer: 'adam' },
    metrics: { loss: { last: 0.25, lastStep: 10, min: 0.2, max: 2.3, count: 11 } },
    objective: { metric: 'val/accuracy', goal: 'maximize', value: 0.98712, step: 3 },
    progress: null,
    info: {},
    device: 'cpu',
    error: null,
    tags: [],
    note: '',
    createdAt: 1_700_000_000_000,
    startedAt: 1_700_000_001_000,
    endedAt: 1_700_000_066_000,
    deletedAt: null,
    ...changes,
  };
}

export function sampleSearch(changes: Partial<Search> = {}): Search {
  return {
    id: '0jq4m1f3wz',
    experiment: 'digits',
    file: '/w/digits.tune.yaml',
    name: 'digits search',
    status: 'running',
    sampler: 'random',
    pruner: 'median',
    reason: null,
    trials: 8,
    counts: { total: 4, queued: 0, running: 1, completed: 1, pruned: 1, failed: 1, stopped: 0 },
    parallel: 1,
    objective: { metric: 'val/accuracy', goal: 'maximize' },
    best: { run: 'b', trial: 1, params: { lr: 0.0031, optimizer: 'adam' }, objective: 0.98712 },
    space: { lr: { log: [1e-4, 1e-1] }, optimizer: { choice: ['adam', 'sgd'] } },
    error: null,
    createdAt: 1_700_000_000_000,
    endedAt: null,
    ...changes,
  };
}
