/** Which environment programs get, through the real command line, engine and supervisor: that of whoever asked. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../engine/support.js';
import { Workspace } from './workspace.js';

/** Writes its environment and arguments outside of the workspace, then waits for the file MY_GATE, if that is set. */
const SHOW = `import * as fs from 'node:fs';
const { env, argv } = process;
const file = env.MY_OUT + '/' + env.TUNESMITH_RUN_ID;
fs.writeFileSync(file + '.part', JSON.stringify({ env, args: argv.slice(2) }));
fs.renameSync(file + '.part', file + '.json');
while (env.MY_GATE && !fs.existsSync(env.MY_GATE)) await new Promise((resolve) => setTimeout(resolve, 50));
fs.appendFileSync(env.TUNESMITH_JOURNAL, '{"step":0,"values":{"loss":1}}\\n');
`;
const FILE = `run: python show.mjs \${envvar:MY_X}
env: { X: '{x}' }
objective: { metric: loss, goal: minimize }
params: { x: 1 }
search: { sampler: grid, trials: 2, parallel: 1, space: { x: { choice: [1, 2] } } }
`;

interface Seen {
  env: Record<string, string | undefined>;
  args: string[];
}

let here: Workspace;
let base: string;
beforeEach(async () => {
  here = await Workspace.open({ 'show.mjs': SHOW, 'x.tune.yaml': FILE });
  base = path.dirname(here.folder);
  fs.mkdirSync(path.join(base, 'out'));
});
afterEach(() => here.dispose());

/** A folder with an interpreter of this name that says so and runs Node. */
function interpreter(name: string, via: string): string {
  const folder = path.join(base, `bin ${via}`);
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, name), `#!/bin/sh\nVIA=${via} exec "${process.execPath}" "$@"\n`, { mode: 0o755 });
  return folder;
}

const pathWith = (folder: string): string => `${folder}${path.delimiter}${process.env.PATH}`;

/** The id of what was started. */
async function start(args: string[], variables: Record<string, string>): Promise<string> {
  const { code, out, err } = await here.tunesmith([...args, '--detach'], {
    MY_OUT: path.join(base, 'out'),
    TUNESMITH_PYTHON: undefined,
    ...variables,
  });
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return out.trim();
}

const seen = (id: string): Promise<Seen> =>
  until(`run ${id} to have begun`, () => {
    const file = path.join(base, 'out', `${id}.json`);
    return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, 'utf8')) as Seen) : null;
  });

const local = (...parts: string[]): string => {
  const workspaces = path.join(base, 'home/workspaces');
  return path.join(workspaces, fs.readdirSync(workspaces)[0]!, ...parts);
};

const kept = (): string[] => (fs.existsSync(local('env')) ? fs.readdirSync(local('env')) : []);

const originOf = (id: string): { env?: Record<string, string> } =>
  (
    JSON.parse(fs.readFileSync(path.join(here.folder, '.tunesmith/runs', id, 'run.json'), 'utf8')) as {
      origin: { env?: Record<string, string> };
    }
  ).origin;

