// Optuna and our search engine on the same tasks: `node bench/search/run.mjs --help`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { argsOrHelp, bundle, finish, root } from '../starter.mjs';

const HELP = `node bench/search/run.mjs [OPTION …]

Optuna 5 and our samplers behind the same line protocol, on tasks and noise of the harness's own. Results are kept
in .cache/bench-search, so that only what has changed is done again; the report is docs/benchmarks/search.md.

  --quick            a fourth of the tasks, one seed, 100 trials: minutes
  --full             ten seeds: hours. Without it: five
  --seeds N          so many seeds
  --first-seed N     from this one on (0). With seeds that nobody has looked at yet the comparison is a blind one
  --trials N         of each search (300; with --quick 100)
  --side SIDE        optuna or ours only
  --groups A,B       such as unimodal,noisy
  --samplers A,B     such as tpe,gp
  --jobs N           searches at once (1)
  --minutes N        stop after so long
  --python PATH      a Python that has optuna; without it one is made in .cache/bench-search/venv
  --timing           only measures how long suggestions take
  --memory           only measures what 10,000 trials take in memory (with --samplers: of these)
  --report           only writes docs/benchmarks/search.md from the results there are; with --first-seed and --seeds
                     from those of these seeds
  --this-build       the report leaves out what earlier builds of ours did; without it the latest of each counts
  --keep-build       measure the build of the last time
`;
const args = argsOrHelp(HELP);
const cache = path.join(root, '.cache/bench-search');
const out = path.join(root, 'out/bench-search');
for (const folder of [cache, path.join(root, 'docs/benchmarks')]) mkdirSync(folder, { recursive: true });

function take(name, hasValue) {
  const at = args.indexOf(name);
  return at < 0 ? undefined : args.splice(at, hasValue ? 2 : 1).at(-1);
}

/** A Python with Optuna: the one named, else one of our own. */
function findPython() {
  const named = take('--python', true);
  if (named) return named;
  const venv = path.join(cache, 'venv');
  const python = path.join(venv, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const has = () => existsSync(python) && spawnSync(python, ['-c', 'import optuna, cmaes, torch']).status === 0;
  if (has()) return python;
  console.error('Making a Python with Optuna in .cache/bench-search/venv …');
  const must = (command, ...rest) => {
    if (spawnSync(command, rest, { stdio: 'inherit' }).status !== 0) {
      console.error(
        `${command} ${rest.join(' ')} failed. Name a Python that has optuna, cmaes, scipy and torch: --python PATH`,
      );
      process.exit(1);
    }
  };
  if (!existsSync(python)) must('python3', '-m', 'venv', venv);
  must(python, '-m', 'pip', 'install', '-q', 'optuna>=5,<6', 'cmaes', 'scipy', 'scikit-learn', 'numpy', 'torch');
  return python;
}

const python = findPython();
const keep = take('--keep-build') && existsSync(path.join(out, 'main.cjs'));
if (!keep) await bundle({ main: 'bench/search/main.ts', ours: 'bench/search/oursWorker.ts' }, out);
const env = { ...process.env, BENCH_ROOT: root, BENCH_OUT: out, BENCH_PYTHON: python };
finish(path.join(out, 'main.cjs'), args, { env });
