import type { RunStatus as Status } from '../../src/protocol/engine.js';

export const RunStatus = {
  all: [
    'queued',
    'starting',
    'running',
    'paused',
    'stopping',
    'elsewhere',
    'completed',
    'failed',
    'stopped',
    'pruned',
  ] satisfies Status[] as readonly Status[],
  live: ['queued', 'starting', 'running', 'paused', 'stopping', 'elsewhere'] satisfies Status[] as readonly Status[],
};
