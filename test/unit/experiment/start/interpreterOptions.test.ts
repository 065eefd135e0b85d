import { describe, expect, it } from 'vitest';
import { parseExperiment, planRun } from '../../../../src/experiment/index.js';

const FILE = '/w/a.tune.yaml';

function problems(run: string, params: Record<string, string>): string[] {
  const { experiment } = parseExperiment(`name: a\nrun: ${run}\nparams: ${JSON.stringify(params)}\n`, FILE);
  return planRun(experiment!, {}, { dist: '/dist', env: {} }).problems.map(({ message }) => message);
}

describe('a value that begins with a hyphen', () => {
  it.each(['python {x}', '/usr/bin/python3 -u {x} train.py', 'node {x}', 'bash {x}.sh', 'python -m {x}', 'sh -e {x}'])(
    'is refused where it would be an option of the interpreter: %s',
    (run) => {
      expect(problems(run, { x: '-cimport os' })).toEqual([expect.stringMatching(/^the value of "x" begins with "-"/)]);
      expect(problems(run, { x: 'train' })).toEqual([]);
    },
  );

  it.each([
    'python train.py {x}',
    'python -m pkg.train {x}',
    'node a.mjs --lr {x}',
    './train {x}',
    'python train.py --x={x}',
  ])('is passed on to the program: %s', (run) => expect(problems(run, { x: '-1' })).toEqual([]));
});
