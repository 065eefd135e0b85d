import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  appendReal,
  listReal,
  makeFolderReal,
  NotRealError,
  openReal,
  readReal,
  removeReal,
  sizeReal,
  statReal,
  writeReal,
} from '../../../src/files/real.js';
import { fromRecord, toRecord, workspaceOf } from '../../../src/files/runPaths.js';

let base: string;
const at = (...names: string[]): string => path.join(base, 'workspace', '.tunesmith', ...names);
const secret = (): string => path.join(base, 'secret', 'key');

beforeEach(() => {
  base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'real ü ')));
  for (const name of ['secret', 'workspace']) fs.mkdirSync(path.join(base, name));
  fs.writeFileSync(secret(), 'do not tell');
  makeFolderReal(at('runs', 'a', 'journal'));
});
afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

describe('files below .tunesmith', () => {
  it('are read, written, appended to and removed', async () => {
    writeReal(at('runs/a/run.json'), '{}');
    appendReal(at('runs/a/output.log'), 'one\n');
    appendReal(at('runs/a/output.log'), 'two\n');
    expect(readReal(at('runs/a/output.log'))).toBe('one\ntwo\n');
    expect(sizeReal(at('runs/a/output.log'))).toBe(8);
    expect(listReal(at('runs/a')).map(({ name }) => name)).toEqual(['journal', 'output.log', 'run.json']);
    expect(() => readReal(at('runs/a/output.log'), 7)).toThrow(RangeError);
    await removeReal(at('runs/a'));
    expect(statReal(at('runs/a'))).toBeNull();
    if (process.platform !== 'win32') expect(fs.statSync(at('runs')).mode & 0o777).toBe(0o700);
  });

  /** Each way in which a part of the path leads elsewhere. */
  const ways: [string, () => string][] = [
    ['the file', () => (fs.symlinkSync(secret(), at('runs/a/key')), at('runs/a/key'))],
    [
      'a folder above it',
      () => (fs.symlinkSync(path.join(base, 'secret'), at('runs/a/media')), at('runs/a/media/key')),
    ],
    ['the run', () => (fs.symlinkSync(path.join(base, 'secret'), at('runs/b')), at('runs/b/key'))],
    [
      '.tunesmith itself',
      () => {
        fs.rmSync(at(), { recursive: true });
        fs.symlinkSync(path.join(base, 'secret'), at());
        return at('key');
      },
    ],
  ];
  it.each(ways)('are left alone when %s is a link', async (_what, make) => {
    const file = make();
    expect(() => readReal(file)).toThrow(NotRealError);
    expect(() => appendReal(file, 'more')).toThrow(NotRealError);
    expect(() => openReal(file, fs.constants.O_RDWR)).toThrow(NotRealError);
    expect(sizeReal(file)).toBeNull();
    const beside = path.join(path.dirname(file), 'new');
    if (path.basename(path.dirname(file)) !== 'a') {
      expect(() => writeReal(beside, 'x')).toThrow(NotRealError);
      expect(() => listReal(path.dirname(file))).toThrow(NotRealError);
      expect(() => makeFolderReal(beside)).toThrow(NotRealError);
      await expect(removeReal(file)).rejects.toThrow(NotRealError);
    }
    expect(fs.readdirSync(path.join(base, 'secret'))).toEqual(['key']);
    expect(fs.readFileSync(secret(), 'utf8')).toBe('do not tell');
  });

  it('replace and remove a link, but never its target', async () => {
    fs.symlinkSync(secret(), at('runs/a/run.json'));
    writeReal(at('runs/a/run.json'), '{}');
    expect(fs.lstatSync(at('runs/a/run.json')).isFile()).toBe(true);
    fs.symlinkSync(path.join(base, 'secret'), at('runs/a/checkpoints'));
    await removeReal(at('runs/a'));
    expect(fs.readFileSync(secret(), 'utf8')).toBe('do not tell');
  });

  it.runIf(process.platform !== 'win32')('are not pipes, which would block', () => {
    execFileSync('mkfifo', [at('runs/a/output.log')]);
    expect(() => readReal(at('runs/a/output.log'))).toThrow(NotRealError);
    expect(() => appendReal(at('runs/a/output.log'), 'x')).toThrow(NotRealError);
  });
});

it('records name paths relative to the workspace, whatever it is called now', () => {
  const workspace = path.resolve('/home/ü b');
  expect(workspaceOf(path.join(workspace, '.tunesmith/runs/a'))).toBe(workspace);
  expect(toRecord(workspace, path.join(workspace, 'x', 'a.tune.yaml'))).toBe('x/a.tune.yaml');
  expect(toRecord(workspace, workspace)).toBe('.');
  expect(toRecord(workspace, path.join(workspace, '..data', 'a'))).toBe('..data/a');
  const outside = path.resolve('/home/other/a');
  expect(toRecord(workspace, outside)).toBe(outside);
  for (const file of [path.join(workspace, 'x', 'a'), workspace, outside]) {
    expect(fromRecord(workspace, toRecord(workspace, file))).toBe(file);
  }
});
