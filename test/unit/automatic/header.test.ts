import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { headerOf } from '../../../src/automatic/header.js';

let folder: string;
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'tunesmith-header-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const header = (content: string | Uint8Array, name = 'a.csv'): Promise<string[]> => {
  writeFileSync(join(folder, name), content);
  return headerOf(join(folder, name));
};

it('reads the columns of a table, whatever separates them', async () => {
  expect(await header('\uFEFFa,b, c\n1,2,3\n')).toEqual(['a', 'b', 'c']);
  expect(await header('a;"b;c, d";"e ""f"""\r\n')).toEqual(['a', 'b;c, d', 'e "f"']);
  expect(await header(gzipSync('x\ty\n1\t2\n'), 'b.csv.gz')).toEqual(['x', 'y']);
  await expect(header('')).rejects.toThrow('is empty');
});
