// Builds the program and plays it: `node bench/fuzz/run.mjs --help`.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
export const out = path.join(root, 'out/bench-fuzz');

export async function buildFuzz() {
  await build({
    entryPoints: ['main', 'worker'].map((name) => path.join(root, 'bench/fuzz', `${name}.ts`)),
    ...{
      bundle: true,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      outdir: out,
      outExtension: { '.js': '.cjs' },
    },
    mainFields: ['module', 'main'],
    external: ['vscode'],
    logLevel: 'error',
    logOverride: { 'empty-import-meta': 'silent' },
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildFuzz();
  const args = [path.join(out, 'main.cjs'), ...process.argv.slice(2)];
  process.exit(spawnSync(process.execPath, args, { stdio: 'inherit', cwd: root }).status ?? 1);
}
