import { describe, expect, it } from 'vitest';
import { parseExperiment, planRun } from '../../../../src/experiment/index.js';
import { differentiableOf, withTuned } from '../../../../src/experiment/search/differentiable.js';
import { createStudy, restoreStudy } from '../../../../src/search/index.js';
import type { Space, StudyOptions } from '../../../../src/search/types.js';

const SPACE: Space = {
  dimensions: [
    { name: 'decay', kind: 'float', low: 1e-6, high: 1e-1, log: true, step: null, when: null },
    { name: 'units', kind: 'int', low: 8, high: 64, log: false, step: 8, when: null },
    { name: 'act', kind: 'choice', choices: ['relu', 'tanh'], weights: null, when: null },
  ],
};
const options = (more: Partial<StudyOptions> = {}): StudyOptions => ({
  ...{ space: SPACE, goals: ['minimize'], pruner: null, seed: 4, trials: 30 },
  sampler: { name: 'hypergradient', tuned: ['decay'], continue: 1 },
  ...more,
});

describe('the hypergradient sampler', () => {
  it('begins with the values that the best trial ended with, and searches the rest', () => {
    const study = createStudy(options());
    const units = new Set<unknown>();
    for (let i = 0; i < 12; i++) {
      const asked = study.ask()!;
      units.add(asked.params.units);
      // The middle of the range first; then what the best trial has learned.
      if (i === 0) expect(asked.params.decay).toBeCloseTo(10 ** -3.5, 6);
      else expect(asked.params.decay).toBe(i <= 5 ? 0.004 : 0.1);
      study.tell(asked.id, {
        state: 'completed',
        values: [i === 5 ? 0 : 1 + i],
        tuned: { decay: i === 5 ? 7 : 0.004 },
      });
    }
    expect(units.size).toBeGreaterThan(3);
    expect(study.reason).toMatch(/^gradients tune decay; the rest: /);
    const next = restoreStudy(JSON.parse(JSON.stringify(study.save()))).ask()!;
    expect(next.params).toEqual(study.ask()!.params);
  });

  it('continues after all other combinations were tried, and with nothing else to search', () => {
    for (const names of [['decay', 'act'], ['decay']]) {
      const space = { dimensions: SPACE.dimensions.filter(({ name }) => names.includes(name)) };
      const study = createStudy(options({ space, sampler: { name: 'hypergradient', tuned: ['decay'] }, trials: 9 }));
      const decays = new Set<unknown>();
      for (let i = 0; i < 9; i++) {
        const asked = study.ask()!;
        decays.add(asked.params.decay);
        study.tell(asked.id, { state: 'completed', values: [i], tuned: { decay: 0.01 } });
      }
      expect(study.ask()).toBeNull();
      expect(decays.has(0.01)).toBe(true);
      expect(decays.size).toBeGreaterThan(3);
    }
  });

  it.each([
    [{ sampler: { name: 'hypergradient' } }, 'needs a parameter that gradients can tune'],
    [{ sampler: { name: 'hypergradient', tuned: ['units'] } }, '"units" is tuned by gradients, so it must be a float'],
    [{ goals: ['minimize', 'minimize'] }, 'hypergradient'],
  ] as [Partial<StudyOptions>, string][])('refuses %j', (more, why) => {
    expect(() => createStudy(options(more))).toThrow(why);
  });
});

const FILE = (network: string, space: string) => `
network:
  data: mnist
  layers: [flatten, { dense: '{units}' }, { dense: 10 }]
  ${network}
params: { lr: 0.01, wd: 0.001, ls: 0.1, units: 16 }
objective: { metric: val/loss, goal: minimize }
search:
  sampler: hypergradient
  trials: 5
  space: ${space}
`;
const TUNED = `optimizer: { name: adam, learningRate: '{lr}', weightDecay: '{wd}' }
  loss: { name: crossEntropy, labelSmoothing: '{ls}' }
  epochs: 2`;
const WIDE = '{ lr: { log: [1e-4, 1e-1] }, wd: { log: [1e-6, 1e-1] }, units: { int: [8, 64] } }';

describe('a file with the hypergradient sampler', () => {
  const run = { id: 'r', folder: '/r', seed: 1 };
  it('tunes those of its searched parameters that have a gradient, in trials only', () => {
    const { experiment, problems } = parseExperiment(FILE(TUNED, WIDE), '/a.tune.yaml');
    expect(problems).toEqual([]);
    const { program } = experiment!;
    const value = program.kind === 'network' ? program.value : null;
    expect(differentiableOf(value).map(({ name, tunes }) => [name, tunes])).toEqual([
      ['lr', 'learningRate'],
      ['wd', 'weightDecay'],
      ['ls', 'labelSmoothing'],
    ]);
    expect(withTuned('hypergradient', experiment!)).toEqual({ name: 'hypergradient', tuned: ['lr', 'wd'] });
    const plan = (trial: number | null) => planRun(experiment!, {}, { dist: '/d', env: {}, run: { ...run, trial } });
    expect(plan(0).network).toMatchObject({ hypergradient: { tune: ['learningRate', 'weightDecay'], every: 10 } });
    expect(plan(null).network).toMatchObject({ hypergradient: null });
  });

  it('is refused at its place when nothing has a gradient, or the network allows none', () => {
    const faults = (network: string, space: string) =>
      parseExperiment(FILE(network, space), '/a.tune.yaml').problems.map(
        ({ line, column, message }) => `${line}:${column} ${message}`,
      );
    expect(faults(TUNED, '{ units: { int: [8, 64] } }')).toEqual([
      expect.stringMatching(/^11:12 none of the searched parameters has a gradient/),
    ]);
    const { experiment } = parseExperiment(FILE(`${TUNED}\n  accumulate: 2`, WIDE), '/a.tune.yaml');
    const { problems } = planRun(experiment!, {}, { dist: '/d', env: {}, run: { ...run, trial: 0 } });
    expect(problems.map(({ line, message }) => `${line} ${message}`)).toEqual([
      '12 sampler hypergradient: hypergradients need a step for each batch: remove accumulate',
    ]);
  });
});
