// Measures the panel in a real Chromium over a real store: `node bench/panel/run.mjs --help`.
// `points`: of each run. PYTHON has tensorboard, which is measured in the same run. `--keep` stores the data for the next time; `--fill` only writes it.
// CHROME is the browser's program, else the one of the end-to-end tests. ASKED=1 prints how long the store took for each kind of request, PROFILE=1 where the page spent its time.
import * as path from 'node:path';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { build } from 'esbuild';
import { argsOrHelp, bundle, finish, root } from '../starter.mjs';

const args = argsOrHelp(
  'node bench/panel/run.mjs [--runs 10000] [--points 10000] [--metrics 2000] [--long 10000000] [--rows 100000] [--log 100] [--only many,all,table,wide,long,log,peer]\n' +
    '  [--python PYTHON] [--peerRuns 500] [--peerPoints 1000] [--keep FOLDER] [--fill]',
);
const out = path.join(root, 'out/bench-panel');
mkdirSync(out, { recursive: true });
await bundle({ main: 'bench/panel/main.ts' }, out, { external: ['playwright-core'] });
await build({
  absWorkingDir: root,
  ...{
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'chrome128',
    minify: !process.env.PROFILE,
    outdir: out,
  },
  entryPoints: { panel: 'webview/main.ts', page: 'bench/panel/page.ts' },
  loader: { '.css': 'text' },
  logLevel: 'error',
});
for (const file of ['codicon.css', 'codicon.ttf'])
  cpSync(path.join(root, 'node_modules/@vscode/codicons/dist', file), path.join(out, file));
const known = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((file) => existsSync(file));
finish(path.join(out, 'main.cjs'), args, { env: { ...process.env, CHROME: process.env.CHROME ?? known ?? '' } });
