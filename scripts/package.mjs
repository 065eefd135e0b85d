// Builds the VSIX: `node scripts/package.mjs [--out FILE] [--no-build]`. Checks what is inside and prints the size.
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { exitWith, info, step, UserError } from './lib/log.mjs';
import { inProject, root } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { ensureDependencies, projectEnv, projectNode, underProjectNode } from './lib/project.mjs';
import { listZip } from './lib/zip.mjs';

/** The only things that may be inside, by the first part of their path. */
const ALLOWED = new Set(
  'dist media l10n python examples bin package.json package.nls.json readme.md changelog.md license.txt license'.split(
    ' ',
  ),
);
/** Larger than this means that something got in that should not be there. */
const LIMIT_MB = 15;

/** Mistakes in what the package holds, in words; none when all is well. */
export function problemsInside(entries) {
  const problems = [];
  const inside = entries.map(({ name }) => name).filter((name) => name.startsWith('extension/'));
  const paths = inside.map((name) => name.slice('extension/'.length));
  for (const path of paths) {
    const first = path.split('/')[0].toLowerCase();
    if (!ALLOWED.has(first) && !first.startsWith('bundle.l10n'))
      problems.push(`${path} does not belong in the package`);
    if (/\.(node|so|dylib|dll|exe)$/.test(path))
      problems.push(`${path} is native: it is installed by a command instead`);
    if (path.endsWith('.map')) problems.push(`${path} is a source map`);
    if (path.includes('node_modules/')) problems.push(`${path} is an unbundled dependency`);
    if (path.includes('/.tunesmith/') || path.includes('__pycache__')) problems.push(`${path} was left by a run`);
  }
  const main = JSON.parse(readFileSync(inProject('package.json'), 'utf8')).main.replace(/^\.\//, '');
  if (!paths.includes(main)) problems.push(`${main} is missing: run npm run build`);
  return problems;
}

/** Writes the VSIX and returns `{ file, bytes, entries }`. */
export async function packageExtension({ out, build = true } = {}) {
  const { version, name } = JSON.parse(readFileSync(inProject('package.json'), 'utf8'));
  const file = resolve(out ?? inProject('out', `${name}-${version}.vsix`));
  mkdirSync(dirname(file), { recursive: true });
  const node = (...args) =>
    run(projectNode, args, { cwd: root, env: projectEnv(), output: 'quiet', timeout: 5 * 60_000 });
  if (build) await node('esbuild.mjs');
  await node(
    join('node_modules', '@vscode', 'vsce', 'vsce'),
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    // Pictures and links of the README stay relative until the project has a public address.
    '--no-rewrite-relative-links',
    '--out',
    file,
  );
  const entries = listZip(file);
  const problems = problemsInside(entries);
  if (problems.length > 0) throw new UserError(`The package is not right:\n  ${problems.join('\n  ')}`);
  return { file, bytes: statSync(file).size, entries };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  try {
    await ensureDependencies();
    await underProjectNode(process.argv[1]);
    const at = process.argv.indexOf('--out');
    const out = at > 0 ? process.argv[at + 1] : undefined;
    const made = await step('Packaging', () => packageExtension({ out, build: !process.argv.includes('--no-build') }));
    const megabytes = made.bytes / 1e6;
    for (const { name, size } of [...made.entries].sort((a, b) => b.size - a.size).slice(0, 8)) {
      info(`${(size / 1e6).toFixed(2).padStart(6)} MB  ${name}`);
    }
    console.log(`${made.file}: ${megabytes.toFixed(2)} MB, ${made.entries.length} files`);
    if (megabytes > LIMIT_MB) throw new UserError(`The package is larger than ${LIMIT_MB} MB: look at what got in.`);
  } catch (error) {
    exitWith(error);
  }
}
