/** Log files of other tools, recorded while a real program writes them. */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CAPTURE_AUTO } from '../../../src/protocol/run/captureSettings.js';
import type { RunSpec } from '../../../src/protocol/run/runFolder.js';
import { globPattern } from '../../../src/engine/supervisor/logs/candidates.js';
import { fixture } from '../foreign/support.js';
import { bundle, cleanUp, journal, newFolder, startRun, supervise, until } from './support.js';

const linux = process.platform === 'linux';
let bundles: string;
beforeAll(async () => {
  bundles = newFolder();
  await bundle(bundles, { supervisor: 'src/engine/supervisor/main.ts' });
});
afterAll(cleanUp);

const FILES = 'files.ndjson';
const node = (code: string, ...args: string[]): string[] => ['node', '-e', code, ...args];
/** Writes rows of a table, one every few milliseconds, and ends when a file `go` is there. */
const WRITER = `
  const fs = require('node:fs');
  const [file, go, name = 'loss'] = process.argv.slice(1);
  fs.writeFileSync(file, 'epoch,' + name + '\\n');
  let epoch = 0;
  const timer = setInterval(() => {
    fs.appendFileSync(file, epoch + ',' + 1 / ++epoch + '\\n');
    if (epoch >= 5 && fs.existsSync(go)) clearInterval(timer);
  }, 20);
`;
const values = (folder: string, name: string): number[] =>
  existsSync(join(folder, 'journal', FILES))
    ? journal(folder, FILES).flatMap((record) =>
        record.type === 'metrics' && typeof record.values[name] === 'number' ? [record.values[name]] : [],
      )
    : [];

it('a table is recorded while it is written, and to its end', async () => {
  const cwd = newFolder();
  const run = startRun(bundles, { argv: node(WRITER, 'history.csv', 'go'), cwd });
  await until('values while the program works', () => values(run.folder, 'loss').length > 3);
  writeFileSync(join(cwd, 'go'), '');
  await run.gone;
  const all = values(run.folder, 'loss');
  expect(all.slice(0, 3)).toEqual([1, 1 / 2, 1 / 3]);
  expect(journal(run.folder, FILES)[0]).toMatchObject({ type: 'metrics', step: 0, epoch: 0 });
  expect(all).toEqual(all.map((_, i) => 1 / (i + 1)));
});

it('event files are recorded with pictures and hyperparameters; files from before the launch are not', async () => {
  const cwd = newFolder();
  mkdirSync(join(cwd, 'runs'));
  const [source] = readdirSync(fixture('tensorboardx/exp1')).filter((name) => name.includes('tfevents'));
  copyFileSync(join(fixture('tensorboardx/exp1'), source!), join(cwd, 'runs', 'events.out.tfevents.1.host'));
  writeFileSync(join(cwd, 'history.csv'), 'epoch,old\n0,1\n');
  await new Promise((done) => setTimeout(done, 50));
  const run = startRun(bundles, {
    argv: node(
      `const fs = require('node:fs'); fs.mkdirSync('runs/new');
       fs.copyFileSync(${JSON.stringify(join(fixture('tensorboardx/exp1'), source!))}, 'runs/new/events.out.tfevents.2.host');
       fs.appendFileSync('history.csv', '1,7\\n')`,
    ),
    cwd,
  });
  await run.gone;
  expect(values(run.folder, 'train/loss')).toHaveLength(5);
  expect(values(run.folder, 'old')).toEqual([7]);
  const media = journal(run.folder, FILES).flatMap((record) => (record.type === 'media' ? [record.path] : []));
  expect(media).toHaveLength(3);
  media.forEach((file) => expect(existsSync(join(run.folder, file))).toBe(true));
});

