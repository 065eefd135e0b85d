/** The command line against a real engine, real supervisors and real programs, from bundles built for the purpose. */
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildDist } from '../support/build.js';

const root = path.resolve(import.meta.dirname, '../../..');
const local = path.join(root, 'node_modules/.bin/node');
const node = existsSync(local) ? local : process.execPath;
let base: string;
let dist: string;
let folder: string;

const GRID = `# every combination
name: grid
run: node train.mjs {lr} {n}
params: { lr: 0.1, n: 1 }
objective: { metric: loss, goal: minimize }
search:
  sampler: grid
  space:
    lr: { choice: [0.1, 0.01] }
    n: { int: [1, 3] }
`;
const TRAIN = `import { appendFileSync } from 'node:fs';
const [lr, n] = process.argv.slice(2).map(Number);
console.log('hello \\u001b[31mred\\u001b[0m \\u001b]0;title\\u0007');
for (let step = 0; step < 10; step++) {
  appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ loss: n / (1 + step) + lr, step }) + '\\n');
}
if (n === 2 && process.env.BREAK) process.exit(3);
`;

interface Result {
  code: number | null;
  out: string;
  err: string;
}
const environment = { ...process.env, NO_COLOR: '1', TUNESMITH_HOME: '' };
function tunesmith(...args: string[]): Promise<Result> {
  const child = spawn(node, [path.join(dist, 'cli.cjs'), ...args], { cwd: folder, env: environment });
  let [out, err] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}
const json = async <T = never>(...args: string[]): Promise<T> =>
  JSON.parse((await tunesmith(...args, '--json')).out) as T;

beforeAll(async () => {
  base = realpathSync(mkdtempSync(path.join(tmpdir(), 'cli übung ')));
  dist = path.join(base, 'dist');
  folder = path.join(base, 'work space');
  environment.TUNESMITH_HOME = path.join(base, 'home');
  mkdirSync(folder);
  writeFileSync(path.join(folder, 'grid.tune.yaml'), GRID);
  writeFileSync(path.join(folder, 'train.mjs'), TRAIN);
  writeFileSync(path.join(folder, 'breaks.tune.yaml'), GRID.replace('name: grid', 'name: breaks\nenv: { BREAK: 1 }'));
  cpSync(await buildDist(), dist, { recursive: true });
});
afterAll(async () => {
  await tunesmith('engine', 'stop', '--force');
  rmSync(base, { recursive: true, force: true, maxRetries: 5 });
});

