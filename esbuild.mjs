// Builds every bundle of the project into dist/. `node esbuild.mjs [--watch] [--dev]`.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import * as esbuild from 'esbuild';
import { bundledPackages } from './scripts/lib/licences.mjs';

const watch = process.argv.includes('--watch');
const dev = watch || process.argv.includes('--dev');

/** zod brings its messages in some fifty languages, a quarter of a megabyte in each bundle; ours are in English. */
const englishOnly = {
  name: 'zod-english-only',
  setup(build) {
    const contents = "export { default as en } from './en.js';";
    build.onLoad({ filter: /zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents, loader: 'js' }));
  },
};

const shared = {
  bundle: true,
  plugins: [englishOnly],
  sourcemap: dev ? 'linked' : false,
  minify: !dev,
  keepNames: true,
  logLevel: 'warning',
  legalComments: 'none',
  define: {
    'process.env.TUNESMITH_VERSION': JSON.stringify(
      (await import('./package.json', { with: { type: 'json' } })).default.version,
    ),
  },
};

const node = {
  ...shared,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  outExtension: { '.js': '.cjs' },
  outdir: 'dist',
  // An extension host reports every look at this global as an error of the extension's; a library looks.
  define: { ...shared.define, navigator: 'undefined' },
  // The JPEG codec does without it.
  logOverride: { 'empty-import-meta': 'silent' },
  // Reached by absolute path at run time, when a command has installed them.
  external: ['vscode', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', 'webgpu'],
};

/** Bundle name → entry. One that does not exist yet is left out. */
const programs = {
  extension: 'src/extension.ts',
  engine: 'src/engine/main.ts',
  study: 'src/engine/searches/study/worker.ts',
  insight: 'src/engine/searches/insight/worker.ts',
  supervisor: 'src/engine/supervisor/main.ts',
  remote: 'src/remote/main.ts',
  images: 'src/training/data/images/worker.ts',
  module: 'src/client/module/host.ts',
  cli: 'src/cli/main.ts',
  viewer: 'src/viewer/main.ts',
  pipeline: 'src/pipeline/main.ts',
  report: 'src/report/index.ts',
};
/** TensorFlow.js as modules: only what is used, and one copy of its core. `training` is what a person's module may import. */
const trainer = { trainer: 'src/training/main.ts', training: 'src/training/api/index.ts' };
const present = (entries) => Object.fromEntries(Object.entries(entries).filter(([, path]) => existsSync(path)));

const builds = [
  { ...node, entryPoints: present(programs) },
  {
    ...node,
    mainFields: ['module', 'main'],
    entryPoints: present(trainer),
  },
  {
    ...shared,
    // Names of functions are set one by one when the script starts, and nobody reads them there.
    keepNames: false,
    platform: 'browser',
    format: 'iife',
    target: 'chrome128',
    entryPoints: present({ panel: 'webview/main.ts', report: 'webview/report/main.ts' }),
    outdir: 'dist/webview',
    loader: { '.css': 'text', '.ttf': 'file' },
  },
  {
    // The editor imports it into the page of a notebook's outputs.
    ...shared,
    platform: 'browser',
    format: 'esm',
    target: 'chrome128',
    entryPoints: present({ renderer: 'webview/notebook/main.ts' }),
    outdir: 'dist/notebook',
  },
].filter((build) => Object.keys(build.entryPoints).length > 0);

/** Files that are taken as they are → folder of dist. */
const tfjsWasm = 'node_modules/@tensorflow/tfjs-backend-wasm/dist';
const copied = {
  'node_modules/@vscode/codicons/dist/codicon.css': 'webview',
  'node_modules/@vscode/codicons/dist/codicon.ttf': 'webview',
  [`${tfjsWasm}/tfjs-backend-wasm.wasm`]: '',
  [`${tfjsWasm}/tfjs-backend-wasm-simd.wasm`]: '',
  [`${tfjsWasm}/tfjs-backend-wasm-threaded-simd.wasm`]: '',
  'node_modules/@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm': '',
  'node_modules/@jsquash/webp/codec/dec/webp_dec.wasm': '',
  // Fonts of PDFs: of text, and the widths of Courier, which every reader has.
  ...Object.fromEntries(
    ['Regular', 'Medium', 'Italic', 'MediumItalic'].map((style) => [
      `node_modules/pdfmake/fonts/Roboto/Roboto-${style}.ttf`,
      'fonts',
    ]),
  ),
  ...Object.fromEntries(
    ['', '-Bold', '-Oblique', '-BoldOblique'].map((style) => [
      `node_modules/pdfkit/js/data/Courier${style}.afm`,
      'data',
    ]),
  ),
};
for (const folder of ['webview', 'fonts', 'data']) await mkdir(join('dist', folder), { recursive: true });
for (const [file, folder] of Object.entries(copied)) await cp(file, join('dist', folder, basename(file)));

if (watch) {
  for (const build of builds) await (await esbuild.context(build)).watch();
} else {
  const made = await Promise.all(builds.map((build) => esbuild.build({ ...build, metafile: true })));
  // Packaging writes the notices of these.
  const packages = bundledPackages(
    made.map(({ metafile }) => metafile),
    Object.keys(copied),
  );
  await mkdir('out', { recursive: true });
  await writeFile('out/bundled.json', JSON.stringify(packages, null, 2));
}
