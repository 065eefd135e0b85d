// The trainer's defaults on small tables beside scikit-learn's MLP: `node bench/training/tables.mjs --help`.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { argsOrHelp, bundle, copyWasm, finish, root, TRAINER } from '../starter.mjs';

const HELP = `node bench/training/tables.mjs [OPTION …]

Accuracy (or R²) of the trainer's default network on ten small tables, beside the defaults of scikit-learn's MLP. The report
is docs/benchmarks/tables.md.

  --python PATH      a Python that has scikit-learn (python3)
  --splits N         random splits of each table (5)
  --no-report        only prints
`;
const args = argsOrHelp(HELP);
const option = (name, fallback) => (args.includes(name) ? args[args.indexOf(name) + 1] : fallback);
const out = path.join(root, 'out/bench-training');
const tables = path.join(out, 'tables');
mkdirSync(tables, { recursive: true });
const script = path.join(root, 'bench/training/tables.py');
const python = spawnSync(option('--python', 'python3'), [script, tables, option('--splits', '5')], {
  encoding: 'utf8',
  maxBuffer: 1e8,
});
if (python.status !== 0) {
  console.error(python.error?.message ?? python.stderr);
  process.exit(1);
}
writeFileSync(path.join(tables, 'scores.json'), python.stdout);
await bundle({ tables: 'bench/training/tables.ts' }, out, TRAINER);
copyWasm(out);
const env = { ...process.env, BENCH_ROOT: root, BENCH_OUT: out };
finish(path.join(out, 'tables.cjs'), args, { env });
