// Generates what is derived from the sources: the contributions in package.json, package.nls.json, the texts that
// can be translated (l10n/bundle.l10n.json, l10n/help.l10n.json, src/format/retoldTexts.json), the JSON Schema of the experiment file and the types of `tunesmith/training`.
// `node scripts/manifest.mjs` writes them; with `--check` it changes nothing and fails when one differs.
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as esbuild from 'esbuild';
import ts from 'typescript';
import { trainingTypes } from './lib/trainingTypes.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');

/** Runs a TypeScript module of the sources and gives its exports. */
async function load(entry) {
  const folder = await mkdtemp(join(tmpdir(), 'tunesmith-manifest-'));
  try {
    const outfile = join(folder, 'module.cjs');
    await esbuild.build({
      absWorkingDir: root,
      entryPoints: [entry],
      bundle: true,
      outfile,
      platform: 'node',
      format: 'cjs',
      logLevel: 'error',
    });
    return createRequire(import.meta.url)(outfile);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function sources(folder) {
  const entries = await readdir(join(root, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Rooms whose texts are made in English, and translated when they are shown (src/format/retold.ts). */
const RETOLD = [
  /^src\/experiment\/(network|search|pipeline|clusters|start)\//,
  /^src\/experiment\/(alerts|cluster|retries|schema)\.ts/,
  /^src\/search\/(samplers\/auto|pruners|insight)\//,
  /^src\/engine\/searches\/driver\/words\.ts/,
];

/** The texts of a file that are more than one word, with `{0}`, `{1}`, … for its values. */
function textsIn(source) {
  const found = [];
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isCallExpression(node)) {
      const called = node.expression;
      if (/\bl10n\.t$|^said$/.test(called.getText())) return;
      // Descriptions of keys are translated with the hovers; before them in the chain there may be an error.
      if (ts.isPropertyAccessExpression(called) && /^(describe|meta)$/.test(called.name.text))
        return visit(called.expression);
    }
    // Other errors are the program's own.
    if (ts.isNewExpression(node) && /^(Type|Range)?Error$/.test(node.expression.getText())) return;
    let text = '';
    if (ts.isStringLiteralLike(node)) text = node.text;
    else if (ts.isTemplateExpression(node))
      text = node.head.text + node.templateSpans.map(({ literal }, i) => `{${i}}${literal.text}`).join('');
    if (/[a-z]{2,} [a-z"]/.test(text)) found.push(text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** The literal first arguments of every call of `l10n.t` and `said`, and the texts of the rooms above, which are `retold`. */
async function translatable() {
  const texts = new Set();
  const retold = new Set();
  const folders = await Promise.all(['src', 'webview'].map(sources));
  for (const file of folders.flat()) {
    const source = ts.createSourceFile(file, await readFile(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node) => {
      if (
        ts.isCallExpression(node) &&
        (source.text.includes('format/said.js') ? /\bl10n\.t$|^said$/ : /\bl10n\.t$/).test(node.expression.getText())
      ) {
        const [text] = node.arguments;
        if (!text || !ts.isStringLiteralLike(text)) {
          const { line } = source.getLineAndCharacterOfPosition(node.getStart());
          throw new Error(
            `${file}:${line + 1}: ${node.expression.getText()} needs a literal text, so that it can be translated.`,
          );
        }
        texts.add(text.text);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
    const place = relative(root, file).replaceAll('\\', '/');
    if (RETOLD.some((room) => room.test(place))) for (const text of textsIn(source)) retold.add(text);
  }
  const all = [...new Set([...texts, ...retold])].sort();
  return { bundle: Object.fromEntries(all.map((text) => [text, text])), retold: [...retold].sort() };
}

/** The descriptions in a JSON Schema: what completion and hover say about the keys of an experiment file. */
function descriptions(schema, found = new Set()) {
  if (typeof schema !== 'object' || schema === null) return found;
  for (const [key, value] of Object.entries(schema))
    if (key === 'description' && typeof value === 'string') found.add(value);
    else descriptions(value, found);
  return found;
}

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const read = async (path) => readFile(join(root, path), 'utf8').catch(() => '');

const { buildManifest } = await load('src/editor/manifest/manifest.ts');
const { jsonSchema } = await load('src/experiment/index.ts');
const manifest = buildManifest();
const { bundle, retold } = await translatable();
const help = [...descriptions(jsonSchema())].sort();
const files = {
  'package.nls.json': json(manifest.nls),
  'l10n/bundle.l10n.json': json(bundle),
  'l10n/help.l10n.json': json(Object.fromEntries(help.map((text) => [text, text]))),
  'src/format/retoldTexts.json': json(retold),
  'media/experiment.schema.json': json(jsonSchema()),
  'media/training.d.ts': trainingTypes(await read('src/training/api/types.ts')),
};
// Last, and read just before it is written: others edit the rest of this file.
files['package.json'] = json({ ...JSON.parse(await read('package.json')), ...manifest.package });

const stale = [];
for (const [path, text] of Object.entries(files)) {
  if ((await read(path)) === text) continue;
  stale.push(path);
  if (!check) await writeFile(join(root, path), text);
}
if (check && stale.length > 0) {
  console.error(`Not up to date: ${stale.join(', ')}. Run \`npm run manifest\` and commit the result.`);
  process.exit(1);
}
console.log(stale.length === 0 ? 'Up to date.' : `Written: ${stale.join(', ')}.`);
