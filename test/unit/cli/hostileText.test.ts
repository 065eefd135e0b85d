/** Runs whose every text would drive a terminal: on one they are only shown, and other programs get them exactly. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCsv } from '../../../src/protocol/values/csv.js';
import { escapeUnsafe } from '../../../src/protocol/values/shownText.js';
import { forStream } from '../../../src/cli/text/terminal.js';
import { buildDist } from '../support/build.js';
import { skipBecause } from '../support/skip.js';
import { experiment, isAlive, searchOver, TRAIN, until, Workspace } from '../engine/support.js';

/** Sets the title, clears the screen in 7 and 8 bits, overwrites the line, reverses and isolates text, writes a line. */
const EVIL = 'x\u001b]0;owned\u0007\u001b[2J\u009b2Jy\rz\u202etxt\u2066\u200f\u2028\u0085\nFORGED';
const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/;
const COLORS = /\u001b\[(0|1|2|3[1-6])m/g;
/** Runs a program on a terminal of its own. */
const ON_TERMINAL = 'import os,pty,sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))';
const hasTerminal = spawnSync('python3', ['-c', 'import pty']).status === 0;

const RUN = 'evil000001';
const FAILED = 'evil000002';
let workspace: Workspace;
let cli: string;
let search: string;

function carry(id: string, finish: object): void {
  const folder = workspace.at('.tunesmith/runs', id);
  fs.mkdirSync(path.join(folder, 'journal'), { recursive: true });
  const spec = {
    version: 1,
    id,
    experiment: EVIL,
    name: EVIL,
    file: null,
    search: null,
    trial: null,
    cwd: '.',
    env: {},
    seed: 1,
    params: { [EVIL]: EVIL, list: [EVIL] },
    argv: ['node', EVIL],
    objective: { metric: EVIL, goal: 'minimize' },
    createdAt: 5,
    stopGrace: 1,
    tags: [EVIL],
    note: EVIL,
    origin: { host: EVIL, git: { commit: EVIL, branch: EVIL, dirty: true } },
  };
  fs.writeFileSync(path.join(folder, 'run.json'), JSON.stringify(spec));
  fs.writeFileSync(path.join(folder, 'output.log'), `${EVIL}\n`);
  const records = [
    { type: 'info', time: 6, values: { [EVIL]: EVIL } },
    { type: 'message', time: 6, level: 'warning', text: EVIL },
    { type: 'progress', time: 6, fraction: 0.5, text: EVIL },
    { step: 1, values: { [EVIL]: 1, loss: 2 } },
    { type: 'finish', time: 7, ...finish },
  ];
  fs.writeFileSync(
    path.join(folder, 'journal/main.ndjson'),
    records.map((record) => `${JSON.stringify(record)}\n`).join(''),
  );
}

beforeAll(async () => {
  const dist = await buildDist();
  cli = path.join(dist, 'cli.cjs');
  workspace = new Workspace(dist);
  workspace.write('train.mjs', TRAIN);
  const space = 'search: { sampler: grid, space: { lr: { choice: [0.5, 0.25] } } }\n';
  const file = workspace.write('a.tune.yaml', experiment('node train.mjs', space));
  const engine = await workspace.connect();
  search = (await engine.request('searches/start', { file })).search.id;
  await searchOver(engine, search);
  const pid = workspace.enginePid()!;
  await engine.request('engine/stop', { force: true });
  await until('the engine to leave', () => !isAlive(pid));
  fs.rmSync(workspace.local.local, { recursive: true });
  const record = workspace.at('.tunesmith/searches', search, 'search.json');
  const written = JSON.parse(fs.readFileSync(record, 'utf8')) as object;
  const texts = { name: EVIL, experiment: EVIL, sampler: EVIL, pruner: EVIL, reason: EVIL, error: EVIL };
  fs.writeFileSync(record, JSON.stringify({ ...written, ...texts }));
  carry(RUN, { status: 'completed' });
  carry(FAILED, { status: 'failed', error: EVIL });
  workspace.write('bad.tune.yaml', `${JSON.stringify(EVIL)}: 1\nrun: node\n`);
});
afterAll(async () => {
  await workspace?.remove();
});

function tunesmith(onTerminal: boolean, ...args: string[]): string {
  const program = [process.execPath, cli, ...args];
  const [command, ...rest] = onTerminal ? ['python3', '-c', ON_TERMINAL, ...program] : program;
  const { stdout, stderr } = spawnSync(command!, rest, {
    cwd: workspace.folder,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TERM: 'xterm', COLUMNS: '200', TUNESMITH_ENGINE_IDLE_SECONDS: '30' },
    timeout: 60_000,
  });
  return onTerminal ? stdout : stdout || stderr;
}

