/** Trials that resume from an earlier checkpoint, or are run again after they have ended. */
import { describe, expect, it } from 'vitest';
import { createStudy, restoreStudy } from '../../../../src/search/index.js';
import type { StudyOptions } from '../../../../src/search/types.js';

const SPACE = {
  dimensions: [{ kind: 'float', name: 'lr', low: 0, high: 1, log: false, step: null, when: null } as const],
};
const ASHA: StudyOptions = {
  space: SPACE,
  goals: ['minimize'],
  sampler: 'random',
  seed: 1,
  trials: 4,
  maxSteps: 8,
  checkpoints: true,
  pruner: { name: 'asha', form: 'stop', eta: 2, graceSteps: 2 },
};

describe('a trial that resumed from an earlier checkpoint', () => {
  it('is compared at its rung by the result of its latest launch', () => {
    const study = createStudy(ASHA);
    for (let id = 0; id < 3; id++) study.ask();
    study.report(0, 2, 5);
    study.report(1, 2, 1);
    // The report after the checkpoint is lost with it: 1 at step 2 never happened.
    study.rewind(1, 2);
    study.report(1, 2, 9);
    expect(study.trials[1]!.reports).toEqual([{ step: 2, value: 9 }]);
    // If the lost value were still on the rung, 4 would be the second best of three and be stopped.
    expect(study.report(2, 2, 4)).toBe('continue');
  });

  it('is unchanged if nothing was lost', () => {
    const study = createStudy(ASHA);
    study.ask();
    study.report(0, 1, 5);
    study.rewind(0, 2);
    expect(study.trials[0]!.reports).toEqual([{ step: 1, value: 5 }]);
  });
});

describe('a trial that is run again', () => {
  it('keeps its number, and its new outcome counts, also if the study was saved before', () => {
    const study = createStudy({ ...ASHA, pruner: null, trials: 70 });
    for (let id = 0; id < 70; id++) {
      study.ask();
      study.tell(id, id % 3 === 0 ? { state: 'failed' } : { state: 'completed', values: [id] });
    }
    study.save();
    study.reopen(3);
    expect(study.trials[3]!.state).toBe('running');
    expect(study.ask()).toBeNull();
    const restored = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    expect(restored.trials[3]!.state).toBe('running');
    restored.tell(3, { state: 'completed', values: [-1] });
    const again = restoreStudy(JSON.parse(JSON.stringify(restored.save())));
    expect(again.trials[3]).toMatchObject({ state: 'completed', values: [-1] });
    expect(again.trials).toHaveLength(70);
    expect(again.best()[0]!.id).toBe(3);
    expect(() => again.reopen(3)).toThrow('trial 3 has completed');
  });
});

describe('a study without an objective', () => {
  it.each(['grid', 'random', 'sobol'])('tries what %s suggests', (sampler) => {
    const space = {
      dimensions: [{ kind: 'int', name: 'n', low: 1, high: 3, log: false, step: 1, when: null } as const],
    };
    const options: StudyOptions = {
      space,
      goals: [],
      sampler,
      pruner: null,
      seed: 1,
      trials: sampler === 'grid' ? null : 3,
    };
    const study = createStudy(options);
    for (let asked = study.ask(); asked; asked = study.ask()) {
      study.tell(asked.id, { state: 'completed', values: [] });
      expect(study.trials[asked.id]!.state).toBe('completed');
    }
    expect(study.trials).toHaveLength(3);
    expect(study.best()).toEqual([]);
    expect(study.recommend()).toBeNull();
    expect(restoreStudy(study.save()).trials).toEqual(study.trials);
  });

  it('is refused if trials are compared', () => {
    const options: StudyOptions = { ...ASHA, goals: [], pruner: null, sampler: 'tpe' };
    expect(() => createStudy(options)).toThrow('sampler "tpe" needs an objective');
    expect(() => createStudy({ ...options, sampler: 'random', pruner: 'median' })).toThrow('pruner "median" needs');
    expect(() => createStudy({ ...options, sampler: 'random', repeat: { top: 1, times: 1 } })).toThrow('repeat needs');
  });
});
