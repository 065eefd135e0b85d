import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExperiment, planRun, toSpace } from '../../../../src/experiment/index.js';
import type { PlanContext } from '../../../../src/experiment/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'plan größe '));
  mkdirSync(path.join(folder, 'bin'));
  for (const name of ['python3', 'train.ts']) writeFileSync(path.join(folder, 'bin', name), '', { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true }));

function plan(text: string, params: Params = {}, ctx: Partial<PlanContext> = {}) {
  const { experiment, problems } = parseExperiment(text, path.join(folder, 'x.tune.yaml'));
  expect(problems.filter((p) => p.severity === 'error')).toEqual([]);
  return planRun(experiment!, params, { dist: '/dist', env: { PATH: path.join(folder, 'bin') }, ...ctx });
}
const said = (text: string, params: Params = {}) =>
  plan(text, params).problems.map((p) => `${p.line}:${p.column} ${p.message}${p.hint ? ` (${p.hint})` : ''}`);

describe('a command', () => {
  it('gets values as separate arguments, whatever they contain', () => {
    const text =
      "run: a --lr={lr} {name} '{name} {{lr}}' {list} {flag} {none}\nparams: { lr: 1, name: x, list: [1], flag: true, none: ~ }\n";
    expect(plan(text, { lr: 1e-7, name: "two words; rm -rf '$HOME'", list: [1, 'b'] }).argv).toEqual([
      'a',
      '--lr=1e-7',
      "two words; rm -rf '$HOME'",
      "two words; rm -rf '$HOME' {lr}",
      '[1,"b"]',
      'true',
      'null',
    ]);
  });

  it('expands the macros of sweeps', () => {
    const text =
      'run: [a, "${args}", "${args_no_boolean_flags}", "${args_no_hyphens}", "${args_json}", "${envvar:PATH}x"]\nparams: { lr: 0.1, on: true, off: false }\n';
    const { argv, variables } = plan(text, {}, { env: { PATH: '/p' } });
    expect(argv).toEqual([
      ...['a', '--lr=0.1', '--on=True', '--off=False', '--lr=0.1', '--on', 'lr=0.1', 'on=True', 'off=False'],
      ...['{"lr":0.1,"on":true,"off":false}', '${envvar:PATH}x'],
    ]);
    // The value is put in when the program starts: a secret is never written down.
    expect(variables).toEqual([{ argument: 10, at: 0, name: 'PATH' }]);
  });

  it('runs where the file lies, or where it says', () => {
    expect(plan('run: a').cwd).toBe(folder);
    expect(plan('run: a\ncwd: bin').cwd).toBe(path.join(folder, 'bin'));
    expect(said('run: a\ncwd: nowhere')).toEqual([`2:6 there is no folder ${path.join(folder, 'nowhere')}`]);
    expect(plan('run: a\nenv: { A: 1 }').env).toEqual({ A: '1' });
  });

  it('gets the interval after which records are on the disk', () => {
    expect(plan('run: a\nsyncInterval: 0.25').env).toEqual({ TUNESMITH_FSYNC_SECONDS: '0.25' });
    expect(plan('run: a\nsyncInterval: 0').env).toEqual({ TUNESMITH_FSYNC_SECONDS: '0' });
    expect(plan('run: a\nsyncInterval: 5\nenv: { TUNESMITH_FSYNC_SECONDS: 2 }').env).toEqual({
      TUNESMITH_FSYNC_SECONDS: '2',
    });
    const { problems } = parseExperiment('run: a\nsyncInterval: -1\n', path.join(folder, 'x.tune.yaml'));
    expect(problems.map(({ line, column, message }) => [line, column, message])).toEqual([
      [2, 15, 'syncInterval must be at least 0'],
    ]);
  });

  it('takes the Python of the file, the environment, the editor, the PATH, in this order', () => {
    const env = { PATH: path.join(folder, 'bin') };
    expect(plan('run: python x.py').argv).toEqual(['python3', 'x.py']);
    expect(plan('run: python x.py', {}, { python: '/editor' }).argv[0]).toBe('/editor');
    expect(plan('run: python3 x.py', {}, { python: '/editor', env: { ...env, TUNESMITH_PYTHON: '/e' } }).argv[0]).toBe(
      '/e',
    );
    expect(plan('run: python x.py\npython: ./v/bin/python', {}, { python: '/editor' }).argv[0]).toBe(
      path.join(folder, 'v/bin/python'),
    );
    expect(plan('run: python x.py\npython: python3.12', {}, { python: '/editor' }).argv[0]).toBe('python3.12');
    expect(plan('run: ./python x.py', {}, { python: '/editor' }).argv[0]).toBe('./python');
  });

  it('needs a value for everything it names', () => {
    const text =
      'run: a {m}\nparams: {}\nobjective: { metric: x, goal: minimize }\nsearch: { trials: 1, space: { m: { uniform: [0, 1] } } }\n';
    expect(said(text)).toEqual(['1:6 "m" has no value (give it one under params)']);
    expect(said('run: "${envvar:NOT_SET}"')[0]).toContain('the environment variable NOT_SET is not set');
  });
});