const COMMANDS = [
  ['ls'],
  ['ls', '--searches'],
  ['ls', '--json'],
  ['ls', '--searches', '--json'],
  ['show', RUN],
  ['show', FAILED],
  ['show', FAILED, '--json'],
  ['metrics', RUN],
  ['metrics', RUN, '--json'],
  ['metrics', RUN, 'none'],
  ['log', RUN],
  ['best'],
  ['best', '--json'],
  ['importance'],
  ['export'],
  ['export', '--points'],
  ['export', '--format', 'jsonl'],
  ['export', RUN, '--points', '--format', 'jsonl'],
  ['rerun', RUN],
  ['resume', FAILED],
  ['search', '--resume', 'SEARCH'],
  ['show', EVIL.replaceAll('\u0000', '')],
  ['validate', 'bad.tune.yaml'],
  ['run', 'bad.tune.yaml'],
  [EVIL],
  ['doctor'],
  ['rm', EVIL],
];

/** Commands that print texts of several lines as they are. */
const VERBATIM = new Set<string | undefined>(['log', 'export']);

describe('on a terminal', () => {
  const titled = COMMANDS.map((args) => [escapeUnsafe(args.join(' ')).replaceAll('\n', '\\n'), args] as const);
  it.runIf(hasTerminal).each(titled)('tunesmith %s shows no character that drives it', (_title, args) => {
    const shown = tunesmith(true, ...args.map((arg) => (arg === 'SEARCH' ? search : arg)));
    expect(shown).not.toBe('');
    const text = shown.replaceAll('\r\n', '\n').replace(COLORS, '');
    expect(UNSAFE.exec(text)).toBe(null);
    if (!VERBATIM.has(args[0])) expect(text).not.toMatch(/^FORGED/m);
  });
  it.skipIf(hasTerminal)('needs Python for a terminal', (test) => skipBecause(test, 'Python makes the terminal'));
}, 60_000);

it('JSON and CSV for other programs are exact', () => {
  const listed = JSON.parse(tunesmith(false, 'ls', '--json')) as { id: string; name: string; params: object }[];
  expect(listed.find(({ id }) => id === RUN)).toMatchObject({ name: EVIL, params: { [EVIL]: EVIL, list: [EVIL] } });
  expect(JSON.parse(tunesmith(false, 'metrics', RUN, '--json'))).toContain(EVIL);
  const rows = readCsv(tunesmith(false, 'export', RUN));
  expect(rows[0]).toContain(`param:${EVIL}`);
  expect(rows[1]).toContain(EVIL);
  const line = JSON.parse(tunesmith(false, 'export', RUN, '--format', 'jsonl')) as { name: string };
  expect(line.name).toBe(EVIL);
  const file = path.join(os.tmpdir(), `${path.basename(workspace.folder)}.csv`);
  tunesmith(true, 'export', RUN, '-o', file);
  expect(readCsv(fs.readFileSync(file, 'utf8'))[1]).toContain(EVIL);
  fs.rmSync(file);
});

it('JSON on a terminal still says the same', () => {
  expect(JSON.parse(escapeUnsafe(JSON.stringify({ [EVIL]: EVIL })))).toEqual({ [EVIL]: EVIL });
});

it('only our own colors pass', () => {
  const text = '\u001b[31mred\u001b[0m \u001b[8mhidden\u001b[31;5m\u001b[2J';
  expect(forStream(text, { isTTY: true })).toBe('\u001b[31mred\u001b[0m \ufffd[8mhidden\ufffd[31;5m\ufffd[2J');
  expect(forStream(text, { isTTY: false })).toBe(text);
});
