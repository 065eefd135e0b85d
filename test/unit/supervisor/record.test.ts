/** Code, environment and data are written down when a run starts. With real repositories and interpreters. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { gitFacts } from '../../../src/engine/machine/hostFacts.js';
import { recordCode } from '../../../src/engine/supervisor/record/code.js';
import { recordData } from '../../../src/engine/supervisor/record/data.js';
import { recordEnvironment } from '../../../src/engine/supervisor/record/environment.js';
import {
  RecordedCode,
  RecordedData,
  RecordedEnvironment,
  RecordedUntracked,
} from '../../../src/protocol/engine/recorded.js';
import { mayBeSecret, withoutCredentials } from '../../../src/protocol/run/recordedFiles.js';
import { bundle, cleanUp, newFolder, root, startRun } from './support.js';

let bundles: string;
beforeAll(async () => {
  bundles = newFolder();
  await bundle(bundles, { supervisor: 'src/engine/supervisor/main.ts' });
});
afterAll(cleanUp);
afterEach(() => vi.unstubAllEnvs());

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

const git = (folder: string, ...args: string[]): string =>
  execFileSync('git', ['-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], { stdio: 'pipe' })
    .toString()
    .trim();

/** A repository with one commit of `train.py`, and the files given, not yet added. */
function repository(files: Record<string, string | Buffer> = {}): string {
  const folder = newFolder();
  git(folder, 'init', '-q', '-b', 'main');
  writeFileSync(join(folder, 'train.py'), 'print(1)\n');
  writeFileSync(join(folder, '.gitignore'), 'ignored/\n');
  git(folder, 'add', '.');
  git(folder, 'commit', '-qm', 'first');
  write(folder, files);
  return folder;
}

function write(folder: string, files: Record<string, string | Buffer>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
}

async function codeOf(folder: string) {
  const files = (await recordCode(folder))!;
  const code = RecordedCode.parse(JSON.parse(files['code.json']!));
  const untracked = RecordedUntracked.parse(JSON.parse(files['untracked.json'] ?? '[]'));
  return { code, untracked, diff: files['changes.diff'] ?? '' };
}

