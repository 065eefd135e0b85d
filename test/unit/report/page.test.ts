/** Reports from anybody: nothing of their text runs, and nothing is fetched or read from outside. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDocument } from '../../../src/report/document.js';
import { blockHtml } from '../../../src/report/html/block.js';
import { bodyHtml, exportedPage, previewPage } from '../../../src/report/html/page.js';
import { readPictures } from '../../../src/report/pictures.js';
import { realWithin } from '../../../src/report/within.js';

let folder: string;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'report ü ')));
  mkdirSync(join(folder, 'work', 'sub'), { recursive: true });
  const pixel = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  writeFileSync(join(folder, 'work', 'sub', 'a b.png'), pixel);
  writeFileSync(join(folder, 'secret.png'), pixel);
  symlinkSync(join(folder, 'secret.png'), join(folder, 'work', 'link.png'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const body = (text: string): string => bodyHtml(readDocument(text), new Map(), [], true);

describe('a report as a page', () => {
  it('shows tags, scripts and handlers of the text as text', () => {
    const html = body('<script>alert(1)</script>\n\n<img src=x onerror=alert(1)>\n\ntext <b onclick="x()">bold</b>');
    expect(html).not.toMatch(/<script|<img|<b /);
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  it('has no links that run something, and no pictures from elsewhere', async () => {
    const text =
      '[a](javascript:alert(1)) [b](data:text/html,x) [c](vbscript:x) ![d](https://example.org/x.png) ![e](//example.org/y.png)';
    const document = readDocument(text);
    const pictures = await readPictures(document, join(folder, 'work', 'a.report.md'), join(folder, 'work'));
    const html = bodyHtml(document, pictures, [], false);
    expect(html).not.toMatch(/href="(?:javascript|data|vbscript)/i);
    expect(html).not.toContain('<img');
    expect(html).toContain('d (pictures from elsewhere are not loaded)');
  });

  it('reads pictures of the folder, not those that a link or a path leads to outside', async () => {
    const text =
      '![in](<sub/a b.png>) ![out](../secret.png) ![link](link.png) ![top](</sub/a b.png>) ![text](notes.txt)';
    const document = readDocument(text);
    const pictures = await readPictures(document, join(folder, 'work', 'a.report.md'), join(folder, 'work'));
    const found = [...pictures].map(([source, { data, why }]) => [source, data === null ? why : data.slice(0, 15)]);
    expect(found).toEqual([
      ['sub/a%20b.png', 'data:image/png;'],
      ['../secret.png', 'outside the folder'],
      ['link.png', 'outside the folder'],
      ['/sub/a%20b.png', 'data:image/png;'],
      ['notes.txt', 'only PNG, JPEG, GIF, WebP and SVG are shown'],
    ]);
  });

  it('does not look at what is outside, and follows links only within the folder', async () => {
    const work = join(folder, 'work');
    symlinkSync('sub', join(work, 'inner'));
    symlinkSync('/a/far/machine', join(work, 'far'));
    symlinkSync('loop', join(work, 'loop'));
    // Null before anything of the path is looked at: there is nothing.
    for (const path of ['../none/x.png', '../../../../../x.png', '..', 'far/x.png', 'loop/x.png'])
      expect(await realWithin(work, work, path), path).toBeNull();
    expect(await realWithin(work, join(work, 'sub'), '../inner/a b.png')).toBe(join(work, 'sub', 'a b.png'));
    expect(await realWithin(work, join(work, 'sub'), '/inner/a b.png')).toBe(join(work, 'sub', 'a b.png'));
    await expect(realWithin(work, work, 'none.png')).rejects.toThrow('ENOENT');
  });

  it('escapes what programs say in drawings and tables', () => {
    const evil = `"><script>x</script>'`;
    const drawn = {
      ...{ title: evil, note: evil, runs: [], live: [] },
      table: {
        columns: [{ title: evil, isNumber: false }],
        rows: [{ cells: [{ text: evil, more: evil, run: evil }] }],
      },
    };
    expect(blockHtml({ drawn, problems: [] }, 0, true)).not.toContain('<script');
    const problem = { line: 3, column: 1, message: evil, hint: evil };
    expect(blockHtml({ drawn: null, problems: [problem] }, 0, true)).not.toContain('<script');
  });

  it('has policies that let no script of a report run', () => {
    const exported = exportedPage(readDocument('# A & B'), new Map(), [], { language: 'en', made: 'now' });
    expect(exported).toContain("content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:;");
    expect(exported).toContain('<title>A &amp; B</title>');
    expect(exported).not.toContain('<script');
    const preview = previewPage({ script: 's.js', cspSource: 'vscode:', nonce: 'n', language: 'en', translations: {} });
    expect(preview).toContain('default-src &#39;none&#39;; script-src &#39;nonce-n&#39;');
    expect(preview.match(/<script/g)).toHaveLength(1);
  });

  it('offers no move beyond its ends, and says moves in a region of their own', () => {
    const block = '```tunesmith chart\nexperiment: e\n```\n';
    const disabled = (text: string): string[] =>
      [...body(text).matchAll(/<button[^>]*data-move="(-?1)"[^>]*?( disabled)?>/g)].map(
        ([, by, no]) => by + (no ?? ''),
      );
    expect(disabled(`${block}${block}`)).toEqual(['-1 disabled', '1', '-1', '1 disabled']);
    expect(disabled(`---\na: 1\n---\nText\n\n${block}\nText`)).toEqual(['-1', '1']);
    const page = previewPage({ script: 's.js', cspSource: 'vscode:', nonce: 'n', language: 'en', translations: {} });
    expect(page.match(/role="status"/g)).toHaveLength(2);
  });

  it('gives headings addresses and tables their sides without inline styles', () => {
    const html = body('# Über uns\n\n## Über uns\n\n| a | b |\n|---|--:|\n| 1 | 2 |');
    expect(html).toContain('<h1 id="über-uns">');
    expect(html).toContain('<h2 id="über-uns-1">');
    expect(html).toContain('<td class="number">2</td>');
    expect(html).not.toContain('style=');
  });
});
