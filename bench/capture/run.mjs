// Counts the metrics, parameters and media that a run shows of Python programs that are not changed, and the seconds until the first of them:
//   node bench/capture/run.mjs [--python PYTHON] [--only NAME,…] [--peers mlflow,wandb,trackio] [--public FOLDER [--offline]]
// PYTHON has the libraries of the scripts, as far as they are to run; a script whose libraries are missing is left out.
// With --public, the programs are twenty public ones, whose repositories are cloned into FOLDER if they are not there; else short ones of ours.
// With --offline, stand-ins take the place of data that the scripts would download.
// With --peers, each script also runs after one line of them: mlflow.autolog, wandb.init(sync_tensorboard=True), trackio.init.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { fetched, PUBLIC } from './public.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    only: { type: 'string', default: '' },
    peers: { type: 'string', default: '' },
    public: { type: 'string' },
    offline: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false },
  },
});
const cli = path.resolve(here, '../../bin/tunesmith.mjs');
const standins = mkdtempSync(path.join(tmpdir(), 'tunesmith-standins-'));
process.on('exit', () => rmSync(standins, { recursive: true, force: true }));
/** Programs to measure: their folder is copied, and they are started beside a copy of their data. */
const programs = (values.public === undefined ? ourScripts() : PUBLIC).filter(({ name }) =>
  values.only.split(',').some((part) => name.includes(part)),
);
if (values.public !== undefined) {
  const made = spawnSync(values.python, [path.join(here, 'standins.py'), standins], { stdio: 'inherit' });
  if (made.status !== 0) process.exit(1);
}
/** Milliseconds of training that are looked at; a longer one is stopped. */
const TRAINING_MS = Number(values.seconds) * 1000;
const LIMIT_MS = 5 * 60_000;
/** Journals of the supervisor itself; machine usage is not a metric of the program. */
const OTHERS = /^(supervisor|system)\.ndjson$/;

const env = {
  ...process.env,
  ...{
    KERAS_BACKEND: 'torch',
    HF_HUB_OFFLINE: '1',
    WANDB_MODE: 'offline',
    TF_CPP_MIN_LOG_LEVEL: '3',
    OMP_NUM_THREADS: '2',
  },
  ...(values.offline && {
    TUNESMITH_BENCH_STANDINS: standins,
    PYTHONPATH: [path.join(here, 'offline'), process.env.PYTHONPATH].filter(Boolean).join(path.delimiter),
  }),
};

function ourScripts() {
  return readdirSync(path.join(here, 'scripts')).map((entry) => ({
    // A folder has a script with files that it reads.
    ...{ name: entry.replace(/\.py$/, ''), script: entry.endsWith('.py') ? entry : 'train.py' },
    ...{ args: [], data: {}, from: path.join(here, 'scripts', entry) },
  }));
}

/** Copies a program into a new folder; returns the folder in which it is started, and the name of its file there. */
function copied(folder, program) {
  // Some look for their data two folders up.
  const root = path.join(folder, 'a', 'b', 'project');
  const from = program.from ?? fetched(values.public, program);
  const into = from.endsWith('.py') ? path.join(root, program.script) : root;
  mkdirSync(root, { recursive: true });
  cpSync(from, into, { recursive: true, filter: (file) => path.basename(file) !== '.git' });
  for (const [place, name] of Object.entries(program.data))
    cpSync(path.join(standins, name), path.join(root, place), { recursive: true });
  return { cwd: path.dirname(path.join(root, program.script)), file: path.basename(program.script) };
}

const tunesmith = (folder, ...args) =>
  spawnSync(process.execPath, [cli, ...args], { cwd: folder, env, encoding: 'utf8', timeout: LIMIT_MS });

