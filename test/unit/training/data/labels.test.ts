/** Text labels and one-hot targets in NPY files. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadDataset } from '../../../../src/training/data/index.js';
import { prepare } from '../../../../src/training/data/prepared.js';
import { network } from '../support.js';
import { npy } from './dataFiles.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tunesmith labels '));
  await writeFile(join(folder, 'x.npy'), npy('<f4', '20, 2', floats(Array.from({ length: 40 }, (_, i) => i))));
});

const floats = (values: number[]) => Buffer.from(Float32Array.from(values).buffer);
const LABELS = Array.from({ length: 20 }, (_, i) => ['grün', 'blau', '🙂x'][i % 3]!);

/** NumPy pads text with zeros to the length of the longest. */
function utf32(texts: string[], length: number, big = false): Buffer {
  const bytes = Buffer.alloc(4 * length * texts.length);
  texts.forEach((text, i) =>
    [...text].forEach((letter, j) => {
      const at = 4 * (i * length + j);
      if (big) bytes.writeUInt32BE(letter.codePointAt(0)!, at);
      else bytes.writeUInt32LE(letter.codePointAt(0)!, at);
    }),
  );
  return bytes;
}

async function load(targets: Buffer, more: Record<string, unknown> = {}) {
  await writeFile(join(folder, 'y.npy'), targets);
  const { data } = network({
    data: { npy: { inputs: 'x.npy', targets: 'y.npy', ...more } },
    layers: ['flatten'],
    loss: 'crossEntropy',
  });
  const options = { folder, validation: null, loss: 'crossEntropy' as const, signal: new AbortController().signal };
  return loadDataset(data, { ...options, onProgress: () => undefined });
}

/** Class names by the first number of each example, which is 2i. */
const named = ({ train, validation, classes }: Awaited<ReturnType<typeof load>>) =>
  Object.fromEntries(
    [train, validation].flatMap(({ inputs, targets }) =>
      Array.from(targets, (code, i) => [(inputs as Float32Array)[2 * i]! / 2, classes![code]!]),
    ),
  );

describe('text labels', () => {
  it.each([
    ['UTF-32', npy('<U5', '20,', utf32(LABELS, 5))],
    ['UTF-32, big-endian', npy('>U5', '20,', utf32(LABELS, 5, true))],
    [
      'bytes',
      npy(
        '|S6',
        '20, 1',
        Buffer.concat(LABELS.map((text) => Buffer.concat([Buffer.from(text), Buffer.alloc(6)]).subarray(0, 6))),
      ),
    ],
  ])('%s', async (_, targets) => {
    const data = await load(targets);
    expect(data.classes).toEqual(['blau', 'grün', '🙂x']);
    expect(named(data)).toEqual({ ...LABELS });
  });

  it('of the validation file are those of the training file', async () => {
    await writeFile(join(folder, 'xv.npy'), npy('<f4', '2, 2', floats([0, 0, 2, 2])));
    await writeFile(join(folder, 'yv.npy'), npy('<U4', '2,', utf32(['grün', 'blau'], 4)));
    const validation = { inputs: 'xv.npy', targets: 'yv.npy' };
    const data = await load(npy('<U5', '20,', utf32(LABELS, 5)), { validation });
    expect([...data.validation.targets]).toEqual([1, 0]);
    await writeFile(join(folder, 'yv.npy'), npy('<U4', '2,', utf32(['grün', 'rot'], 4)));
    await expect(load(npy('<U5', '20,', utf32(LABELS, 5)), { validation })).rejects.toThrow(
      /yv\.npy: example 1 \(from 0\): class "rot" is not among/,
    );
  });

  it('are not inputs', async () => {
    await writeFile(join(folder, 't.npy'), npy('<U5', '20,', utf32(LABELS, 5)));
    await expect(load(npy('<i4', '20,', Buffer.alloc(80)), { inputs: 't.npy' })).rejects.toThrow(
      /t\.npy holds text: inputs must be numbers/,
    );
  });

  it('of a file to evaluate on are found by name', async () => {
    const data = await load(npy('<U5', '20,', utf32(LABELS, 5)));
    await writeFile(
      join(folder, 'other.npy'),
      npy(
        '<U4',
        '20,',
        utf32(
          LABELS.map(() => 'grün'),
          4,
        ),
      ),
    );
    const saved = { network: network({ layers: ['flatten'], loss: 'crossEntropy' }), data, weights: [] };
    const given = await prepare(saved, ['x.npy', 'other.npy'], { folder, needTargets: true });
    expect(new Set(given.examples.targets)).toEqual(new Set([1]));
    await given.close();
  });
});

describe('one-hot targets', () => {
  const rows = (of: (i: number, j: number) => number) =>
    npy('<f4', '20, 3', floats(Array.from({ length: 60 }, (_, k) => of(Math.floor(k / 3), k % 3))));

  it('become classes, in memory and for evaluation', async () => {
    const targets = rows((i, j) => (j === i % 2 ? 1 : 0));
    const data = await load(targets);
    expect(data.classes).toEqual(['0', '1', '2']);
    expect(named(data)).toEqual({ ...Array.from({ length: 20 }, (_, i) => String(i % 2)) });
    const saved = { network: network({ layers: ['flatten'], loss: 'crossEntropy' }), data, weights: [] };
    const given = await prepare(saved, ['x.npy', 'y.npy'], { folder, needTargets: true });
    expect([...given.examples.targets].slice(0, 4)).toEqual([0, 1, 0, 1]);
    await given.close();
  });

  it.each([
    ['two classes at once', rows((_, j) => (j < 2 ? 1 : 0))],
    ['none', rows(() => 0)],
    ['shares', rows((_, j) => (j === 0 ? 0.5 : 0.25))],
  ])('refuses %s', async (_, targets) => {
    await expect(load(targets)).rejects.toThrow(
      /y\.npy: targets of classes must be one index per example, or one-hot rows: a single 1 among 2 zeros/,
    );
  });
});
