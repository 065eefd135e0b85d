// Measures the panel in a real Chromium over a real store: `node bench/panel/run.mjs [--runs N] [--points N] [--metrics N]`.
// `points`: of each run; PYTHON has tensorboard, which is measured beside; CHROME is the browser's program, else the one of the end-to-end tests.
import * as path from 'node:path';
import { cpSync, existsSync, mkdirSync } from 'node:fs';
import { build } from 'esbuild';
import { argsOrHelp, bundle, finish, root } from '../starter.mjs';

const args = argsOrHelp(
  'node bench/panel/run.mjs [--runs 10000] [--points 200] [--metrics 2000] [--long 1000000] [--python PYTHON]',
);
const out = path.join(root, 'out/bench-panel');
mkdirSync(out, { recursive: true });
await bundle({ main: 'bench/panel/main.ts' }, out, { external: ['playwright-core'] });
await build({
  absWorkingDir: root,
  ...{ bundle: true, platform: 'browser', format: 'iife', target: 'chrome128', minify: true, outdir: out },
  entryPoints: { panel: 'webview/main.ts', page: 'bench/panel/page.ts' },
  loader: { '.css': 'text' },
  logLevel: 'error',
});
for (const file of ['codicon.css', 'codicon.ttf'])
  cpSync(path.join(root, 'node_modules/@vscode/codicons/dist', file), path.join(out, file));
const known = ['/usr/bin/chromium', '/usr/bin/google-chrome'].find((file) => existsSync(file));
finish(path.join(out, 'main.cjs'), args, { env: { ...process.env, CHROME: process.env.CHROME ?? known ?? '' } });
