import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { binomial, currentToBest, differenceFrom } from '../../../../src/search/samplers/evolution/difference.js';
import { DifferentialEvolutionSampler } from '../../../../src/search/samplers/evolution/differentialEvolution.js';
import { Genome } from '../../../../src/search/samplers/evolution/genes.js';
import type { Space, Trial } from '../../../../src/search/types.js';
import { ratioToRandom, usualTests } from './evolutionChecks.js';
import { bestOf, choice, finish, float, start } from './make.js';
import { TASKS } from '../tasks.js';

describe('differential evolution', () => {
  usualTests('de', {
    robust: { name: 'de', population: 6 },
    complete: { name: 'de', population: 5 },
    rounds: [60, 25],
    careful: 120,
  });
  it('requires a single objective', () => {
    const options = start({ dimensions: [float('x')] }, 'de', { goals: ['minimize', 'minimize'] });
    expect(() => createStudy(options)).toThrow('sampler "de" takes one objective, not 2');
  });

  it.each(Object.keys(TASKS))('beats random search: %s', (name) => {
    const task = TASKS[name]!;
    expect(ratioToRandom('de', task, task.trials * 2, 10)).toBeLessThan(0.6);
  });

  it('converges to the optimum', () => {
    const space: Space = { dimensions: Array.from({ length: 4 }, (_, i) => float(`x${i}`)) };
    const f = (p: Params) => Object.values(p).reduce<number>((sum, x) => sum + ((x as number) - 0.8) ** 2, 0);
    expect(bestOf(finish(createStudy(start(space, 'de')), 150, f))).toBeLessThan(0.01);
  });

  it('breeds from earlier trials until it has its own', () => {
    const space: Space = { dimensions: Array.from({ length: 4 }, (_, i) => float(`x${i}`)) };
    const off = (p: Params) => Object.values(p).reduce<number>((sum, x) => sum + ((x as number) - 0.9) ** 2, 0);
    const random = createRandom(2);
    const earlier = Array.from({ length: 40 }, (_, i): Trial => {
      const params = Object.fromEntries(space.dimensions.map(({ name }) => [name, 0.8 + 0.2 * random.next()]));
      return { id: -1 - i, params, state: 'completed', values: [off(params)], reports: [], enqueued: false };
    });
    const spread = (past: Trial[]) => {
      const sampler = new DifferentialEvolutionSampler({}, space);
      const trials: Trial[] = [];
      for (let id = 0; id < 12; id++) {
        const params = sampler.suggest({ space, goals: ['minimize'], trials, earlier: past }, random)!;
        trials.push({ id, params, state: 'completed', values: [off(params)], reports: [], enqueued: false });
      }
      return Math.min(...trials.map(({ params }) => off(params)));
    };
    expect(spread(earlier)).toBeLessThan(spread([]));
  });

  it('gives exactly these suggestions for this seed on every platform', () => {
    const { space, f } = TASKS['a classifier with conditions, scales, steps and choices']!;
    const study = finish(createStudy(start(space, 'de', { seed: 42 })), 40, f);
    expect(study.trials.slice(38).map((trial) => trial.params)).toMatchInlineSnapshot(`
      [
        {
          "act": "gelu",
          "layers": 7,
          "lr": 0.0006548978841416605,
          "model": "net",
        },
        {
          "act": "gelu",
          "layers": 4,
          "lr": 0.0020118090729205904,
          "model": "net",
        },
      ]
    `);
  });
});

describe('its operators', () => {
  const space: Space = {
    dimensions: [float('x'), choice('c', ['a', 'b', 'c']), float('y', 0, 1, { when: { c: ['a'] } })],
  };
  const genome = new Genome(space);
  const random = createRandom(4);
  const genes = (x: number, c: string, y?: number) => genome.genesOf({ x, c, ...(y === undefined ? {} : { y }) });

  it('move by the factor F along differences, and stay within bounds', () => {
    const mutant = differenceFrom(
      genome,
      [genes(0.5, 'a', 0.5), genes(0.6, 'a', 0.9), genes(0.2, 'a', 0.1)],
      0.5,
      random,
    );
    expect(mutant[0]).toBeCloseTo(0.7, 12);
    expect(mutant[2]).toBeCloseTo(0.9, 12);
    const beyond = currentToBest(genome, [genes(0.9, 'b'), genes(1, 'b'), genes(1, 'b'), genes(0, 'b')], 1, random);
    expect(beyond[0]).toBeCloseTo(0.95, 12);
  });

  it('copy choices as a whole, and handle parameters that a parent does not have', () => {
    for (let i = 0; i < 50; i++) {
      const parents = [genes(0.5, 'a', 0.5), genes(0.6, 'b'), genes(0.2, 'c'), genes(0.1, 'a', 0.2)] as const;
      const mutant = currentToBest(genome, [...parents], 0.5, random);
      const params = genome.paramsOf(binomial(genome, parents[0], mutant, 0.5, random), random);
      expect(params.y !== undefined).toBe(params.c === 'a');
    }
  });

  it('keep at least one gene of the mutant', () => {
    const child = binomial(genome, genes(0.1, 'a', 0.1), genes(0.9, 'b', 0.9), 0, random);
    expect([...child].filter((gene, i) => gene !== genes(0.1, 'a', 0.1)[i]).length).toBe(1);
  });
});
