import { describe, expect, it } from 'vitest';
import { prCurveOf } from '../../../src/foreign/tensorboard/media.js';
import { mediaOf } from '../../../src/foreign/wandb/files.js';

const table = (columns: unknown[], data: unknown) => Buffer.from(JSON.stringify({ columns, data }));

describe('files of a W&B run', () => {
  it('become CSV if they are tables; media in cells by their captions', () => {
    const picture = { _type: 'image-file', path: 'media/x.png', caption: 'a cat' };
    const { mime, bytes } = mediaOf(
      'rows',
      'media/table/rows_1.table.json',
      table(
        ['id', 'x'],
        [
          [1, 'a,b'],
          [2, picture],
        ],
      ),
    );
    expect([mime, bytes.toString()]).toEqual(['text/csv', 'id,x\n1,"a,b"\n2,a cat']);
  });

  it('keep the pictures in cells of their tables, each once; what is no picture is shown by its caption', () => {
    const cell = (path: unknown, caption: unknown) => ({ _type: 'image-file', path, caption });
    const data = [
      [1, cell('media/x.png', 'a cat')],
      [2, cell('media/x.png', null)],
      [3, cell('media/secret.txt', 'no picture')],
      [4, cell('../out.png', 'elsewhere')],
      [5, cell({ toString: 1 }, 7)],
      [6, { _type: 'audio-file', path: 'media/x.png', caption: 'a sound' }],
    ];
    const asked: string[] = [];
    const png = Buffer.from([0x89, 0x50]);
    const files: Record<string, Buffer> = { 'media/x.png': png, 'media/secret.txt': Buffer.from('secret') };
    const { compose } = mediaOf('rows', 'a.table.json', table(['id', 'x'], data), (file) => {
      asked.push(file);
      return files[file] ?? null;
    });
    const kept: unknown[] = [];
    const text = Buffer.from(
      compose!((part) => {
        kept.push([part.name, part.mime, part.bytes]);
        return 'media/rows-x-1.png';
      }),
    ).toString();
    expect(text.split('\n')).toEqual([
      'id,x',
      '1,![a cat](media/rows-x-1.png)',
      '2,![](media/rows-x-1.png)',
      '3,no picture',
      '4,elsewhere',
      '5,"{""toString"":1}"',
      '6,a sound',
    ]);
    expect(kept).toEqual([['rows', 'image/png', png]]);
    expect(asked).toEqual(['media/x.png', 'media/secret.txt', '../out.png']);
    const none = mediaOf('rows', 'a.table.json', table(['id', 'x'], data), (file) => files[file] ?? null).compose!;
    expect(Buffer.from(none(() => null)).toString()).toContain('1,a cat\n2,media/x.png');
  });

  it("become drawings if they are the data of the library's charts", () => {
    const counts = [
      ['cat', 'cat', 5],
      ['cat', 'dog', 1],
      ['dog', 'cat', 0],
      ['dog', 'dog', 7],
    ];
    const matrix = mediaOf('conf_table', 'a.table.json', table(['Actual', 'Predicted', 'nPredictions'], counts));
    expect([matrix.name, matrix.bytes.toString()]).toEqual(['confusion matrix', ',cat,dog\ncat,5,1\ndog,0,7']);
    const curve = mediaOf(
      'roc_table',
      'a.table.json',
      table(
        ['class', 'fpr', 'tpr'],
        [
          ['a', 0, 0],
          ['a', 1, 'NaN'],
        ],
      ),
    );
    expect([curve.name, JSON.parse(curve.bytes.toString())]).toEqual([
      'roc',
      { kind: 'line', title: 'roc', x: 'fpr', y: 'tpr', series: [{ name: 'a', x: [0, 1], y: [0, null] }] },
    ]);
  });

  it('keep their type by first bytes, or by the ending of their name; unusual tables are kept unchanged', () => {
    const types = ['a.mp4', 'a.html', 'a.mp3', 'a.md', 'a.zip'].map(
      (file) => mediaOf('x', file, Buffer.from('?')).mime,
    );
    expect(types).toEqual(['video/mp4', 'text/html', 'audio/mpeg', 'text/markdown', 'application/octet-stream']);
    expect(mediaOf('x', 'a.html', Buffer.from([0x89, 0x50])).mime).toBe('image/png');
    for (const odd of ['{', 'null', '{"columns":1,"data":[]}', '{"columns":[],"data":3}'])
      expect(mediaOf('x', 'a.table.json', Buffer.from(odd)).mime).toBe('application/octet-stream');
    const bad = mediaOf('x', 'a.table.json', table(['Actual', 'Predicted', 'nPredictions'], [['a', 'b', -1], 3, null]));
    expect(bad.mime).toBe('text/csv');
  });
});

it('precision-recall curves of TensorBoard become plots; other tensors none', () => {
  const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 0.5, 1, 0.25, NaN];
  const plot = JSON.parse(prCurveOf('pr', numbers, [6, 2])!.toString());
  expect(plot.series).toEqual([{ name: 'pr', x: [0.25, null], y: [0.5, 1] }]);
  for (const shape of [[6], [5, 2], [6, 3], [6, 0], []]) expect(prCurveOf('pr', numbers, shape)).toBeNull();
});
