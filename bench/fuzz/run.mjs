// Builds the program and plays it: `node bench/fuzz/run.mjs --help`.
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle, finish, root, TRAINER } from '../starter.mjs';

export const out = path.join(root, 'out/bench-fuzz');

export const buildFuzz = () =>
  bundle({ main: 'bench/fuzz/main.ts', worker: 'bench/fuzz/worker.ts' }, out, {
    mainFields: TRAINER.mainFields,
    external: ['vscode'],
    logOverride: { 'empty-import-meta': 'silent' },
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await buildFuzz();
  finish(path.join(out, 'main.cjs'), process.argv.slice(2), { cwd: root });
}
