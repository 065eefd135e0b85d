import { describe, expect, it } from 'vitest';
import { parseExperiment, planRun, toSpace } from '../../../src/experiment/index.js';

const parse = (text: string) => parseExperiment(text, '/w/sweep.yaml');
const said = (text: string) => parse(text).problems.map((p) => `${p.line}:${p.column} ${p.severity} ${p.message}`);

const SWEEP = `program: train.py
name: my sweep
method: bayes
project: p
run_cap: 20
metric:
  name: val/loss
  goal: minimize
early_terminate: { type: hyperband, min_iter: 3 }
parameters:
  lr: { distribution: log_uniform_values, min: 1e-5, max: 0.1 }
  layers: { min: 1, max: 4 }
  dropout: { min: 0.0, max: 1.0 }
  batch: { values: [32, 64] }
  opt:
    values: [sgd, adam]
    probabilities: [0.9, 0.1]
  epochs: { value: 5 }
  width: { distribution: q_uniform, min: 8, max: 64, q: 8 }
  noise: { distribution: normal, mu: 0, sigma: 0.1 }
  decay: { distribution: log_uniform, min: -2, max: 0 }
  net:
    parameters:
      depth: { values: [1, 2] }
`;

describe('a sweep file', () => {
  it('is read as it is', () => {
    const { experiment, problems } = parse(SWEEP);
    expect(problems.map((p) => [p.line, p.severity, p.message])).toEqual([
      [9, 'warning', 'trials are stopped early by the median rule'],
    ]);
    expect(experiment).toMatchObject({
      name: 'my sweep',
      program: { kind: 'run', argv: ['python', 'train.py', '${args}'] },
      params: { epochs: 5 },
      objective: { metric: 'val/loss', goal: 'minimize' },
      search: { sampler: 'auto', pruner: 'median', trials: 20 },
    });
    const by = Object.fromEntries(toSpace(experiment!).dimensions.map(({ name, when: _, ...d }) => [name, d]));
    expect(by).toMatchObject({
      lr: { kind: 'float', low: 1e-5, high: 0.1, log: true },
      layers: { kind: 'int', low: 1, high: 4 },
      dropout: { kind: 'float', low: 0, high: 1 },
      batch: { kind: 'choice', choices: [32, 64] },
      opt: { choices: ['sgd', 'adam'], weights: [0.9, 0.1] },
      width: { kind: 'float', low: 8, high: 64, step: 8 },
      noise: { kind: 'normal', mean: 0, sd: 0.1 },
      decay: { kind: 'float', low: Math.exp(-2), high: 1, log: true },
      'net.depth': { choices: [1, 2] },
    });
    const plan = planRun(experiment!, { lr: 0.01, batch: 32 }, { dist: '/d', env: {} });
    expect(plan.argv).toEqual(['python', 'train.py', '--epochs=5', '--lr=0.01', '--batch=32']);
    expect(plan.problems).toEqual([]);
  });

  it('with a command of its own', () => {
    const text =
      'method: grid\nprogram: "a {b}.py"\ncommand: ["${env}", "${interpreter}", -u, "${program}", "${args_no_hyphens}"]\nparameters: { x: { values: [1, 2] } }\nmetric: { name: m }\n';
    expect(planRun(parse(text).experiment!, { x: 2 }, { dist: '/d', env: {} }).argv).toEqual([
      'python',
      '-u',
      'a {b}.py',
      'x=2',
    ]);
  });

  it.each<[string, string, string]>([
    ['method: bayes', 'method: bays', '3:9 error unknown method "bays"'],
    ['project: p', 'projct: p', '4:1 error unknown key "projct" of a sweep file'],
    ['min: 1e-5, max: 0.1', 'min: 0, max: 0.1', '11:7 error "lr": a logarithmic range must begin above 0, not at 0'],
    ['{ min: 1, max: 4 }', '{ min: 1 }', '12:11 error "layers" needs values, a value, or min and max'],
    ['values: [32, 64]', 'valus: [32, 64]', '14:19 error unknown key "valus" of "batch"'],
    ['distribution: normal', 'distribution: beta', '20:26 error "noise": the distribution beta is not supported'],
    ['program: train.py\n', '', '1:1 error program is missing: name the script to run'],
    ['goal: minimize', 'goal: up', '8:9 error goal must be minimize or maximize'],
  ])('%s → %s', (from, to, expected) => {
    expect(SWEEP).toContain(from);
    expect(said(SWEEP.replace(from, to)).filter((text) => !text.includes('median rule'))).toContain(expected);
  });

  it('needs a metric to search by', () => {
    expect(said('program: a.py\nmethod: grid\nparameters: { x: { values: [1, 2] } }\n')).toEqual([
      '3:1 error a search needs an objective',
    ]);
  });
});
