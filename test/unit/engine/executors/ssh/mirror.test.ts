/** A host that has been taken over sends what it likes; the run's folder gets records only. */
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Mirror } from '../../../../../src/engine/executors/ssh/mirror.js';

let base: string;
let folder: string;
let mirror: Mirror;
beforeEach(() => {
  base = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'mirror-')));
  folder = path.join(base, '.tunesmith/runs/r1');
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, 'run.json'), 'ours');
  mirror = new Mirror(folder, 1);
});
afterEach(() => fs.rmSync(base, { recursive: true }));

const all = (): string[] =>
  (fs.readdirSync(base, { recursive: true }) as string[]).filter((name) => fs.statSync(path.join(base, name)).isFile());
const data = Buffer.from('x\n');

it('writes journals, output and media, each where the host’s file goes on', () => {
  expect(mirror.bytes('journal/rank0-1.ndjson', 0, data)).toBe(true);
  expect(mirror.bytes('journal/rank0-1.ndjson', 2, data)).toBe(true);
  expect(mirror.bytes('output.log', 0, data)).toBe(true);
  mirror.whole('media/a/b.png', data);
  mirror.whole('launch-1.json', data);
  mirror.whole('lease.json', data);
  expect(fs.readFileSync(path.join(folder, 'journal/rank0-1.ndjson'), 'utf8')).toBe('x\nx\n');
  expect(mirror.sizes()).toEqual({ 'journal/rank0-1.ndjson': 4, 'output.log': 2, 'media/a/b.png': 2 });
});

it('leaves alone what was recorded of the code here before it was sent', () => {
  mirror.whole('recorded/environment.json', data);
  for (const name of ['code.json', 'changes.diff', 'untracked.json']) mirror.whole(`recorded/${name}`, data);
  expect(all().filter((name) => name.includes('recorded'))).toEqual(['.tunesmith/runs/r1/recorded/environment.json']);
});

it('asks again for a part that does not continue what is there, and writes nothing', () => {
  expect(mirror.bytes('output.log', 5, data)).toBe(false);
  mirror.bytes('output.log', 0, data);
  expect(mirror.bytes('output.log', 0, data)).toBe(false);
  expect(fs.readFileSync(path.join(folder, 'output.log'), 'utf8')).toBe('x\n');
});

it.each([
  'run.json',
  'meta.json',
  'control.ndjson',
  'acts.ndjson',
  'checkpoints/step-1/model.bin',
  '../r2/run.json',
  '../../../code.py',
  'journal/../run.json',
  'journal/engine.ndjson',
  'journal/a/b.ndjson',
  'media/../run.json',
  'media/../../../../code.py',
  'media//x',
  'recorded/./../../x',
  'media/a\\b',
  'launch-2.json',
  '/etc/passwd',
])('%s is not written', (file) => {
  const before = all();
  mirror.bytes(file, 0, data);
  mirror.whole(file, data);
  expect(all()).toEqual(before);
  expect(fs.readFileSync(path.join(folder, 'run.json'), 'utf8')).toBe('ours');
});

it('no link is followed', () => {
  const outside = path.join(base, 'outside');
  fs.mkdirSync(outside);
  fs.symlinkSync(outside, path.join(folder, 'media'));
  fs.writeFileSync(path.join(outside, 'log'), 'theirs');
  fs.symlinkSync(path.join(outside, 'log'), path.join(folder, 'output.log'));
  expect(() => mirror.whole('media/a.png', data)).toThrow(/link/);
  expect(() => mirror.bytes('output.log', 0, data)).toThrow(/link/);
  expect(fs.readdirSync(outside)).toEqual(['log']);
  expect(fs.readFileSync(path.join(outside, 'log'), 'utf8')).toBe('theirs');
});

it('names of checkpoints lead nowhere else', () => {
  mirror.checkpoints('/host/checkpoints', ['step-2', '../../x', 'a/b', '.hidden', 'step-1']);
  expect(JSON.parse(fs.readFileSync(path.join(folder, 'checkpoints.json'), 'utf8'))).toEqual({
    folder: '/host/checkpoints',
    names: ['step-2', 'step-1'],
  });
});
