/** WebP, GIF and CMYK JPEG files, compared with Pillow (reference/formats.py). */
import { inEnglish } from '../../../../src/format/said.js';
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../src/training/data/images/decode.js';
import { listImages } from '../../../../src/training/data/images/list.js';
import { TrainingError } from '../../../../src/training/errors.js';
import { Random } from '../../../../src/training/random.js';

const reference = JSON.parse(await readFile(join(import.meta.dirname, '../reference/formats.json'), 'utf8')) as {
  files: Record<string, string>;
  results: Record<string, { size: [number, number]; rgba: number[] }>;
};
const fileOf = (name: string) => Buffer.from(reference.files[name]!, 'base64');

describe('decodes as Pillow does', () => {
  it.each([
    ['lossless.webp', 0],
    ['lossy.webp', 3],
    ['alpha.webp', 0],
    ['palette.gif', 0],
    ['interlaced.gif', 0],
    ['animated.gif', 0],
    ['cmyk.jpg', 6],
  ])('%s, within %i', async (name, tolerance) => {
    const { width, height, rgba, channels } = await decodeImage(fileOf(name), name);
    const wanted = reference.results[name]!;
    expect([height, width, channels]).toEqual([...wanted.size, 3]);
    expect(rgba).toHaveLength(wanted.rgba.length);
    const worst = wanted.rgba.reduce((most, value, i) => {
      // The colour of a transparent pixel does not count.
      const seen = i % 4 === 3 || wanted.rgba[i - (i % 4) + 3]! > 0;
      return seen ? Math.max(most, Math.abs(value - rgba[i]!)) : most;
    }, 0);
    expect(worst).toBeLessThanOrEqual(tolerance);
  });
});

it.each(Object.keys(reference.files))(
  '%s, cut short or with changed bytes, gives pixels or an error with its name',
  async (name) => {
    const whole = fileOf(name);
    const random = new Random(4);
    for (let i = 0; i < 60; i++) {
      const bytes = Buffer.from(whole.subarray(0, i % 2 ? whole.length : Math.floor(random.uniform() * whole.length)));
      if (i % 2) for (let j = 0; j < 4; j++) bytes[Math.floor(random.uniform() * bytes.length)] = random.bits() & 255;
      const decoded = await decodeImage(bytes, name).catch((error: unknown) => error as Error);
      if (decoded instanceof Error) {
        expect(decoded).toBeInstanceOf(TrainingError);
        expect(decoded.message).toContain(name);
      } else {
        expect(decoded.rgba).toHaveLength(4 * decoded.width * decoded.height);
      }
    }
  },
);

it('an animated WebP file is refused with what to do', async () => {
  await expect(decodeImage(fileOf('animated.webp'), 'a.webp')).rejects.toThrow(
    /a\.webp is animated: save one picture of it/,
  );
});

it('a folder lists them all, and names the files it leaves out', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tunesmith formats '));
  for (const name of ['a', 'b']) {
    await mkdir(join(folder, 'set', name), { recursive: true });
    for (const file of ['1.WEBP', '2.gif', '3.jpg', '4.bmp']) await writeFile(join(folder, 'set', name, file), 'x');
  }
  const { files, notes } = await listImages(folder, 'set', null);
  expect(files).toHaveLength(6);
  expect(notes.map(inEnglish)).toEqual(['set: skipped all but PNG, JPEG, WebP and GIF files: 2 .bmp']);
});
