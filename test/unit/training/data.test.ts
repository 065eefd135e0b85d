import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork, type DataSource } from '../../../src/experiment/network/index.js';
import { parseCsv } from '../../../src/training/data/csvParse.js';
import { readAll } from '../../../src/training/data/arrayFile.js';
import { MemoryBytes, unpacked } from '../../../src/training/data/bytes.js';
import { openIdx } from '../../../src/training/data/idx.js';
import { loadDataset } from '../../../src/training/data/index.js';
import type { HeldExamples } from '../../../src/training/data/types.js';
import { openNpy } from '../../../src/training/data/npy.js';
import { splitIndexes } from '../../../src/training/data/split.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith données '));
});

function idx(type: number, shape: number[], body: number[] | Buffer): Buffer {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, type, shape.length]);
  shape.forEach((length, i) => head.writeUInt32BE(length, 4 + 4 * i));
  return Buffer.concat([head, Buffer.from(body)]);
}

function npy(
  descr: string,
  shape: string,
  body: Buffer,
  options: { version?: number; fortran?: boolean } = {},
): Buffer {
  const { version = 1, fortran = false } = options;
  const dict = `{'descr': '${descr}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${shape}), }\n`;
  const size = version === 1 ? Buffer.alloc(2) : Buffer.alloc(4);
  if (version === 1) size.writeUInt16LE(dict.length);
  else size.writeUInt32LE(dict.length);
  return Buffer.concat([Buffer.from('\x93NUMPY', 'latin1'), Buffer.from([version, 0]), size, Buffer.from(dict), body]);
}
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
  it('reads bytes, 16-bit, 32-bit and floating-point values, packed or not', async () => {
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
    ['a,b\n"1,2\n3,4\n', /f\.csv:2: a quote .* never closed/],
    ['a,b\n"1"x,2\n', /f\.csv:2: after a closing quote comes "x"/],
  ])('refuses %j with its line', (text, message) => {
    expect(() => parseCsv(text, 'f.csv', ',')).toThrow(message);
  });

  const rows = Array.from({ length: 40 }, (_, i) => `${i},${['red', 'green'][i % 2]},${i % 4 === 0 ? 'yes' : 'no'}`);
  const good = `size,color,label\n${rows.join('\n')}\n`;

  it('standardizes by the training examples alone, makes categories one input each, keeps the classes in proportion', async () => {
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
    await expect(load({ csv: { file: 'bad.csv', target } })).rejects.toThrow(message);
  });

  it('says where it looked for a file that is not there', async () => {
    await expect(load({ csv: { file: 'none.csv', target: 'a' } })).rejects.toThrow(join(folder, 'none.csv'));
  });

  it('refuses bytes that are no UTF-8', async () => {
    await writeFile(join(folder, 'latin.csv'), Buffer.from([0x61, 0x0a, 0xe9, 0x0a]));
    await expect(load({ csv: { file: 'latin.csv', target: 'a' } })).rejects.toThrow(/not UTF-8/);
  });

  it('predicts numbers with mse, in the training targets’ own scale', async () => {
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
  it('loads images and labels, adding the channel', async () => {
    await writeFile(join(folder, 'x.idx'), idx(8, [10, 4, 5], Buffer.alloc(200, 255)));
    await writeFile(join(folder, 'y.npy'), npy('|u1', '10,', Buffer.from([0, 1, 2, 0, 1, 2, 0, 1, 2, 0])));
    await writeFile(join(folder, 'y.idx'), idx(8, [10], [0, 1, 2, 0, 1, 2, 0, 1, 2, 0]));
    const data = await load({ idx: { inputs: 'x.idx', targets: 'y.idx' } }, { validation: 0.3 });
    expect(data).toMatchObject({ inputShape: [4, 5, 1], outputs: 3, classes: ['0', '1', '2'] });
    expect(data.inputScale).toEqual({ factor: 2 / 255, offset: -1 });
    expect(data.train.count + data.validation.count).toBe(10);
  });

  it('refuses different numbers of examples, and values that are no numbers', async () => {
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

it('splits the same way every time, whatever the classes', () => {
  const classes = Array.from({ length: 1000 }, (_, i) => i % 10);
  const [train, validation] = splitIndexes(1000, 0.2, classes);
  expect([train.length, validation.length]).toEqual([800, 200]);
  expect(new Set([...train, ...validation]).size).toBe(1000);
  for (let digit = 0; digit < 10; digit++) expect([...validation].filter((i) => classes[i] === digit)).toHaveLength(20);
  expect(splitIndexes(1000, 0.2, classes)[1]).toEqual(validation);
  // A class with one example stays with the training.
  expect([...splitIndexes(5, 0.5, [0, 0, 0, 0, 1])[0]]).toContain(4);
});
