import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeWhole, writeWholeSync } from '../../../src/files/whole.js';

let folder: string;
beforeEach(() => void (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'whole ü '))));
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));
const read = (name: string) => fs.readFileSync(path.join(folder, name), 'utf8');

describe.each([
  ['writeWhole', writeWhole],
  ['writeWholeSync', async (file: string, content: string, options = {}) => writeWholeSync(file, content, options)],
] as const)('%s', (_, write) => {
  it('replaces the file and leaves no other', async () => {
    const file = path.join(folder, 'a.json');
    await write(file, 'old');
    await write(file, 'new', { sync: false });
    expect(read('a.json')).toBe('new');
    expect(fs.readdirSync(folder)).toEqual(['a.json']);
  });

  it('replaces a link instead of writing to its target', async () => {
    fs.writeFileSync(path.join(folder, 'target'), 'mine');
    fs.symlinkSync(path.join(folder, 'target'), path.join(folder, 'link'));
    await write(path.join(folder, 'link'), 'new');
    expect(read('target')).toBe('mine');
    expect(fs.lstatSync(path.join(folder, 'link')).isFile()).toBe(true);
  });

  it('keeps the old file and leaves no other when the new one cannot take its place', async () => {
    fs.mkdirSync(path.join(folder, 'taken'));
    await expect(write(path.join(folder, 'taken'), 'new')).rejects.toThrow();
    expect(fs.readdirSync(folder)).toEqual(['taken']);
  });

  it.skipIf(process.platform === 'win32')('gives the file the mode that is asked for', async () => {
    await write(path.join(folder, 'private'), 'x', { mode: 0o600 });
    expect(fs.statSync(path.join(folder, 'private')).mode & 0o777).toBe(0o600);
  });
});

it('writeWhole keeps the old file when its content fails half way', async () => {
  const file = path.join(folder, 'deep', 'a.bin');
  await writeWhole(file, 'old');
  const half = writeWhole(file, async (handle) => {
    await handle.writeFile('ne');
    throw new Error('the source ended');
  });
  await expect(half).rejects.toThrow('the source ended');
  expect(read('deep/a.bin')).toBe('old');
  expect(fs.readdirSync(path.dirname(file))).toEqual(['a.bin']);
});
