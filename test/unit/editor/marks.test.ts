import { describe, expect, it } from 'vitest';
import { marksOf } from '../../../src/editor/language/markTexts.js';
import { NOTHING, type FileState } from '../../../src/editor/language/lensTexts.js';
import type { FileLenses } from '../../../src/experiment/types.js';
import { run, search } from './samples.js';

const LINES: FileLenses = {
  ...{ runLine: 2, rateLine: null, paramsLine: 2, searchLine: 7, stages: [] },
  parameters: [
    { name: 'lr', line: 3, where: 'params' },
    { name: 'batch', line: 4, where: 'params' },
  ],
};
const NONE = { running: [], completed: [], failed: [], best: [] };

describe('marks in the gutter', () => {
  it('are none without runs', () => {
    expect(marksOf(LINES, { lr: 0.1, batch: 32 }, NOTHING)).toEqual(NONE);
  });

  it('say how the last run and the last search went, and where a better value is known', () => {
    const state: FileState = {
      best: {
        ...{ run: 'r', name: 'trial 3', params: { lr: 0.01, batch: 32 }, objective: 0.9, metric: 'acc' },
        ...{ goal: 'maximize', of: 4 },
      },
      runs: [run({ status: 'failed' })],
      searches: [search({ status: 'completed' })],
    };
    expect(marksOf(LINES, { lr: 0.1, batch: 32 }, state)).toEqual({ ...NONE, failed: [2], completed: [7], best: [3] });
    const live = { ...state, runs: [run({ status: 'failed' }), run({ status: 'running' })] };
    expect(marksOf(LINES, { lr: 0.01, batch: 32 }, live)).toEqual({ ...NONE, running: [2], completed: [7] });
  });
});
