/** Runs the measurements and prints their tables. */
import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread } from 'node:worker_threads';
import { probe } from './engine.js';
import { KINDS, measureDisk, measurePeer, PEERS } from './disk.js';
import { measureFirst, type FirstKind } from './first.js';
import { measureLine, type LineShape } from './line.js';
import { measureRows, measureSeries } from './many.js';
import { measureRebuild } from './rebuild.js';
import { measureOptuna, measureTrials, type TrialsKind } from './trials.js';

const { values } = parseArgs({
  args: isMainThread ? process.argv.slice(2) : ['--root', ''],
  options: {
    root: { type: 'string' },
    dist: { type: 'string', multiple: true },
    python: { type: 'string' },
    only: { type: 'string', default: 'line,first,rebuild,many,trials,disk,log' },
    rounds: { type: 'string', default: '1' },
    profile: { type: 'string' },
    match: { type: 'string', default: '' },
    out: { type: 'string' },
  },
});
const root = values.root!;
const dists = (values.dist ?? [path.join(root, 'dist')]).map((folder) => path.resolve(folder));
const wanted = new Set(values.only.split(','));
const lines: string[] = [];
const say = (line: string): void => {
  lines.push(line);
  console.log(line);
};

const SHAPES: [text: string, shape: LineShape][] = [
  ['20 runs, 1,000 records/s each', { runs: 20, metrics: 1, lines: 20, frames: 150, pace: 50 }],
  ['20 runs, as fast as it goes', { runs: 20, metrics: 1, lines: 50, frames: 1500, pace: null }],
  ['1,000 runs, 20 records a frame, as fast as it goes', { runs: 1000, metrics: 1, lines: 20, frames: 60, pace: null }],
  ['1,000 runs, one record a frame', { runs: 1000, metrics: 1, lines: 1, frames: 100, pace: null }],
  ['1,000 runs, one record of 10 values a frame', { runs: 1000, metrics: 10, lines: 1, frames: 100, pace: null }],
];

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
const whole = (value: number): string => Math.round(value).toLocaleString('en');

/** Measures every build in turn, so that a machine that others use slows all of them. */
async function inTurns(measure: (dist: string, name: string) => Promise<void>): Promise<void> {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const dist of dists) await measure(dist, dists.length > 1 ? ` (${path.basename(dist)})` : '');
  }
}

async function lineTable(): Promise<void> {
  say(
    '| From frames to the index | points/s | engine CPU, µs a point | turns, p99 / longest ms | while all end | wait of a small request, p50 / max ms | MB |',
  );
  say('| --- | --: | --: | --: | --: | --: | --: |');
  for (const [text, shape] of SHAPES.filter(([text]) => text.includes(values.match))) {
    await inTurns(async (dist, name) => {
      const { points, seconds, cpu, waits, memory, turns, endTurns } = await measureLine(shape, dist, values.profile);
      const wait = `${percentile(waits, 0.5).toFixed(1)} / ${whole(waits.at(-1) ?? 0)}`;
      const turn = `${turns.p99.toFixed(1)} / ${turns.longest.toFixed(0)}`;
      say(
        `| ${text}${name} | ${whole(points / seconds)} | ${((cpu / points) * 1e6).toFixed(2)} | ${turn} | ${endTurns.p99.toFixed(1)} / ${endTurns.longest.toFixed(0)} | ${wait} | ${whole(memory)} |`,
      );
    });
  }
}

const FIRSTS: [kind: FirstKind, text: string][] = [
  ['client', 'Python with our client'],
  ['printed', 'Python that prints a metric'],
];

/** Prints how soon the first point of a run is at a client. */
async function firstTable(): Promise<void> {
  say(
    '| From *Run* to the first point at the client, median of 9, ms | in all | script alone | difference | until it begins | from its record to the client |',
  );
  say('| --- | --: | --: | --: | --: | --: |');
  const median = (list: number[]): number =>
    percentile(
      [...list].sort((a, b) => a - b),
      0.5,
    );
  for (const [kind, text] of FIRSTS.filter(([, text]) => text.includes(values.match))) {
    await inTurns(async (dist, name) => {
      const { point, bare, begun, shown } = await measureFirst(kind, 9, dist, path.join(root, 'python'));
      const over = point.map((ms, i) => ms - bare[i]!);
      say(`| ${text}${name} | ${[point, bare, over, begun, shown].map((list) => whole(median(list))).join(' | ')} |`);
    });
  }
}

async function rebuildTable(): Promise<void> {
  say('| A lost index | reachable ms | newest run listed | all listed | all points | engine CPU s | longest wait ms |');
  say('| --- | --: | --: | --: | --: | --: | --: |');
  for (const runs of [1000, 10_000]) {
    await inTurns(async (dist, name) => {
      const found = await measureRebuild({ runs, records: 20, metrics: 3 }, dist, values.profile);
      const cells = [found.reachableMs, found.firstMs, found.listedMs, found.wholeMs].map(whole).join(' | ');
      const wait = whole(found.waits.at(-1) ?? 0);
      say(
        `| ${whole(runs)} runs, ${whole(found.points)} points${name} | ${cells} | ${found.cpu.toFixed(1)} | ${wait} |`,
      );
    });
  }
}

