// How much faster smaller networks are: node bench/pruning/run.mjs [BACKEND …] (default: wasm)
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { bundle, root, TRAINER } from '../starter.mjs';

const out = path.join(root, 'out/bench-pruning');
await bundle({ main: 'bench/pruning/main.ts' }, out, {
  ...TRAINER,
  external: ['@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu', '*.node'],
});
const backends = process.argv.slice(2);
for (const backend of backends.length > 0 ? backends : ['wasm']) {
  const { status } = spawnSync(process.execPath, [path.join(out, 'main.cjs'), backend], {
    stdio: 'inherit',
    cwd: root,
  });
  if (status !== 0) process.exitCode = 1;
}
