import { deflateSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { drawMedia, mediumOf } from '../../../src/report/draw/media.js';
import type { Ask } from '../../../src/report/draw/index.js';
import { blockHtml } from '../../../src/report/html/block.js';
import { isSound } from '../../../src/report/pdf/sound.js';

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
  expect(isSound(whole, 'image/png')).toBe(true);
  for (const cut of [0, 10, 30, 60, whole.length - 13])
    expect(isSound(whole.subarray(0, cut), 'image/png'), String(cut)).toBe(false);
  expect(isSound(png(Buffer.from('not deflated')), 'image/png')).toBe(false);
  expect(isSound(png(deflateSync(Buffer.alloc(3))), 'image/png')).toBe(false);
  const jpeg = Buffer.from([0xff, 0xd8, 0xff, 0xc0, 0, 11, 8, 0, 2, 0, 2, 1, 0, 0, 0, 0xff, 0xd9]);
  expect(isSound(jpeg, 'image/jpeg')).toBe(true);
  expect(isSound(jpeg.subarray(0, 12), 'image/jpeg')).toBe(false);
});
