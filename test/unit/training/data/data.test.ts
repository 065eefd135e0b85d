import { inEnglish } from '../../../../src/format/said.js';
import { execFileSync } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork, type DataSource } from '../../../../src/experiment/network/index.js';
import { parseCsv } from '../../../../src/training/data/csv/parse.js';
import { idx, npy, zip } from './dataFiles.js';
import { readAll } from '../../../../src/training/data/arrayFile.js';
import { MemoryBytes, unpacked } from '../../../../src/training/data/bytes.js';
import { openIdx } from '../../../../src/training/data/idx.js';
import { loadDataset } from '../../../../src/training/data/index.js';
import type { HeldExamples } from '../../../../src/training/data/types.js';
import { openNpy } from '../../../../src/training/data/npy.js';
import { splitIndexes } from '../../../../src/training/data/split.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith données '));
});

const floats = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const doubles = (...values: number[]) => Buffer.from(Float64Array.from(values).buffer);

const parse = (open: typeof openIdx) => async (bytes: Uint8Array, file: string) =>
  readAll(await open(await unpacked(new MemoryBytes(file, bytes), 1e9)));
const parseIdx = parse(openIdx);
const parseNpy = parse(openNpy);

async function load(data: unknown, extra: { validation?: number; loss?: 'mse' } = {}) {
  const loss = extra.loss ?? 'crossEntropy';
  const { network, problems } = validateNetwork({ data, layers: [{ dense: 2 }], loss });
  if (!network) throw new Error(problems[0]!.message);
  const { train, validation, ...rest } = await loadDataset(network.data as DataSource, {
    folder,
    validation: extra.validation ?? null,
    loss,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  return { ...rest, train: train as HeldExamples, validation: validation as HeldExamples };
}

describe('IDX', () => {
  it('reads bytes, 16-bit, 32-bit and floating-point values, compressed or not', async () => {
    expect(await parseIdx(idx(8, [2, 2], [1, 2, 3, 255]), 'a')).toEqual({
      shape: [2, 2],
      values: new Uint8Array([1, 2, 3, 255]),
    });
    expect((await parseIdx(gzipSync(idx(8, [1], [7])), 'a')).values).toEqual(new Uint8Array([7]));
    expect((await parseIdx(idx(0x0b, [2], [0xff, 0xfe, 1, 0]), 'a')).values).toEqual(new Int16Array([-2, 256]));
    const body = Buffer.alloc(8);
    body.writeDoubleBE(1.5);
    expect((await parseIdx(idx(0x0e, [1], body), 'a')).values).toEqual(new Float32Array([1.5]));
  });

  it.each([
    ['what begins otherwise', Buffer.from('PK\x03\x04....'), /f\.idx: .*begins with 50 4b 03 04 \(byte 0\)/],
    ['an unknown type', idx(0x07, [1], [1]), /unknown type 0x07 \(byte 2\)/],
    ['a file cut short', idx(8, [3], [1, 2]), /cut short: 3 uint8 values need 11 bytes, it has 10 \(byte 10\)/],
    ['a file with more than it says', idx(8, [1], [1, 2]), /bytes too many.*\(byte 9\)/],
    ['an empty file', Buffer.alloc(0), /ends within its header/],
    ['damaged gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3]), /damaged gzip/],
  ])('refuses %s and says where', async (_, bytes, message) => {
    await expect(parseIdx(bytes, 'f.idx')).rejects.toThrow(message);
  });
});

describe('NPY', () => {
  it('reads versions 1 to 3, both byte orders and both memory orders', async () => {
    expect(await parseNpy(npy('<f4', '2, 2', floats(1, 2, 3, 4)), 'a')).toEqual({
      shape: [2, 2],
      values: new Float32Array([1, 2, 3, 4]),
    });
    expect((await parseNpy(npy('<f8', '2,', doubles(0.5, -1), { version: 2 }), 'a')).values).toEqual(
      new Float32Array([0.5, -1]),
    );
    expect((await parseNpy(npy('|u1', '3,', Buffer.from([1, 2, 3]), { version: 3 }), 'a')).values).toEqual(
      new Uint8Array([1, 2, 3]),
    );
    expect((await parseNpy(npy('>i2', '2,', Buffer.from([0xff, 0xfe, 0, 1])), 'a')).values).toEqual(
      new Int16Array([-2, 1]),
    );
    expect((await parseNpy(npy('<f2', '3,', Buffer.from([0, 0x3c, 0, 0xc0, 1, 0])), 'a')).values).toEqual(
      new Float32Array([1, -2, 2 ** -24]),
    );
    const turned = await parseNpy(npy('<f4', '2, 3', floats(1, 4, 2, 5, 3, 6), { fortran: true }), 'a');
    expect([...turned.values]).toEqual([1, 2, 3, 4, 5, 6]);
    expect([...(await parseNpy(npy('<i8', '1,', Buffer.from(BigInt64Array.from([-9n]).buffer)), 'a')).values]).toEqual([
      -9,
    ]);
  });

  it.each([
    ['another format', Buffer.from('not numpy at all'), /must begin with/],
    ['an archive', Buffer.from('PK\x03\x04 and more'), /NPZ archive/],
    ['Python objects', npy('|O', '1,', Buffer.alloc(8)), /never loaded/],
    ['complex numbers', npy('<c8', '1,', Buffer.alloc(8)), /"<c8" are not supported/],
    ['a file cut short', npy('<f4', '3,', floats(1, 2)), /cut short/],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(parseNpy(bytes, 'x.npy')).rejects.toThrow(message);
  });
});

describe('CSV', () => {
  it('reads quotes, line breaks in quotes, CRLF, a byte order mark, blank lines', () => {
    const rows = parseCsv('\uFEFFa,b\r\n"x ""y"", z","two\nlines"\r\n\r\n1,\n', 'f.csv', ',');
    expect(rows).toEqual([
      { fields: ['a', 'b'], line: 1 },
      { fields: ['x "y", z', 'two\nlines'], line: 2 },
      { fields: ['1', ''], line: 5 },
    ]);
  });

  it.each([
    ['a,b\n1,2\n3\n', /f\.csv:3: 1 field, but the header has 2/],
    ['a;b\n1,5;2\n', /f\.csv:2: 2 fields, but the header has 1 \(one column only: is the delimiter right\?\)/],
    ['a,b\n"1,2\n3,4\n', /f\.csv:2: a quote .* never closed/],
    ['a,b\n"1"x,2\n', /f\.csv:2: after a closing quote comes "x"/],
  ])('refuses %j with its line', (text, message) => {
    expect(() => parseCsv(text, 'f.csv', ',')).toThrow(message);
  });

  const rows = Array.from({ length: 40 }, (_, i) => `${i},${['red', 'green'][i % 2]},${i % 4 === 0 ? 'yes' : 'no'}`);
  const good = `size,color,label\n${rows.join('\n')}\n`;

  it('standardizes by the training examples alone, one-hot encodes categories, and stratifies by class', async () => {
    await writeFile(join(folder, 'good.csv'), good);
    const data = await load({ csv: { file: 'good.csv', target: 'label' } }, { validation: 0.25 });
    expect(data.classes).toEqual(['no', 'yes']);
    expect(data.inputShape).toEqual([3]);
    expect([data.train.count, data.validation.count]).toEqual([30, 10]);
    const yes = (targets: ArrayLike<number>) => Array.from(targets).filter((target) => target === 1).length;
    expect([yes(data.train.targets), yes(data.validation.targets)]).toEqual([8, 2]);
    const sizes = Array.from({ length: 30 }, (_, i) => data.train.inputs[i * 3]!);
    expect(sizes.reduce((a, b) => a + b)).toBeCloseTo(0, 4);
    expect(sizes.reduce((a, b) => a + b * b, 0) / 30).toBeCloseTo(1, 4);
    const all = Array.from({ length: 10 }, (_, i) => data.validation.inputs[i * 3]!).reduce((a, b) => a + b);
    expect(Math.abs(all)).toBeGreaterThan(1e-3);
    for (let i = 0; i < 30; i++) expect(data.train.inputs[i * 3 + 1]! + data.train.inputs[i * 3 + 2]!).toBe(1);
  });

  it.each([
    ['a missing value', good.replace('7,green', ',green'), 'label', /bad\.csv:9: column "size" \(1\) has no value/],
    ['NaN', good.replace('7,green', 'NaN,green'), 'label', /bad\.csv:9: column "size"/],
    [
      'a word among numbers',
      good.replace('7,green', 'seven,green'),
      'label',
      /bad\.csv:9: column "size" holds numbers, but here "seven"/,
    ],
    ['an unknown target', good, 'lable', /no column "lable" .*did you mean "label"/],
    ['two columns of one name', good.replace('color', 'size'), 'label', /bad\.csv:1: two columns are called "size"/],
    ['a constant target', 'a,b\n1,x\n2,x\n', 'b', /always "x"/],
    ['no rows', 'a,b\n', 'b', /no rows/],
  ])('refuses %s', async (_, text, target, message) => {
    await writeFile(join(folder, 'bad.csv'), text);
    await expect(load({ csv: { file: 'bad.csv', target, missing: 'reject' } })).rejects.toThrow(message);
  });

  describe('with a validation file', () => {
    const judge = async (text: string, more: Record<string, unknown> = {}) => {
      await writeFile(join(folder, 'good.csv'), good);
      await writeFile(join(folder, 'judge.csv'), text);
      return load({ csv: { file: 'good.csv', target: 'label', validation: 'judge.csv', ...more } });
    };

    it('scales it like the training rows and finds columns by name', async () => {
      const data = await judge('label,size,color\nyes,19.5,red\nno,1000,blue\n');
      expect(data.train.count).toBe(40);
      const deviation = Math.sqrt((40 * 40 - 1) / 12);
      expect([...data.validation.inputs]).toEqual(
        [...Float32Array.of(0, 0, 1, (1000 - 19.5) / deviation, 0, 0)].map(
          (value) => expect.closeTo(value, 4) as number,
        ),
      );
      expect([...data.validation.targets]).toEqual([1, 0]);
      expect(data.notes.map(inEnglish)).toEqual([expect.stringMatching(/column "color": 1 value\(s\) .* blue/)]);
    });

    it.each([
      [
        'an unknown class',
        'size,color,label\n1,red,maybe\n',
        /judge\.csv:2: column "label": class "maybe" is not among/,
      ],
      ['a missing column', 'size,label\n1,yes\n', /judge\.csv has no column "color"/],
      ['a word among numbers', 'size,color,label\n1,red,no\nbig,red,no\n', /judge\.csv:3: column "size" .*"big"/],
      ['a missing value', 'size,color,label\n1,NA,no\n', /judge\.csv:2: column "color" \(2\) has no value \("NA"\)/],
      ['a ragged row', 'size,color,label\n1,red\n', /judge\.csv:2: 2 fields, but the header has 3/],
    ])('refuses %s in it', async (_, text, message) => {
      await expect(judge(text, { missing: 'reject' })).rejects.toThrow(message);
      await expect(judge(text, { missing: 'reject', memory: '0.1KB' })).rejects.toThrow(message);
    });
  });

  it('limits to rows sampled from the whole file, not the first ones', async () => {
    const text = `a,label\n${Array.from({ length: 60 }, (_, i) => `${i},${i < 30 ? 'x' : 'y'}`).join('\n')}`;
    await writeFile(join(folder, 'ordered.csv'), text);
    const data = await load({ csv: { file: 'ordered.csv', target: 'label', limit: 12 } });
    expect(data.train.count).toBe(12);
    expect(new Set(data.train.targets).size).toBe(2);
  });

  it('says where it looked for a missing file', async () => {
    await expect(load({ csv: { file: 'none.csv', target: 'a' } })).rejects.toThrow(join(folder, 'none.csv'));
  });

  it('refuses invalid UTF-8', async () => {
    await writeFile(join(folder, 'latin.csv'), Buffer.from([0x61, 0x0a, 0xe9, 0x0a]));
    await expect(load({ csv: { file: 'latin.csv', target: 'a' } })).rejects.toThrow(/not UTF-8/);
  });

  it('predicts numbers with mse, scaled by the training targets', async () => {
    await writeFile(
      join(folder, 'price.csv'),
      `x,price\n${Array.from({ length: 50 }, (_, i) => `${i},${1000 + 10 * i}`).join('\n')}`,
    );
    const data = await load({ csv: { file: 'price.csv', target: 'price' } }, { loss: 'mse' });
    expect(data).toMatchObject({ task: 'regression', outputs: 1, classes: null });
    expect(data.targetScale![0]!.mean).toBeGreaterThan(1000);
  });
});

describe('pairs of array files', () => {
  it('loads images and labels, and adds the channel axis', async () => {
    await writeFile(join(folder, 'x.idx'), idx(8, [10, 4, 5], Buffer.alloc(200, 255)));
    await writeFile(join(folder, 'y.npy'), npy('|u1', '10,', Buffer.from([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])));
    await writeFile(join(folder, 'y.idx'), idx(8, [10], [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]));
    const data = await load({ idx: { inputs: 'x.idx', targets: 'y.idx' } }, { validation: 0.3 });
    expect(data).toMatchObject({ inputShape: [4, 5, 1], outputs: 3, classes: ['0', '1', '2'] });
    expect(data.inputScale).toEqual({ factor: 2 / 255, offset: -1 });
    expect(data.train.count + data.validation.count).toBe(10);
  });

  it('refuses different numbers of examples, and NaN values', async () => {
    await writeFile(join(folder, 'a.npy'), npy('<f4', '3, 1', floats(1, NaN, 3)));
    await writeFile(join(folder, 'b.npy'), npy('|u1', '2,', Buffer.from([0, 1])));
    await writeFile(join(folder, 'c.npy'), npy('|u1', '3,', Buffer.from([0, 1, 0])));
    await expect(load({ npy: { inputs: 'a.npy', targets: 'b.npy' } })).rejects.toThrow(
      /a\.npy holds 3 examples, but b\.npy holds 2/,
    );
    await expect(load({ npy: { inputs: 'a.npy', targets: 'c.npy' } })).rejects.toThrow(
      /a\.npy: example 1 \(from 0\) holds NaN/,
    );
  });
});

describe('NPZ archives', () => {
  const x = npy('<f4', '4, 2', floats(1, 2, 3, 4, 5, 6, 7, 8));
  const y = npy('<i8', '4,', Buffer.from(BigInt64Array.from([0n, 1n, 0n, 1n]).buffer));
  const both = { 'x_train.npy': x, 'y_train.npy': y, 'ж.npy': x };
  const named = { file: 'a b.npz', inputs: 'x_train', targets: 'y_train' };

  it.each([
    ['stored', {}],
    ['packed', { packed: true }],
  ])('reads arrays that are %s, by name', async (_, options) => {
    await writeFile(join(folder, 'a b.npz'), zip(both, options));
    const data = await load({ npz: { ...named, validation: { inputs: 'ж', targets: 'y_train' } } });
    expect(data).toMatchObject({ inputShape: [2], classes: ['0', '1'], outputs: 2 });
    expect([...data.train.inputs]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect([...data.validation.targets]).toEqual([0, 1, 0, 1]);
  });

  it.each([
    ['an unknown name', zip({ 'x_trai.npy': x }), /holds no array "x_train"; it holds x_trai$/],
    ['what is no archive', Buffer.from('not a zip archive at all, but text'), /not a valid NPZ archive/],
    ['half an archive', zip(both).subarray(0, 200), /not a valid NPZ archive/],
    ['an encrypted array', zip(both, { packed: true, lie: { flags: 1 } }), /"x_train" is encrypted/],
    ['an unknown method', zip(both, { lie: { method: 12 } }), /packed by method 12/],
    ['a longer array than it says', zip(both, { packed: true, lie: { size: 20 } }), /"x_train" is damaged/],
    ['a shorter array than it says', zip(both, { packed: true, lie: { size: 1e6 } }), /"x_train" is damaged/],
    ['another checksum', zip(both, { packed: true, lie: { sum: 1 } }), /"y_train" is damaged: its checksum differs/],
    ['a bomb', zip(both, { packed: true, lie: { size: 4e9 } }), /"x_train" is damaged: 100 bytes can't hold the 4 GB/],
    ['Python objects', zip({ 'x_train.npy': npy('|O', '1,', Buffer.alloc(8)) }), /"x_train".*never loaded/],
    ['damage within', zip({ 'x_train.npy': x.subarray(0, 80) }), /array "x_train": not a valid NPY file: it/],
  ])('refuses %s', async (_, bytes, message) => {
    await writeFile(join(folder, 'a b.npz'), bytes);
    await expect(load({ npz: { ...named, memory: '1GB' } })).rejects.toThrow(message);
  });
});

describe('hostile and mistaken headers', () => {
  const shape = (text: string) => npy('<f4', text, floats(1));
  it.each([
    ['a shape beyond all numbers', shape('999999999999999, 999999999999999'), /it is cut short/],
    ['a negative length', shape('-1, 1'), /its shape is damaged/],
    ['a length that is not a number', shape('1e3, 1'), /its shape is damaged/],
    ['forty dimensions', shape('1, '.repeat(40)), /its shape is damaged/],
    ['a type of the object’s own', npy('<constructor', '1,', floats(1)), /"<constructor" are not supported/],
    [
      'records',
      Buffer.from(npy('<f4', '1,', floats(1)).toString('latin1').replace("'<f4'", '[1234]'), 'latin1'),
      /records/,
    ],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(parseNpy(bytes, 'x.npy')).rejects.toThrow(message);
  });

  it('refuses classes that only the validation examples have', async () => {
    await writeFile(join(folder, 'x4.npy'), npy('<f4', '4, 1', floats(1, 2, 3, 4)));
    await writeFile(join(folder, 'y4.npy'), npy('|u1', '4,', Buffer.from([0, 1, 0, 1])));
    await writeFile(join(folder, 'z4.npy'), npy('|u1', '4,', Buffer.from([0, 1, 7, 1])));
    const files = { inputs: 'x4.npy', targets: 'y4.npy' };
    await expect(load({ npy: { ...files, validation: { inputs: 'x4.npy', targets: 'z4.npy' } } })).rejects.toThrow(
      /z4\.npy: example 2 \(from 0\) is of class 7, which no training example is of \(y4\.npy has 0 to 1\)/,
    );
  });

  it('names only some of many columns, so that the message stays readable', async () => {
    const names = Array.from({ length: 5000 }, (_, i) => `gene${i}`);
    await writeFile(join(folder, 'wide.csv'), `${names.join()}\n${names.map(() => 1).join()}\n`);
    await expect(load({ csv: { file: 'wide.csv', target: 'kind' } })).rejects.toThrow(
      /wide\.csv has no column "kind" \(target\); its columns are: gene0, .*, gene19, … \(5000\)$/,
    );
  });

  it('refuses targets without a number', async () => {
    await writeFile(join(folder, 'x5.npy'), npy('<f4', '4, 1', floats(1, 2, 3, 4)));
    await writeFile(join(folder, 'y5.npy'), npy('<f4', '4, 0', Buffer.alloc(0)));
    await expect(load({ npy: { inputs: 'x5.npy', targets: 'y5.npy' } }, { loss: 'mse' })).rejects.toThrow(
      /y5\.npy holds examples without a number: 4×0/,
    );
  });

  it('refuses a pipe, which might block forever', async () => {
    if (process.platform === 'win32') return;
    execFileSync('mkfifo', [join(folder, 'pipe.csv')]);
    await expect(load({ csv: { file: 'pipe.csv', target: 'a' } })).rejects.toThrow(
      /not a regular file but a device or a pipe/,
    );
  });
});

it('splits the same way every time, whatever the classes', () => {
  const classes = Array.from({ length: 1000 }, (_, i) => i % 10);
  const [train, validation] = splitIndexes(1000, 0.2, classes);
  expect([train.length, validation.length]).toEqual([800, 200]);
  expect(new Set([...train, ...validation]).size).toBe(1000);
  for (let digit = 0; digit < 10; digit++) expect([...validation].filter((i) => classes[i] === digit)).toHaveLength(20);
  expect(splitIndexes(1000, 0.2, classes)[1]).toEqual(validation);
  // A class with a single example stays in the training set.
  expect([...splitIndexes(5, 0.5, [0, 0, 0, 0, 1])[0]]).toContain(4);
});
