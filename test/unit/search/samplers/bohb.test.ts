/** Samplers and schedulers that learn under Hyperband: BOHB, PriorBand, DEHB. */
import { describe, expect, it } from 'vitest';
import type { Params } from '../../../../src/protocol/values/index.js';
import { createStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { isActive, refuse } from '../../../../src/search/space/index.js';
import type { Dimension, Named, Space, Study } from '../../../../src/search/types.js';
import { drive } from '../curves/curveDriver.js';
import { curveTask, type CurveTask } from '../curves/curveTasks.js';
import { randomSpace } from '../fuzz.js';

const hyperband: Named = { name: 'hyperband', form: 'promote', grace: 0.1 };
const TASKS = [curveTask('power', 3), curveTask('crossing', 2), curveTask('overfitting', 1), curveTask('noisy', 1)];

const withPrior = (task: CurveTask, params: Params): CurveTask => ({
  ...task,
  space: {
    dimensions: task.space.dimensions.map((d): Dimension => ({ ...d, prior: { value: params[d.name]!, sd: 0.15 } })),
  },
});
/** Returns the best (or the worst) of many random configurations. */
function extreme(task: CurveTask, best: boolean): Params {
  const random = createRandom(3);
  const drawn = Array.from({ length: 300 }, () => {
    const study = createStudy({
      space: task.space,
      goals: ['minimize'],
      sampler: 'random',
      pruner: null,
      trials: 1,
      seed: random.int(1e6),
    });
    return study.ask()!.params;
  });
  const losses = drawn.map((params) => task.final(params));
  return drawn[losses.indexOf(best ? Math.min(...losses) : Math.max(...losses))]!;
}
/**
 * Returns the mean share of a typical configuration's regret that remains after this many full trainings' worth of
 * steps.
 */
function regret(sampler: Named, pruner: Named, tasks = TASKS, budget = 15): number {
  let [sum, runs] = [0, 0];
  for (const task of tasks) {
    for (const seed of [1, 2, 3]) {
      const study = createStudy({
        space: task.space,
        goals: ['minimize'],
        sampler,
        pruner,
        seed,
        trials: null,
        maxSteps: task.maxSteps,
        checkpoints: true,
      });
      drive(study, task, { budget: budget * task.maxSteps, seed });
      const [best] = study.best();
      sum += best ? (task.final(best.params) - task.best) / (task.typical - task.best) : 1;
      runs++;
    }
  }
  return sum / runs;
}

describe('under Hyperband', () => {
  const random = regret('random', hyperband);

  it('BOHB beats random draws', () => {
    expect(regret('bohb', hyperband)).toBeLessThan(0.8 * random);
  });
  it('DEHB is no worse, though it never resumes', () => {
    expect(regret('random', { name: 'dehb', grace: 0.1 })).toBeLessThan(1.1 * random);
  });
  it('PriorBand benefits from a good prior and recovers from a bad one', () => {
    const good = TASKS.map((task) => withPrior(task, extreme(task, true)));
    const bad = TASKS.map((task) => withPrior(task, extreme(task, false)));
    expect(regret('priorband', hyperband, good)).toBeLessThan(0.5 * random);
    expect(regret('priorband', hyperband, bad)).toBeLessThan(1.5 * random);
    expect(regret('priorband', hyperband)).toBeLessThan(random);
  });
});

describe.each([
  ['bohb', hyperband],
  ['priorband', hyperband],
  ['random', 'dehb'],
  ['random', { name: 'pbt', population: 4 }],
  ['random', { name: 'pb2', population: 4 }],
] as [Named, Named][])('%s with %o', (sampler, pruner) => {
  it('stays within any space', () => {
    const random = createRandom(8);
    for (let k = 0; k < 12; k++) {
      const space = randomSpace(random);
      const study = createStudy({
        space,
        goals: ['maximize'],
        sampler,
        pruner,
        seed: k,
        trials: 25,
        maxSteps: 9,
        checkpoints: true,
      });
      run(study, 9, random.int(3) + 1);
      for (const { params, changes = [], began } of study.trials) {
        for (const at of [params, began, ...changes.map((change) => change.params)]) if (at) check(space, at);
      }
    }
  });
});

function run(study: Study, maxSteps: number, workers: number): void {
  const task = { maxSteps, loss: (params: Params, step: number) => Object.keys(params).length - 1 / step } as CurveTask;
  expect(drive(study, task, { budget: 1e5, workers, failures: 0.01 }).ended).toBe('study');
}
function check(space: Space, params: Params): void {
  for (const d of space.dimensions) {
    expect(d.name in params).toBe(isActive(d, params));
    if (d.name in params) expect(refuse(d, params[d.name]!)).toBeNull();
  }
}
