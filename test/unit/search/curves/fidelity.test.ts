import { describe, expect, it } from 'vitest';
import { FidelityLosses } from '../../../../src/search/curves/fidelityRank.js';
import { createStudy, restoreStudy } from '../../../../src/search/index.js';
import type { History, Named, Study, StudyOptions, Trial } from '../../../../src/search/types.js';
import { drive } from './curveDriver.js';
import { curveTask, type CurveTask } from './curveTasks.js';

const task = curveTask('diverging', 6);
const tasks: Record<string, CurveTask> = {
  'some diverge': task,
  'all diverge': { ...task, loss: () => NaN },
  'all are equal': { ...task, loss: () => 1 },
  'infinite values': { ...task, loss: (_, step) => (step % 3 ? Infinity : -Infinity) },
};
const schedulers: Record<string, Named> = {
  'asha, stop': { name: 'asha', form: 'stop' },
  'asha, promote': { name: 'asha', form: 'promote' },
  'asha, promote, first rung early': { name: 'asha', form: 'promote', grace: 0.02, finish: 3 },
  'halving, rounds': { name: 'halving', form: 'rounds' },
  'halving, stop': { name: 'halving', form: 'stop' },
  'hyperband, stop': { name: 'hyperband', form: 'stop', grace: 0.05 },
  'hyperband, promote': { name: 'hyperband', form: 'promote', grace: 0.05 },
  'hyperband, rounds': { name: 'hyperband', form: 'rounds', grace: 0.05 },
  dehb: 'dehb',
  thaw: 'thaw',
  auto: 'auto',
  'patience around hyperband': { name: 'patience', pruner: { name: 'hyperband', form: 'promote' } },
  pbt: { name: 'pbt', population: 6 },
  pb2: { name: 'pb2', population: 6 },
};
const optionsOf = (pruner: Named, more: Partial<StudyOptions> = {}): StudyOptions => ({
  space: task.space,
  goals: ['minimize'],
  sampler: 'random',
  pruner,
  seed: 3,
  trials: 20,
  maxSteps: task.maxSteps,
  workers: 1,
  checkpoints: true,
  ...more,
});
const run = (study: Study, at: CurveTask, workers: number, failures: number, seed: number) =>
  drive(study, at, { budget: 100_000, workers, failures, seed });

describe.each(Object.entries(schedulers))('%s', (_, pruner) => {
  it.each(Object.entries(tasks))('ends whatever the trials do: %s', (_, at) => {
    for (const [workers, failures] of [
      [1, 0],
      [3, 0.02],
      [8, 0.005],
    ] as const) {
      const study = createStudy(optionsOf(pruner, { workers }));
      expect(run(study, at, workers, failures, workers).ended).toBe('study');
      expect(study.trials.length).toBe(20);
      expect(study.trials.filter(({ state }) => state === 'running')).toEqual([]);
      expect(study.trials.every(({ state, reports }) => state === 'failed' || reports.length > 0)).toBe(true);
    }
  });

  it('runs at least one trial to the end', () => {
    const study = createStudy(optionsOf(pruner));
    run(study, { ...task, loss: curveTask('power', 4).loss }, 2, 0, 1);
    expect(study.trials.some(({ state }) => state === 'completed')).toBe(true);
  });

  it('also does so when the full length has to be learnt', () => {
    const study = createStudy(optionsOf(pruner, { maxSteps: null }));
    expect(run(study, task, 3, 0.005, 4).ended).toBe('study');
    expect(study.trials.length).toBe(20);
  });

  it('continues after a restart as if there had been none', () => {
    const whole = createStudy(optionsOf(pruner));
    const parted = { study: createStudy(optionsOf(pruner)) as Study };
    let calls = 0;
    const fresh = () =>
      calls++ % 5 ? parted.study : (parted.study = restoreStudy(JSON.parse(JSON.stringify(parted.study.save()))));
    const through: Study = Object.create(parted.study, {
      ask: { value: () => fresh().ask() },
      report: { value: (...at: [number, number, number]) => parted.study.report(...at) },
      tell: { value: (...at: Parameters<Study['tell']>) => fresh().tell(...at) },
      trials: { get: () => parted.study.trials },
      waiting: { get: () => parted.study.waiting },
    }) as Study;
    for (const study of [whole, through]) run(study, task, 3, 0.005, 9);
    expect(parted.study.trials).toEqual(whole.trials);
  });
});

describe('pausing', () => {
  it('resumes where it paused: no step is run twice', () => {
    const study = createStudy(optionsOf({ name: 'asha', form: 'promote' }));
    run(study, task, 4, 0, 2);
    for (const { reports } of study.trials)
      expect(reports.map(({ step }) => step)).toEqual(reports.map((_, i) => i + 1));
  });
  it('costs much less than full trainings', () => {
    const study = createStudy(optionsOf({ name: 'asha', form: 'promote' }, { trials: 60 }));
    const { steps } = run(study, curveTask('power', 3), 1, 0, 2);
    expect(steps).toBeLessThan(25 * task.maxSteps);
  });
});

it('drops the prediction for a trial that fails', () => {
  const reports = [1, 2, 3].map((step) => ({ step, value: 1 / step }));
  const trial = (id: number, state: Trial['state'], values: number[] | null): Trial => {
    return { id, params: {}, state, values, reports: reports.slice(0, state === 'completed' ? 3 : 2), enqueued: false };
  };
  const trials = [trial(0, 'completed', [1 / 3]), trial(1, 'running', null)];
  const history: History = { space: task.space, goals: ['minimize'], trials, maxSteps: 3 };
  const ranks = new FidelityLosses();
  ranks.update(history);
  expect(ranks.sd[1]).toBeGreaterThan(0);
  expect(ranks.share[1]).toBeCloseTo(2 / 3);
  trials[1]!.state = 'failed';
  ranks.update(history);
  expect([ranks.losses[1], ranks.sd[1], ranks.share[1]]).toEqual([Infinity, 0, 0]);
  expect([ranks.sd[0], ranks.share[0]]).toEqual([0, 1]);
});
