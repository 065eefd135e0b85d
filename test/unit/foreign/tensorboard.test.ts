import {
  appendFileSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import * as path from 'node:path';
import { describe, expect, test } from 'vitest';
import { crc32c, mask } from '../../../src/foreign/crc32c.js';
import { NotRealError } from '../../../src/files/real.js';
import type { Place } from '../../../src/foreign/types.js';
import { copyOf, fixture, readWhole, runsIn } from './support.js';

const one = (folder: string) => {
  const runs = runsIn(folder);
  expect(runs).toHaveLength(1);
  return runs[0]!;
};
const eventFile = (folder: string): string =>
  path.join(
    folder,
    readdirSync(folder).find((name) => name.includes('tfevents'))!,
  );

describe('what SummaryWriter writes', () => {
  test('one run with scalars, media and hyperparameters; folders of add_scalars and add_hparams are parts of it', () => {
    const run = one(fixture('tensorboardx'));
    expect(run).toMatchObject({ format: 'tensorboard', name: 'exp1' });
    const { found } = readWhole(run);
    expect(found.of('train/loss')).toEqual([1, 1 / 2, 1 / 3, 1 / 4, 1 / 5].map(Math.fround));
    expect(found.of('odd')).toEqual([NaN, Infinity]);
    expect(found.scalars).toContainEqual(['odd', Infinity, -3]);
    expect(found.scalars).toContainEqual(['both/a/both', 1.5, 4]);
    expect(found.scalars).toContainEqual(['hparam/acc', 0.5, null].with(2, expect.any(Number)));
    expect(found.allParams).toEqual({ lr: 0.1, layers: 3, opt: 'adam', bias: true });
    expect(found.allMedia.map(({ name, mime, step }) => ({ name, mime, step }))).toEqual([
      { name: 'picture', mime: 'image/png', step: 1 },
      { name: 'weights', mime: 'application/vnd.tunesmith.histogram+json', step: 2 },
      { name: 'note/text_summary', mime: 'text/plain', step: 3 },
    ]);
    const histogram = JSON.parse(String(Buffer.from(found.allMedia[1]!.bytes))) as {
      counts: number[];
      edges: number[];
    };
    expect(histogram.counts.reduce((sum, count) => sum + count)).toBe(4);
    expect([histogram.edges[0], histogram.edges.at(-1)]).toEqual([-1, 2]);
    expect(String(Buffer.from(found.allMedia[2]!.bytes))).toBe('a *text*');
    expect(found.warnings).toEqual([]);
  });
});

describe('what TensorFlow 2 and Keras write', () => {
  test('train and validation are one run, and only the first event of a tag names its plugin', () => {
    const run = one(fixture('tensorboard2'));
    const { found } = readWhole(run);
    expect(run.name).toBe('fit');
    expect(found.of('train/epoch_loss')).toEqual([0.5, 0.25]);
    expect(found.of('validation/epoch_loss')).toEqual([0.75, 0.5]);
    expect(found.of('train/doubles')).toEqual([1e300]);
    expect(found.allParams).toEqual({ units: 16, dropout: 0.1, act: 'relu', bias: false });
    expect(found.allMedia.map(({ name, mime }) => [name, mime])).toEqual([
      ['train/weights', 'application/vnd.tunesmith.histogram+json'],
      ['train/picture', 'image/png'],
      ['train/note', 'text/plain'],
    ]);
    expect(JSON.parse(String(Buffer.from(found.allMedia[0]!.bytes)))).toEqual({ counts: [3, 1], edges: [0, 1, 2] });
    expect(found.known.endedAt).toBeGreaterThan(1.7e12);
  });

  test('reading on knows the plugins of earlier events', () => {
    const folder = copyOf('tensorboard2/fit/validation');
    const file = eventFile(folder);
    const all = readFileSync(file);
    writeFileSync(file, all.subarray(0, all.length - 10));
    const first = readWhole(one(folder));
    writeFileSync(file, all);
    const second = readWhole(one(folder), JSON.parse(JSON.stringify(first.place)) as Place);
    expect([first.found.of('epoch_loss'), second.found.of('epoch_loss')]).toEqual([[0.75], [0.5]]);
  });
});

test('a file that is cut anywhere gives its intact part, and the rest later', () => {
  const folder = copyOf('tensorboardx/exp1/1700000000.5');
  const file = eventFile(folder);
  const all = readFileSync(file);
  const run = one(folder);
  const whole = readWhole(run).found;
  for (let length = 0; length < all.length; length++) {
    writeFileSync(file, all.subarray(0, length));
    const first = readWhole(run);
    expect(first.found.warnings).toEqual([]);
    appendFileSync(file, all.subarray(length));
    const second = readWhole(run, first.place);
    expect([...first.found.scalars, ...second.found.scalars]).toEqual(whole.scalars);
    expect({ ...first.found.allParams, ...second.found.allParams }).toEqual(whole.allParams);
  }
});

test('any changed byte costs at most the record it is in', () => {
  const folder = copyOf('tensorboardx/exp1');
  const file = eventFile(folder);
  const all = readFileSync(file);
  const run = one(folder);
  const whole = readWhole(run).found;
  for (let at = 0; at < 1200; at++) {
    const changed = Buffer.from(all);
    changed[at]! ^= 0x41;
    writeFileSync(file, changed);
    const { found } = readWhole(run);
    expect(found.warnings).toHaveLength(1);
    expect(found.scalars.length).toBeGreaterThanOrEqual(whole.scalars.length - 1);
  }
});

describe('lengths that lie', () => {
  const header = (length: bigint): Buffer => {
    const bytes = Buffer.alloc(12);
    bytes.writeBigUInt64LE(length);
    bytes.writeUInt32LE(mask(crc32c(bytes, 0, 8)), 8);
    return bytes;
  };
  test.each([2n ** 64n - 1n, 2n ** 53n, 2n ** 40n, 2n ** 31n])('%s bytes are waited for without memory', (length) => {
    const folder = copyOf('tensorboardx/exp1/1700000000.5');
    const file = eventFile(folder);
    appendFileSync(file, header(length));
    const before = process.memoryUsage().rss;
    const { found } = readWhole(one(folder));
    expect(found.scalars).toHaveLength(1);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  test('a record too large to be looked at is passed over', () => {
    const folder = copyOf('tensorboardx/exp1/1700000000.5');
    const file = eventFile(folder);
    const all = readFileSync(file);
    const length = 65 * 2 ** 20;
    appendFileSync(file, header(BigInt(length)));
    truncateSync(file, all.length + 12 + length + 4);
    appendFileSync(file, all);
    const { found } = readWhole(one(folder));
    expect(found.scalars).toHaveLength(2);
    expect(found.warnings).toEqual([expect.stringContaining('1 records of more than 64 MiB')]);
  });

  test('zeros at the end are waited for', () => {
    const folder = copyOf('tensorboardx/exp1/1700000000.5');
    const file = eventFile(folder);
    const all = readFileSync(file);
    writeFileSync(file, Buffer.concat([all, Buffer.alloc(5000)]));
    const { found, place } = readWhole(one(folder));
    expect(found.warnings).toEqual([]);
    writeFileSync(file, Buffer.concat([all, all]));
    expect(readWhole(one(folder), place).found.scalars).toHaveLength(1);
  });
});

test('a link to an event file is not followed, also when it takes the place of a file', () => {
  const folder = copyOf('tensorboardx/exp1/1700000000.5');
  const file = eventFile(folder);
  const run = one(folder);
  renameSync(file, `${folder}/kept`);
  symlinkSync(`${folder}/kept`, file);
  expect(runsIn(folder)).toEqual([]);
  expect(() => readWhole(run)).toThrow(NotRealError);
});

test('the CRC is that of RFC 3720', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.from('6789'), 0, 4, crc32c(Buffer.from('12345')))).toBe(0xe3069283);
});
