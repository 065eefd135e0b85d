// Hypergradients beside plain steps, random search and auto: `node bench/training/hypergradient.mjs --help`.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const HELP = `node bench/training/hypergradient.mjs [OPTION …]

What a step with hypergradients costs beside a plain one; and one tuned training beside random search and auto in the same time.

  --backend ID    (wasm)
  --seeds N       (3)
  --epochs N      of each training (30)
  --rounds N      of which the cost is the median (5)
`;
const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(HELP);
  process.exit(0);
}
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const out = path.join(root, 'out/bench-training');
mkdirSync(out, { recursive: true });
await build({
  absWorkingDir: root,
  ...{ bundle: true, platform: 'node', format: 'cjs', outdir: out, outExtension: { '.js': '.cjs' } },
  mainFields: ['module', 'main'],
  entryPoints: { hypergradient: 'bench/training/hypergradient.ts' },
  define: { 'process.env.TUNESMITH_VERSION': '"bench"' },
  logLevel: 'error',
});
const file = 'tfjs-backend-wasm-simd.wasm';
cpSync(path.join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', file), path.join(out, file));
const script = path.join(out, 'hypergradient.cjs');
process.exit(spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' }).status ?? 1);
