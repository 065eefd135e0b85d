import { existsSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { readInput } from '../../../src/cli/command.js';
import { types } from '../../../src/cli/commands/types.js';
import type { Context } from '../../../src/cli/context.js';

const dist = path.resolve(import.meta.dirname, '../../../dist');
let cwd: string;
beforeEach(() => {
  cwd = mkdtempSync(path.join(tmpdir(), 'tunesmith types ☃ '));
});

function write(...args: string[]): string {
  const said: string[] = [];
  const context = { cwd, dist, file: (name: string) => path.resolve(cwd, name), print: (text = '') => said.push(text) };
  void types.run(context as unknown as Context, readInput(types, args));
  return said.join('\n');
}

it('the types are written and rewritten', () => {
  const file = path.join(cwd, 'tunesmith.d.ts');
  for (let times = 0; times < 2; times++) expect(write()).toBe('Written: tunesmith.d.ts');
  expect(readFileSync(file, 'utf8')).toContain("declare module 'tunesmith/training'");
  writeFileSync(file, '// mine\n');
  expect(() => write()).toThrow(/not written by Tunesmith/);
  expect(readFileSync(file, 'utf8')).toBe('// mine\n');
});

it('rejects a file in place of a folder', () => {
  writeFileSync(path.join(cwd, 'train.ts'), '');
  expect(() => write('train.ts')).toThrow(/train\.ts is not a folder/);
});

it.skipIf(process.platform === 'win32')('no link is followed out of the folder', () => {
  const outside = path.join(cwd, '..', `${path.basename(cwd)}.outside`);
  symlinkSync(outside, path.join(cwd, 'tunesmith.d.ts'));
  expect(() => write()).toThrow(/move it away first/);
  expect(existsSync(outside)).toBe(false);
});
