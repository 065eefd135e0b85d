// Networks found by themselves, beside tuned models of scikit-learn at the same time: `node bench/automl/run.mjs --help`.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({
  options: {
    python: { type: 'string', default: 'python3' },
    seconds: { type: 'string', default: '60' },
    splits: { type: 'string', default: '2' },
    only: { type: 'string' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  console.log(`tunesmith auto on five tables that come with scikit-learn, beside random searches over HistGradientBoosting and
MLPClassifier/MLPRegressor that take as long, in the same run. Accuracy, or R² of numbers, on a quarter of the rows that none has seen.

  --python PATH    a Python that has scikit-learn (python3)
  --seconds N      time of each method and table (60)
  --splits N       random divisions of each table (2)
  --only TABLE     this table alone`);
  process.exit(0);
}
const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'automl-'));
const env = { ...process.env, TUNESMITH_HOME: path.join(folder, 'home'), NO_COLOR: '1' };
const seconds = Number(options.seconds);
const peers = (...args) =>
  JSON.parse(
    execFileSync(options.python, [path.join(import.meta.dirname, 'peers.py'), ...args], {
      encoding: 'utf8',
      env: { ...process.env, OMP_NUM_THREADS: '1' },
    }),
  );
const tunesmith = (...args) =>
  execFileSync(process.execPath, [path.join(root, 'bin/tunesmith.mjs'), ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });

/** Scores on the test file: of the best network, and of the ensemble if there is one. */
function ours({ name }, seed) {
  // Almost all rows serve for training and validation, because the test file is the test here.
  const data = JSON.stringify({ csv: { file: `${name}-train.csv`, target: 'y' } });
  writeFileSync(path.join(folder, `${name}.tune.yaml`), `network: { data: ${data}, auto: ${seconds}s, test: 0.02 }\n`);
  const began = Date.now();
  tunesmith('auto', `${name}.tune.yaml`, '--seed', String(seed), '--json');
  const took = (Date.now() - began) / 1000;
  const report = readFileSync(path.join(folder, `${name}.report.md`), 'utf8');
  const run = /tunesmith evaluate (\S+) FILE/.exec(report)[1];
  const of = (what, out) => {
    tunesmith('predict', what, `${name}-test.csv`, '--out', out, '--force');
    return peers('score', folder, name, path.join(folder, out)).score;
  };
  const network = of(run, 'p.csv');
  const isTogether = readdirSync(folder).includes(`${name}.ensemble.json`);
  const tried = Number(/(\d+) networks were trained/.exec(report)?.[1] ?? 0);
  return { network, ensemble: isTogether ? of(`${name}.ensemble.json`, 'e.csv') : network, tried, took };
}

const METHODS = ['best network', 'ensemble', 'boosting', 'MLP'];
const tables = new Map();
try {
  for (const one of peers('write', folder, options.splits)) {
    if (options.only !== undefined && one.table !== options.only) continue;
    const seed = Number(one.name.split('-').at(-1));
    const found = ours(one, seed);
    const [boosting, mlp] = ['boosting', 'mlp'].map((model) =>
      peers('tune', folder, one.name, model, String(seconds), String(seed)),
    );
    const scores = [found.network, found.ensemble, boosting.score, mlp.score];
    console.error(
      one.name,
      scores.map((value) => value.toFixed(4)).join(' '),
      `networks ${found.tried}, ${found.took.toFixed(1)} s; boosting ${boosting.tried}, MLP ${mlp.tried}`,
    );
    tables.set(one.table, [...(tables.get(one.table) ?? []), scores]);
  }
} finally {
  try {
    tunesmith('engine', 'stop', '--force');
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
console.log(`| | ${METHODS.join(' | ')} |\n| --- |${' ---: |'.repeat(METHODS.length)}`);
const all = [];
for (const [table, splits] of tables) {
  const means = METHODS.map((_, i) => mean(splits.map((scores) => scores[i])));
  splits.forEach((scores) => all.push(ranks(scores)));
  console.log(`| ${table} | ${means.map((value) => value.toFixed(4)).join(' | ')} |`);
}
console.log(`| mean rank | ${METHODS.map((_, i) => mean(all.map((one) => one[i])).toFixed(2)).join(' | ')} |`);
