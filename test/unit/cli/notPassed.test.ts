/** Parameters that nothing passes on to the program, and folders that are gone. */
import * as path from 'node:path';
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const PLAIN = 'import sys\nprint(sys.argv)\n';
const WARNING = (name: string) => `nothing in "run" or "env" passes "${name}" on`;

let here: Workspace;
beforeAll(async () => {
  here = await Workspace.open({
    'plain.py': PLAIN,
    'client.py': 'import tunesmith\nprint(tunesmith.init().config.lr)\n',
    'client.js': 'console.log(process.env.TUNESMITH_PARAMS)\n',
    'wandb.py': 'import wandb\n',
  });
});
afterAll(() => here.dispose());

async function validate(text: string): Promise<string> {
  here.write('x.tune.yaml', text);
  const { code, err } = await here.tunesmith(['validate', 'x.tune.yaml']);
  expect(code).toBe(0);
  return err;
}

it('names the parameter and its place, before and at the start of a run', async () => {
  const text = 'run: python3 plain.py --lr {lr}\nparams:\n  lr: 0.1\n  opt:\n    momentum: 0.9\n';
  const told = await validate(text);
  expect(told).toContain(`x.tune.yaml:5:5: warning: ${WARNING('opt.momentum')}`);
  expect(told).toContain('write {opt.momentum} into the command');
  expect(told).not.toContain(WARNING('lr'));
  const { code, err } = await here.tunesmith(['run', 'x.tune.yaml']);
  expect(code).toBe(0);
  expect(err).toContain(WARNING('opt.momentum'));
});

it('warns where no parameter is passed to a script that knows no client', async () => {
  expect(await validate('run: python3 plain.py\nparams: { lr: 0.1 }\n')).toContain(WARNING('lr'));
  expect(await validate('run: [python3, plain.py]\nparams: { lr: 0.1 }\n')).toContain(WARNING('lr'));
});

it.each([
  'run: python3 client.py\nparams: { lr: 0.1 }\n',
  'run: python3 client.py --a {a}\nparams: { lr: 0.1, a: 1 }\n',
  'run: node client.js\nparams: { lr: 0.1 }\n',
  'run: python3 wandb.py\nparams: { lr: 0.1 }\n',
  'run: python3 plain.py ${args}\nparams: { lr: 0.1 }\n',
  'run: python3 plain.py ${args_json}\nparams: { lr: 0.1 }\n',
  'run: python3 plain.py {run.dir}\nparams: { lr: 0.1 }\n',
  'run: python3 plain.py\nenv: { LR: "{lr}" }\nparams: { lr: 0.1 }\n',
  'run: python3 -m package\nparams: { lr: 0.1 }\n',
  'run: python3 nothing.py\nparams: { lr: 0.1 }\n',
  'run: python3 plain.py\n',
])('is silent where the program may have the value: %s', async (text) => {
  expect(await validate(text)).not.toContain('nothing in "run"');
});

it('names the parameters that the program did not read after the run', async () => {
  here.write('reads.py', 'import tunesmith\nrun = tunesmith.init()\nrun.log({"loss": run.config.lr})\n');
  const text =
    'run: python3 reads.py\nparams: { lr: 0.1, opt: { momentum: 0.9 }, width: 3 }\nobjective: { metric: loss, goal: minimize }\n' +
    'search: { sampler: random, trials: 1, space: { width: { int: [1, 8] } } }\n';
  here.write('x.tune.yaml', text);
  const left = '"opt.momentum" and "width" did not reach the program';
  const { code, err, out } = await here.tunesmith(['run', 'x.tune.yaml']);
  expect(code).toBe(0);
  expect(err).toContain(`warning ${left}`);
  expect(err).toContain('Write {opt.momentum} into the command, or read tunesmith.config.');
  const id = /(\w+) · /.exec(out)![1]!;
  const shown = await here.tunesmith(['show', id]);
  expect(shown.out + shown.err).toContain(left);
  const searched = await here.tunesmith(['search', 'x.tune.yaml']);
  expect(searched.err).toContain(left);
});

it('is silent after the run where the program read, stated or was given all', async () => {
  const read =
    'import tunesmith\nrun = tunesmith.init(config={"a": 1})\nprint({**run.config})\nrun.config.update({"b": 3})\n';
  here.write('all.py', read);
  const silent = async (text: string) => {
    here.write('x.tune.yaml', text);
    const { code, err } = await here.tunesmith(['run', 'x.tune.yaml']);
    expect(err).not.toContain('did not reach');
    expect(code).toBe(0);
  };
  await silent('run: python3 all.py\nparams: { lr: 0.1, b: 2 }\n');
  await silent('run: python3 plain.py {lr}\nparams: { lr: 0.1 }\n');
  await silent('run: node client.js\nparams: { lr: 0.1 }\n');
  here.write('module.mjs', 'export default (run) => console.log(run.params.number("lr"), run.params.get("b"))\n');
  await silent('module: module.mjs\nparams: { lr: 0.1, b: x }\n');
});

it('says it of a module too, and before a search of a script', async () => {
  here.write('module.mjs', 'export default (run) => console.log(run.params.number("lr"))\n');
  here.write('x.tune.yaml', 'module: module.mjs\nparams: { lr: 0.1, b: x }\n');
  expect((await here.tunesmith(['run', 'x.tune.yaml'])).err).toContain('"b" did not reach the program');
  here.write(
    'x.tune.yaml',
    'run: python3 plain.py\nparams: { lr: 1 }\nsearch: { trials: 1, sampler: random, space: { lr: { int: [1, 8] } } }\n',
  );
  expect((await here.tunesmith(['search', 'x.tune.yaml'])).err).toContain(WARNING('lr'));
});

it.runIf(process.platform !== 'win32')('says that the current folder was deleted', () => {
  mkdirSync(path.join(here.folder, 'gone'));
  const script = 'cd gone && rmdir ../gone && exec "$@"';
  const { status, stderr } = spawnSync('/bin/sh', ['-c', script, 'sh', ...here.command, 'ls'], {
    cwd: here.folder,
    encoding: 'utf8',
  });
  expect(status).toBe(1);
  expect(stderr).toContain('The current folder has been deleted. Change to one that exists (cd)');
});
