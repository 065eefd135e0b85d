/** The code, environment and data of runs: `code`, `diff` and what `show` says of them. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Workspace, type Result } from './workspace.js';

const FILE =
  'name: plain\nrun: node train.mjs data.csv {lr}\nparams: { lr: 0.5 }\nobjective: { metric: loss, goal: minimize }\n';
const train = (text: string): string =>
  `console.log('epoch 1 loss', process.argv[3]); console.log('${text}');setTimeout(() => 0, 300);\n`;

let workspace: Workspace;
let [first, second] = ['', ''];
const git = (...args: string[]): string =>
  execFileSync('git', [
    '-C',
    workspace.folder,
    '-c',
    'user.name=t',
    '-c',
    'user.email=t@example.com',
    ...args,
  ]).toString();
const tunesmith = (...args: string[]): Promise<Result> => workspace.tunesmith(args, { OMP_NUM_THREADS: '2' });
const json = async <T>(...args: string[]): Promise<T> => JSON.parse((await tunesmith(...args, '--json')).out) as T;
const runOnce = async (...args: string[]): Promise<string> =>
  (await json<{ id: string }>('run', 'a.tune.yaml', ...args)).id;

beforeAll(async () => {
  workspace = await Workspace.open({
    'a.tune.yaml': FILE,
    'train.mjs': train('one'),
    'data.csv': '1\n',
    '.env': 'hunter2',
  });
  git('init', '-q', '-b', 'main');
  git('add', 'a.tune.yaml', 'train.mjs');
  git('commit', '-qm', 'first');
  first = await runOnce();
  workspace.write('train.mjs', train('two'));
  workspace.write('data.csv', '1\n2\n');
  second = await runOnce('--set', 'lr=0.25');
}, 60_000);
afterAll(() => workspace?.dispose());

describe('the code of a run', () => {
  it('is shown, with what differed from the commit and without secrets', async () => {
    const { out } = await tunesmith('code', second);
    const commit = git('rev-parse', 'HEAD').trim();
    expect(out).toContain(`commit ${commit} (main)\nchanged:\n  train.mjs\nnot tracked:\n`);
    expect(out).toContain('  .env (content not kept)\n  data.csv\n');
    const { out: patch } = await tunesmith('code', second, '--diff');
    expect(patch).toContain("+console.log('epoch 1 loss', process.argv[3]); console.log('two')");
    const folder = (await json<{ folder: string }>('show', second)).folder;
    const kept = readdirSync(path.join(folder, 'recorded')).map((name) =>
      readFileSync(path.join(folder, 'recorded', name)),
    );
    expect(Buffer.concat(kept).includes('hunter2')).toBe(false);
  });

  it('is put into a worktree, and run there again', async () => {
    const target = path.join(workspace.folder, '..', 'as it was');
    workspace.write('train.mjs', train('three'));
    const { out, err, code } = await tunesmith('code', second, '--worktree', target, '--run');
    expect(err).toContain('may hold secrets');
    expect(code).toBe(0);
    expect(readFileSync(path.join(target, 'train.mjs'), 'utf8')).toBe(train('two'));
    expect(readFileSync(path.join(target, 'data.csv'), 'utf8')).toBe('1\n2\n');
    expect(existsSync(path.join(target, '.env'))).toBe(false);
    const again = /^started (\S+) in /.exec(out)![1]!;
    for (let turn = 0; turn < 100; turn++) {
      const { status } = await json<{ status: string }>('show', again);
      if (status === 'completed') break;
    }
    expect((await tunesmith('log', again)).out).toContain('two');
    expect(await json('show', again)).toMatchObject({ params: { lr: 0.25 }, metrics: { loss: 0.25 } });
    const refused = await tunesmith('code', second, '--worktree', target);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('is not empty') as string });
  }, 60_000);

  it('goes where its record says only within the worktree', async () => {
    const { folder } = await json<{ folder: string }>('show', first);
    const untracked = [
      ...[
        '../out.txt',
        '/tmp/tunesmith-out.txt',
        '.git/config',
        'sub/.GIT/hooks/post-checkout',
        'a\\..\\b',
        'link/x.txt',
      ],
      'sub/fine.txt',
    ].map((name) => ({ path: name, text: 'hunter2' }));
    writeFileSync(path.join(folder, 'recorded', 'untracked.json'), JSON.stringify(untracked));
    const outside = path.join(workspace.folder, '..', 'outside');
    symlinkSync(outside, path.join(workspace.folder, 'link'));
    git('add', 'link');
    git('commit', '-qm', 'a link');
    const record = path.join(folder, 'recorded', 'code.json');
    const code = JSON.parse(readFileSync(record, 'utf8')) as object;
    writeFileSync(record, JSON.stringify({ ...code, commit: git('rev-parse', 'HEAD').trim() }));
    const target = path.join(workspace.folder, '..', 'hostile');
    const { err } = await tunesmith('code', first, '--worktree', target);
    expect(err.match(/was not written/g)).toHaveLength(6);
    expect(readFileSync(path.join(target, 'sub/fine.txt'), 'utf8')).toBe('hunter2');
    expect(existsSync(outside)).toBe(false);
    expect(existsSync('/tmp/tunesmith-out.txt')).toBe(false);
    writeFileSync(record, JSON.stringify({ ...code, commit: 'a'.repeat(40) }));
    const gone = await tunesmith('code', first, '--worktree', `${target}-2`);
    expect(gone).toMatchObject({ code: 1, err: expect.stringContaining('Fetch it first') as string });
    writeFileSync(record, JSON.stringify(code));
  });
});

describe('the records of a run’s code', () => {
  it('is in what show says', async () => {
    const { out } = await tunesmith('show', second);
    expect(out).toMatch(/interpreter +node v\d+/);
    expect(out).toMatch(/data +data\.csv \(4 bytes\)/);
    expect(out).toContain('read from the output: loss');
    const shown = await json<Record<string, unknown>>('show', second);
    expect(shown).toMatchObject({
      readFromOutput: ['loss'],
      environment: { variables: { OMP_NUM_THREADS: '2' }, interpreter: { language: 'node' } },
      data: [{ path: 'data.csv', size: 4 }],
    });
  });

  it('tells two runs apart', async () => {
    const { out } = await tunesmith('diff', first, second);
    for (const text of ['params', 'lr', 'metrics', 'code', 'train.mjs', 'data', 'data.csv'])
      expect(out).toContain(text);
    expect(await json('diff', first, second)).toMatchObject({
      runs: [first, second],
      params: [{ name: 'lr', a: '0.5', b: '0.25' }],
      metrics: [{ name: 'loss', a: '0.5', b: '0.25' }],
      packages: [],
      data: [{ name: 'data.csv' }],
    });
    expect((await tunesmith('diff', first, first)).out).toBe('Nothing recorded differs.\n');
  });
});
