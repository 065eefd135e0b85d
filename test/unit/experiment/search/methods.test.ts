import { describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../../src/experiment/index.js';

const problems = (search: string, more = ''): string[] =>
  parseExperiment(
    `run: ./train {x}\nparams: { x: 1 }\n${more}search:\n  trials: 9\n${search}`,
    '/x/a.tune.yaml',
  ).problems.map(
    ({ line, column, severity, message, hint }) =>
      `${line}:${column} ${severity}: ${message}${hint ? ` (${hint})` : ''}`,
  );
const LOSS = 'objective: { metric: loss, goal: minimize }\n';
const BOTH = 'objective: [{ metric: a, goal: minimize }, { metric: b, goal: maximize }]\n';

describe('a search that its sampler or pruner would refuse', () => {
  it('is a mistake of the file, at the parameter that can not be taken', () => {
    expect(problems('  sampler: grid\n  space: { x: { log: [0.1, 1] } }\n')).toEqual([
      '6:15 error: "x" has infinitely many values: a grid needs a number of points, such as { log: [0.1, 1], points: 5 }',
    ]);
    expect(problems('  sampler: grid\n  space: { x: { normal: [0, 1] } }\n')).toEqual([
      '6:15 error: a grid can\'t be laid over the normal distribution of "x"; use sampler: random',
    ]);
    expect(problems('  sampler: grid\n  space: { x: { uniform: [0, 1], points: 5 } }\n')).toEqual([]);
    expect(problems('  sampler: { name: grid, points: 4 }\n  space: { x: { uniform: [0, 1] } }\n')).toEqual([]);
  });

  it('is one at the sampler when the objectives do not suit it', () => {
    expect(problems('  sampler: cmaes\n  space: { x: { uniform: [0, 1] } }\n', BOTH)).toEqual([
      '6:12 error: sampler "cmaes" takes one objective, not 2: use nsga2, nsga3 or tpe instead',
    ]);
    expect(problems('  sampler: cmaes\n  space: { x: { uniform: [0, 1] } }\n', LOSS)).toEqual([]);
  });

  it('is not said twice when the objective is missing or a setting is wrong', () => {
    expect(problems('  sampler: cmaes\n  space: { x: { uniform: [0, 1] } }\n')).toHaveLength(1);
    expect(problems('  sampler: { name: grid, point: 4 }\n  space: { x: { uniform: [0, 1] } }\n')).toHaveLength(1);
  });
});
