import { beforeAll, describe, expect, it } from 'vitest';
import { StudyThread } from '../../../../src/engine/searches/study/studyThread.js';
import { restoreStudy } from '../../../../src/search/index.js';
import type { StudyStart, StudyState } from '../../../../src/engine/searches/study/messages.js';
import { buildDist } from '../../support/build.js';

let dist: string;
beforeAll(async () => {
  dist = await buildDist();
});

const START: StudyStart = {
  options: {
    space: { dimensions: [{ kind: 'float', name: 'lr', low: 0, high: 1, log: false, step: null, when: null }] },
    goals: ['minimize'],
    sampler: 'random',
    pruner: null,
    seed: 1,
    trials: 4,
  },
  earlier: [],
};

describe('the thread of a study', () => {
  it('answers in order, and refuses what makes no sense', async () => {
    const { thread, opened } = await StudyThread.open(dist, START);
    expect(opened).toMatchObject({ trials: [], reported: {}, heard: false, size: 4 });
    const answers = await Promise.all([
      thread.call('ask', { save: false }),
      thread.call('adopt', { params: { lr: 0.5 } }),
      thread.call('report', { id: 0, points: [{ step: 1, value: 2 }], told: 1 }),
    ]);
    expect(answers).toMatchObject([{ asked: { id: 0 }, saved: null }, { id: 1, params: { lr: 0.5 } }, 'continue']);
    await expect(thread.call('tell', { id: 9, outcome: { state: 'failed' } })).rejects.toThrow('there is no trial 9');
    thread.dispose();
    await expect(thread.call('save', {})).rejects.toThrow('the search has ended');
  });

  it('hears the latest launch of a trial where it repeats steps, also after it was restored', async () => {
    const pruner = { name: 'asha', form: 'promote', eta: 2, graceSteps: 1 };
    const options = { ...START.options, pruner, trials: 2, maxSteps: 8, checkpoints: true };
    let { thread } = await StudyThread.open(dist, { options, earlier: [] });
    for (const id of [0, 1]) {
      await thread.call('ask', { save: false });
      expect(await thread.call('report', { id, points: [{ step: 1, value: id }], told: 1 })).toBe('pause');
      await thread.call('tell', { id, outcome: { state: 'paused' } });
    }
    const { asked, saved } = await thread.call('ask', { save: true });
    expect(asked).toMatchObject({ id: 0, resume: true });
    thread.dispose();
    ({ thread } = await StudyThread.open(dist, { saved: JSON.parse(saved!.text) as StudyState }));
    // It began again, as it had no checkpoint.
    await thread.call('report', { id: 0, points: [1, 2].map((step) => ({ step, value: 7, launch: 2 })), told: 3 });
    // Read late from the earlier launch's journal.
    await thread.call('report', { id: 0, points: [{ step: 3, value: 0, launch: 1 }], told: 4 });
    const { study } = JSON.parse((await thread.call('save', {})).text) as StudyState;
    expect(restoreStudy(study).trials[0]!.reports).toEqual([1, 2].map((step) => ({ step, value: 7 })));
    thread.dispose();
  });

  it.each([null, { study: { version: 99 }, reported: {} }, { study: 'nonsense' }])(
    'says that %j can’t be gone on with',
    async (saved) => {
      await expect(StudyThread.open(dist, { saved } as unknown as StudyStart)).rejects.toThrow(/./);
    },
  );
});
