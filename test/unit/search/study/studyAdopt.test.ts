import { describe, expect, it } from 'vitest';
import { createStudy, restoreStudy } from '../../../../src/search/index.js';
import type { StudyOptions } from '../../../../src/search/types.js';

const OPTIONS: StudyOptions = {
  space: { dimensions: [{ kind: 'float', name: 'lr', low: 0, high: 1, log: false, step: null, when: null }] },
  goals: ['minimize'],
  sampler: 'random',
  pruner: { name: 'asha', form: 'promote', eta: 2, graceSteps: 1 },
  seed: 1,
  trials: 4,
  maxSteps: 8,
  checkpoints: true,
};

describe('a trial that a restored study does not know', () => {
  it('gets its number although a paused trial is due, and counts as planned', () => {
    const study = createStudy(OPTIONS);
    for (let id = 0; id < 2; id++) {
      expect(study.ask()).toMatchObject({ id, resume: false });
      expect(study.report(id, 1, id)).toBe('pause');
      study.tell(id, { state: 'paused' });
    }
    const restored = restoreStudy(study.save());
    expect(restored.adopt({ lr: 0.25, gone: 1 })).toMatchObject({ id: 2, params: { lr: 0.25 }, resume: false });
    expect(restored.trials[2]).toMatchObject({ state: 'running', enqueued: false });
    expect(restored.adopt({ lr: 'other' }).params.lr).toBeTypeOf('number');
    expect(restored.size).toBe(4);
    // Now the paused one goes on.
    expect(restored.ask()).toMatchObject({ id: 0, resume: true });
  });
});
