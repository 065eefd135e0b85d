import { inEnglish } from '../../../../src/format/said.js';
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork, type DataSource } from '../../../../src/experiment/network/index.js';
import { decodeImage } from '../../../../src/training/data/images/decode.js';
import { OwnDecoder, ThreadedDecoder } from '../../../../src/training/data/images/decoder.js';
import { fitImage } from '../../../../src/training/data/images/resize.js';
import { loadDataset } from '../../../../src/training/data/index.js';
import { TrainingError } from '../../../../src/training/errors.js';
import type { HeldExamples } from '../../../../src/training/data/types.js';

interface Reference {
  files: Record<string, string>;
  results: { file: string; size: [number, number]; channels: 1 | 3; background?: 'white'; pixels: number[] }[];
}
const reference = JSON.parse(
  await readFile(join(dirname(fileURLToPath(import.meta.url)), '..', 'reference', 'images.json'), 'utf8'),
) as Reference;
const fileOf = (name: string) => Buffer.from(reference.files[name]!, 'base64');

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith картинки 画像 '));
});
afterAll(() => rm(folder, { recursive: true }));

async function put(path: string, bytes: Uint8Array | string): Promise<void> {
  const file = join(folder, path);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, bytes);
}

async function load(images: Record<string, unknown>, validation: number | null = null) {
  const { network, problems } = validateNetwork({
    data: { images },
    layers: ['flatten', { dense: 2 }],
    loss: 'crossEntropy',
  });
  if (!network) throw new Error(problems[0]!.message);
  const said: string[] = [];
  const {
    train,
    validation: judged,
    ...rest
  } = await loadDataset(network.data as DataSource, {
    folder,
    validation,
    loss: 'crossEntropy',
    signal: new AbortController().signal,
    onProgress: (text) => said.push(text),
  });
  return { ...rest, train: train as HeldExamples, validation: judged as HeldExamples, said };
}

/** One colour. */
function plain(width: number, height: number, [r, g, b, a = 255]: number[], options = {}): Buffer {
  const png = new PNG({ width, height });
  for (let i = 0; i < width * height; i++) png.data.set([r!, g!, b!, a], 4 * i);
  return PNG.sync.write(png, options);
}