/** Runs a program as `run: python SCRIPT …`; resolves to what its run shows. */
async function ours(program) {
  const holder = mkdtempSync(path.join(tmpdir(), 'tunesmith-capture-'));
  const { cwd: folder, file } = copied(holder, program);
  try {
    const command = JSON.stringify(['python', file, ...program.args]);
    writeFileSync(path.join(folder, 'bench.tune.yaml'), `run: ${command}\npython: ${JSON.stringify(values.python)}\n`);
    const start = performance.now();
    const child = spawn(process.execPath, [cli, 'run', 'bench.tune.yaml', '--json'], {
      cwd: folder,
      env,
      stdio: 'ignore',
    });
    let first = null;
    const look = setInterval(() => {
      if (first === null && hasPoint(folder)) first = performance.now() - start;
    }, 50);
    const timer = setTimeout(() => child.kill('SIGINT'), TRAINING_MS);
    const code = await new Promise((resolve) => child.on('exit', resolve));
    clearInterval(look);
    clearTimeout(timer);
    if (first === null && hasPoint(folder)) first = performance.now() - start;
    const run = JSON.parse(tunesmith(folder, 'ls', '--json').stdout)[0];
    const shown = JSON.parse(tunesmith(folder, 'show', run.id, '--json').stdout);
    const metrics = Object.keys(shown.metrics).filter((metric) => !metric.startsWith('system/'));
    const log = tunesmith(folder, 'log', run.id).stdout;
    tunesmith(folder, 'engine', 'stop');
    return {
      code,
      first: first === null ? null : first / 1000,
      metrics,
      params: Object.keys(shown.params),
      media: mediaOf(folder),
      captured: shown.info.captured ?? '',
      log,
    };
  } finally {
    tunesmith(folder, 'engine', 'stop');
    rmSync(holder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function journals(folder) {
  const runs = path.join(folder, '.tunesmith', 'runs');
  if (!existsSync(runs)) return [];
  return readdirSync(runs)
    .filter((run) => !run.startsWith('.') && existsSync(path.join(runs, run, 'journal')))
    .flatMap((run) =>
      readdirSync(path.join(runs, run, 'journal'))
        .filter((file) => !OTHERS.test(file))
        .map((file) => readFileSync(path.join(runs, run, 'journal', file), 'utf8')),
    );
}
const hasPoint = (folder) =>
  journals(folder).some((text) => text.includes('"values":{') && /"type":"metrics"/.test(text));
const mediaOf = (folder) => journals(folder).join('').split('"type":"media"').length - 1;

/** Runs a program after one line of another tracker's; null where that is not installed or fails. */
function peer(tracker, program) {
  const holder = mkdtempSync(path.join(tmpdir(), 'tunesmith-peer-'));
  const { cwd: folder, file } = copied(holder, program);
  try {
    const argv = [path.join(here, 'peer.py'), tracker, values.seconds, file, ...program.args];
    const done = spawnSync(values.python, argv, {
      cwd: folder,
      env,
      encoding: 'utf8',
      timeout: LIMIT_MS,
      maxBuffer: 2 ** 26,
    });
    const told = done.stdout?.split('\n').findLast((line) => line.startsWith('{"metrics"'));
    return told ? JSON.parse(told) : null;
  } finally {
    rmSync(holder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Libraries that give hyperparameters alone; if there are no others, the metrics are those of the output. */
const SILENT = new Set(['argparse', 'script', 'torch', 'tqdm', 'tyro']);

/** Where metrics and parameters come from. */
function sources({ captured, metrics }) {
  const libraries = captured.split(', ').filter(Boolean);
  const isSilent = libraries.every((name) => SILENT.has(name));
  return [...libraries, ...(isSilent && metrics.length > 0 ? ['output'] : [])].join(', ');
}

const rows = [];
for (const program of programs) {
  const { name } = program;
  const found = await ours(program);
  if (/ModuleNotFoundError/.test(found.log)) {
    console.error(`${name}: left out, ${/ModuleNotFoundError.*/.exec(found.log)[0]}`);
    continue;
  }
  const row = {
    script: name,
    ...{
      'first point, s': found.first?.toFixed(1) ?? 'never',
      metrics: found.metrics.length,
      params: found.params.length,
    },
    ...{ media: found.media, by: sources(found), exit: found.code },
  };
  for (const tracker of values.peers.split(',').filter(Boolean)) {
    const theirs = peer(tracker, program);
    row[tracker] = theirs ? `${theirs.metrics.length} / ${theirs.params.length}` : '–';
    const others = theirs?.metrics.filter((metric) => !found.metrics.includes(metric)) ?? [];
    if (others.length > 0) console.error(`${name}: only ${tracker} has metrics with the names ${others.join(', ')}`);
  }
  rows.push(row);
  console.error(`${row.script}: ${found.metrics.join(', ')}`);
  if (found.code !== 0) console.error(found.log.slice(-2000));
}
if (values.json) console.log(JSON.stringify(rows, null, 2));
else console.table(rows);
const failed = rows.filter((row) => row.metrics === 0 || Number(row['first point, s']) > 60);
if (failed.length > 0) {
  console.error(`Without a metric within 60 seconds: ${failed.map(({ script }) => script).join(', ')}`);
  process.exitCode = 1;
}
