// Builds the panel and its stand-in host into .cache/harness, to be opened from a file server: node webview/harness/build.mjs [--serve]
import { cp, mkdir } from 'node:fs/promises';
import * as esbuild from 'esbuild';

const outdir = '.cache/harness';
await mkdir(outdir, { recursive: true });
for (const file of ['codicon.css', 'codicon.ttf'])
  await cp(`node_modules/@vscode/codicons/dist/${file}`, `${outdir}/${file}`);
await cp('webview/harness/index.html', `${outdir}/index.html`);
const options = {
  bundle: true,
  platform: 'browser',
  format: 'iife',
  target: 'chrome128',
  keepNames: true,
  entryPoints: { panel: 'webview/main.ts', harness: 'webview/harness/host.ts' },
  outdir,
  loader: { '.css': 'text' },
  logLevel: 'warning',
};
if (process.argv.includes('--serve')) {
  const context = await esbuild.context(options);
  const { port } = await context.serve({ servedir: outdir, host: '127.0.0.1' });
  console.log(`http://127.0.0.1:${port}/?theme=vscode-dark&runs=12`);
} else await esbuild.build(options);
