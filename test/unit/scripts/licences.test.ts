import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bundledPackages, describePackage, isAllowed, notices } from '../../../scripts/lib/licences.mjs';
import { skipBecause } from '../support/skip.js';

const root = join(import.meta.dirname, '..', '..', '..');

test.each([
  ['MIT', true],
  ['GPL-3.0-only', false],
  ['(MIT OR GPL-3.0-only)', true],
  ['MIT AND GPL-3.0-only', false],
  ['MIT OR (GPL-2.0-only AND Apache-2.0)', true],
  ['(GPL-2.0-only OR MIT) AND Apache-2.0', true],
  ['Apache-2.0 WITH LLVM-exception', false],
  ['SEE LICENSE IN LICENSE.txt', false],
  ['(MIT', false],
  ['UNLICENSED', false],
  ['', false],
])('%s: %s', (expression, allowed) => {
  expect(isAllowed(expression)).toBe(allowed);
});

test('packages are those whose code is in an output, and whose files are copied', () => {
  const input = (bytesInOutput: number) => ({ bytesInOutput });
  const inputs = {
    'src/main.ts': input(10),
    'node_modules/zod/index.js': input(10),
    'node_modules/@scope/one/deep/index.js': input(1),
    'node_modules/zod/node_modules/inner/index.js': input(1),
    'node_modules/dropped/index.js': input(0),
  };
  expect(bundledPackages([{ outputs: { 'dist/main.cjs': { inputs } } }], ['node_modules/font/a.ttf'])).toEqual([
    'node_modules/@scope/one',
    'node_modules/font',
    'node_modules/zod',
    'node_modules/zod/node_modules/inner',
  ]);
});

describe('notices', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'tunesmith-licences-'))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function made(name: string, manifest: object, texts: Record<string, string> = {}) {
    const place = join(folder, name);
    mkdirSync(join(place, 'node_modules', 'other'), { recursive: true });
    writeFileSync(join(place, 'node_modules', 'other', 'LICENSE'), 'of another package');
    writeFileSync(join(place, 'package.json'), JSON.stringify({ name, version: '1.2.3', ...manifest }));
    for (const [file, text] of Object.entries(texts)) writeFileSync(join(place, file), text);
    return describePackage(place);
  }

  test('carry the texts that a package ships, or the standard one', () => {
    const text = notices([
      made('one', { license: 'ISC' }, { 'LICENSE.md': 'may be used\n', NOTICE: 'with thanks', 'license.js': 'code' }),
      made('two', { licenses: [{ type: 'MIT' }], author: { name: 'A. Person' } }),
    ]);
    expect(text).toContain('one 1.2.3 (ISC)\n\nmay be used\n\nwith thanks\n');
    expect(text).toContain('two 1.2.3 (MIT)\n\nCopyright (c) A. Person\n\nPermission is hereby granted');
    expect(text).not.toMatch(/of another package|code\n/);
  });

  test('can’t be written for a licence that is unknown, not allowed, or has no text', () => {
    const packages = [
      made('fine', { license: 'MIT' }),
      made('silent', {}),
      made('strict', { license: 'AGPL-3.0-only' }, { LICENSE: 'all of it' }),
      made('bare', { license: 'BSD-2-Clause' }),
    ];
    expect(() => notices(packages)).toThrow(
      /silent 1\.2\.3: no licence is named\n.*strict 1\.2\.3: the licence "AGPL-3\.0-only" is not allowed\n.*bare 1\.2\.3: it ships no licence text/,
    );
  });
});

describe('docs/dependencies.md', () => {
  const text = readFileSync(join(root, 'docs', 'dependencies.md'), 'utf8');
  const [product, development] = text.split('## For development') as [string, string];
  const rows = (part: string) =>
    part.split('\n').flatMap((line) => {
      const [, names, licence] = /^\| (`.*?`) \| (.*?) \|/.exec(line) ?? [];
      return names ? names.split(', ').map((name) => ({ name: name.replaceAll('`', ''), licence: licence! })) : [];
    });
  const { devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const told = [...rows(product), ...rows(development)];

  test('names every dependency once, and no other', () => {
    const own = Object.keys(devDependencies).filter((name) => !name.startsWith('@types/'));
    expect(
      told
        .map(({ name }) => name)
        .filter((name) => name !== '@types/*')
        .sort(),
    ).toEqual(own.sort());
  });

  test.each(told.filter(({ name }) => name !== '@types/*'))('has the licence of $name', ({ name, licence }) => {
    const manifest = JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')) as {
      license: string;
    };
    // One that points at a file is described in our words.
    if (/^SEE /.test(manifest.license)) return;
    for (const word of manifest.license.match(/[A-Za-z0-9.-]+/g)!)
      if (!/^(OR|AND)$/.test(word)) expect(licence).toContain(word);
  });

  test('has what is bundled in the product’s table, and nothing else', (context) => {
    const list = join(root, 'out', 'bundled.json');
    if (!existsSync(list)) return skipBecause(context, 'nothing was built: npm run build');
    const bundled = JSON.parse(readFileSync(list, 'utf8')) as string[];
    const names = bundled.map((folder) => folder.replace(/^.*node_modules\//, ''));
    // `lit` only hands on what its parts export.
    const parts: Record<string, string> = { lit: 'lit-html' };
    for (const { name } of rows(product)) expect(names).toContain(parts[name] ?? name);
    for (const { name } of rows(development)) expect(names).not.toContain(name);
  });
});