describe.sequential('the command line', () => {
  it('runs a file, validated, to its end', async () => {
    const good = await tunesmith('run', 'grid.tune.yaml', '--set', 'lr=0.2', '--set', 'n=2');
    expect(good).toMatchObject({ code: 0 });
    expect(good.out).toMatch(/^completed grid 1 \w{10} · [\d.]+m?s\n {2}lr=0.2 n=2\n {2}loss 0.4\n/);
    const bad = await tunesmith('run', 'grid.tune.yaml', '--set', 'n=two');
    expect(bad.code).not.toBe(0);
    expect(bad.err).toContain('grid.tune.yaml:4:23: error: "n" must be a number, not "two"');
    const unknown = await tunesmith('run', 'grid.tune.yaml', '--set', 'lrr=2');
    expect(unknown.err).toContain('did you mean "lr"?');
  });

  it('names file, line and column of a mistake, shows the line, and fails', async () => {
    writeFileSync(path.join(folder, 'wrong.tune.yaml'), GRID.replace('objective:', 'objectiv:'));
    const { code, err } = await tunesmith('search', 'wrong.tune.yaml');
    expect(code).toBe(1);
    expect(err).toContain('wrong.tune.yaml:5:1: error: unknown key "objectiv"\n    5 | objectiv: { metric: loss');
    expect(err).toContain('      | ^^^^^^^^\n      did you mean "objective"?');
    expect((await tunesmith('validate', 'wrong.tune.yaml')).code).toBe(1);
    expect((await tunesmith('validate', 'grid.tune.yaml')).code).toBe(0);
    expect((await tunesmith('run', 'missing.tune.yaml')).code).not.toBe(0);
  });

  it('searches a grid and prints plain lines without a terminal', async () => {
    const { code, out, err } = await tunesmith('search', 'grid.tune.yaml', '--parallel', '2');
    expect(code, err).toBe(0);
    expect(out).toContain('6 completed');
    expect(out).toMatch(/★ best loss 0\.11 \w{10}\n {2}lr {2}0\.01\n {2}n {3}1/);
    expect(out + err).not.toContain('\u001b');
    expect((out + err).match(/trial \d completed/g)).toHaveLength(6);
  });

  it('has stable JSON', async () => {
    const search: Record<string, unknown> = await json('search', 'grid.tune.yaml');
    expect(search).toMatchObject({ search: expect.any(String), trials: 6 });
    expect(search.best).toEqual({
      run: expect.any(String),
      params: { lr: 0.01, n: 1 },
      objective: expect.closeTo(0.11),
    });

    const runs: Record<string, unknown>[] = await json('ls', '--search', String(search.search));
    expect(runs).toHaveLength(6);
    for (const run of runs) {
      expect(run).toEqual({
        id: expect.any(String),
        experiment: 'grid',
        search: search.search,
        name: expect.stringMatching(/^trial \d$/),
        status: 'completed',
        params: { lr: expect.any(Number), n: expect.any(Number) },
        metrics: { loss: expect.any(Number) },
        objective: expect.any(Number),
        createdAt: expect.stringMatching(/^\d{4}-.*Z$/),
        endedAt: expect.stringMatching(/^\d{4}-.*Z$/),
      });
    }
    const id = String((search.best as { run: string }).run);
    expect(await json('show', id)).toMatchObject({
      id,
      host: expect.any(String),
      device: 'cpu',
      git: null,
      command: ['node', 'train.mjs', '0.01', '1'],
      exitCode: 0,
    });
    const points: unknown[] = await json('metrics', id, 'loss');
    expect(points).toHaveLength(10);
    expect(points[1]).toEqual({ step: 1, time: expect.any(Number), value: 0.51 });
    expect(((await json('metrics', id, 'loss', '--points', '4')) as unknown[]).length).toBeLessThan(7);
    expect(await json('engine', 'status')).toMatchObject({
      pid: expect.any(Number),
      version: '0.1.0',
      clients: 1,
      runs: 0,
    });
  });

  it('shows the best trial, and says what further insight needs', async () => {
    const shown = await tunesmith('best');
    expect(shown).toMatchObject({ code: 0 });
    expect(shown.out).toMatch(
      /^trial +run +loss +lr +n\n +\d +\w{10} +0\.11 +0\.01 +1\nPossible improvement unknown: needs at least 10/,
    );
    expect(await json('best')).toMatchObject({
      objectives: [{ metric: 'loss', goal: 'minimize' }],
      best: [{ trial: expect.any(Number), params: { lr: 0.01, n: 1 }, values: [expect.closeTo(0.11)] }],
      left: { trials: 6, needed: 10 },
    });
    const importance = await tunesmith('importance', 'latest');
    expect(importance).toMatchObject({ code: 1, err: expect.stringContaining('needs at least 16 trials') });
    expect((await tunesmith('importance', '--method', 'sobol')).err).toContain('--method takes pedAnova or fanova');
    expect((await tunesmith('importance', '--objective', 'los')).err).toContain('It has: loss.');
    expect((await tunesmith('importance', 'nothing')).err).toContain('There is no search "nothing" here.');
  });

  it('fails when a run or every trial fails, and says why', async () => {
    const run = await tunesmith('run', 'breaks.tune.yaml', '--set', 'n=2');
    expect(run.code).toBe(1);
    expect(run.out + run.err).toContain('exit code 3');
    const search = await tunesmith('search', 'breaks.tune.yaml');
    expect(search.out).toContain('4 completed');
    expect(search.out).toContain('2 failed');
    expect(search.code).toBe(0);
  });

  it('shows a program’s output without letting it control the terminal', async () => {
    const shown = await tunesmith('log', 'latest');
    expect(shown.out).toContain('hello');
    expect(shown.out).not.toContain('\u001b]0;');
  });

  it('deletes and brings back', async () => {
    const [{ id }]: [{ id: string }] = await json('ls', '--limit', '1');
    expect((await tunesmith('rm', id)).code).toBe(0);
    expect((await tunesmith('ls', '--limit', '100')).out).not.toContain(id);
    expect((await tunesmith('rm', '--restore', id)).code).toBe(0);
    expect((await tunesmith('ls', '--limit', '100')).out).toContain(id);
  });

  it('exports', async () => {
    const file = path.join(base, 'out ü.csv');
    expect((await tunesmith('export', '-o', file)).code).toBe(0);
    const [header, ...rows] = readFileSync(file, 'utf8').trim().split('\n');
    expect(header).toContain('param:lr,param:n,metric:loss');
    expect(rows.length).toBeGreaterThan(12);
  });

  it('asks for help with examples of every command, and knows no others', async () => {
    const { out } = await tunesmith('--help');
    for (const name of [
      'run',
      'search',
      'ls',
      'show',
      'best',
      'importance',
      'metrics',
      'stop',
      'rm',
      'export',
      'backends',
      'engine',
    ]) {
      expect(out).toContain(`  ${name} `);
      const help = await tunesmith(name, '--help');
      expect(help.code).toBe(0);
      expect(help.out).toContain('Examples:');
    }
    expect(await tunesmith('serch')).toMatchObject({ code: 2, err: expect.stringContaining('search') });
  });

  it('a detached search continues, and stops on request', async () => {
    writeFileSync(
      path.join(folder, 'slow.tune.yaml'),
      GRID.replace('name: grid', 'name: slow').replace('node train.mjs', 'node slow.mjs'),
    );
    writeFileSync(path.join(folder, 'slow.mjs'), `${TRAIN}await new Promise((done) => setTimeout(done, 60_000));\n`);
    const started: { search: string } = await json('search', 'slow.tune.yaml', '--detach');
    const stopped = await tunesmith('stop', started.search);
    expect(stopped.code, stopped.err).toBe(0);
    for (let i = 0; i < 100; i++) {
      const runs: { status: string }[] = await json('ls', '--search', started.search);
      if (runs.every(({ status }) => status === 'stopped')) return;
    }
    expect.unreachable('the trials were not stopped');
  });

  it('a resumed run shows each step once, and lost points on demand', async () => {
    writeFileSync(path.join(folder, 'again.tune.yaml'), 'name: again\nrun: node again.mjs\nparams: { lr: 1 }\n');
    writeFileSync(
      path.join(folder, 'again.mjs'),
      `import { appendFileSync, mkdirSync } from 'node:fs';
       const { TUNESMITH_JOURNAL: journal, TUNESMITH_RUN_DIR: run, TUNESMITH_CHECKPOINT: checkpoint } = process.env;
       for (let step = checkpoint ? 1 : 0; step < 3; step++) {
         appendFileSync(journal, JSON.stringify({ step, loss: step + (checkpoint ? 10 : 0) }) + '\\n');
         if (step === 0) mkdirSync(run + '/checkpoints/step-0', { recursive: true });
       }
       if (!checkpoint) process.exit(3);`,
    );
    expect(await tunesmith('run', 'again.tune.yaml')).toMatchObject({ code: 1 });
    const [{ id }]: [{ id: string }] = await json('ls', '--experiment', 'again');
    expect(await tunesmith('resume', id)).toMatchObject({ code: 0 });
    for (let i = 0; i < 100; i++) if ((await json<{ status: string }>('show', id)).status === 'completed') break;
    const read = async (...options: string[]) =>
      (await json<{ step: number; value: number; lost?: boolean }[]>('metrics', id, 'loss', ...options)).map(
        ({ step, value, lost }) => [step, value, ...(lost ? ['lost'] : [])],
      );
    const latest = [[0, 0], [1, 11], [2, 12]]; // prettier-ignore
    expect(await read()).toEqual(latest);
    expect(await read('--lost')).toEqual([[0, 0], [1, 1, 'lost'], [2, 2, 'lost'], [1, 11], [2, 12]]); // prettier-ignore
    expect((await tunesmith('metrics', id, 'loss', '--lost')).out).toMatch(
      /^step\ttime\tvalue\tlost\n.*\n1\t[^\t]+\t1\tlost\n/,
    );
    expect(await tunesmith('metrics', id, 'loss', '--lost', '--points', '2')).toMatchObject({ code: 1 });
  });

  it('a job of several ranks shows rank 0, and on demand all of them', async () => {
    writeFileSync(path.join(folder, 'ranks.tune.yaml'), 'name: ranks\nrun: node ranks.mjs\n');
    writeFileSync(
      path.join(folder, 'ranks.mjs'),
      `import { mkdirSync, writeFileSync } from 'node:fs';
       const journal = process.env.TUNESMITH_RUN_DIR + '/journal';
       mkdirSync(journal, { recursive: true });
       for (const rank of [0, 1, 2])
         writeFileSync(\`\${journal}/rank\${rank}-9.ndjson\`, [0, 1].map((step) =>
           JSON.stringify({ type: 'metrics', step, values: { loss: step * 10 + rank } }) + '\\n').join(''));`,
    );
    expect(await tunesmith('run', 'ranks.tune.yaml')).toMatchObject({ code: 0 });
    const [{ id }]: [{ id: string }] = await json('ls', '--experiment', 'ranks');
    expect(await json('metrics', id)).toEqual(['loss']);
    expect(await json('metrics', id, '--ranks')).toEqual(['loss', 'rank1/loss', 'rank2/loss']);
    expect(await json('metrics', id, 'loss', '--ranks')).toEqual([
      { step: 0, min: 0, mean: 1, max: 2, ranks: 3 },
      { step: 1, min: 10, mean: 11, max: 12, ranks: 3 },
    ]);
    const { out } = await tunesmith('metrics', id, 'loss', '--ranks');
    expect(out).toBe('step\tmin\tmean\tmax\tranks\n0\t0\t1\t2\t3\n1\t10\t11\t12\t3\n');
    expect(await tunesmith('metrics', id, 'loss', '--ranks', '--lost')).toMatchObject({ code: 1 });
    const shown = (await tunesmith('show', id)).out;
    expect(shown).not.toContain('rank1/loss');
    expect(shown).toContain(`tunesmith metrics ${id} METRIC --ranks`);
  });

  it('starts under Node 20 too', () => {
    const system = spawnSync('/usr/bin/node', ['--version'], { encoding: 'utf8' });
    if (system.status !== 0) return;
    const { status } = spawnSync('/usr/bin/node', [path.join(dist, 'cli.cjs'), '--version'], { encoding: 'utf8' });
    expect(status).toBe(0);
  });
});
