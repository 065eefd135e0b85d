/** Tests of the users of extrapolated curves: pruners `curve` and `auto`, scheduler `thaw`. */
import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import { createPruner } from '../../../../src/search/registry.js';
import type { Named, StudyOptions } from '../../../../src/search/types.js';
import { drive } from '../curves/curveDriver.js';
import { curveTask, type CurveTask } from '../curves/curveTasks.js';

const TASKS = [curveTask('power', 3), curveTask('crossing', 2), curveTask('diverging', 6), curveTask('noisy', 1)];
const optionsOf = (task: CurveTask, pruner: Named | null, more: Partial<StudyOptions> = {}): StudyOptions => ({
  space: task.space,
  goals: ['minimize'],
  sampler: 'random',
  pruner,
  seed: 1,
  trials: 24,
  maxSteps: task.maxSteps,
  ...more,
});
/** Steps used, as a share of running all trials to their end; and how often the best trial of all was found. */
function play(pruner: Named, more: Partial<StudyOptions> = {}) {
  let [steps, all, found, runs] = [0, 0, 0, 0];
  for (const task of TASKS) {
    for (const seed of [1, 2, 3, 4]) {
      const whole = createStudy(optionsOf(task, null, { seed }));
      all += drive(whole, task, { budget: 1e6, seed }).steps;
      const study = createStudy(optionsOf(task, pruner, { seed, ...more }));
      steps += drive(study, task, { budget: 1e6, seed, workers: 2 }).steps;
      found += study.best()[0]?.id === whole.best()[0]?.id ? 1 : 0;
      runs++;
    }
  }
  return { share: steps / all, found: found / runs };
}

describe('curve', () => {
  it('saves most of the steps and rarely loses the best', () => {
    const { share, found } = play('curve');
    expect(share).toBeLessThan(0.6);
    expect(found).toBeGreaterThan(0.8);
  });
  it('reverses the comparison when more is better', () => {
    const task = curveTask('power', 3);
    const mirrored: CurveTask = { ...task, loss: (params, step) => -task.loss(params, step) };
    const a = createStudy(optionsOf(task, 'curve'));
    const b = createStudy(optionsOf(task, 'curve', { goals: ['maximize'] }));
    drive(a, task, { budget: 1e6 });
    drive(b, mirrored, { budget: 1e6 });
    expect(b.trials.map(({ state, reports }) => [state, reports.length])).toEqual(
      a.trials.map(({ state, reports }) => [state, reports.length]),
    );
  });
  it('stops diverged trials, but not for a single NaN report', () => {
    const task = curveTask('power', 3);
    const study = createStudy(optionsOf(task, 'curve', { trials: null }));
    for (let t = 0; t < 3; t++) {
      const { id } = study.ask()!;
      for (let step = 1; step <= 27; step++) study.report(id, step, t + 10 / step);
      study.tell(id, { state: 'completed', values: [t + 10 / 27] });
    }
    const values = [10, 5, NaN, 2, 2, NaN, NaN];
    const { id } = study.ask()!;
    expect(values.map((value, i) => study.report(id, i + 1, value))).toEqual([
      ...['continue', 'continue', 'continue', 'continue', 'continue', 'continue'],
      'prune',
    ]);
  });
});

describe('thaw', () => {
  it('saves as much, and resumes a trial that it paused too early', () => {
    const { share, found } = play('thaw', { checkpoints: true });
    expect(share).toBeLessThan(0.6);
    expect(found).toBeGreaterThan(0.8);
  });
});

describe('auto', () => {
  const task = TASKS[0]!;
  const reasonOf = (more: Partial<StudyOptions>) => {
    const { goals, trials, maxSteps = null, checkpoints = false } = optionsOf(task, 'auto', more);
    const context = { space: task.space, goals, trials, maxSteps, checkpoints, workers: 1, sampler: 'tpe' };
    return createPruner('auto', { ...context, pruner: 'auto' })!.reason!();
  };
  it('explains its decisions', () => {
    expect(reasonOf({})).toMatch(/^curve: /);
    expect(reasonOf({ checkpoints: true })).toMatch(/^thaw: /);
    expect(reasonOf({ goals: ['minimize', 'maximize'] })).toMatch(/^median: /);
    expect(reasonOf({ trials: 5 })).toBe('none: 5 trials are too few to stop any of them');
    expect(reasonOf({ maxSteps: 4 })).toBe('none: trials of 4 steps are too short to stop early');
  });
  it('does nothing when there is little to save', () => {
    for (const more of [{ trials: 5 }, { maxSteps: 3 }, { trials: 5, checkpoints: true }]) {
      const study = createStudy(optionsOf(task, 'auto', more));
      drive(study, { ...task, maxSteps: more.maxSteps ?? task.maxSteps }, { budget: 1e6 });
      expect(study.trials.every(({ state }) => state === 'completed')).toBe(true);
    }
  });
});
