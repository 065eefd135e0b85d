import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { expect, test } from 'vitest';
import { importedId, importRun } from '../../../src/foreign/import/importRun.js';
import type { ForeignMedia, FoundRun } from '../../../src/foreign/types.js';
import { NotRealError } from '../../../src/files/real.js';
import { pictureIn } from '../../../src/protocol/run/pictureCells.js';
import { JournalRecord } from '../../../src/protocol/run/journal.js';
import { RunSpec } from '../../../src/protocol/run/runFolder.js';
import { copyOf, runsIn } from './support.js';

function workspace() {
  const logs = copyOf('tensorboardx');
  const folder = mkdtempSync(path.join(tmpdir(), 'tunesmith-workspace-'));
  renameSync(logs, path.join(folder, 'runs'));
  const runs = path.join(folder, '.tunesmith', 'runs');
  mkdirSync(runs, { recursive: true });
  return { workspace: folder, runs };
}
const records = (folder: string) =>
  readFileSync(path.join(folder, 'journal/import.ndjson'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JournalRecord.parse({ type: 'metrics', ...(JSON.parse(line) as object) }));

test('our run has the contents of the logs, and names its source', () => {
  const options = workspace();
  const [found] = runsIn(options.workspace);
  const done = importRun(found!, options);
  expect(done).toMatchObject({ what: 'new', name: 'exp1', warnings: [] });
  const folder = path.join(options.runs, done.id);
  const spec = RunSpec.parse(JSON.parse(readFileSync(path.join(folder, 'run.json'), 'utf8')));
  expect(spec).toMatchObject({
    id: done.id,
    experiment: 'runs',
    name: 'exp1',
    origin: { by: 'import', source: { format: 'tensorboard', path: 'runs/exp1', inner: '' } },
  });
  const all = records(folder);
  expect(all).toContainEqual(
    expect.objectContaining({ type: 'metrics', step: 0, values: { 'train/loss': 1, lr: Math.fround(0.1) } }),
  );
  expect(all).toContainEqual(expect.objectContaining({ type: 'metrics', step: -3, values: { odd: 'Infinity' } }));
  expect(all.at(-1)).toMatchObject({ type: 'finish', status: 'completed' });
  const media = all.filter((record) => record.type === 'media');
  expect(media).toHaveLength(3);
  for (const { path: file } of media) expect(existsSync(path.join(folder, file))).toBe(true);
  expect(readdirSync(options.runs)).toEqual([done.id]);
});

test('importing again adds the new records, and nothing twice', () => {
  const options = workspace();
  const [found] = runsIn(options.workspace);
  const { id } = importRun(found!, options);
  const folder = path.join(options.runs, id);
  const before = records(folder);
  expect(importRun(runsIn(options.workspace)[0]!, options)).toMatchObject({ id, what: 'unchanged' });
  expect(records(folder)).toEqual(before);
  // A last write that was interrupted.
  appendFileSync(path.join(folder, 'journal/import.ndjson'), '{"step":1,"val');
  const part = found!.files.find((file) => file.includes('1700000000.5'))!;
  appendFileSync(part, readFileSync(part));
  expect(importRun(runsIn(options.workspace)[0]!, options)).toMatchObject({ id, what: 'grown', counts: { points: 1 } });
  const added = records(folder).slice(before.length);
  expect(added.map(({ type }) => type)).toEqual(['params', 'metrics', 'finish']);
});

test('the id stays the same when the workspace is moved', () => {
  const first = workspace();
  const id = importedId(runsIn(first.workspace)[0]!, first.workspace);
  const moved = `${first.workspace}-moved`;
  renameSync(first.workspace, moved);
  expect(importedId(runsIn(moved)[0]!, moved)).toBe(id);
});

test('nothing is written through a link', () => {
  const options = workspace();
  const [found] = runsIn(options.workspace);
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'tunesmith-elsewhere-'));
  symlinkSync(elsewhere, path.join(options.runs, importedId(found!, options.workspace)));
  expect(() => importRun(found!, options)).toThrow(NotRealError);
  expect(readdirSync(elsewhere)).toEqual([]);
});

test('the pictures that a table names are files of our run, and its cells name those', () => {
  const options = workspace();
  const [log] = runsIn(options.workspace);
  const picture = { name: 'rows', step: null, time: NaN, mime: 'image/png', bytes: Buffer.from('\x89PNG', 'latin1') };
  const found: FoundRun = {
    ...log!,
    open: () => ({
      read(_place, sink) {
        const compose = (keep: (part: ForeignMedia) => string | null) =>
          Buffer.from(`id,p\n1,![cat](${keep(picture)})`);
        sink.media({ name: 'rows', step: 3, time: NaN, mime: 'text/csv', bytes: Buffer.from('id,p\n1,cat'), compose });
        return { place: {}, more: false };
      },
    }),
  };
  const folder = path.join(options.runs, importRun(found, options).id);
  const [record] = records(folder).filter(({ type }) => type === 'media');
  const text = readFileSync(path.join(folder, (record as { path: string }).path), 'utf8');
  const cell = pictureIn(text.slice('id,p\n1,'.length));
  expect(cell?.caption).toBe('cat');
  expect(readFileSync(path.join(folder, cell!.path))).toEqual(picture.bytes);
});
