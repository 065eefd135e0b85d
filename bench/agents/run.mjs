// Ten tuning tasks by a scripted agent, with the tools and with a shell: `node bench/agents/run.mjs --help`.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import * as path from 'node:path';
import { fileURLToPath } from 'node:url';

const HELP = `node bench/agents/run.mjs [OPTION …]

Lets a scripted agent tune ten small trainings on real data twice: through \`tunesmith mcp\`, and by shell commands alone.
Both try as many values, drawn at random from the same ranges, and both write the best ones into a file. Prints acts, wall
time and the result over fresh seeds of both. Build first: node esbuild.mjs

  --trials N   values that each tries (24)
  --seed N     of the draws (1)
  --out FILE   writes the table there, too
`;
const args = process.argv.slice(2);
if (args.includes('--help') || args.includes('-h')) {
  console.log(HELP);
  process.exit(0);
}
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const outfile = path.join(root, '.cache/agents/main.cjs');
await build({
  ...{ absWorkingDir: root, bundle: true, platform: 'node', format: 'cjs', outfile, logLevel: 'error' },
  entryPoints: ['bench/agents/main.ts'],
});
const all = [outfile, '--root', root, ...args];
process.exit(spawnSync(process.execPath, all, { stdio: 'inherit' }).status ?? 1);