async function manyTable(): Promise<void> {
  say('| 200 runs, so many metrics each | runs/list ms | MB | a change of one run, kB | engine MB | longest wait ms |');
  say('| --- | --: | --: | --: | --: | --: |');
  for (const metrics of [10, 2000]) {
    await inTurns(async (dist, name) => {
      const found = await measureRows(metrics, dist, values.profile ?? null);
      const { listMs, listBytes, changeBytes, memory, longestWait } = found;
      const cells = [whole(listMs), (listBytes / 1e6).toFixed(1), (changeBytes / 1e3).toFixed(1)];
      say(`| ${whole(metrics)}${name} | ${[...cells, whole(memory), whole(longestWait)].join(' | ')} |`);
    });
  }
  say('');
  say('| One metric of all runs | until all are here, ms | engine CPU ms | MB | longest wait ms |');
  say('| --- | --: | --: | --: | --: |');
  for (const shape of [
    { runs: 1000, records: 200, points: 300 },
    { runs: 10_000, records: 20, points: 60 },
    { runs: 10_000, records: 200, points: 60 },
  ]) {
    await inTurns(async (dist, name) => {
      const { ms, cpuMs, bytes, longestWait } = await measureSeries(shape, dist, values.profile ?? null);
      const text = `${whole(shape.runs)} runs of ${shape.records} points${name}`;
      say(`| ${text} | ${whole(ms)} | ${whole(cpuMs)} | ${(bytes / 1e6).toFixed(1)} | ${whole(longestWait)} |`);
    });
  }
}

const TRIALS: [kind: TrialsKind, count: number, text: string][] = [
  ['process', 100, 'a Python process for each trial'],
  ['python', 400, '`tunesmith.trials()` in Python'],
  ['module', 400, '`run.trials()` in a module'],
];

/** Prints trials a second, four at once, beside Optuna. */
async function trialsTable(): Promise<void> {
  say('| Trials that do nothing, 4 at once | trials/s | engine CPU, ms a trial |');
  say('| --- | --: | --: |');
  for (const [kind, count, text] of TRIALS.filter(([, , text]) => text.includes(values.match))) {
    await inTurns(async (dist, name) => {
      const { perSecond, engineMs } = await measureTrials(kind, count, 4, dist, values.profile ?? null);
      say(`| ${text}${name} | ${perSecond.toFixed(0)} | ${engineMs.toFixed(1)} |`);
    });
  }
  const python = environment();
  for (const [kind, text] of [
    ['process', 'Optuna, a Python process for each trial'],
    ['function', 'Optuna, a function'],
  ] as const)
    say(`| ${text} (SQLite, four processes) | ${measureOptuna(kind, 200, 4, python).toFixed(0)} | |`);
}

/** Prints bytes a point on the disk, beside the trackers that the environment has. */
async function diskTable(): Promise<void> {
  // An empty index has about 200 kB.
  const points = 1_000_000;
  say('| Bytes a point on the disk, one value a step | float32 | rounded to 4 decimals | doubles with all digits |');
  say('| --- | --: | --: | --: |');
  const ours = await Promise.all(KINDS.map((kind) => measureDisk(kind, points)));
  const row = (text: string, values: readonly (number | null)[]): void =>
    say(`| ${[text, ...values.map((value) => value?.toFixed(1) ?? 'not installed')].join(' | ')} |`);
  row(
    'Tunesmith: journal while the run works',
    ours.map(({ journal }) => journal),
  );
  row(
    'Tunesmith: index',
    ours.map(({ store }) => store),
  );
  row(
    'Tunesmith: packed journal',
    ours.map(({ packed }) => packed),
  );
  row(
    'Tunesmith: all in, while the run works',
    ours.map(({ journal, store }) => journal + store),
  );
  row(
    'Tunesmith: all in, packed',
    ours.map(({ packed, store }) => packed + store),
  );
  const python = environment();
  for (const peer of PEERS)
    row(
      peer,
      KINDS.map((kind) => measurePeer(peer, kind, 5000, python, root)),
    );
}

/** Prints the cost of log() beside the trackers that the environment has. */
function logTable(): void {
  const run = (program: string, ...args: string[]): void =>
    say(execFileSync(program, args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 24 }).trimEnd());
  run(environment(), 'bench/log-python.py', '--quick');
  say('');
  run(process.execPath, 'bench/log-node.mjs', '--quick');
}

function environment(): string {
  if (values.python) return values.python;
  const folder = path.join(root, 'out/bench-tracking/venv');
  const python = path.join(folder, 'bin/python');
  if (existsSync(python)) return python;
  execFileSync('python3', ['-m', 'venv', folder], { stdio: 'inherit' });
  const packages = ['torch', 'tensorboard', 'wandb', 'trackio', 'mlflow', 'optuna'];
  execFileSync(python, ['-m', 'pip', 'install', '-q', ...packages], { stdio: 'inherit' });
  return python;
}

async function main(): Promise<void> {
  if (wanted.has('line')) await lineTable();
  if (wanted.has('first')) await firstTable();
  if (wanted.has('rebuild')) await rebuildTable();
  if (wanted.has('many')) await manyTable();
  if (wanted.has('trials')) await trialsTable();
  if (wanted.has('disk')) await diskTable();
  if (wanted.has('log')) logTable();
  if (values.out) writeFileSync(values.out, `${lines.join('\n')}\n`);
  process.exit(0);
}
if (isMainThread) void main();
else void probe();
