import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { OwnLines } from '../../../../src/engine/disk/ownLines.js';

let file: string;
beforeEach(() => (file = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'own-lines-')), 'control.ndjson')));
afterEach(() => fs.rmSync(path.dirname(file), { recursive: true, force: true }));

const write = (text: string): void => fs.writeFileSync(file, text, { mode: 0o600, flag: 'a' });

it('reads each whole line once, and a file that was removed and written again from its start', () => {
  const lines = new OwnLines(file);
  expect(lines.read()).toEqual([]);
  write('{"ask":"pause"}\n{"ask":');
  expect(lines.read()).toEqual(['{"ask":"pause"}']);
  expect(lines.isAtEnd).toBe(false);
  write('"stop"}\n');
  expect(lines.read()).toEqual(['{"ask":"stop"}']);
  expect(lines.isAtEnd).toBe(true);
  // The new file is the longer one, so its size alone does not show that it is another.
  const kept = `${file}.kept`;
  fs.renameSync(file, kept);
  write('{"ask":"resume"}\n{"ask":"pause"}\n{"ask":"stop"}\n');
  expect(lines.read()).toEqual(['{"ask":"resume"}', '{"ask":"pause"}', '{"ask":"stop"}']);
});

it.runIf(process.platform !== 'win32')('reads nothing from a file that others may write, or from a link', () => {
  write('{"ask":"stop"}\n');
  fs.chmodSync(file, 0o622);
  expect(new OwnLines(file).read()).toEqual([]);
  fs.chmodSync(file, 0o600);
  const folder = path.join(path.dirname(file), '.tunesmith');
  fs.mkdirSync(folder);
  fs.symlinkSync(file, path.join(folder, 'control.ndjson'));
  expect(new OwnLines(path.join(folder, 'control.ndjson')).read()).toEqual([]);
  expect(new OwnLines(file).read()).toEqual(['{"ask":"stop"}']);
});
