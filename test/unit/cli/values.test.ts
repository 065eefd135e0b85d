/** Values that reach a program through the real command line, engine and Python. */
import { existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const TRAIN = `import json, os, sys
import tunesmith
run = tunesmith.init()
print(json.dumps({
    'argv': sys.argv[1:],
    'params': os.environ['TUNESMITH_PARAMS'],
    'types': {name: type(run.config[name]).__name__ for name in run.config},
    'env': {name: value for name, value in os.environ.items() if name.startswith('MY_')},
    'file': open(os.environ['MY_FILE']).read() if 'MY_FILE' in os.environ else None,
}))
run.log({'loss': 0.5})
run.finish()
`;
const FILE = `run: python3 train.py {clip} {half} {n} {layers} {flag} {none} --out {run.dir} --seed {seed}
env: { MY_LR: "{lr}", MY_NUMBER: 1.0, MY_TRIAL: "{trial}", MY_ID: "{run.id}", MY_BRACES: '{"a": 1}' }
params: { clip: 1.0, half: 0.5, n: 3, lr: 1e0, layers: [64, 0.0], flag: true, none: null }
objective: { metric: loss, goal: minimize }
search:
  sampler: grid
  space:
    clip: { choice: [0.0, 0.5] }
    half: { uniform: [0, 1], step: 1 }
    n: { int: [3, 3] }
    none: { choice: [null, 5] }
`;
const SWEEP = `program: train.py
method: grid
metric: { name: loss, goal: minimize }
command: ["\${env}", python3, "\${program}", "\${args}", "\${args_no_equals}", "\${args_append_hydra}", "\${args_override_hydra}", "x=\${oc.env:HOME}", "\${args_json_file}", "\${args_json}"]
unknown_key: 1
parameters:
  lr: { value: 1.0 }
  bits: { value: 010 }
  big: { value: 1_000 }
  on: { value: yes }
  none: { value: null }
  words: { value: [a, 1.0, "it's"] }
  opt:
    parameters:
      name: { value: adam }
      betas: { values: [0.0] }
`;

let here: Workspace;
beforeAll(async () => {
  here = await Workspace.open({ 'train.py': TRAIN, 'x.tune.yaml': FILE, 'sweep.yaml': SWEEP });
});
afterAll(() => here.dispose());

interface Seen {
  argv: string[];
  params: string;
  types: Record<string, string>;
  env: Record<string, string>;
}
async function seen(run: string): Promise<Seen> {
  const { out } = await here.tunesmith(['log', run]);
  return JSON.parse(out.trim().split('\n').at(-1)!) as Seen;
}
async function start(...args: string[]): Promise<{ id: string; text: string }> {
  const { out, err } = await here.tunesmith(['run', ...args, '--json']);
  if (out === '') throw new Error(err);
  return { id: (JSON.parse(out) as { id: string }).id, text: out };
}

it('hands numbers over with the type they were written with, everywhere', async () => {
  const { id, text } = await start('x.tune.yaml');
  const { argv, params, types, env } = await seen(id);
  const folder = path.join(here.folder, '.tunesmith', 'runs', id);
  expect(argv.slice(0, 8)).toEqual(['1.0', '0.5', '3', '[64,0.0]', 'true', 'null', '--out', folder]);
  expect(argv[9]).toMatch(/^\d+$/);
  expect(params).toBe('{"clip":1.0,"half":0.5,"n":3,"lr":1.0,"layers":[64,0.0],"flag":true,"none":null}');
  expect(types).toMatchObject({ clip: 'float', n: 'int', lr: 'float', flag: 'bool', none: 'NoneType' });
  expect(env).toEqual({ MY_LR: '1.0', MY_NUMBER: '1.0', MY_TRIAL: '0', MY_ID: id, MY_BRACES: '{"a": 1}' });
  expect(text).toContain('"clip": 1.0,');
  expect(readFileSync(path.join(folder, 'run.json'), 'utf8')).toContain('"clip":1.0,');
  const { out } = await here.tunesmith(['show', id]);
  expect(out).toMatch(/clip +1\.0\n/);
  expect((await here.tunesmith(['export', id])).out).toMatch(/,1\.0,/);
  // Again from what was kept, with its own folder.
  const again = JSON.parse((await here.tunesmith(['rerun', id, '--json'])).out) as { id: string };
  expect((await seen(again.id)).argv[7]).toBe(path.join(here.folder, '.tunesmith', 'runs', again.id));
  expect((await seen(again.id)).params).toBe(params);
});

it('infers the type of a value set in the terminal; a whole number for a float parameter is a float', async () => {
  const { id } = await start(
    'x.tune.yaml',
    '--set',
    'half=1',
    '--set',
    'flag=true',
    '--set',
    'clip=2.0',
    '--set',
    'layers=[2.0]',
  );
  expect((await seen(id)).argv.slice(0, 4)).toEqual(['2.0', '1.0', '3', '[2.0]']);
});

it('hands the values of a search over so', async () => {
  const { out } = await here.tunesmith(['search', 'x.tune.yaml', '--json']);
  const { search } = JSON.parse(out) as { search: string };
  const runs = JSON.parse((await here.tunesmith(['ls', '--search', search, '--json'])).out) as { id: string }[];
  const first = await Promise.all(runs.map(async ({ id }) => (await seen(id)).argv.slice(0, 6)));
  expect(new Set(first.map((argv) => argv[0]))).toEqual(new Set(['0.0', '0.5']));
  expect(new Set(first.map((argv) => argv[1]))).toEqual(new Set(['0.0', '1.0']));
  expect(new Set(first.map((argv) => argv[5]))).toEqual(new Set(['null', '5']));
  expect(out).toMatch(/"clip": 0\.[05]/);
});

it('refuses a folder and an empty name with a sentence', async () => {
  const folder = await here.tunesmith(['validate', '.']);
  expect(folder.code).toBe(2);
  expect(folder.err).toContain(`${here.folder} is a folder. Name an experiment file`);
  for (const command of ['run', 'search']) {
    const unnamed = await here.tunesmith([command, 'x.tune.yaml', '--name', ' ']);
    expect(unnamed).toMatchObject({ code: 2, err: expect.stringContaining('--name needs a name.') as string });
  }
});

it('runs a sweep as its agent does', async () => {
  const checked = await here.tunesmith(['validate', 'sweep.yaml']);
  expect(checked).toMatchObject({ code: 0 });
  expect(checked.err).toContain('warning: unknown key "unknown_key"');
  const { out } = await here.tunesmith(['search', 'sweep.yaml', '--json']);
  const { best } = JSON.parse(out) as { best: { run: string } };
  const { argv } = await seen(best.run);
  const group = "{'name': 'adam', 'betas': 0.0}";
  const words = `['a', 1.0, "it's"]`;
  const flat = ['lr=1.0', 'bits=8', 'big=1000', 'on=True', 'none=None', `words=${words}`, `opt=${group}`];
  const pairs = flat.flatMap((each) => [`--${each.slice(0, each.indexOf('='))}`, each.slice(each.indexOf('=') + 1)]);
  const file = path.join(here.folder, '.tunesmith', 'runs', best.run, 'args.json');
  const json =
    '{"lr":1.0,"bits":8,"big":1000,"on":true,"none":null,"words":["a",1.0,"it\'s"],"opt":{"name":"adam","betas":0.0}}';
  expect(argv).toEqual([
    ...flat.map((each) => `--${each}`),
    ...pairs,
    ...flat.map((each) => `+${each}`),
    ...flat.map((each) => `++${each}`),
    ...['x=${oc.env:HOME}', file, json],
  ]);
  expect(existsSync(file) && readFileSync(file, 'utf8')).toBe(json);
});
