// Measures the line from journal to screen: `node bench/tracking/run.mjs --help`.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const HELP = `node bench/tracking/run.mjs [OPTION …]

Measures how the engine takes in what runs log, how soon it answers when its index is lost, and what log() costs beside
TensorBoard, W&B and Trackio. Linux only. Build first: node esbuild.mjs

  --dist FOLDER     the bundles to measure (dist); give it twice to compare two builds in turns
  --python PATH     has the other trackers; without it, an environment with them is made below out/
  --only NAME,…     of: line, rebuild, log
  --rounds N        how often each is measured (1)
  --profile FOLDER  writes a V8 CPU profile of each engine
  --out FILE        writes the tables there, too
`;
const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(HELP);
  process.exit(0);
}
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const outfile = path.join(root, 'out/bench-tracking/main.cjs');
await build({
  entryPoints: [path.join(root, 'bench/tracking/main.ts')],
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node22',
  outfile,
  logLevel: 'error',
});
process.exit(spawnSync(process.execPath, [outfile, '--root', root, ...args], { stdio: 'inherit' }).status ?? 1);
