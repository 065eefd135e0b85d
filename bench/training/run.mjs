// PyTorch and our trainer on the same networks: `node bench/training/run.mjs --help`.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const HELP = `node bench/training/run.mjs [OPTION …]

Samples a second of the trainer's networks on every backend that works here, beside PyTorch's on the processor: the same
networks, batches, optimizer and figures read, in turns. And how long a trial takes from its start to its first step.
The report is docs/benchmarks/training.md.

  --python PATH      a Python that has torch (python3); without torch the report goes without the comparison
  --nets A,B         of cnn, valid, mlp, lstm, norm; all
  --backends A,B     such as wasm,tensorflow-python; all that work
  --rounds N         turns (5); the best of each counts
  --seconds N        of each turn (1)
  --threads N        of native TensorFlow and of PyTorch, which is measured with one thread, too; all cores
  --no-start         leaves out the start of a trial
  --no-report        only prints
`;
const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(HELP);
  process.exit(0);
}
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const out = path.join(root, 'out/bench-training');
mkdirSync(path.join(root, 'docs/benchmarks'), { recursive: true });
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  outdir: out,
  outExtension: { '.js': '.cjs' },
  minify: true,
  keepNames: true,
  define: { 'process.env.TUNESMITH_VERSION': '"bench"' },
  logLevel: 'error',
};
await build({ ...shared, minify: false, entryPoints: { main: 'bench/training/main.ts' } });
// As the trainer is shipped: TensorFlow.js as modules, one copy of its core.
await build({
  ...shared,
  mainFields: ['module', 'main'],
  entryPoints: { worker: 'bench/training/worker.ts', trainer: 'src/training/main.ts' },
});
const file = 'tfjs-backend-wasm-simd.wasm';
cpSync(path.join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', file), path.join(out, file));
const env = { ...process.env, BENCH_ROOT: root, BENCH_OUT: out };
process.exit(spawnSync(process.execPath, [path.join(out, 'main.cjs'), ...args], { stdio: 'inherit', env }).status ?? 1);
