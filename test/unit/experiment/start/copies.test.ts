/** Copies of configuration files, switches and lists in commands. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseExperiment, planRun } from '../../../../src/experiment/index.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'copies-'));
  writeFileSync(
    path.join(folder, 'config.yaml'),
    '# keep me\noptimizer:\n  lr: 0.1 # tuned\n  sizes:\n    - 1\n    - 2\nname: x\n',
  );
  writeFileSync(path.join(folder, 'c.json'), '{\n  "lr": 1,\n  "on": true\n}\n');
  writeFileSync(path.join(folder, 't.toml'), 'a = 1\n[o]\nlr = 1.0\n');
  writeFileSync(path.join(folder, 'bad.yaml'), 'a: [1\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

const run = { id: 'r1', folder: '/runs/r1', seed: 7, trial: 3 };

function plan(text: string, params = {}) {
  const { experiment, problems } = parseExperiment(text, path.join(folder, 'x.tune.yaml'));
  expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
  return { ...planRun(experiment!, params, { dist: '/dist', env: {}, run }), warnings: problems };
}

it('replaces values where they stand and names the copy', () => {
  const { argv, files, problems } = plan(
    `run: [prog, '{config}', '{c}', '{t}']
params: { lr: 1e-7, big: 2.0, sizes: [64, 128], name: 'a: b', seed_of: 1 }
files:
  config.yaml: { optimizer: { lr: '{lr}', sizes: '{sizes}' }, name: '{name}', extra.deep: '{big}', dir: '{run.dir}/out' }
  c.json: { lr: '{big}', on: false, seed: '{seed}' }
  t.toml: { o.lr: '{big}', a: '{trial}', n: { m: '{name}' } }
`,
  );
  expect(problems).toEqual([]);
  expect(argv.slice(1)).toEqual(['/runs/r1/files/config.yaml', '/runs/r1/files/c.json', '/runs/r1/files/t.toml']);
  expect(files!['files/config.yaml']).toBe(
    `# keep me
optimizer:
  lr: 1.0e-07 # tuned
  sizes:
    - 64
    - 128
name: "a: b"
extra:
  deep: 2.0
dir: "/runs/r1/out"
`,
  );
  expect(JSON.parse(files!['files/c.json']!)).toEqual({ lr: 2, on: false, seed: 7 });
  expect(files!['files/t.toml']).toBe('a = 3\n\n[o]\nlr = 2.0\n\n[n]\nm = "a: b"\n');
});

it('makes a file that is not there of the values alone', () => {
  const { files } = plan("run: prog {new}\nparams: { lr: 0.0 }\nfiles: { sub/new.yaml: { lr: '{lr}', k: [1, x] } }\n");
  expect(files).toEqual({ 'files/new.yaml': 'lr: 0.0\nk:\n  - 1\n  - "x"\n' });
});

const faults = (text: string) =>
  parseExperiment(text, path.join(folder, 'x.tune.yaml')).problems.map(
    ({ line, column, severity, message }) => `${line}:${column} ${severity} ${message}`,
  );

it('reports errors with their position', () => {
  expect(faults("run: prog {config}\nfiles:\n  config.yaml: { optimiser.lr: 1, name: '{nam}' }\n")).toEqual([
    '3:3 warning config.yaml has no "optimiser.lr"',
    '3:16 error no parameter is named "nam"',
  ]);
  expect(faults('run: prog\nfiles: { a.ini: { x: 1 } }\n')).toEqual([
    '2:10 error "a.ini" is not a YAML, JSON or TOML file',
  ]);
  expect(faults('run: prog\nfiles: { a/x.yaml: {}, b/x.json: {} }\n')[0]).toBe(
    '2:10 error "a/x.yaml" and "b/x.json" would both be {x}',
  );
  const { problems } = plan('run: prog {bad}\nfiles:\n  bad.yaml: { a: 1 }\n');
  expect(problems[0]).toMatchObject({
    line: 3,
    column: 3,
    message: expect.stringContaining('bad.yaml: Flow sequence'),
  });
});

it('passes switches and lists as programs take them', () => {
  const text = `run: [prog, '{amp?--amp}', '{amp?--yes:--no}', '--x={amp?True:}', '{sizes*}', 'a{n?b:c}d', '{n*}', '{sizes}']
params: { amp: false, sizes: [1.0, 2.5], n: 0 }
`;
  expect(plan(text).argv.slice(1)).toEqual(['--no', '--x=', '1.0', '2.5', 'acd', '0', '[1.0,2.5]']);
  expect(plan(text, { amp: true, n: 2, sizes: [] }).argv.slice(1)).toEqual([
    '--amp',
    '--yes',
    '--x=True',
    'abd',
    '2',
    '[]',
  ]);
  expect(plan('run: prog {amp?:--off}\nparams: { amp: true }').argv).toEqual(['prog']);
  expect(faults("run: [prog, 'x{s*}']\nparams: { s: [1] }\n")[0]).toMatch(/must be an argument by itself/);
  expect(faults('run: prog {apm?--amp}\nparams: { amp: true }\n')[0]).toMatch(
    /^1:11 error no parameter is named "apm"/,
  );
});

it('gives the interpreter no option from a list or a switch', () => {
  const { problems } = plan('run: python {x*} train.py\nparams: { x: ["-c", "import os"] }\n');
  expect(problems.map(({ message }) => message).join()).toContain('begins with "-"');
});

it('starts the program in a folder of the run, with its arguments where they were', () => {
  const text = (output: string) => `run: [python, c.json, --conf=config.yaml, --lr, '{lr}', nothere, '-x']
params: { lr: 0.5 }
output: ${output}
`;
  const { argv, cwd, problems } = plan(text("'{run.dir}/out'"));
  expect(problems).toEqual([]);
  expect(cwd).toBe('/runs/r1/out');
  const conf = `--conf=${path.join(folder, 'config.yaml')}`;
  expect(argv.slice(1)).toEqual([path.join(folder, 'c.json'), conf, '--lr', '0.5', 'nothere', '-x']);
  expect(plan(text('{run.dir}')).cwd).toBe('/runs/r1');
  expect(plan("run: python -m pkg\noutput: '{run.dir}'\n").env).toEqual({ PYTHONPATH: folder });
  for (const wrong of ['out', "'{run.dir}/../x'", "'{run.id}'", '{a: 1}'])
    expect(faults(`run: a\noutput: ${wrong}\n`)[0], wrong).toMatch(/^2:.* error output must be/);
});

it('leaves the GPU to the start of the program', () => {
  const { argv, variables } = plan("run: [prog, '--gpu={gpu}', '{gpu}']\n");
  expect(argv).toEqual(['prog', '--gpu=${envvar:CUDA_VISIBLE_DEVICES}', '${envvar:CUDA_VISIBLE_DEVICES}']);
  expect(variables).toEqual([
    { argument: 1, at: 6, name: 'CUDA_VISIBLE_DEVICES' },
    { argument: 2, at: 0, name: 'CUDA_VISIBLE_DEVICES' },
  ]);
  expect(plan('run: prog {gpu}\nparams: { gpu: 3 }\n').argv).toEqual(['prog', '3']);
  expect(plan("run: prog\nenv: { G: '{gpu}' }\n").problems[0]!.message).toContain('only be used in the command');
});
