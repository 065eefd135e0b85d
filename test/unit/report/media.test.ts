import { deflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { drawMedia, mediumOf } from '../../../src/report/draw/media.js';
import type { Ask } from '../../../src/report/draw/index.js';
import { blockHtml } from '../../../src/report/html/block.js';
import { readDocument } from '../../../src/report/document.js';
import { showAll } from '../../../src/report/drawAll.js';
import { isWhole } from '../../../src/report/pdf/whole.js';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const file = (mime: string, text: string) => ({ mime, size: text.length, data: base64(text) });
const FILES = [file('image/png', 'x'), file('text/csv', 'a,b\n1,<b>\n2,y'), file('text/html', '<script>1</script>')];

const run = { id: '0001', name: 'first', status: 'completed', params: {}, metrics: {}, createdAt: 1, experiment: 'e' };
const ask = ((name: string, params: { at?: number }) => {
  const series = FILES.map(({ mime }, i) => ({ name: `f${i}`, mime, steps: [1, 5], at: [i, i] }));
  const answers: Record<string, unknown> = {
    'experiments/list': { experiments: [{ name: 'e' }] },
    'runs/list': { total: 1, runs: [run] },
    'runs/media': { series, cut: false },
    'media/read': { file: FILES[params.at ?? 0] },
  };
  return Promise.resolve(answers[name]);
}) as unknown as Ask;
const parts = { ask, views: () => Promise.reject(new Error()), now: 0, palettes: new Map<never, never>() };

it('shows the files of a step side by side, tables as tables, and never runs a page', async () => {
  const drawn = await drawMedia({ experiment: 'e', step: 3 }, parts);
  expect(drawn.media!.map(({ caption, shown }) => [caption, shown.kind])).toEqual([
    ['first · f0 · Step 1', 'image'],
    ['first · f1 · Step 1', 'table'],
    ['first · f2 · Step 1', 'none'],
  ]);
  const html = blockHtml({ drawn, problems: [] }, 0, false);
  expect(html).toContain('<img src="data:image/png;base64,eA=="');
  expect(html).toContain('&lt;b&gt;');
  expect(html).not.toMatch(/<script|<b>|<iframe/);
});

/** Runs whose files are these, each read once more than asked. */
function asking(series: readonly object[], data: string | null): { ask: Ask; read: () => number } {
  let read = 0;
  const answers: Record<string, () => unknown> = {
    'experiments/list': () => ({ experiments: [{ name: 'e' }] }),
    'runs/list': () => ({ total: 1, runs: [run] }),
    'runs/media': () => ({ series, cut: false }),
    'media/read': () => {
      read++;
      return { file: { mime: 'image/png', size: 9, data } };
    },
  };
  return { ask: ((name: string) => Promise.resolve(answers[name]!())) as unknown as Ask, read: () => read };
}

it('counts the files that it leaves out, and names no step of files that have none', async () => {
  const series = [{ name: 'f', mime: 'image/png', steps: Array<null>(16).fill(null), at: [...Array(16).keys()] }];
  const drawn = await drawMedia({ experiment: 'e' }, { ...parts, ...asking(series, 'eA==') });
  expect(drawn.media).toHaveLength(8);
  expect(drawn.media![0]!.caption).toBe('first · f');
  expect(drawn.note).toContain('8 of 16 files');
});

it('reads no more files once a report has as many bytes as it may', async () => {
  const series = [{ name: 'f', mime: 'image/png', steps: [1, 1, 1, 1, 1, 1], at: [0, 1, 2, 3, 4, 5] }];
  const engine = asking(series, 'A'.repeat(400));
  const few = await drawMedia({ experiment: 'e' }, { ...parts, ...engine, mediaBytes: 700 });
  // Two fit, the third does not and is named; the rest is not read.
  expect(few.media!.map(({ shown }) => shown.kind)).toEqual(['image', 'image', 'none']);
  expect([engine.read(), few.mediaBytes]).toEqual([3, 600]);
  expect(few.note).toContain('3 of 6 files');
  const none = await drawMedia({ experiment: 'e' }, { ...parts, ...engine, mediaBytes: 0 });
  expect([engine.read(), none.media]).toEqual([3, []]);
});

it('shares the bytes of a report between its blocks', async () => {
  const { blocks } = readDocument('```tunesmith media\nexperiment: e\n```\n'.repeat(4));
  const series = [{ name: 'f', mime: 'image/png', steps: [1], at: [0] }];
  const shown = await showAll(blocks, { ...parts, ...asking(series, 'A'.repeat(24 * 2 ** 20)) });
  expect(shown.map(({ drawn }) => drawn!.mediaBytes! / 2 ** 20)).toEqual([18, 18, 0, 0]);
});

it('names the files that there are where one is misspelled', async () => {
  await expect(drawMedia({ experiment: 'e', names: ['F1'] }, parts)).rejects.toMatchObject({
    ...{ key: 'names', hint: 'Did you mean "f1"?' },
  });
});

it('says what it can’t show', () => {
  const why = (medium: ReturnType<typeof mediumOf>) =>
    medium.shown.kind === 'none' ? medium.shown.why : medium.shown.kind;
  expect(why(mediumOf(null, 'image/png'))).toContain('gone');
  expect(why(mediumOf({ mime: 'image/png', size: 5e7, data: null }, 'image/png'))).toContain('50 MB');
  expect(why(mediumOf(file('audio/x" onerror="', 'a'), 'audio/x" onerror="'))).toContain('open the run');
  // A player would fetch what a playlist names.
  const playlist = '#EXTM3U\n#EXTINF:9\nhttp://example.org/a.ts';
  for (const mime of ['video/mp4', 'audio/mpeg', 'audio/x-mpegurl', 'video/vnd.mpegurl'])
    expect(why(mediumOf(file(mime, playlist), mime)), mime).toContain('open the run');
  expect(why(mediumOf(file('audio/wav', 'RIFF'), 'audio/wav'))).toBe('audio');
  expect(why(mediumOf(file('image/png"><script>', 'a'), 'image/png"><script>'))).toContain('open the run');
});

it('tells whole pictures from damaged ones', () => {
  const chunk = (kind: string, data: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length);
    head.write(kind, 4, 'latin1');
    return Buffer.concat([head, data, Buffer.alloc(4)]);
  };
  const header = Buffer.from([0, 0, 0, 4, 0, 0, 0, 4, 8, 2, 0, 0, 0]);
  const png = (pixels: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      ...[chunk('IHDR', header), chunk('IDAT', pixels), chunk('IEND', Buffer.alloc(0))],
    ]);
  const whole = png(deflateSync(Buffer.alloc(4 * 13)));
  expect(isWhole(whole, 'image/png')).toBe(true);
  for (const cut of [0, 10, 30, 60, whole.length - 13])
    expect(isWhole(whole.subarray(0, cut), 'image/png'), String(cut)).toBe(false);
  expect(isWhole(png(Buffer.from('not deflated')), 'image/png')).toBe(false);
  expect(isWhole(png(deflateSync(Buffer.alloc(3))), 'image/png')).toBe(false);
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 2, 0, 2, 1, 0, 0, 0, 0xff, 0xd9]);
  expect(isWhole(jpeg, 'image/jpeg')).toBe(true);
  expect(isWhole(jpeg.subarray(0, 12), 'image/jpeg')).toBe(false);
});