describe('the code of a run', () => {
  it('is the commit, the changes and the small texts that git does not track', async () => {
    const folder = repository({
      'train.py': 'print(2)\n',
      'new/модуль.py': 'x = 1\n',
      'picture.png': Buffer.from([1, 0, 2]),
      'large.txt': 'x'.repeat(300_000),
      'ignored/a.txt': 'a',
      '.env': 'KEY=hunter2',
    });
    git(folder, 'remote', 'add', 'origin', 'https://me:hunter2@example.com/a/b.git?token=hunter2');
    const { code, untracked, diff } = await codeOf(folder);
    expect(code).toMatchObject({
      commit: git(folder, 'rev-parse', 'HEAD'),
      branch: 'main',
      remote: 'https://example.com/a/b.git',
      folder: '',
      changed: ['train.py'],
      diff: Buffer.byteLength(diff),
    });
    expect(diff).toContain('-print(1)\n+print(2)');
    expect(untracked).toEqual([{ path: 'new/модуль.py', text: 'x = 1\n' }]);
    expect(code.untracked.map(({ path, kept }) => [path, kept])).toEqual(
      expect.arrayContaining([
        ['.env', false],
        ['large.txt', false],
        ['new/модуль.py', true],
        ['picture.png', false],
      ]),
    );
    expect(code.untracked).toHaveLength(4);
    expect(code.leftOut).toHaveLength(2);
    expect(JSON.stringify([code, untracked, diff])).not.toContain('hunter2');
  });

  it('leaves changes of tracked files with secrets out, and says where in the repository it works', async () => {
    const folder = repository({ 'deploy/Server.KEY': 'a', 'sub/run.py': '' });
    git(folder, 'add', '.');
    git(folder, 'commit', '-qm', 'second');
    write(folder, { 'deploy/Server.KEY': 'hunter2' });
    const { code, diff } = await codeOf(join(folder, 'sub'));
    expect(code).toMatchObject({ folder: 'sub', changed: ['deploy/Server.KEY'], diff: 0 });
    expect(diff).toBe('');
  });

  it('of more than 4 MiB of changes is named without them', async () => {
    const folder = repository({ 'train.py': 'x = 1\n'.repeat(1_000_000) });
    const { code } = await codeOf(folder);
    expect(code).toMatchObject({ diff: null, changed: ['train.py'] });
    expect(code.leftOut[0]).toContain('more than 4 MiB');
  });

  it('is nothing outside a repository, before a first commit, and without git', async () => {
    expect(await recordCode(newFolder())).toBeNull();
    const empty = newFolder();
    git(empty, 'init', '-q');
    expect(await recordCode(empty)).toBeNull();
    const folder = repository();
    vi.stubEnv('PATH', newFolder());
    expect(await recordCode(folder)).toBeNull();
  });

  it.skipIf(process.platform === 'win32')('is read without starting anything that the repository names', async () => {
    const folder = repository();
    const proof = join(newFolder(), 'started');
    // Git has the shell split what it is told to start: a path without a blank.
    const place = mkdtempSync('/tmp/evil-');
    const evil = join(place, 'evil.sh');
    writeFileSync(evil, `#!/bin/sh\necho "$0 $@" >> '${proof}'\ncat\n`, { mode: 0o755 });
    write(folder, { '.gitattributes': '* filter=evil diff=evil\n', 'b.txt': 'b\n' });
    git(folder, 'add', '.gitattributes', 'b.txt');
    git(folder, 'commit', '-qm', 'attributes');
    appendFileSync(
      join(folder, '.git', 'config'),
      [
        `[core]\n\tfsmonitor = ${evil}\n\thooksPath = ${folder}/.git\n\tpager = ${evil}\n\tsshCommand = ${evil}`,
        `[diff]\n\texternal = ${evil}\n[diff "evil"]\n\tcommand = ${evil}\n\ttextconv = ${evil}`,
        `[filter "evil"]\n\tclean = ${evil}\n\tsmudge = ${evil}\n\tprocess = ${evil}\n\trequired = true`,
        `[pager]\n\tdiff = ${evil}\n\tstatus = ${evil}\n[interactive]\n\tdiffFilter = ${evil}\n`,
      ].join('\n'),
    );
    write(folder, { 'b.txt': 'changed\n', 'c.txt': 'new\n' });
    // Asked in the plain way, git does start it.
    spawnSync('git', ['-C', folder, 'status']);
    expect(existsSync(proof)).toBe(true);
    writeFileSync(proof, '');
    vi.stubEnv('GIT_EXTERNAL_DIFF', evil);
    const { code, diff } = await codeOf(folder);
    expect(code.changed).toEqual(['b.txt']);
    expect(diff).toContain('+changed');
    expect(await gitFacts(folder)).toMatchObject({ branch: 'main', dirty: true });
    expect(readFileSync(proof, 'utf8')).toBe('');
    rmSync(place, { recursive: true });
  });

  it.skipIf(process.platform === 'win32')('follows no way out of the repository', async () => {
    const secret = newFolder();
    writeFileSync(join(secret, 'diary.txt'), 'hunter2');
    const folder = repository();
    symlinkSync(join(secret, 'diary.txt'), join(folder, 'link.txt'));
    symlinkSync(secret, join(folder, 'linked'));
    const files = await recordCode(folder);
    expect(JSON.stringify(files)).not.toContain('hunter2');
    // A configuration that says the files are elsewhere.
    const other = repository();
    git(other, 'config', 'core.worktree', secret);
    expect(JSON.stringify(await recordCode(other))).not.toContain('hunter2');
  });
});

it('tells names that may hold secrets, and addresses without credentials', () => {
  for (const name of ['.env', 'a/.env.local', '.ssh/config', 'x/id_rsa', 'server.pem', 'a/secrets.yaml', '.netrc'])
    expect(mayBeSecret(name), name).toBe(true);
  for (const name of ['train.py', 'environment.yml', 'keys.py', 'a/secretary.py', 'monkey.txt'])
    expect(mayBeSecret(name), name).toBe(false);
  expect(withoutCredentials('https://u:p@h/x.git')).toBe('https://h/x.git');
  expect(withoutCredentials('https://token@h:8443/x?a=b#c')).toBe('https://h:8443/x');
  expect(withoutCredentials('git@host:a/b.git')).toBe('git@host:a/b.git');
});

