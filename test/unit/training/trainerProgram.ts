import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as esbuild from 'esbuild';

/** Builds the trainer's program into a folder, beside the kernels it loads, and returns its path. */
export async function buildTrainer(folder: string): Promise<string> {
  const program = join(folder, 'trainer.cjs');
  await esbuild.build({
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    logLevel: 'error',
    entryPoints: ['src/training/main.ts'],
    outfile: program,
    define: { 'process.env.TUNESMITH_VERSION': '"0.0.0-test"' },
  });
  const kernels = 'tfjs-backend-wasm-simd.wasm';
  await copyFile(join('node_modules/@tensorflow/tfjs-backend-wasm/dist', kernels), join(folder, kernels));
  return program;
}
