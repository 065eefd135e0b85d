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

it.each(['random', 'sobol', 'grid', 'tpe', 'gp', 'cmaes', 'de', 'evolution', 'nsga2', 'auto'])(
  'is not suggested once more by %s',
  (sampler) => {
    const space: StudyOptions['space'] = {
      dimensions: [
        { kind: 'float', name: 'lr', low: 0, high: 1, log: false, step: null, when: null },
        { kind: 'float', name: 'decay', low: 0, high: 1, log: false, step: null, when: null },
      ],
    };
    const named = sampler === 'grid' ? { name: 'grid', points: 9 } : sampler;
    const study = createStudy({ ...OPTIONS, space, sampler: named, pruner: null, trials: 40 });
    for (let id = 0; id < 15; id++) {
      // The engine was killed after this trial had begun and before the study was saved.
      const saved = study.save();
      const { params } = study.ask()!;
      const restored = restoreStudy(saved);
      restored.adopt(params);
      const next = restored.ask()!;
      expect(next.params).not.toEqual(params);
      // Nor when the study is restored once more in between.
      restored.adopt(next.params);
      expect([params, next.params]).not.toContainEqual(restoreStudy(restored.save()).ask()!.params);
      if (['random', 'sobol', 'grid'].includes(sampler)) {
        expect(next.params).toEqual(restoreStudy(study.save()).ask()!.params);
      }
      study.tell(id, { state: 'completed', values: [(params.lr as number) ** 2] });
    }
  },
);