describe('the environment of a run', () => {
  const program = (argv: string[], env: Record<string, string> = {}) => ({
    ...{ argv, cwd: newFolder(), env: { PATH: process.env.PATH!, ...env }, ours: null },
  });

  it('has the interpreter with its packages, the machine, and variables other than secrets', async () => {
    const facts = await recordEnvironment(
      program(['python3', 'x.py'], { OMP_NUM_THREADS: '3', API_KEY: 'hunter2', WANDB_API_KEY: 'hunter2', HOME: '/x' }),
    );
    expect(RecordedEnvironment.parse(facts)).toEqual(facts);
    expect(facts.interpreter).toMatchObject({
      language: 'python',
      version: expect.stringMatching(/^3\.\d+/) as string,
    });
    const pip = execFileSync('python3', ['-c', 'import importlib.metadata as m; print(m.version("pip"))']);
    expect(facts.packages.pip).toBe(pip.toString().trim());
    expect(facts.variables).toEqual({ OMP_NUM_THREADS: '3' });
    expect(facts.cores).toBeGreaterThan(0);
    expect(JSON.stringify(facts)).not.toContain('hunter2');
  });

  it('finds the interpreter of a virtual environment, also by the first line of its programs', async () => {
    const venv = join(newFolder(), 'venv');
    execFileSync('python3', ['-m', 'venv', '--without-pip', venv]);
    const [lib] = readdirSync(join(venv, 'lib'));
    mkdirSync(join(venv, 'lib', lib!, 'site-packages', 'My_Package-1.2.3.dist-info'));
    const start = `#!/bin/sh\n'''exec' "${venv}/bin/python" "$0" "$@"\n' '''\n`;
    writeFileSync(join(venv, 'bin', 'torchrun'), start, { mode: 0o755 });
    for (const argv of [[join(venv, 'bin/python')], ['torchrun', '--nproc', '2']]) {
      const facts = await recordEnvironment(program(argv, { PATH: `${venv}/bin:${process.env.PATH}` }));
      expect(facts.interpreter?.path).toBe(join(venv, 'bin/python'));
      expect(facts.packages).toEqual({ 'my-package': '1.2.3' });
    }
  });

  it('reads packages of Node, and starts nothing that lies in the working folder', async () => {
    const node = program(['node', 'x.js']);
    write(node.cwd, {
      'node_modules/@a/b/package.json': '{"version":"1.0.0"}',
      'node_modules/c/package.json': 'broken',
    });
    const facts = await recordEnvironment(node);
    expect(facts.interpreter).toMatchObject({ language: 'node', version: process.version });
    expect(facts.packages).toMatchObject({ '@a/b': '1.0.0' });
    expect(facts.packages).not.toHaveProperty('c');
    const python = program(['python3', 'x.py']);
    write(python.cwd, { 'json.py': 'open("started", "w")', 'sys.py': 'open("started", "w")' });
    expect((await recordEnvironment(python)).interpreter).not.toBeNull();
    expect(existsSync(join(python.cwd, 'started'))).toBe(false);
  });

  it('is without an interpreter for a program that has none', async () => {
    expect(await recordEnvironment(program(['./train']))).toMatchObject({ interpreter: null, packages: {} });
  });
});

it('the data of a run are the files that command, parameters and data settings name', async () => {
  const cwd = newFolder();
  write(cwd, { 'data/train.csv': 'a,b\n1,2\n', 'labels.json': '{}', 'train.py': '', 'other.csv': '' });
  const data = await recordData(
    [
      ['train.py', '--data=data/train.csv', '--lr', '0.1', 'https://x/y.csv'],
      { labels: ['labels.json', './missing.csv'] },
    ],
    cwd,
  );
  expect(RecordedData.parse(data)).toEqual(data);
  expect(data.map((file) => [file.path, file.size, file.sha256])).toEqual([
    ['data/train.csv', 8, sha256('a,b\n1,2\n')],
    ['labels.json', 2, sha256('{}')],
  ]);
});

describe('a run that starts', () => {
  it('has its code, environment and data in its folder, at the latest when it ends', async () => {
    const folder = repository({ 'train.py': 'print(2)\n', 'data.csv': '1\n' });
    const run = startRun(bundles, { argv: ['python3', 'train.py', 'data.csv', './data.csv'], cwd: folder });
    expect(await run.gone).toBe(0);
    const names = readdirSync(join(run.folder, 'recorded')).sort();
    expect(names).toEqual(['changes.diff', 'code.json', 'data.json', 'environment.json', 'untracked.json']);
    const environment = readFileSync(join(run.folder, 'recorded', 'environment.json'), 'utf8');
    expect(environment).not.toContain(join(root, 'python'));
  });

  it('is held up by no git that hangs', async () => {
    const tools = newFolder();
    writeFileSync(join(tools, 'git'), '#!/bin/sh\nexec sleep 60\n', { mode: 0o755 });
    const env = { PATH: `${tools}:${process.env.PATH}` };
    const run = startRun(bundles, { argv: ['node', '-e', 'console.log(1)'] }, env);
    expect(await run.gone).toBe(0);
    expect(existsSync(join(run.folder, 'recorded', 'code.json'))).toBe(false);
    expect(existsSync(join(run.folder, 'recorded', 'environment.json'))).toBe(true);
  });
});