describe('a module', () => {
  it('is run by the module host', () => {
    expect(plan('module: ./bin/train.ts').argv).toEqual([
      'node',
      '/dist/module.cjs',
      path.join(folder, 'bin', 'train.ts'),
    ]);
    expect(said('name: x\nmodule: ./trane.ts')).toEqual([`2:9 there is no file ${path.join(folder, 'trane.ts')}`]);
  });
});

describe('a network', () => {
  const text = `network:
  data: mnist
  layers: [{ dense: { units: '{units}' } }]
  loss: crossEntropy
  optimizer: { name: adam, learningRate: '{lr}' }
params:
  units: 10
  lr: 0.1
`;
  it('gets values with their types', () => {
    const { argv, network, problems } = plan(text, { units: 12 });
    expect(problems).toEqual([]);
    expect(argv).toEqual(['node', '/dist/trainer.cjs']);
    expect(network).toMatchObject({ layers: [{ units: 12 }], optimizer: { learningRate: 0.1 } });
  });
  it('says which parameter has a value that it can not use', () => {
    expect(said(text, { units: 1.5 })).toEqual(['7:10 "units": units must be a whole number']);
    expect(said(text, { lr: -1 })).toEqual(['8:7 "lr": learningRate must be above 0']);
  });
});

describe('values are checked', () => {
  const text = `run: a {lr} {n} {o} {s} {t} {f}
params: { lr: 0.5, n: 2, o: sgd, s: true, t: text, f: 1 }
objective: { metric: x, goal: minimize }
search:
  trials: 1
  space: { lr: { log: [0.1, 1] }, n: { int: [1, 3] }, o: { choice: [sgd, adam] } }
`;
  it.each<[Params, string]>([
    [{ lr: 'x' }, '2:15 "lr" must be a number, not "x"'],
    [{ n: 1.5 }, '2:23 "n" must be a whole number, not 1.5'],
    [{ o: 'rmsprop' }, '2:29 "o" must be one of "sgd", "adam", not "rmsprop"'],
    [{ s: 'true' }, '2:37 "s" must be true or false, not "true"'],
    [{ t: 3 }, '2:46 "t" must be text, not 3'],
    [{ f: NaN }, '2:55 "f" must be a finite number, not NaN'],
    [{ lrr: 1 }, '2:1 no parameter is named "lrr" (did you mean "lr"?)'],
  ])('%j', (params, expected) => {
    expect(said(text, params)).toEqual([expected]);
  });
  it('a plain run may leave the range of a search', () => {
    expect(said(text, { lr: 2, n: 9 })).toEqual([]);
  });
  it('the file’s own value is always taken', () => {
    expect(said(text.replace('lr: 0.5', 'lr: 5'), { lr: 5 })).toEqual([]);
  });
  it('those of a copied or stored experiment too', () => {
    const { experiment } = parseExperiment(text, path.join(folder, 'x.tune.yaml'));
    const stored = JSON.parse(JSON.stringify(experiment)) as NonNullable<typeof experiment>;
    const context = { dist: '/dist', env: {} };
    expect(planRun(stored, { lr: 50 }, context)).toMatchObject({ params: { lr: 50, n: 2 }, problems: [] });
    expect(planRun(stored, { o: 'rmsprop' }, context).problems).toMatchObject([{ line: 1, column: 1 }]);
  });
});

it('puts parents before children in the space', () => {
  const { experiment } = parseExperiment(
    'run: a ${args}\nobjective: { metric: x, goal: minimize }\nsearch:\n  trials: 3\n  space:\n    m: { uniform: [0, 1], when: { o: sgd } }\n    o: { choice: [sgd, adam] }\n    k: 3\n',
    '/x.tune.yaml',
  );
  expect(toSpace(experiment!).dimensions).toEqual([
    { kind: 'choice', name: 'o', choices: ['sgd', 'adam'], weights: null, when: null },
    { kind: 'float', name: 'm', low: 0, high: 1, log: false, step: null, when: { o: ['sgd'] } },
    { kind: 'constant', name: 'k', value: 3, when: null },
  ]);
  const wrong = { ...experiment!, search: { ...experiment!.search!, space: { x: { log: [0, 1] } } } };
  expect(() => toSpace(wrong)).toThrow('must begin above 0');
});
