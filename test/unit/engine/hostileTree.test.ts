/**
 * A tree in which nothing is what it should be: links, pipes, sockets, devices, folders where files belong and files where
 * folders belong, sparse giants, names that are no ids, process numbers of others. Looking at it ends, and touches nothing
 * outside of it.
 */
import { execFile, execFileSync, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildDist } from '../support/build.js';
import { workspacePaths } from '../../../src/engine/disk/paths.js';
import { carriedSpec } from '../support/carriedSpec.js';
import { isAlive, Workspace } from './support.js';

/** Whatever stands in the folder of a run or of a search, and around them. */
const RUN_FILES = [
  ...['run.json', 'meta.json', 'experiment.json', 'output.log', 'supervisor.json', 'lease.json', 'control.ndjson'],
  ...['backend.json', 'acts.ndjson', 'launch-1.json', 'launch-2.json', 'checkpoints', 'media', 'recorded', 'journal'],
  ...['main', 'engine', 'supervisor', 'external', 'files', 'output', 'patterns', 'system', 'rank0-1'].map(
    (name) => `journal/${name}.ndjson`,
  ),
  ...['code.json', 'changes.diff', 'untracked.json', 'environment.json', 'data.json'].map((name) => `recorded/${name}`),
];
const SEARCH_FILES = ['search.json', 'plan.json', 'study.json', 'acts.ndjson'];

const posix = process.platform !== 'win32';
let workspace: Workspace;
let cli: string;
let outside: string;
let victim: ChildProcess;

const spec = (id: string): string => JSON.stringify(carriedSpec(id, path.join(outside, 'started')));

type Make = (at: string) => void;
/** Each puts something of its kind in the place of a file. */
const KINDS: Record<string, Make> = {
  pipe: (at) => void pipes.push(at),
  link: (at) => fs.symlinkSync(path.join(outside, 'secret.txt'), at),
  linkToFolder: (at) => fs.symlinkSync(outside, at),
  linkToItself: (at) => fs.symlinkSync(path.basename(at), at),
  linkToDevice: (at) => fs.symlinkSync('/dev/zero', at),
  folder: (at) => fs.mkdirSync(at),
  socket: (at) => void sockets.push(at),
  giant: (at) => {
    fs.writeFileSync(at, '{"');
    fs.truncateSync(at, 2 ** 40);
  },
  garbage: (at) => fs.writeFileSync(at, Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 197) % 256))),
  deep: (at) => fs.writeFileSync(at, '['.repeat(200_000)),
};
/** Made all at once in the end. A path to a socket may be too long unless it is relative. */
const pipes: string[] = [];
const sockets: string[] = [];
const SOCKETS = `
import os, socket, sys
for path in sys.argv[1:]:
    os.chdir(os.path.dirname(path))
    socket.socket(socket.AF_UNIX).bind(os.path.basename(path))
`;

beforeAll(async () => {
  if (!posix) return;
  const dist = await buildDist();
  workspace = new Workspace(dist);
  cli = path.join(dist, 'cli.cjs');
  outside = workspace.at('outside');
  fs.mkdirSync(outside);
  fs.writeFileSync(path.join(outside, 'secret.txt'), 'do not tell\n');
  fs.writeFileSync(path.join(outside, 'run.json'), spec('stolen0001'));
  fs.writeFileSync(path.join(outside, 'main.ndjson'), '{"step":1,"values":{"stolen":1}}\n');
  victim = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
  build();
});
afterAll(async () => {
  if (!posix) return;
  victim.kill('SIGKILL');
  await workspace.remove();
});

let number = 0;
function build(): void {
  const runs = workspace.at('.tunesmith/runs');
  fs.mkdirSync(runs, { recursive: true });
  for (const [kind, make] of Object.entries(KINDS)) {
    for (const name of RUN_FILES) {
      const id = `r${kind}${String(number++).padStart(4, '0')}`;
      const folder = path.join(runs, id);
      fs.mkdirSync(folder);
      fs.writeFileSync(path.join(folder, 'run.json'), spec(id));
      // Looks as if it had been started, so that its end is looked for.
      if (name !== 'output.log') fs.writeFileSync(path.join(folder, 'output.log'), 'hello\n');
      if (name !== 'journal') fs.mkdirSync(path.join(folder, 'journal'));
      if (name !== 'recorded') fs.mkdirSync(path.join(folder, 'recorded'));
      fs.rmSync(path.join(folder, name), { recursive: true, force: true });
      make(path.join(folder, name));
    }
    for (const name of SEARCH_FILES) {
      const folder = workspace.at('.tunesmith/searches', `s${kind}${String(number++).padStart(4, '0')}`);
      fs.mkdirSync(folder, { recursive: true });
      make(path.join(folder, name));
    }
    make(path.join(runs, `k${kind}`));
    make(workspace.at('.tunesmith/searches', `k${kind}`));
  }
  for (const odd of ['a\nb', ' ', '...', '-rf', '\u001b[2J', 'é'.repeat(60), 'x'.repeat(200)]) {
    fs.mkdirSync(path.join(runs, odd));
    fs.writeFileSync(path.join(runs, odd, 'run.json'), spec(odd));
  }
  pids(runs);
  // Which host's engine works here; and what is made where it is missing.
  pipes.push(workspacePaths(workspace.folder).schedulerLease);
  fs.symlinkSync(path.join(outside, 'secret.txt'), workspace.at('.tunesmith/.gitignore'));
  execFileSync('mkfifo', pipes);
  spawnSync('python3', ['-c', SOCKETS, ...sockets]);
}