describe('pixels', () => {
  it.each(reference.results)('$file as $size with $channels channel(s) has the right pixels', async (result) => {
    const { file, size, channels, background = 'black', pixels } = result;
    const [height, width] = size;
    const fitted = fitImage(
      await decodeImage(fileOf(file), file),
      { height, width, channels },
      { fit: 'stretch', background },
    );
    expect(fitted).toHaveLength(pixels.length);
    // JPEG decoders round differently.
    const most = file.endsWith('.jpg') ? 4 : 1;
    expect(Math.max(...pixels.map((value, i) => Math.abs(value - fitted[i]!)))).toBeLessThanOrEqual(most);
  });

  it('crops to the middle', async () => {
    const png = new PNG({ width: 6, height: 2 });
    for (let i = 0; i < 12; i++) png.data.set([i % 6, 0, 0, 255], 4 * i);
    const pixels = await decodeImage(PNG.sync.write(png), 'wide.png');
    const fitted = fitImage(pixels, { height: 2, width: 2, channels: 3 }, { fit: 'crop', background: 'black' });
    expect([...fitted].filter((_, i) => i % 3 === 0)).toEqual([2, 3, 2, 3]);
  });

  const damaged = (file: string, change: (bytes: Buffer) => Buffer) => change(Buffer.from(fileOf(file)));
  const flipped = (bytes: Buffer, at: number) => {
    bytes[at]! ^= 0xff;
    return bytes;
  };
  const huge = (bytes: Buffer) => {
    bytes.writeUInt32BE(60_000, 16);
    bytes.writeUInt32BE(60_000, 20);
    return bytes;
  };
  it.each([
    [
      'half a PNG',
      damaged('rgb.png', (bytes) => bytes.subarray(0, bytes.length >> 1)),
      /x is damaged: it is cut short/,
    ],
    ['half a JPEG', damaged('rgb.jpg', (bytes) => bytes.subarray(0, bytes.length - 60)), /x is damaged: Premature end/],
    ['a JPEG without pixels', damaged('rgb.jpg', (bytes) => bytes.subarray(0, 180)), /^x /],
    ['a changed byte', damaged('rgb.png', (bytes) => flipped(bytes, bytes.length - 30)), /x is damaged/],
    [
      'a page',
      Buffer.from('<!DOCTYPE html>'),
      /neither PNG, JPEG, WebP nor GIF \(15 bytes, beginning with 3c 21 44 4f\)/,
    ],
    ['an empty file', Buffer.alloc(0), /neither PNG, JPEG, WebP nor GIF \(0 bytes/],
    // Data that our parser skips but the codec reads could hide another image's size.
    [
      'a JPEG with a marker that is none',
      damaged('rgb.jpg', (bytes) =>
        Buffer.concat([bytes.subarray(0, 2), Buffer.from('ff0000040000', 'hex'), bytes.subarray(2)]),
      ),
      /x is cut short or damaged: it has no size/,
    ],
    ['far too many pixels', damaged('rgb.png', huge), /x says it has 60000×60000 pixels/],
  ])('refuses %s', async (_, bytes, message) => {
    await expect(decodeImage(bytes, 'x')).rejects.toThrow(message);
    // The decoder continues with the next image.
    expect((await decodeImage(fileOf('rgb.jpg'), 'y')).width).toBe(14);
  });
});

describe('folders', () => {
  it('makes a class of each subfolder, sorted; skips hidden files, other formats and links out of the folder', async () => {
    for (const [name, colour] of [
      ['pets/Кот 猫', [250, 0, 0]],
      ['pets/a dog', [0, 250, 0]],
    ] as const) {
      for (let i = 0; i < 5; i++) await put(`${name}/${i}.png`, plain(4, 3, [...colour]));
    }
    await put('pets/a dog/deeper/5.PNG', plain(9, 9, [0, 250, 0]));
    await put('pets/a dog/.hidden.png', 'x');
    await put('pets/.git/x.png', 'x');
    await put('pets/readme.txt', 'x');
    await put('outside/secret.png', plain(4, 3, [9, 9, 9]));
    // Links need special rights on Windows.
    const links = process.platform !== 'win32';
    if (links) await symlink(join(folder, 'outside', 'secret.png'), join(folder, 'pets', 'a dog', 'link.png'));
    if (links) await symlink(join(folder, 'outside'), join(folder, 'pets', 'linked'));
    const data = await load({ folder: 'pets' }, 0.2);
    expect(data.classes).toEqual(['a dog', 'Кот 猫']);
    expect(data.inputShape).toEqual([3, 4, 3]);
    expect(data.inputScale).toEqual({ factor: 2 / 255, offset: -1 });
    expect([data.train.count, data.validation.count]).toEqual([9, 2]);
    for (let i = 0; i < 9; i++) {
      const [red, green] = data.train.targets[i] === 1 ? [250, 0] : [0, 250];
      expect([...data.train.inputs.subarray(i * 36, i * 36 + 3)]).toEqual([red, green, 0]);
    }
    expect(data.notes.map(inEnglish)).toEqual([
      expect.stringMatching(links ? /skipped .* 1 \.txt; 2 links/ : /skipped .* 1 \.txt/),
    ]);
    expect(data.preparation).toEqual({ images: { size: [3, 4], channels: 3, fit: 'stretch', background: 'black' } });
  });

  it('recognizes train and val; refuses a class that only val has', async () => {
    for (const part of ['train', 'val'])
      for (const name of ['a', 'b']) await put(`parts/${part}/${name}/1.png`, plain(2, 2, [50, 50, 50]));
    const data = await load({ folder: 'parts', channels: 1, size: 5 });
    expect([data.train.count, data.validation.count, data.inputShape]).toEqual([2, 2, [5, 5, 1]]);
    expect(data.train.inputs.every((value) => value === 50)).toBe(true);
    await put('parts/val/c/1.png', plain(2, 2, [0, 0, 0]));
    await expect(load({ folder: 'parts' })).rejects.toThrow(
      /parts.val.c: class "c" is not among the training examples \(a, b\)/,
    );
  });

  it('returns the same pixels when they exceed the memory, and caches those that fit', async () => {
    for (let i = 0; i < 12; i++) await put(`many/${i % 2 ? 'odd' : 'even'}/${i}.png`, plain(8, 8, [20 * i, 3 * i, 7]));
    const held = await load({ folder: 'many' }, 0.25);
    const { train, said } = await load({ folder: 'many', memory: '1KB' }, 0.25);
    expect(said).toContainEqual(expect.stringMatching(/many takes 2\.3 KB, more than 1 KB/));
    const reader = train.inputs as unknown as { read(indexes: Int32Array): Promise<Uint8Array> };
    for (const order of [Int32Array.of(8, 0, 3), Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8), Int32Array.of(3, 3)]) {
      const values = await reader.read(order);
      order.forEach((index, i) => {
        expect(values.subarray(i * 192, (i + 1) * 192)).toEqual(
          held.train.inputs.subarray(index * 192, (index + 1) * 192),
        );
      });
    }
  });

  it.each([
    ['a folder that is not there', 'none', /image folder none does not exist \(looked for /],
    ['an empty folder', 'empty', /empty must hold a subfolder of images for each class, but has none/],
    ['an empty class', 'hollow', /hollow.b holds no image/],
    ['one class', 'single', /has one only, "a"/],
    ['a file', 'single/a/1.png', /is a file/],
    ['a damaged image', 'broken', /broken.b.1\.jpg is damaged: Premature end/],
  ])('refuses %s and says which', async (_, name, message) => {
    await mkdir(join(folder, 'empty'), { recursive: true });
    await put('hollow/a/1.png', plain(1, 1, [0, 0, 0]));
    await mkdir(join(folder, 'hollow', 'b'), { recursive: true });
    await put('single/a/1.png', plain(1, 1, [0, 0, 0]));
    await put('broken/a/1.jpg', fileOf('rgb.jpg'));
    await put('broken/b/1.jpg', fileOf('rgb.jpg').subarray(0, -60));
    await expect(load({ folder: name })).rejects.toThrow(message);
  });
});

it('decodes in threads as in this one, and reports damage and a thread that ends', async () => {
  const program = join(folder, 'images.cjs');
  await build({
    bundle: true,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
    entryPoints: ['src/training/data/images/worker.ts'],
    outfile: program,
    logOverride: { 'empty-import-meta': 'silent' },
  });
  await copyFile('node_modules/@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm', join(folder, 'mozjpeg_dec.wasm'));
  const names = ['rgb.jpg', 'rgb.png', 'turned.jpg', 'palette.png'];
  for (const name of names) await put(`threads/${name}`, fileOf(name));
  await put('threads/half.jpg', fileOf('rgb.jpg').subarray(0, -60));
  const settings = {
    base: join(folder, 'threads'),
    shape: { height: 7, width: 9, channels: 3 as const },
    fitting: { fit: 'crop' as const, background: 'black' as const },
  };
  const own = new OwnDecoder(settings);
  const threaded = new ThreadedDecoder(settings, program, 2);
  const many = Array.from({ length: 24 }, (_, i) => names[i % 4]!);
  const decoded = await Promise.all(many.map((name) => threaded.read(name)));
  for (const [i, name] of many.entries()) expect(Buffer.compare(decoded[i]!, await own.read(name))).toBe(0);
  await expect(threaded.read('half.jpg')).rejects.toThrow(/half\.jpg is damaged: Premature end/);
  await expect(threaded.read('half.jpg')).rejects.toBeInstanceOf(TrainingError);
  await expect(new ThreadedDecoder(settings, join(folder, 'none.cjs'), 1).read('rgb.png')).rejects.toThrow(/none\.cjs/);
});
