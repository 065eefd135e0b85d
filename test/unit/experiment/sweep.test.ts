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
    expect(problems).toEqual([]);
    expect(experiment).toMatchObject({
      name: 'my sweep',
      program: { kind: 'run', argv: ['python', 'train.py', '${args}'] },
      params: { epochs: 5 },
      objective: { metric: 'val/loss', goal: 'minimize' },
      search: { sampler: 'auto', pruner: { name: 'asha', form: 'stop', eta: 3, graceSteps: 3 }, trials: 20 },
    });
    const by = Object.fromEntries(toSpace(experiment!).dimensions.map(({ name, when: _, ...d }) => [name, d]));
    expect(by).toMatchObject({
      lr: { kind: 'float', low: 1e-5, high: 0.1, log: true },
      layers: { kind: 'int', low: 1, high: 4 },
      dropout: { kind: 'float', low: 0, high: 1 },
      batch: { kind: 'choice', choices: [32, 64] },
      opt: { choices: ['sgd', 'adam'], weights: [0.9, 0.1] },
      width: { kind: 'int', low: 8, high: 64, step: 8 },
      noise: { kind: 'normal', mean: 0, sd: 0.1 },
      decay: { kind: 'float', low: Math.exp(-2), high: 1, log: true },
      'net.depth': { choices: [1, 2] },
    });
    const plan = planRun(experiment!, { lr: 0.01, batch: 32 }, { dist: '/d', env: {} });
    expect(plan.argv).toEqual(['python', 'train.py', '--epochs=5', '--lr=0.01', '--batch=32']);
    expect(plan.problems).toEqual([]);
  });

  it('with its own command', () => {
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
    ['project: p', 'projct: p', '4:1 warning unknown key "projct" of a sweep file'],
    ['min: 1e-5, max: 0.1', 'min: 0, max: 0.1', '11:7 error "lr": a logarithmic range must begin above 0, not at 0'],
    ['{ min: 1, max: 4 }', '{ min: 1 }', '12:11 error "layers" needs values, a value, or min and max'],
    ['values: [32, 64]', 'valus: [32, 64]', '14:19 error unknown key "valus" of "batch"'],
    ['distribution: normal', 'distribution: norml', '20:26 error "noise": unknown distribution "norml"'],
    ['sigma: 0.1', 'sigma: a', '20:48 error "sigma" of "noise" must be a number'],
    ['sigma: 0.1', 'sigma: -1', '20:10 error "noise": the standard deviation must be above 0'],
    ['q: 8', 'q: 0', '19:57 error q of "width" must be above 0'],
    [', max: 64', '', '19:10 error "width": q_uniform needs min and max'],
    [', max: 0 }', ' }', '21:10 error "decay": log_uniform needs min and max, the exponents of e'],
    ['probabilities: [0.9, 0.1]', 'probabilities: [0.9]', '15:3 error "opt": needs one weight for each choice'],
    ['min_iter: 3', 'min_iter: 0', '9:47 error min_iter must be a whole number of at least 1'],
    ['min_iter: 3', 'eta: 2', '9:1 error hyperband needs min_iter, or max_iter and s'],
    ['min_iter: 3', 'min_iter: 3, eta: 1', '9:55 error eta must be a number above 1'],
    ['min_iter: 3', 'min_iter: 3, eta: 1.5', '9:55 warning eta is at least 2: half of the trials continue'],
    ['min_iter: 3', 'min_itr: 3', '9:37 warning "min_itr" has no effect here'],
    ['type: hyperband', 'type: hyper', '9:26 error unknown type "hyper"'],
    [
      'goal: minimize',
      'goal: minimize\n  target: 0.1',
      '9:3 warning the search does not end at this value: stop it when it is good enough',
    ],
    ['program: train.py\n', '', '1:1 error program is missing: name the script to run'],
    ['goal: minimize', 'goal: up', '8:9 error goal must be minimize or maximize'],
  ])('%s → %s', (from, to, expected) => {
    expect(SWEEP).toContain(from);
    expect(said(SWEEP.replace(from, to))).toContain(expected);
  });

  it.each<[string, unknown]>([
    ['value: 3', 3],
    ['value: [1, 2]', [1, 2]],
    ['{ distribution: constant, value: a }', 'a'],
    ['{ values: [a, b] }', { choice: ['a', 'b'] }],
    ['{ values: [1, 2], probabilities: [0.3, 0.7] }', { choice: [1, 2], weights: [0.3, 0.7] }],
    ['{ distribution: categorical, values: [1, 2] }', { choice: [1, 2] }],
    [
      '{ distribution: categorical_w_probabilities, values: [1, 2], probabilities: [1, 3] }',
      { choice: [1, 2], weights: [1, 3] },
    ],
    ['{ min: 1, max: 4 }', { int: [1, 4] }],
    ['{ min: 1, max: 4.0 }', { uniform: [1, 4] }],
    ['{ min: 0, max: 1e0 }', { uniform: [0, 1] }],
    ['{ distribution: int_uniform, min: 1, max: 4 }', { int: [1, 4] }],
    ['{ distribution: uniform, min: 1, max: 4 }', { uniform: [1, 4] }],
    ['{ distribution: q_uniform, min: 1, max: 4 }', { int: [1, 4], unrounded: [1, 4] }],
    ['{ distribution: q_uniform, min: 0, max: 1, q: 0.3 }', { uniform: [0, 0.9], step: 0.3, unrounded: [0, 1] }],
    ['{ distribution: log_uniform, min: 0, max: 0 }', { log: [1, 1] }],
    ['{ distribution: log_uniform_values, min: 1e-3, max: 1 }', { log: [1e-3, 1] }],
    [
      '{ distribution: q_log_uniform, min: 0, max: 2.302585093, q: 2 }',
      { logInt: [2, 10], step: 2, unrounded: [1, expect.closeTo(10, 6)] },
    ],
    [
      '{ distribution: q_log_uniform_values, min: 0.1, max: 1, q: 0.25 }',
      { log: [0.25, 1], step: 0.25, unrounded: [0.1, 1] },
    ],
    ['{ distribution: inv_log_uniform, min: 0, max: 0 }', { log: [1, 1] }],
    ['{ distribution: inv_log_uniform_values, min: 0.1, max: 10 }', { log: [0.1, 10] }],
    ['{ distribution: normal }', { normal: [0, 1] }],
    ['{ distribution: normal, mu: 3, sigma: 0 }', 3],
    ['{ distribution: q_normal, mu: 3, sigma: 2 }', { normal: [3, 2], step: 1 }],
    ['{ distribution: log_normal, sigma: 2 }', { logNormal: [0, 2] }],
    ['{ distribution: q_log_normal, mu: 1, q: 0.5 }', { logNormal: [1, 1], step: 0.5 }],
    ['{ distribution: beta }', { beta: [1, 1] }],
    ['{ distribution: beta, a: 2, b: 5 }', { beta: [2, 5] }],
    ['{ distribution: q_beta, a: 2, b: 5, q: 0.1 }', { beta: [2, 5], step: 0.1 }],
  ])('a parameter %s', (written, expected) => {
    const text = `program: a.py\nmethod: random\nmetric: { name: m }\nparameters:\n  other: { values: [1, 2] }\n  x: ${written.startsWith('{') ? written : `{ ${written} }`}\n`;
    const { experiment, problems } = parse(text);
    expect(problems).toEqual([]);
    expect(experiment!.search!.space.x ?? experiment!.params.x).toEqual(expected);
    if (typeof expected === 'object' && !Array.isArray(expected)) toSpace(experiment!);
  });

  it.each<[string, object | null, number | null]>([
    ['{ type: hyperband, min_iter: 5 }', { name: 'asha', form: 'stop', eta: 3, graceSteps: 5 }, null],
    [
      '{ type: hyperband, min_iter: 5, eta: 4, strict: true }',
      { name: 'asha', form: 'stop', eta: 4, graceSteps: 5 },
      null,
    ],
    ['{ type: hyperband, max_iter: 27, s: 2 }', { name: 'asha', form: 'stop', eta: 3, graceSteps: 3 }, 27],
    ['{ type: hyperband, max_iter: 100, s: 20, eta: 2 }', { name: 'asha', form: 'stop', eta: 2, graceSteps: 1 }, 100],
    ['{ type: hyperband, max_iter: 27, s: 2, min_iter: 1 }', { name: 'asha', form: 'stop', eta: 3, graceSteps: 3 }, 27],
    ['{ type: hyperband, max_iter: 27, min_iter: 2 }', { name: 'asha', form: 'stop', eta: 3, graceSteps: 2 }, 27],
  ])('stops early: %s', (written, pruner, maxSteps) => {
    const { experiment, problems } = parse(SWEEP.replace('{ type: hyperband, min_iter: 3 }', written));
    expect(problems).toEqual([]);
    expect(experiment!.search).toMatchObject({ pruner, maxSteps });
  });

  it('with several metrics', () => {
    const text = SWEEP.replace(
      'metric:\n  name: val/loss\n  goal: minimize\n',
      'metrics: [{ name: a }, { name: b, goal: maximize }]\n',
    ).replace('method: bayes', 'method: custom\nscheduler: { engine: optuna }');
    expect(said(text)).toEqual(['4:1 warning this scheduler is not used: our own sampler suggests the trials']);
    expect(parse(text).experiment!.objectives).toEqual([
      { metric: 'a', goal: 'minimize' },
      { metric: 'b', goal: 'maximize' },
    ]);
    expect(said(text.replace('name: b, ', ''))).toContain('7:1 error each of the metrics needs a name');
    expect(said(text.replace('name: b', 'name: a'))).toContain('7:32 error "a" is already an objective');
  });

  it('needs a metric where trials are compared', () => {
    const text = 'program: a.py\nmethod: grid\nparameters: { x: { values: [1, 2] } }\n';
    expect(said(text)).toEqual([]);
    expect(said(text.replace('grid', 'bayes'))).toEqual(['3:1 error sampler "auto" needs an objective']);
  });
});
