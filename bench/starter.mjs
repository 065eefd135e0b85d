// Shared parts of the starters of the benchmarks: help, bundles, and the exit code of the program that measures.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Returns the arguments of the command line. Prints `help` and ends if they ask for it. */
export function argsOrHelp(help) {
  const args = process.argv.slice(2);
  if (!args.includes('--help') && !args.includes('-h')) return args;
  console.log(help);
  process.exit(0);
}

/** Bundles `entryPoints` (name → file below the root) as programs `<name>.cjs` in `outdir`. */
export const bundle = (entryPoints, outdir, options = {}) =>
  build({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    entryPoints,
    outdir,
    outExtension: { '.js': '.cjs' },
    logLevel: 'error',
    ...options,
  });

/** Options for programs with the trainer in them: TensorFlow.js as modules, so that its core is there once. */
export const TRAINER = {
  mainFields: ['module', 'main'],
  define: { 'process.env.TUNESMITH_VERSION': '"bench"' },
};

/** Copies the WebAssembly of TensorFlow.js beside a bundle that loads it. */
export function copyWasm(outdir) {
  const file = 'tfjs-backend-wasm-simd.wasm';
  cpSync(path.join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist', file), path.join(outdir, file));
}

/** Runs a program to its end, and ends with its exit code. */
export function finish(program, args, options = {}) {
  process.exit(spawnSync(process.execPath, [program, ...args], { stdio: 'inherit', ...options }).status ?? 1);
}
