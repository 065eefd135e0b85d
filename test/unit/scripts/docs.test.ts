/** Checks that the files which the documents name exist. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { describe, expect, it } from 'vitest';
import { REPO } from '../support/build.js';

const ROOTS = ['src', 'webview', 'python', 'test', 'bench', 'scripts', 'docs', 'examples', 'media', 'l10n'];
const exists = (...parts: string[]): boolean => fs.existsSync(path.join(REPO, ...parts));
const read = (file: string): string => fs.readFileSync(path.join(REPO, file), 'utf8');
const isPath = (word: string): boolean =>
  /^[\w./-]+$/.test(word) && ROOTS.includes(word.split('/')[0]!) && word.includes('/');

/** Returns the words in backquotes that name no file or folder. A bare file name counts from the paths in the same text. */
function lost(text: string): string[] {
  const words = [...text.matchAll(/`([^`]+)`/g)].map(([, word]) => word!);
  const paths = words.filter(isPath);
  const nextTo = (name: string): boolean =>
    paths.some((each) => exists(each, name) || exists(path.dirname(each), name));
  return words.filter((word) => {
    if (isPath(word)) return !exists(word);
    return paths.length > 0 && /^[\w-]+\.(ts|py)$/.test(word) && !nextTo(word);
  });
}

describe('docs/architecture.md', () => {
  const text = read('docs/architecture.md');

  it('answers where at least twenty things are, with paths that exist', () => {
    const answers = text
      .slice(text.indexOf('## Where is'))
      .split('\n')
      .filter((line) => line.startsWith('| ') && !line.includes('---'))
      .slice(1);
    expect(answers.length).toBeGreaterThanOrEqual(20);
    expect(answers.flatMap((line) => lost(line.split(' | ')[1]!))).toEqual([]);
  });

  it('names only files and folders that exist', () => {
    const paths = [...text.matchAll(/`([^`\n]+)`/g)].map(([, word]) => word!).filter(isPath);
    expect(paths.length).toBeGreaterThan(60);
    expect(paths.filter((each) => !exists(each))).toEqual([]);
  });

  it('lets a path that is gone be noticed', () => {
    expect(lost('`src/engine/runs`; the table is `gone.ts` or `src/gone`')).toEqual(['gone.ts', 'src/gone']);
  });
});

it('links between documents lead to files that exist', () => {
  const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'python/README.md'].concat(
    fs
      .readdirSync(path.join(REPO, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => path.posix.join('docs', name.replaceAll('\\', '/'))),
  );
  const broken = documents.flatMap((file) =>
    [...read(file).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target]) => target!)
      .filter((target) => !/^[a-z]+:/.test(target) && !exists(path.dirname(file), target))
      .map((target) => `${file}: ${target}`),
  );
  expect(broken).toEqual([]);
});
