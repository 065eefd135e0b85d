// Which licences the extension may carry, and the notices of everything that is bundled into it.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from './log.mjs';
import { inProject } from './paths.mjs';

/** Licences that ask for no more than their text and a notice, by SPDX identifier. */
const ALLOWED = new Set(
  'MIT ISC 0BSD BSD-2-Clause BSD-3-Clause Apache-2.0 BlueOak-1.0.0 CC0-1.0 CC-BY-4.0 Unlicense Zlib'.split(' '),
);

/** Licences of packages whose manifest names none by its identifier, as their own texts say. */
const SAID = {
  // Its manifest names none; the LICENSE file beside it is MIT.
  'png-js': { licence: 'MIT', author: 'Devon Govett' },
  // Public domain, and in large part a translation of pyfive, which is under this licence.
  jsfive: { licence: 'BSD-3-Clause', author: 'Jonathan J. Helmus (pyfive)' },
};

/**
 * Says whether an SPDX expression allows us to ship: of `A OR B` one licence must be allowed, of `A AND B` both.
 * Anything else is refused.
 */
export function isAllowed(expression) {
  const words = expression.match(/[()]|[^\s()]+/g) ?? [];
  const any = () => chain('OR', all);
  const all = () => chain('AND', one);
  function chain(word, part) {
    const parts = [part()];
    while (words[0] === word) {
      words.shift();
      parts.push(part());
    }
    return word === 'OR' ? parts.some(Boolean) : parts.every(Boolean);
  }
  function one() {
    const word = words.shift();
    if (word !== '(') return ALLOWED.has(word);
    const inner = any();
    return words.shift() === ')' && inner;
  }
  const allowed = any();
  return allowed && words.length === 0;
}

/** Folders of the packages that esbuild took code from, and of those whose files are copied, relative to the project. */
export function bundledPackages(metafiles, copied) {
  const used = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap(({ inputs }) =>
      Object.entries(inputs).flatMap(([path, { bytesInOutput }]) => (bytesInOutput > 0 ? [path] : [])),
    ),
  );
  const folders = [...used, ...copied].flatMap(
    (path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path.replaceAll('\\', '/'))?.[0] ?? [],
  );
  return [...new Set(folders)].sort();
}

/** Name, version, licence and texts of the package in `folder`. */
export function describePackage(folder) {
  const { name, version, license, licenses, homepage, repository, author } = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  );
  const said = SAID[name];
  const told = said?.licence ?? license ?? licenses?.map(({ type }) => type).join(' OR ');
  const licence = typeof told === 'object' ? told?.type : told;
  const texts = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /^(licen[cs]e|notice|copying|third-?party)/i.test(entry.name))
    .filter(
      (entry) => !entry.parentPath.slice(folder.length).includes('node_modules') && !/\.(js|ts)$/.test(entry.name),
    )
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8').trim());
  // Its text only refers to the licence.
  if (said) texts.push(standardText({ licence: said.licence, author: said.author, name }));
  const address = homepage ?? (typeof repository === 'object' ? repository?.url : repository) ?? '';
  return {
    name,
    version,
    licence,
    texts,
    address,
    author: said?.author ?? (typeof author === 'object' ? author?.name : author),
  };
}

/** A package that ships no licence file is under the standard text of what its manifest names. */
function standardText({ licence, author, name }) {
  const texts = licence.match(/[\w.-]+/g).filter((word) => existsSync(inProject('scripts', 'licences', `${word}.txt`)));
  if (texts.length === 0) return undefined;
  const holder = `Copyright (c) ${author ?? `the authors of ${name}`}`;
  return [
    holder,
    ...texts.map((word) => readFileSync(inProject('scripts', 'licences', `${word}.txt`), 'utf8').trim()),
  ].join('\n\n');
}

/** The notices of these packages. Throws a UserError that names each package whose licence is unknown or not allowed. */
export function notices(packages) {
  const problems = [];
  const parts = packages.map((each) => {
    const texts = each.licence && isAllowed(each.licence) ? [...each.texts] : undefined;
    if (!texts) {
      problems.push(
        `${each.name} ${each.version}: ${each.licence ? `the licence "${each.licence}" is not allowed` : 'no licence is named'}`,
      );
      return '';
    }
    if (texts.length === 0) texts.push(standardText(each));
    if (!texts[0])
      problems.push(
        `${each.name} ${each.version}: it ships no licence text, and scripts/licences has none for ${each.licence}`,
      );
    const address = each.address.replace(/^git\+/, '').replace(/\.git$/, '');
    const title = `${each.name} ${each.version} (${each.licence})${address ? `\n${address}` : ''}`;
    return [title, ...texts].join('\n\n');
  });
  if (problems.length > 0)
    throw new UserError(`What is bundled can't be shipped:\n  ${problems.join('\n  ')}\nSee scripts/lib/licences.mjs.`);
  const line = `\n\n${'-'.repeat(80)}\n\n`;
  const head = `Third-party software in Tunesmith\n\nTunesmith contains code of the following ${packages.length} packages.`;
  return `${[head, ...parts].join(line)}\n`;
}
