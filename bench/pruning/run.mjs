// How much faster smaller networks are: node bench/pruning/run.mjs [BACKEND …] (default: wasm)
import { spawnSync } from 'node:child_process';
import * as esbuild from 'esbuild';

const outfile = 'out/bench-pruning/main.cjs';
await esbuild.build({
  entryPoints: ['bench/pruning/main.ts'],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  outfile,
  mainFields: ['module', 'main'],
  external: ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu', '*.node'],
  logLevel: 'warning',
});
const backends = process.argv.slice(2);
for (const backend of backends.length > 0 ? backends : ['wasm']) {
  const { status } = spawnSync(process.execPath, [outfile, backend], { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
