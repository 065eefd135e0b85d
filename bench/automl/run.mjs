// Networks found by themselves, beside tuned models of scikit-learn at the same time: `node bench/automl/run.mjs --help`.
import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseArgs, promisify } from 'node:util';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    seconds: { type: 'string', default: '60' },
    splits: { type: 'string', default: '3' },
    first: { type: 'string', default: '0' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  console.log(`tunesmith auto on five tables that come with scikit-learn, beside random searches over HistGradientBoosting and
MLPClassifier/MLPRegressor that take as long, at the same moment, so that all have the same share of a busy machine: each trains one
model at a time, on one thread. Accuracy, or R² of numbers, on a quarter of the rows that none has seen.

  --python PATH    a Python that has scikit-learn (python3)
  --seconds N      time of each method and table (60)
  --splits N       random divisions of each table (3)
  --first N        begin with this division (0)
  --only TABLE     this table alone`);
  process.exit(0);
}
const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'automl-'));
const env = { ...process.env, TUNESMITH_HOME: path.join(folder, 'home'), NO_COLOR: '1' };
const seconds = Number(options.seconds);
const call = promisify(execFile);
const peers = async (...args) => {
  const { stdout } = await call(options.python, [path.join(import.meta.dirname, 'peers.py'), ...args], {
    env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
  });
  return JSON.parse(stdout);
};
const tunesmith = (...args) =>
  call(process.execPath, [path.join(root, 'bin/tunesmith.mjs'), ...args], { cwd: folder, env });

/** Scores on the test file: of the best network, and of the ensemble if there is one. */
async function ours({ name }, seed) {
  // Almost all rows serve for training and validation, because the test file is the test here.
  const data = JSON.stringify({ csv: { file: `${name}-train.csv`, target: 'y' } });
  const file = `network: { data: ${data}, auto: ${seconds}s, test: 0.02 }\nsearch: { parallel: 1 }\n`;
  writeFileSync(path.join(folder, `${name}.tune.yaml`), file);
  const began = Date.now();
  await tunesmith('auto', `${name}.tune.yaml`, '--seed', String(seed), '--json');
  const took = (Date.now() - began) / 1000;
  const report = readFileSync(path.join(folder, `${name}.report.md`), 'utf8');
  const run = /tunesmith evaluate (\S+) FILE/.exec(report)[1];
  const of = async (what, out) => {
    await tunesmith('predict', what, `${name}-test.csv`, '--out', out, '--force');
    return (await peers('score', folder, name, path.join(folder, out))).score;
  };
  const network = await of(run, 'p.csv');
  const isTogether = readdirSync(folder).includes(`${name}.ensemble.json`);
  const tried = [...report.matchAll(/(\d+) networks were/g)].reduce((sum, [, count]) => sum + Number(count), 0);
  return { network, auto: isTogether ? await of(`${name}.ensemble.json`, 'e.csv') : network, tried, took };
}

const METHODS = ['auto', 'boosting', 'MLP'];
const tables = new Map();
try {
  for (const one of await peers('write', folder, options.splits, options.first)) {
    if (options.only !== undefined && one.table !== options.only) continue;
    const seed = Number(one.name.split('-').at(-1));
    const [found, boosting, mlp] = await Promise.all([
      ours(one, seed),
      ...['boosting', 'mlp'].map((model) => peers('tune', folder, one.name, model, String(seconds), String(seed))),
    ]);
    const scores = [found.auto, boosting.score, mlp.score];
    console.error(
      one.name,
      scores.map((value) => value.toFixed(4)).join(' '),
      `best network alone ${found.network.toFixed(4)}; tried ${found.tried} in ${found.took.toFixed(1)} s, ${boosting.tried} in ${boosting.took.toFixed(1)} s, ${mlp.tried} in ${mlp.took.toFixed(1)} s`,
    );
    tables.set(one.table, [...(tables.get(one.table) ?? []), { scores, network: found.network }]);
  }
} finally {
  try {
    await tunesmith('engine', 'stop', '--force');
  } catch {
    // It has left already.
  }
  rmSync(folder, { recursive: true, force: true });
}

const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length;
/** Ranks from 1, the best; equal values share the mean of theirs. */
const ranks = (values) =>
  values.map(
    (value) => 1 + values.filter((one) => one > value).length + (values.filter((one) => one === value).length - 1) / 2,
  );
console.log(`| | best network alone | ${METHODS.join(' | ')} |\n| --- |${' ---: |'.repeat(METHODS.length + 1)}`);
const all = [];
for (const [table, splits] of tables) {
  const means = [splits.map(({ network }) => network), ...METHODS.map((_, i) => splits.map(({ scores }) => scores[i]))];
  splits.forEach(({ scores }) => all.push(ranks(scores)));
  console.log(`| ${table} | ${means.map((values) => mean(values).toFixed(4)).join(' | ')} |`);
}
console.log(`| mean rank | | ${METHODS.map((_, i) => mean(all.map((one) => one[i])).toFixed(2)).join(' | ')} |`);
