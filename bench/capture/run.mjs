// Counts the metrics and parameters that a run shows of Python programs that are not changed: `node bench/capture/run.mjs [--python PYTHON] [--only NAME] [--peers mlflow,wandb,trackio]`.
// PYTHON has the libraries of the scripts, as far as they are to run; a script whose libraries are missing is left out.
// With --peers, each script also runs after one line of them: mlflow.autolog, wandb.init(sync_tensorboard=True), trackio.init.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync, copyFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = path.dirname(fileURLToPath(import.meta.url));
const { values } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    only: { type: 'string', default: '' },
    peers: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const cli = path.resolve(here, '../../bin/tunesmith.mjs');
const scripts = readdirSync(path.join(here, 'scripts')).filter((name) => name.includes(values.only));
const LIMIT_MS = 5 * 60_000;
/** Journals of the supervisor itself; what the machine does is no metric of the program. */
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
};
const tunesmith = (folder, ...args) =>
  spawnSync(process.execPath, [cli, ...args], { cwd: folder, env, encoding: 'utf8', timeout: LIMIT_MS });

/** Runs a script as `run: python SCRIPT`; resolves to what its run shows. */
async function ours(name) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-capture-'));
  try {
    copyFileSync(path.join(here, 'scripts', name), path.join(folder, name));
    writeFileSync(
      path.join(folder, 'bench.tune.yaml'),
      `run: python ${name}\npython: ${JSON.stringify(values.python)}\n`,
    );
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
    const timer = setTimeout(() => child.kill(), LIMIT_MS);
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
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
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

/** Runs a script after one line of another tracker's; null where that is not installed or fails. */
function peer(tracker, name) {
  const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-peer-'));
  try {
    const script = path.join(folder, name);
    copyFileSync(path.join(here, 'scripts', name), script);
    const argv = [path.join(here, 'peer.py'), tracker, script];
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
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Where metrics and parameters come from; argparse has no metrics, so those are read from the output. */
function sources({ captured, metrics }) {
  const libraries = captured.split(', ').filter(Boolean);
  const isSilent = libraries.every((name) => name === 'argparse' || name === 'tqdm');
  return [...libraries, ...(isSilent && metrics.length > 0 ? ['output'] : [])].join(', ');
}

const rows = [];
for (const name of scripts) {
  const found = await ours(name);
  if (/ModuleNotFoundError/.test(found.log)) {
    console.error(`${name}: left out, ${/ModuleNotFoundError.*/.exec(found.log)[0]}`);
    continue;
  }
  const row = {
    script: name.replace(/\.py$/, ''),
    ...{
      'first point, s': found.first?.toFixed(1) ?? 'never',
      metrics: found.metrics.length,
      params: found.params.length,
    },
    ...{ media: found.media, by: sources(found), exit: found.code },
  };
  for (const tracker of values.peers.split(',').filter(Boolean)) {
    const theirs = peer(tracker, name);
    row[tracker] = theirs ? `${theirs.metrics.length} / ${theirs.params.length}` : '–';
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
