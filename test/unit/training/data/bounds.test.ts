/** Files whose headers promise one thing and hold another must cost no more than they honestly say. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';
import { validateNetwork, type DataSource } from '../../../../src/experiment/network/index.js';
import { loadModelFile } from '../../../../src/training/checkpoints/checkpoint.js';
import { loadDataset } from '../../../../src/training/data/index.js';
import { readTarball } from '../../../../src/training/files/tar.js';
import { idx, npy, zip } from './dataFiles.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith-bounds-'));
});

async function refusal(data: object, files: Record<string, Buffer | string>): Promise<string> {
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
  const { network, problems } = validateNetwork({ data, layers: [{ dense: 2 }], loss: 'crossEntropy' });
  if (!network) throw new Error(problems[0]!.message);
  const loading = loadDataset(network.data as DataSource, {
    folder,
    validation: null,
    loss: 'crossEntropy',
    signal: new AbortController().signal,
    onProgress: () => undefined,
  });
  return loading.then(
    () => 'read',
    (error: Error) => error.message,
  );
}
let seed = 1;
const random = (length: number) =>
  Buffer.from(Uint8Array.from({ length }, () => (seed = (Math.imul(seed, 1103515245) + 12345) >>> 0) >>> 24));
const named = { file: 'a.npz', inputs: 'x', targets: 'y' };
/** Returns 200,000 one-byte examples whose compressed data is damaged far after the header. */
function damaged(): Buffer {
  const archive = zip(
    { 'x.npy': npy('|u1', '200000, 4', random(800_000)), 'y.npy': npy('|u1', '3,', random(3)) },
    { packed: true },
  );
  archive.fill(0xff, 100_000, 101_000);
  return archive;
}

it('NPZ: refuses headers that contradict the size before anything is unpacked', async () => {
  expect(await refusal({ npz: named }, { 'a.npz': damaged() })).toMatch(
    /holds 200000 examples, but .* holds 3 targets/,
  );
  expect(await refusal({ npz: { ...named, targets: 'x' } }, { 'a.npz': damaged() })).toMatch(/array "x" is damaged/);
});

it('NPZ: refuses a size that deflate can’t reach', async () => {
  const archive = zip(
    { 'x.npy': npy('|u1', '4,', random(4)), 'y.npy': npy('|u1', '4,', random(4)) },
    { packed: true, lie: { size: 4e9 } },
  );
  expect(await refusal({ npz: { ...named, memory: '100GB' } }, { 'a.npz': archive })).toMatch(
    /can't hold the 4 GB that it says/,
  );
});

it('NPZ: all arrays of an archive share the memory', async () => {
  const zeros = npy('|u1', '60000,', Buffer.alloc(60_000));
  const archive = zip({ 'x.npy': zeros, 'y.npy': zeros }, { packed: true });
  expect(await refusal({ npz: { ...named, memory: '100KB' } }, { 'a.npz': archive })).toMatch(
    /takes 60.1 KB when unpacked, all arrays together 120 KB, more than 100 KB: save the archive with numpy.savez/,
  );
});

it('gzip: unpacks no more than the header promises', async () => {
  const bomb = Buffer.alloc(30e6);
  const pair = (kind: string) => ({ [kind]: { inputs: 'x.gz', targets: 'y.gz' } });
  const targets = gzipSync(npy('|u1', '4,', random(4)));
  expect(
    await refusal(pair('npy'), {
      'x.gz': gzipSync(Buffer.concat([npy('|u1', '4,', random(4)), bomb])),
      'y.gz': targets,
    }),
  ).toMatch(/x\.gz unpacks to more than the \d+ bytes of which its header speaks/);
  expect(await refusal(pair('idx'), { 'x.gz': gzipSync(idx(8, [4e9, 1000], [1, 2])), 'y.gz': targets })).toMatch(
    /x\.gz takes more than .* when unpacked/,
  );
  expect(await refusal(pair('npy'), { 'x.gz': gzipSync(bomb), 'y.gz': targets })).toMatch(/must begin with \\x93NUMPY/);
});

it('CSV: limits the number of columns', async () => {
  const wide = (count: number) =>
    `${Array.from({ length: count }, (_, i) => `c${i}`).join()}\n${'1,'.repeat(count - 1)}a\n`;
  const csv = { csv: { file: 'a.csv', target: 'none' } };
  expect(await refusal(csv, { 'a.csv': wide(60_000) })).toMatch(/has no column "none"/);
  expect(await refusal(csv, { 'a.csv': ','.repeat(5e6) })).toMatch(/a\.csv:1: a row has more than 65536 columns/);
});

it('safetensors: values must be contiguous', async () => {
  const file = join(folder, 'a.safetensors');
  const write = (header: object, body = 8) => {
    const text = Buffer.from(JSON.stringify(header));
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    return writeFile(file, Buffer.concat([length, text, Buffer.alloc(body)]));
  };
  const at = (from: number, to: number) => ({ dtype: 'F32', shape: [(to - from) / 4], data_offsets: [from, to] });
  await write({ a: at(0, 4), b: at(4, 8) });
  expect((await loadModelFile(file)).weights.map(({ name }) => name)).toEqual(['a', 'b']);
  await write({ a: at(0, 8), b: at(0, 8) });
  await expect(loadModelFile(file)).rejects.toThrow('"b" does not begin where the values before it end');
  await write({ a: at(-4, 4) });
  await expect(loadModelFile(file)).rejects.toThrow('the header of "a" is not a type, a shape and an offset');
  await write({ a: null });
  await expect(loadModelFile(file)).rejects.toThrow('the header of "a" is not a type, a shape and an offset');
});

it('packages: refuses a tarball that unpacks to too much', () => {
  const packed = gzipSync(Buffer.alloc(2 ** 20));
  expect(readTarball(packed, () => true).size).toBe(0);
  expect(() => readTarball(gzipSync(Buffer.alloc(3000)), () => true, 2048)).toThrow(
    /Cannot create a Buffer larger|larger than/,
  );
});