/** Records of supervisors and leases that name a process of somebody else. */
function pids(runs: string): void {
  const pid = victim.pid!;
  const started = fs.existsSync(`/proc/${pid}/stat`)
    ? fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(' ')[21]!
    : 'x';
  for (const [i, stamp] of [started, null].entries()) {
    const id = `pids00000${i}`;
    const folder = path.join(runs, id);
    fs.mkdirSync(path.join(folder, 'journal'), { recursive: true });
    fs.writeFileSync(path.join(folder, 'run.json'), spec(id));
    const address = { pid, socket: path.join(outside, 'secret.txt'), token: 't', launch: 1 };
    fs.writeFileSync(path.join(folder, 'supervisor.json'), JSON.stringify(address));
    const record = { type: 'spawn', time: 5, pid, started: stamp, supervisor: pid };
    fs.writeFileSync(path.join(folder, 'journal/supervisor.ndjson'), `${JSON.stringify(record)}\n`);
    const lease = { pid, started: stamp, host: null, token: 't' };
    fs.writeFileSync(path.join(folder, 'lease.json'), JSON.stringify(lease));
  }
}

/** Names, sizes, times and modes of everything outside. */
function untouched(): string[] {
  const names = (fs.readdirSync(outside, { recursive: true }) as string[]).sort();
  return names.map((name) => {
    const { size, mtimeMs, mode } = fs.lstatSync(path.join(outside, name));
    return `${name} ${size} ${mtimeMs} ${mode}`;
  });
}

async function tunesmith(...args: string[]): Promise<string> {
  const { out, err } = await answers(...args);
  return out + err;
}

function answers(...args: string[]): Promise<{ out: string; err: string }> {
  const options = {
    cwd: workspace.folder,
    env: { ...process.env, TUNESMITH_ENGINE_IDLE_SECONDS: '30' },
    timeout: 120_000,
    maxBuffer: 2 ** 28,
  };
  return new Promise((resolve, reject) =>
    execFile(process.execPath, [cli, ...args], options, (error, out, err) => {
      if (error?.signal || error?.killed) reject(new Error(`${args.join(' ')} did not end`));
      else resolve({ out, err });
    }),
  );
}

it.runIf(posix)(
  'can be looked at, checked and erased: nothing hangs, runs, is followed or signalled',
  { timeout: 400_000 },
  async () => {
    const before = untouched();
    // While the folder is being read, the answer has a part of the runs, and says so beside it.
    let listed: { id: string; metrics: object; status: string }[] = [];
    for (let reading = true; reading;) {
      const { out, err } = await answers('ls', '--json');
      listed = JSON.parse(out) as typeof listed;
      reading = err !== '' && listed.length <= 100;
    }
    expect(listed.length).toBeGreaterThan(100);
    expect(listed.every(({ id }) => /^[a-zA-Z]+\d+$/.test(id))).toBe(true);
    expect(JSON.stringify(listed)).not.toMatch(/stolen|do not tell/);
    await tunesmith('ls', '--searches');
    // One of each kind and file is shown whole.
    const shown = listed.filter(({ id }) => /(\d+)$/.exec(id) && Number(/(\d+)$/.exec(id)![1]) % 7 === 0).slice(0, 6);
    // Most of the time goes into starting processes, so they start together.
    const texts = await Promise.all(
      shown.map(({ id }) => Promise.all([tunesmith('show', id), tunesmith('log', id), Promise.resolve(id)])),
    );
    for (const [show, log, id] of texts) {
      expect(show).toContain(id);
      expect(show + log).not.toMatch(/stolen|do not tell/);
    }
    await tunesmith('doctor');
    const out = await tunesmith('rm', '--purge', ...listed.map(({ id }) => id));
    expect(out).toMatch(/^purged /m);
    expect(untouched()).toEqual(before);
    expect(isAlive(victim.pid!)).toBe(true);
    for (const left of ['a\nb', '-rf']) expect(fs.existsSync(workspace.at('.tunesmith/runs', left))).toBe(true);
    // The remaining files are no trouble for the next engine either.
    await tunesmith('engine', 'stop', '--force');
    await tunesmith('ls');
    expect(await tunesmith('doctor', '--repair')).not.toContain('do not tell');
    expect(untouched()).toEqual(before);
    expect(isAlive(victim.pid!)).toBe(true);
  },
);
