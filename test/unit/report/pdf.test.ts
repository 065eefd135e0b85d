/** A report as a PDF: what a folder carries opens no file, and one damaged picture costs only itself. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../../src/report/document.js';
import type { Shown } from '../../../src/report/drawAll.js';
import { exportedPdf } from '../../../src/report/pdf/index.js';
import { unfitSvgs } from '../../../src/report/pdf/svg.js';
import type { Picture } from '../../../src/report/pictures.js';

const PIXEL = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
/** A picture of pixels within a PDF. */
const IMAGE = /\/Subtype \/Image\b/;
const fonts = join(import.meta.dirname, '../../../node_modules/pdfmake/fonts/Roboto');
let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'pdf ü ')));
  mkdirSync(join(folder, 'data:'));
  writeFileSync(join(folder, 'secret.png'), Buffer.from(PIXEL, 'base64'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const picture = (mime: string, bytes: Buffer): Picture => ({
  ...{ data: `data:${mime};base64,${bytes.toString('base64')}`, mime, bytes, why: '' },
});

/** The PDF of a report with this picture in its text and in a block of media. */
async function pdfWith(mime: string, content: string | Buffer): Promise<string> {
  const own = picture(mime, Buffer.from(content));
  const document = readDocument('# Report\n\n![p](p)\n\n```tunesmith media\nruns: a\n```\n');
  const drawn = {
    ...{ title: 'Media', note: '', runs: [], live: [], table: { columns: [], rows: [] } },
    media: [{ caption: 'a', run: 'a', shown: { kind: 'image' as const, mime, url: own.data! } }],
  };
  const shown: Shown[] = [{ drawn, problems: [] }];
  const { bytes } = await exportedPdf(document, new Map([['p', own]]), shown, { fonts, made: 'now' });
  return bytes.toString('latin1');
}

const svg = (inner: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="40" height="40">${inner}</svg>`;

describe('an SVG of a folder in a PDF', () => {
  it('reads no file, by whatever name', async () => {
    const file = join(folder, 'secret.png');
    const data = `data:image/png;base64,${PIXEL}`;
    expect(await pdfWith('image/svg+xml', svg(`<image width="9" height="9" href="${data}"/>`))).toMatch(IMAGE);
    const names = [file, `file://${file}`, `${join(folder, 'data:')}/../secret.png`];
    const before = process.cwd();
    // A folder of this name is here, so that the path exists.
    process.chdir(folder);
    try {
      for (const name of [
        ...names,
        'secret.png',
        'data:/../secret.png',
        `data:image/png;base64,&#10;/../../secret.png`,
      ])
        for (const attribute of ['href', 'xlink:href']) {
          const pdf = await pdfWith('image/svg+xml', svg(`<image width="9" height="9" ${attribute}="${name}"/>`));
          expect(pdf, name).not.toMatch(IMAGE);
        }
    } finally {
      process.chdir(before);
    }
  });

  it('leads nowhere that the text may not lead to', async () => {
    const link = (to: string) => svg(`<a href="${to}"><rect width="9" height="9"/></a>`);
    expect(await pdfWith('image/svg+xml', link('https://example.org/a'))).toContain('https://example.org/a');
    for (const to of ['file:///etc/passwd', '//host/share', 'javascript:1'])
      expect(await pdfWith('image/svg+xml', link(to))).not.toContain(to);
  });

  it('costs only itself if it is damaged', async () => {
    const damaged = ['', 'text', '<html></html>', '<svg', '<svg viewBox="0 0 1"></svg>'];
    const odd = [
      svg('<g>').slice(0, -6),
      svg('<rect x="1e30" width="9" height="9"/>'),
      svg('<g>'.repeat(30_000) + '</g>'.repeat(30_000)),
    ];
    for (const text of [...damaged, ...odd, '<svg width="0" height="0"/>'])
      expect((await pdfWith('image/svg+xml', text)).startsWith('%PDF'), text.slice(0, 99)).toBe(true);
    const noSize = '<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>';
    expect([...unfitSvgs([noSize]).values()]).toEqual(['the picture has no width and height']);
    expect([...unfitSvgs([...damaged, svg('<rect width="9" height="9"/>')])]).toEqual(
      damaged.map((text) => [text, 'the picture is damaged']),
    );
  });

  it('ends if its references multiply', () => {
    const level = (i: number) => `<g id="g${i}"><use href="#g${i + 1}"/><use href="#g${i + 1}"/></g>`;
    const bomb = svg(`<defs>${Array.from({ length: 60 }, (_, i) => level(i)).join('')}</defs><use href="#g0"/>`);
    const many = bomb.replace('</defs>', '<rect id="g60" width="1" height="1"/></defs>');
    expect([...unfitSvgs([many], 300).values()]).toEqual(['the picture takes too long to draw']);
  });
});

it('a PNG whose rows have no filter that exists costs only itself', async () => {
  const chunk = (kind: string, data: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length);
    head.write(kind, 4, 'latin1');
    return Buffer.concat([head, data, Buffer.alloc(4)]);
  };
  const png = (interlaced: number): Buffer =>
    Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', Buffer.from([0, 0, 0, 9, 0, 0, 0, 9, 8, 6, 0, 0, interlaced])),
      ...[chunk('IDAT', deflateSync(Buffer.alloc(500, 7))), chunk('IEND', Buffer.alloc(0))],
    ]);
  for (const interlaced of [0, 1]) {
    const pdf = await pdfWith('image/png', png(interlaced));
    expect(pdf.startsWith('%PDF') && !IMAGE.test(pdf)).toBe(true);
  }
});
