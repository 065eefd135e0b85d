import { expect, it } from 'vitest';
import { hostSpec, hostText } from '../../../../../src/engine/executors/ssh/hostSpec.js';
import type { RunSpec } from '../../../../../src/protocol/run/runFolder.js';

const places = { workspace: '/w/my code', dist: '/opt/ts/dist', hostWorkspace: '/h/copy', hostDist: '/h/bin/dist' };
const spec: RunSpec = {
  ...{ version: 1, id: 'r1', experiment: 'e', file: '/w/my code/sub/a.tune.yaml', search: null, trial: null },
  ...{ params: { lr: 1 }, argv: ['node', '/opt/ts/dist/module.cjs', '/w/my code/train.mjs'], cwd: '/w/my code/sub' },
  ...{ env: { DATA: '/w/my code/data:/w/other' }, seed: 1, objective: null, createdAt: 0, stopGrace: 10 },
};
const of = (more: Partial<RunSpec> = {}): RunSpec => JSON.parse(hostSpec({ ...spec, ...more }, places)) as RunSpec;

it('files of the workspace and our own programs are named as on the host', () => {
  expect(of()).toMatchObject({
    argv: ['node', '/h/bin/dist/module.cjs', '/h/copy/train.mjs'],
    cwd: 'sub',
    file: 'sub/a.tune.yaml',
    env: { DATA: '/h/copy/data:/w/other' },
  });
});

it('only whole names of folders are replaced', () => {
  for (const text of ['/w/my code2/x', '/a/w/my code/x', 'x/w/my code', '/w/my code-old'])
    expect(hostText(text, places)).toBe(text);
  expect(hostText('--file=/w/my code/x', places)).toBe('--file=/h/copy/x');
  expect(hostText('"/w/my code"', places)).toBe('"/h/copy"');
});

it('a variable of the environment stays where it stands in its argument', () => {
  const argument = '/w/my code/${envvar:NAME}/x';
  const at = argument.indexOf('$');
  const { argv, variables } = of({ argv: ['python', argument], variables: [{ argument: 1, at, name: 'NAME' }] });
  expect(argv[1]!.slice(variables![0]!.at)).toBe('${envvar:NAME}/x');
});

it('the checkpoint of a launch is the one in the run’s folder there, and another run’s is not named', () => {
  const launch = { number: 2, at: 5, checkpoint: '/w/my code/.tunesmith/runs/r1/checkpoints/step-1', from: 'r0' };
  expect(of({ launch }).launch).toEqual({ number: 2, at: 5, checkpoint: '.tunesmith/runs/r1/checkpoints/step-1' });
});

it('a working folder outside of the workspace is refused', () => {
  expect(() => of({ cwd: '/w/other' })).toThrow(/cwd is \/w\/other, outside of the workspace \/w\/my code/);
});