describe('nothing twice', () => {
  const client = (records: object[]): string =>
    `require('node:fs').writeFileSync(process.env.TUNESMITH_RUN_DIR + '/journal/rank0-' + process.pid + '.ndjson', ${JSON.stringify(
      records.map((record) => `${JSON.stringify(record)}\n`).join(''),
    )});`;
  const table = `require('node:fs').writeFileSync('history.csv', 'epoch,loss,acc\\n0,1,2\\n');`;

  it('a metric that the client of the program has logged is not recorded from a file', async () => {
    const run = startRun(bundles, { argv: node(client([{ type: 'metrics', step: 0, values: { loss: 1 } }]) + table) });
    await run.gone;
    expect([values(run.folder, 'loss'), values(run.folder, 'acc')]).toEqual([[], [2]]);
  });

  it('files of a library whose own calls are captured are not recorded, unless they are named', async () => {
    const program = node(client([{ type: 'info', time: 1, values: { captured: 'argparse, keras' } }]) + table);
    const run = startRun(bundles, { argv: program });
    await run.gone;
    expect(values(run.folder, 'acc')).toEqual([]);
    const named = startRun(bundles, { argv: program, capture: { ...CAPTURE_AUTO, files: ['*.csv'] } });
    await named.gone;
    expect(values(named.folder, 'acc')).toEqual([2]);
  });

  it('two kinds of logs with the same names are recorded once', async () => {
    const both = `${table} require('node:fs').mkdirSync('out'); require('node:fs').writeFileSync('out/trainer_state.json',
      JSON.stringify({ log_history: [{ step: 0, loss: 1, eval: 3 }] }));`;
    const run = startRun(bundles, { argv: node(both) });
    await run.gone;
    expect([values(run.folder, 'loss'), values(run.folder, 'eval')]).toEqual([[1], [3]]);
  });
});

it('is off, or looks at the files that are named, as the experiment says', async () => {
  const argv = node(`for (const name of ['history.csv', 'mine.txt'])
    require('node:fs').writeFileSync(name, 'epoch,' + name + '\\n0,1\\n')`);
  const off = startRun(bundles, { argv, capture: { ...CAPTURE_AUTO, files: 'off' } });
  await off.gone;
  expect(existsSync(join(off.folder, 'journal', FILES))).toBe(false);
  const named = startRun(bundles, { argv, capture: { ...CAPTURE_AUTO, files: ['**/*.txt'] } });
  await named.gone;
  expect([values(named.folder, 'mine.txt'), values(named.folder, 'history.csv')]).toEqual([[1], []]);
});

it.runIf(linux)('two runs in one folder have their own files, if they can be distinguished', async () => {
  const workspace = newFolder();
  const HOLD = `const fs = require('node:fs'); const [file, name] = process.argv.slice(1);
    const open = fs.openSync(file, 'w'); fs.writeSync(open, 'epoch,' + name + '\\n0,1\\n');
    fs.writeFileSync(name + '-log.csv', 'epoch,closed-' + name + '\\n0,1\\n');
    const timer = setInterval(() => fs.existsSync('go') && clearInterval(timer), 20);`;
  const start = (id: string) => {
    const folder = join(workspace, '.tunesmith', 'runs', id);
    mkdirSync(folder, { recursive: true });
    const spec: Partial<RunSpec> = { version: 1, id, cwd: '.', env: {}, params: {}, seed: 1, stopGrace: 5 };
    writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...spec, argv: node(HOLD, `${id}-train.csv`, id) }));
    return supervise(bundles, folder);
  };
  const [a, b] = [start('a'), start('b')];
  await until('both to be recorded', () => values(a.folder, 'a').length > 0 && values(b.folder, 'b').length > 0);
  writeFileSync(join(workspace, 'go'), '');
  await Promise.all([a.gone, b.gone]);
  expect([values(a.folder, 'a'), values(a.folder, 'b')]).toEqual([[1], []]);
  expect([values(b.folder, 'a'), values(b.folder, 'b')]).toEqual([[], [1]]);
  const told = [a, b].flatMap(({ folder }) =>
    journal(folder, 'supervisor.ndjson').flatMap((record) => (record.type === 'message' ? [record.text] : [])),
  );
  expect(told).toContainEqual(expect.stringContaining('{run.dir}'));
});

it('globs', () => {
  const matches = (glob: string, ...files: string[]): boolean[] => files.map((file) => globPattern(glob).test(file));
  expect(matches('logs/**/*.csv', 'logs/a.csv', 'logs/x/y/a.csv', 'a.csv', 'logs/a.csvx')).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(matches('./a?.(csv)', 'ab.(csv)', 'a/.(csv)')).toEqual([true, false]);
});
