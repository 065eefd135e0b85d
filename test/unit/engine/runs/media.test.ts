import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { filesIn } from '../../../../src/engine/runs/shown/mediaFiles.js';
import { listMedia, readMedia } from '../../../../src/engine/runs/shown/media.js';
import { MediaRequests, MOST_MEDIA_FILES } from '../../../../src/protocol/engine/media.js';
import type { RunMedia } from '../../../../src/store/api.js';

const record = (name: string, step: number | null, file: string, mime = 'image/png'): RunMedia => ({
  ...{ time: 0, name, path: file, mime, step },
});

it('lists media by name and type in the order of their steps, up to a bound', () => {
  const media = [
    record('w', 3, 'a'),
    record('w', 1, 'b'),
    record('w', null, 'c'),
    record('w', 1, 'd', 'audio/wav'),
    record('__proto__', 1, 'e'),
  ];
  expect(listMedia(media)).toEqual({
    series: [
      { name: 'w', mime: 'image/png', steps: [null, 1, 3], at: [2, 1, 0] },
      { name: 'w', mime: 'audio/wav', steps: [1], at: [3] },
      { name: '__proto__', mime: 'image/png', steps: [1], at: [4] },
    ],
    cut: false,
  });
  const many = listMedia(Array.from({ length: MOST_MEDIA_FILES + 1 }, (_, i) => record('w', i, 'a')));
  expect([many.series[0]!.at.length, many.cut]).toEqual([MOST_MEDIA_FILES, true]);
});

it('reads files below the run only, whole or not at all', () => {
  const folder = path.join(
    realpathSync(mkdtempSync(path.join(tmpdir(), 'tunesmith-media-'))),
    '.tunesmith',
    'runs',
    'a',
  );
  mkdirSync(path.join(folder, 'media'), { recursive: true });
  writeFileSync(path.join(folder, 'media', 'w.png'), 'PNG');
  writeFileSync(path.join(folder, '..', 'secret'), 'secret');
  symlinkSync(path.join(folder, '..', 'secret'), path.join(folder, 'media', 'link'));
  writeFileSync(path.join(folder, 'media', 'large'), '');
  truncateSync(path.join(folder, 'media', 'large'), 2 ** 26);
  const files = filesIn(folder);
  expect(readMedia(files, record('w', 1, 'media/w.png'))).toEqual({ mime: 'image/png', size: 3, data: btoa('PNG') });
  expect(readMedia(files, record('w', 1, 'media/large'))).toEqual({ mime: 'image/png', size: 2 ** 26, data: null });
  for (const odd of ['../secret', path.join(folder, '..', 'secret'), 'media/link', 'media/none', 'media', ''])
    expect(readMedia(files, record('w', 1, odd)), odd).toBeNull();
  expect(readMedia(files, null)).toBeNull();
  const table = record('t', 1, 'media/t.csv', 'text/csv');
  writeFileSync(path.join(folder, 'media', 'cell.bin'), '\x89PNG', 'latin1');
  expect(readMedia(files, table, 'media/cell.bin')).toEqual({
    ...{ mime: 'image/png', size: 4, data: Buffer.from('\x89PNG', 'latin1').toString('base64') },
  });
  writeFileSync(path.join(folder, 'run.json'), '{}');
  for (const odd of ['media/w.png', 'run.json', 'media/link', 'media/large', 'media/none', '../secret'])
    expect(readMedia(files, table, odd), odd).toBeNull();
  for (const other of [record('w', 1, 'media/w.png'), null])
    expect(readMedia(files, other, 'media/cell.bin')).toBeNull();
  const request = MediaRequests['media/read'].params;
  for (const picture of ['run.json', '../secret', 'media/../run.json', '/etc/passwd'])
    expect(request.safeParse({ id: 'a', at: 0, picture }).success, picture).toBe(false);
});

it('shows an SVG file in a cell only if it is one, by its name and its content', () => {
  const folder = path.join(
    realpathSync(mkdtempSync(path.join(tmpdir(), 'tunesmith-media-'))),
    '.tunesmith',
    'runs',
    'a',
  );
  mkdirSync(path.join(folder, 'media'), { recursive: true });
  const files = filesIn(folder);
  const table = record('t', 1, 'media/t.csv', 'text/csv');
  const read = (name: string, text: string) => {
    writeFileSync(path.join(folder, 'media', name), text);
    return readMedia(files, table, `media/${name}`)?.mime ?? null;
  };
  const root = '<svg xmlns="http://www.w3.org/2000/svg"/>';
  expect(read('a.svg', root)).toBe('image/svg+xml');
  const head =
    '\uFEFF<?xml version="1.0"?>\n<!-- a drawing -->\n<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd">\n';
  expect(read('b.SVG', `${head}${root}`)).toBe('image/svg+xml');
  expect(read('c.txt', root)).toBeNull();
  expect(read('d.svg', '<html><svg/></html>')).toBeNull();
  expect(read('e.svg', '<svgx/>')).toBeNull();
  expect(read('f.svg', `<!--${'-->'.repeat(1300)}`)).toBeNull();
});
