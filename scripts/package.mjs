// Builds the VSIX: `npm run package [-- --out FILE] [--no-build] [--base-url URL]`. Writes the notices of what is bundled, checks what is
// inside and prints the size. `--base-url` is the public address of the project's files: a marketplace shows the README's
// pictures only from there.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { describePackage, notices } from './lib/licences.mjs';
import { info, step, UserError, warn } from './lib/log.mjs';
import { inProject, root } from './lib/paths.mjs';
import { run } from './lib/process.mjs';
import { runScript } from './lib/main.mjs';
import { projectEnv, projectNode } from './lib/project.mjs';

/** The only things that may be inside, by the first part of their path. */
const ALLOWED = new Set(
  'dist media l10n python examples bin package.json package.nls.json readme.md changelog.md license.txt license thirdpartynotices.txt'.split(
    ' ',
  ),
);
const NOTICES = 'ThirdPartyNotices.txt';
/** Larger than this means that something got in that should not be there. */
const LIMIT_MB = 15;

const isNative = (path) => /\.(node|so|dylib|dll|exe)$/.test(path);

/** Mistakes in what the package holds, in words; none when all is well. */
export function problemsInside(entries) {
  const problems = [];
  const inside = entries.map(({ name }) => name).filter((name) => name.startsWith('extension/'));
  const paths = inside.map((name) => name.slice('extension/'.length));
  for (const path of paths) {
    const first = path.split('/')[0].toLowerCase();
    if (!ALLOWED.has(first) && !/^package\.nls\.[a-z-]+\.json$/.test(first))
      problems.push(`${path} does not belong in the package`);
    if (isNative(path)) problems.push(`${path} is native: it is installed by a command instead`);
    if (path.endsWith('.map')) problems.push(`${path} is a source map`);
    if (path.includes('node_modules/')) problems.push(`${path} is an unbundled dependency`);
    if (path.includes('/.tunesmith/') || path.includes('__pycache__')) problems.push(`${path} was left by a run`);
  }
  const main = JSON.parse(readFileSync(inProject('package.json'), 'utf8')).main.replace(/^\.\//, '');
  for (const path of [main, NOTICES]) if (!paths.includes(path)) problems.push(`${path} is missing: run npm run build`);
  return problems;
}

/** Writes the notices of everything that the last build bundled. Throws when one of its licences is not allowed. */
export function writeNotices() {
  const folders = JSON.parse(readFileSync(inProject('out', 'bundled.json'), 'utf8'));
  writeFileSync(inProject(NOTICES), notices(folders.map((folder) => describePackage(inProject(folder)))));
}

/** Lists `{ name, size }` of every file in an archive. */
async function filesInside(file) {
  // Imported here, since this module is loaded before anything is installed.
  const { openPromise } = await import('yauzl');
  const entries = [];
  for await (const { fileName, uncompressedSize } of (await openPromise(file)).eachEntry())
    if (!fileName.endsWith('/')) entries.push({ name: fileName, size: uncompressedSize });
  return entries;
}

/** Writes the VSIX and returns `{ file, bytes, entries }`. */
export async function packageExtension({ out, build = true, baseUrl } = {}) {
  const { version, name } = JSON.parse(readFileSync(inProject('package.json'), 'utf8'));
  const file = resolve(out ?? inProject('out', `${name}-${version}.vsix`));
  mkdirSync(dirname(file), { recursive: true });
  const node = (...args) =>
    run(projectNode, args, { cwd: root, env: projectEnv(), output: 'quiet', timeout: 5 * 60_000 });
  if (build) await node('esbuild.mjs');
  writeNotices();
  await node(
    join('node_modules', '@vscode', 'vsce', 'vsce'),
    'package',
    '--no-dependencies',
    '--allow-missing-repository',
    ...(baseUrl
      ? ['--baseContentUrl', baseUrl, '--baseImagesUrl', baseUrl]
      : // Pictures and links of the README stay relative until the project has a public address.
        ['--no-rewrite-relative-links']),
    '--out',
    file,
  );
  const entries = await filesInside(file);
  const problems = problemsInside(entries);
  if (problems.length > 0) throw new UserError(`The package is not right:\n  ${problems.join('\n  ')}`);
  return { file, bytes: statSync(file).size, entries };
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await runScript(async () => {
    const options = {
      out: { type: 'string' },
      'no-build': { type: 'boolean', default: false },
      'base-url': { type: 'string' },
    };
    const { values } = parseArgs({ options });
    const baseUrl = values['base-url'];
    const made = await step('Packaging', () =>
      packageExtension({ out: values.out, build: !values['no-build'], baseUrl }),
    );
    const megabytes = made.bytes / 1e6;
    for (const { name, size } of [...made.entries].sort((a, b) => b.size - a.size).slice(0, 8)) {
      info(`${(size / 1e6).toFixed(2).padStart(6)} MB  ${name}`);
    }
    console.log(`${made.file}: ${megabytes.toFixed(2)} MB, ${made.entries.length} files`);
    console.log('Nothing native is inside, so this one package serves every platform.');
    if (!baseUrl) warn('A marketplace shows the pictures of the README only if --base-url says where they are.');
    if (megabytes > LIMIT_MB) throw new UserError(`The package is larger than ${LIMIT_MB} MB: look at what got in.`);
  });
}