function filesBelow(folder: string): string[] {
  const entries = fs.readdirSync(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

async function trials(search: string, count: number): Promise<string[]> {
  const of = (): string[] => {
    const runs = path.join(here.folder, '.tunesmith/runs');
    const ids = fs.readdirSync(runs).filter((id) => fs.existsSync(path.join(runs, id, 'run.json')));
    const specs = ids.map(
      (id) =>
        JSON.parse(fs.readFileSync(path.join(runs, id, 'run.json'), 'utf8')) as {
          id: string;
          search: string;
          trial: number;
        },
    );
    return specs
      .filter((spec) => spec.search === search)
      .sort((a, b) => a.trial - b.trial)
      .map(({ id }) => id);
  };
  return until('the trials', () => (of().length >= count ? of() : null));
}

const SECRET = 'zq-7-secret';

describe.runIf(process.platform !== 'win32')('programs get the environment of the requesting client', () => {
  it('when another shell asks while the engine lives', async () => {
    const one = await start(['run', 'x.tune.yaml'], {
      MY_X: 'one',
      MY_TOKEN: SECRET,
      NODE_OPTIONS: '--no-deprecation',
      VIRTUAL_ENV: '/venv/one',
      PATH: pathWith(interpreter('python', 'one')),
    });
    const first = await seen(one);
    expect(first).toMatchObject({ args: ['one'], env: { MY_X: 'one', VIA: 'one', NODE_OPTIONS: '--no-deprecation' } });
    const pid = fs.readFileSync(local('engine.json'), 'utf8');

    const python = path.join(interpreter('my-python', 'three'), 'my-python');
    // Says which programs have loaded it.
    const hook = path.join(base, 'hook.cjs');
    fs.writeFileSync(hook, `require('fs').appendFileSync(${JSON.stringify(`${hook}.txt`)}, process.argv[1] + '\\n');`);
    const two = await start(['run', 'x.tune.yaml'], {
      MY_X: 'two',
      PATH: pathWith(interpreter('python', 'two')),
      NODE_OPTIONS: `--require ${JSON.stringify(hook)}`,
    });
    const three = await start(['run', 'x.tune.yaml'], { MY_X: 'three', TUNESMITH_PYTHON: python });
    expect(await seen(two)).toMatchObject({ args: ['two'], env: { MY_X: 'two', VIA: 'two' } });
    expect(await seen(three)).toMatchObject({ args: ['three'], env: { MY_X: 'three', VIA: 'three' } });
    for (const id of [two, three]) {
      const { env } = await seen(id);
      expect(Object.keys(env)).not.toEqual(expect.arrayContaining(['MY_TOKEN']));
      expect(env.VIRTUAL_ENV).toBe(process.env.VIRTUAL_ENV);
      expect(env.TUNESMITH_RUN_PLACEMENT).toBeUndefined();
    }
    const loaded = fs
      .readFileSync(`${hook}.txt`, 'utf8')
      .trim()
      .split('\n')
      .map((file) => path.basename(file));
    // The interpreter is also asked for its packages.
    expect(new Set(loaded.filter((name) => !name.startsWith('import sys;')))).toEqual(new Set(['cli.cjs', 'show.mjs']));
    expect((await seen(three)).env.NODE_OPTIONS).toBe(process.env.NODE_OPTIONS);
    expect(fs.readFileSync(local('engine.json'), 'utf8')).toBe(pid);

    // A resumed run and a rerun count as new requests.
    const { out } = await here.tunesmith(['rerun', one, '--detach'], {
      MY_OUT: path.join(base, 'out'),
      MY_X: 'four',
      PATH: pathWith(path.join(base, 'bin two')),
    });
    expect(await seen(out.trim())).toMatchObject({ args: ['four'], env: { MY_X: 'four', VIA: 'two' } });
    // Once over, nothing of it is kept.
    await until('the environments to be gone', () => kept().length === 0);
    expect(originOf(one).env).toMatchObject({ VIRTUAL_ENV: '/venv/one' });
  });

  it('when what waits is started by an engine that another shell has brought up; and no secret is written down', async () => {
    const gate = path.join(base, 'gate');
    const PATH = pathWith(interpreter('python', 'one'));
    for (let core = 0; core < os.availableParallelism(); core++)
      await seen(await start(['run', 'x.tune.yaml'], { PATH, MY_X: 'busy', MY_GATE: gate }));
    const waits = await start(['run', 'x.tune.yaml'], { PATH, MY_X: 'one', MY_TOKEN: SECRET });
    expect(kept()).toContain(`${waits}.json`);
    expect(fs.statSync(local('env')).mode & 0o777).toBe(0o700);
    expect(fs.statSync(local('env', `${waits}.json`)).mode & 0o777).toBe(0o600);
    const { pid } = JSON.parse(fs.readFileSync(local('engine.json'), 'utf8')) as { pid: number };
    process.kill(pid, 'SIGKILL');
    fs.writeFileSync(local('env', 'unknown.json'), '{}');

    const ls = await here.tunesmith(['ls'], { MY_X: 'other', MY_TOKEN: undefined });
    expect(ls.code).toBe(0);
    expect(kept()).not.toContain('unknown.json');
    fs.writeFileSync(gate, '');
    expect(await seen(waits)).toMatchObject({ args: ['one'], env: { MY_X: 'one', MY_TOKEN: SECRET, VIA: 'one' } });
    await until('the environments to be gone', () => kept().length === 0);
    const written = [...filesBelow(here.folder), ...filesBelow(local())];
    expect(written.filter((file) => fs.readFileSync(file).includes(SECRET))).toEqual([]);
    expect(written).toContain(local('engine.log'));
  });

  it('when a search resumes', async () => {
    const gate = path.join(base, 'gate');
    const search = await start(['search', 'x.tune.yaml'], {
      MY_X: 'one',
      MY_TOKEN: SECRET,
      MY_GATE: gate,
      PATH: pathWith(interpreter('python', 'one')),
    });
    const [first] = await trials(search, 1);
    expect(await seen(first!)).toMatchObject({ args: ['one'], env: { MY_TOKEN: SECRET, VIA: 'one' } });
    expect(kept()).toEqual([`${search}.json`]);
    expect((await here.tunesmith(['stop', search])).code).toBe(0);
    await until('the search to be over', () => kept().length === 0);

    const two = { MY_OUT: path.join(base, 'out'), MY_X: 'two', PATH: pathWith(interpreter('python', 'two')) };
    const resumed = await here.tunesmith(['search', '--resume', search, '--detach'], two);
    expect(resumed).toMatchObject({ code: 0 });
    const second = (await trials(search, 2))[1]!;
    const { env, args } = await seen(second);
    expect({ args, x: env.MY_X, via: env.VIA, token: env.MY_TOKEN }).toEqual({
      args: ['two'],
      x: 'two',
      via: 'two',
      token: undefined,
    });
    await until('the search to be over', () => kept().length === 0);
    expect(filesBelow(here.folder).filter((file) => fs.readFileSync(file).includes(SECRET))).toEqual([]);
  });
});
