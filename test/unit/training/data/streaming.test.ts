import { mkdtemp, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork, type DataSource } from '../../../../src/experiment/network/index.js';
import { Feed, type BatchValues } from '../../../../src/training/loop/batches.js';
import { loadDataset } from '../../../../src/training/data/index.js';
import type { Dataset, Examples, InputReader } from '../../../../src/training/data/types.js';
import { Random } from '../../../../src/training/random.js';
import { idx, npy, zip } from './dataFiles.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith поток 流 '));
});
afterAll(() => rm(folder, { recursive: true }));

async function load(data: unknown, loss = 'crossEntropy'): Promise<Dataset> {
  const { network, problems } = validateNetwork({ data, layers: [{ dense: 2 }], loss });
  if (!network) throw new Error(problems[0]!.message);
  return loadDataset(network.data as DataSource, {
    folder,
    validation: 0.25,
    loss: network.loss.name,
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
}

async function batches(dataset: Dataset, examples: Examples, size: number): Promise<BatchValues[]> {
  const order = new Random(3).shuffle(Int32Array.from({ length: examples.count }, (_, i) => i));
  const feed = new Feed(dataset, examples, order, size);
  const result: BatchValues[] = [];
  for (let from = 0; from < order.length; from += size)
    result.push(await feed.batch(from, Math.min(from + size, order.length)));
  return result;
}

const random = new Random(5);
const COUNT = 203;
const labels = Uint8Array.from({ length: COUNT }, (_, i) => i % 3);

async function write(name: string, bytes: Uint8Array | string): Promise<string> {
  await writeFile(join(folder, name), bytes);
  return name;
}

describe('a data set larger than memory gives the same batches', () => {
  const bytes = Buffer.from(Uint8Array.from({ length: COUNT * 12 }, () => random.bits() & 255));
  const doubles = Float64Array.from({ length: COUNT * 12 }, () => random.normal());
  const bigEndian = Buffer.alloc(doubles.length * 4);
  doubles.forEach((value, i) => bigEndian.writeFloatBE(value, 4 * i));
  const targets = npy('|u1', `${COUNT},`, Buffer.from(labels));
  const words = (i: number) => ['красный', 'a, "b"', 'two\r\nlines', '绿色'][i % 4]!.replaceAll('"', '""');
  // There are more rows than are read at once.
  const rows = Array.from(
    { length: 6000 },
    (_, i) => `${i % 97}.5${'0'.repeat(180)},"${words(i)}",${i % 7},${['да', 'нет'][i % 2]}`,
  );

  it.each([
    ['IDX', { idx: { inputs: 'a.idx', targets: 'b.idx' } }],
    ['IDX, standardized', { idx: { inputs: 'a.idx', targets: 'b.idx', scale: 'standardize' } }],
    ['NPY of doubles', { npy: { inputs: 'd.npy', targets: 'b.npy', limit: 100 } }],
    ['NPY, big-endian', { npy: { inputs: 'big.npy', targets: 'b.npy', scale: 'standardize' } }],
    ['NPZ', { npz: { file: 'c.npz', inputs: 'x', targets: 'y' } }],
    [
      'NPZ with validation',
      { npz: { file: 'c.npz', inputs: 'x', targets: 'y', validation: { inputs: 'x', targets: 'y' } } },
    ],
    ['CSV', { csv: { file: 'e.csv', target: 'ответ' } }],
    ['CSV, numbers to predict', { csv: { file: 'e.csv', target: 'size', validation: 'e.csv' } }, 'mse'],
  ])('%s', async (_, data, loss = 'crossEntropy') => {
    await write('a.idx', idx(8, [COUNT, 3, 4], bytes));
    await write('b.idx', idx(8, [COUNT], Buffer.from(labels)));
    await write('d.npy', npy('<f8', `${COUNT}, 3, 4`, Buffer.from(doubles.buffer)));
    await write('big.npy', npy('>f4', `${COUNT}, 12`, bigEndian));
    await write('b.npy', targets);
    await write('c.npz', zip({ 'x.npy': npy('|u1', `${COUNT}, 12`, bytes), 'y.npy': targets }));
    await write('e.csv', `\uFEFFsize,colour,day,ответ\r\n${rows.join('\r\n')}\r\n`);
    const [kind, settings] = Object.entries(data)[0]!;
    const held = await load(data, loss);
    const read = await load({ [kind]: { ...settings, memory: '2KB' } }, loss);
    for (const part of ['train', 'validation'] as const) {
      expect(ArrayBuffer.isView(held[part].inputs)).toBe(true);
      expect(ArrayBuffer.isView(read[part].inputs)).toBe(false);
      const [one, other] = [await batches(held, held[part], 64), await batches(read, read[part], 64)];
      expect(one.length).toBe(other.length);
      one.forEach((batch, i) => {
        expect(Buffer.compare(Buffer.from(batch.inputs.buffer), Buffer.from(other[i]!.inputs.buffer))).toBe(0);
        expect(batch.targets).toEqual(other[i]!.targets);
      });
    }
    expect({ ...read, train: 0, validation: 0 }).toEqual({ ...held, train: 0, validation: 0 });
  });
});

describe('memory', () => {
  it('stays within bounds whatever the size of the file', async () => {
    const [count, side] = [3000, 128];
    const head = idx(8, [count, side, side], []);
    // The file is sparse: its zeros take no space on disk.
    await truncate(join(folder, await write('large.idx', head)), head.length + count * side * side);
    await write('large-labels.idx', idx(8, [count], Buffer.from(Uint8Array.from({ length: count }, (_, i) => i % 2))));
    const files = { inputs: 'large.idx', targets: 'large-labels.idx' };
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // Other threads free collected memory, a little later on a busy machine.
    const used = async (enough: number, most = 100) => {
      let least = Infinity;
      for (let tries = 0; tries < most && least > enough; tries++) {
        collect();
        await sleep(tries);
        least = Math.min(least, process.memoryUsage().arrayBuffers);
      }
      return least;
    };
    const before = await used(0, 8);
    const dataset = await load({ idx: { ...files, memory: '4MB', scale: 'standardize' } });
    const order = new Random(1).shuffle(Int32Array.from({ length: dataset.train.count }, (_, i) => i));
    const feed = new Feed(dataset, dataset.train, order, 10);
    let most = 0;
    for (let from = 0; from < 600; from += 10) {
      await feed.batch(from, from + 10);
      if (from % 50 === 0) most = Math.max(most, (await used(before + 12e6)) - before);
    }
    // The file has 49 MB; a batch 0.16 MB, and four times that as the network sees it.
    expect(most).toBeLessThan(12e6);
  });

  it.each([
    [
      'packed files',
      { idx: { inputs: 'z.idx.gz', targets: 'z.idx.gz' } },
      /z\.idx\.gz takes more than 100 KB when unpacked/,
    ],
    [
      'packed arrays',
      { npz: { file: 'z.npz', inputs: 'x', targets: 'x' } },
      /z\.npz: array "x" takes 1 MB when unpacked, more than 100 KB: save the archive with numpy\.savez/,
    ],
    [
      "arrays in Fortran's order",
      { npy: { inputs: 'f.npy', targets: 't.npy' } },
      /f\.npy takes 1 MB, more than 100 KB; arrays in Fortran's order/,
    ],
  ])('is not filled by %s', async (_, data, message) => {
    const zeros = Buffer.alloc(1e6);
    await write('z.idx.gz', gzipSync(idx(8, [1000, 1000], zeros)));
    await write('z.npz', zip({ 'x.npy': npy('|u1', '1000, 1000', zeros) }, { packed: true }));
    await write('f.npy', npy('|u1', '1000, 1000', zeros, { fortran: true }));
    await write('t.npy', npy('|u1', '1000,', Buffer.alloc(1000)));
    const [kind, settings] = Object.entries(data)[0]!;
    await expect(load({ [kind]: { ...settings, memory: '100KB' } })).rejects.toThrow(message);
  });
});

describe('reading ahead', () => {
  const dataset = async () =>
    load({
      npy: {
        inputs: await write('n.npy', npy('<f4', '40, 2', Buffer.alloc(320))),
        targets: await write('m.npy', npy('|u1', '40,', Buffer.from(labels.subarray(0, 40)))),
      },
    });
  function spied(read: InputReader['read']): InputReader {
    return { width: 2, exampleBytes: 8, make: (n) => new Float32Array(2 * n), read };
  }
  const order = Int32Array.from({ length: 30 }, (_, i) => i);

  it('starts on the next batch before it is requested, and on no more than one', async () => {
    const begun: number[] = [];
    const reader = spied((indexes) => {
      begun.push(indexes[0]!);
      return Promise.resolve(new Float32Array(2 * indexes.length));
    });
    const data = await dataset();
    const feed = new Feed(data, { ...data.train, inputs: reader }, order, 12);
    await feed.batch(0, 12);
    expect(begun).toEqual([0, 12]);
    expect((await feed.batch(12, 24)).count).toBe(12);
    expect((await feed.batch(24, 30)).count).toBe(6);
    expect(begun).toEqual([0, 12, 24]);
  });

  it('reports damage with the batch that contains it', async () => {
    const reader = spied((indexes) =>
      indexes[0] === 12 ? Promise.reject(new Error('damaged')) : Promise.resolve(new Float32Array(24)),
    );
    const data = await dataset();
    const feed = new Feed(data, { ...data.train, inputs: reader }, order, 12);
    await feed.batch(0, 12);
    await turn();
    await expect(feed.batch(12, 24)).rejects.toThrow('damaged');
  });

  it('names the place where a file was truncated meanwhile, and the example that is NaN', async () => {
    const values = new Float32Array(80);
    values[2 * 7 + 1] = NaN;
    const name = await write('cut.npy', npy('<f4', '40, 2', Buffer.from(values.buffer)));
    const data = await load({ npy: { inputs: name, targets: 'm.npy', memory: '0.1KB' } });
    await expect(batches(data, data.train, 40)).rejects.toThrow(
      /cut\.npy: example 7 \(from 0\) holds NaN \(byte \d+\)/,
    );
    await truncate(join(folder, name), (await stat(join(folder, name))).size - 100);
    await expect(batches(data, data.train, 40)).rejects.toThrow(/cut\.npy ends at byte \d+: it was cut short/);
  });
});
