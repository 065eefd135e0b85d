import { describe, expect, it } from 'vitest';
import { markdown } from '../../../../webview/model/media/markdown.js';
import { pictureCell, pictureIn } from '../../../../src/protocol/run/pictureCells.js';
import { isNumeric, readTable, sortRows, wordsOf } from '../../../../webview/model/media/tables.js';

describe('tables', () => {
  it('sort by number, then by text, empty cells last', () => {
    const { columns, rows, cut } = readTable('id,x\na,10\nb,9\nc,\nd,text\ne,-1\n', 'text/csv');
    expect([columns, cut]).toEqual([['id', 'x'], false]);
    const ids = (descending: boolean) => sortRows(rows, { column: 1, descending }).map(([id]) => id);
    expect(ids(false)).toEqual(['e', 'b', 'a', 'd', 'c']);
    expect(ids(true)).toEqual(['d', 'a', 'b', 'e', 'c']);
    expect([isNumeric(rows, 0), isNumeric([['1'], [''], ['2e3']], 0)]).toEqual([false, true]);
  });

  it('come with tabs, too, and say when they are cut', () => {
    expect(readTable('a\tb\n1\t2\n', 'text/tab-separated-values').rows).toEqual([['1', '2']]);
    expect(readTable(`a\n${'1\n'.repeat(100_002)}`, 'text/csv')).toMatchObject({ cut: true });
    expect(readTable('', 'text/csv')).toEqual({ columns: [], rows: [], cut: false });
  });
});

describe('pictures in cells', () => {
  it('are found by what a cell says, with any caption', () => {
    for (const caption of ['a cat', '', '](media/x.png)', 'Katze, "groß"'])
      expect(pictureIn(pictureCell({ caption, path: 'media/rows-3-cell.png' }))).toEqual({
        caption,
        path: 'media/rows-3-cell.png',
      });
    expect(pictureIn(pictureCell({ caption: 'two\nlines', path: 'media/a' }))?.caption).toBe('two lines');
  });

  it('are plain files of the media folder; other cells are texts', () => {
    const odd = ['/etc/passwd', 'media/../run.json', 'media/a/b.png', 'media/.x', 'https://a.b/c.png', 'media/', 'run.json'];
    for (const each of odd) expect(pictureIn(`![x](${each})`), each).toBeNull();
    for (const each of ['x', '', '![x]', 'a ![x](media/a.png)', '![x](media/a.png) ']) expect(pictureIn(each)).toBeNull();
  });

  it('are sorted by their captions', () => {
    const cell = (caption: string, i: number) => pictureCell({ caption, path: `media/${i}.png` });
    const { rows } = readTable(['p', cell('b', 1), cell('a', 2), 'c'].join('\n'), 'text/csv');
    expect(sortRows(rows, { column: 0, descending: false }).map(([each]) => wordsOf(each!))).toEqual(['a', 'b', 'c']);
  });
});

describe('Markdown', () => {
  it('becomes blocks', () => {
    const text = '# Title #\n\nSome **bold** and *soft*\nwords, `a*b*`.\n\n- one\n- two\n1. first\n\n```py\nx = 1\n```\n---\n';
    expect(markdown(text)).toEqual([
      { kind: 'heading', level: 1, parts: [{ kind: 'text', text: 'Title' }] },
      {
        kind: 'paragraph',
        parts: [
          { kind: 'text', text: 'Some ' },
          { kind: 'strong', text: 'bold' },
          { kind: 'text', text: ' and ' },
          { kind: 'emphasis', text: 'soft' },
          { kind: 'text', text: ' words, ' },
          { kind: 'code', text: 'a*b*' },
          { kind: 'text', text: '.' },
        ],
      },
      { kind: 'list', ordered: false, items: [[{ kind: 'text', text: 'one' }], [{ kind: 'text', text: 'two' }]] },
      { kind: 'list', ordered: true, items: [[{ kind: 'text', text: 'first' }]] },
      { kind: 'code', text: 'x = 1' },
      { kind: 'rule' },
    ]);
    expect(markdown('| a | b |\n|---|:-:|\n| 1 | 2 |')[0]).toMatchObject({ kind: 'table', rows: [[[{ text: '1' }], [{ text: '2' }]]] });
  });

  it('keeps markup as text, and ends for any text', () => {
    expect(markdown('<img src=x>')).toEqual([{ kind: 'paragraph', parts: [{ kind: 'text', text: '<img src=x>' }] }]);
    for (const odd of ['*'.repeat(20_000), '['.repeat(20_000), '`'.repeat(20_001), '_'.repeat(20_000), '```', '|\n|-'])
      markdown(odd);
  });
});
