import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { validateNetwork, type WrittenAugment } from '../../../../src/experiment/network/index.js';
import { buildAugmentation } from '../../../../src/training/augment/index.js';
import { beta } from '../../../../src/training/augment/mixup.js';
import { cpu } from '../../../../src/training/backends/cpu.js';
import type { Dataset, HeldExamples } from '../../../../src/training/data/types.js';
import { Random } from '../../../../src/training/random.js';
import { network, Notes, plane, rings, stripes, training } from '../support.js';

const section = { layers: ['flatten', { dense: 2 }], loss: 'crossEntropy' };
const images = (height: number, width: number, channels = 1): Dataset => ({
  ...rings(4),
  name: 'pictures',
  inputShape: [height, width, channels],
  inputScale: { factor: 2 / 255, offset: -1 },
});
const augmentation = (augment: WrittenAugment, dataset: Dataset) =>
  buildAugmentation(network({ ...section, augment }), dataset)!;

/** Returns one image after augmentation. */
function changed(augment: WrittenAugment, image: number[][], seed = 1): number[][] {
  const [height, width] = [image.length, image[0]!.length];
  const values = Float32Array.from(image.flat());
  augmentation(augment, images(height, width))(values, new Float32Array(2), 1, new Random(seed));
  return Array.from({ length: height }, (_, r) => Array.from(values.slice(r * width, (r + 1) * width)));
}
const counted = (height: number, width: number) =>
  Array.from({ length: height }, (_, r) => Array.from({ length: width }, (_, c) => (r * width + c + 1) / 8));
/** Returns many images of noise after augmentation. */
function many(augment: WrittenAugment, count = 200, size = 12, seed = 1) {
  const random = new Random(5);
  const before = Float32Array.from({ length: count * size * size }, () => 2 * random.uniform() - 1);
  const after = before.slice();
  augmentation(augment, images(size, size))(after, new Float32Array(2 * count), count, new Random(seed));
  return { before, after };
}

describe('images are', () => {
  it('mirrored', () => {
    const image = counted(3, 4);
    expect(changed({ flip: 1 }, image)).toEqual(image.map((row) => row.toReversed()));
    expect(changed({ flip: { vertical: 1 } }, image)).toEqual(image.toReversed());
    const both = new Set(Array.from({ length: 40 }, (_, seed) => String(changed({ flip: 'both' }, image, seed))));
    expect(both.size).toBe(4);
  });

  it('cropped: shifted by whole pixels and filled with black', () => {
    const image = counted(5, 6);
    const seen = new Set<string>();
    for (let seed = 0; seed < 80; seed++) {
      const got = changed({ crop: 1 }, image, seed);
      const moves = [-1, 0, 1].flatMap((down) => [-1, 0, 1].map((right) => [down, right] as const));
      const found = moves.find(
        ([down, right]) =>
          String(got) === String(image.map((row, r) => row.map((_, c) => image[r - down]?.[c - right] ?? -1))),
      );
      expect(found).toBeDefined();
      seen.add(String(found));
    }
    expect(seen.size).toBe(9);
  });

  it('shifted by no more than the limit, without changing the pixels inside', () => {
    const dot = Array.from({ length: 9 }, (_, r) => Array.from({ length: 9 }, (_, c) => (r === 4 && c === 4 ? 1 : -1)));
    const ends: number[] = [];
    for (let seed = 0; seed < 60; seed++) {
      const got = changed({ shift: 2 }, dot, seed);
      let [mass, y, x] = [0, 0, 0];
      got.forEach((row, r) => row.forEach((v, c) => ((mass += v + 1), (y += (v + 1) * r), (x += (v + 1) * c))));
      expect(mass).toBeCloseTo(2, 4);
      ends.push(y / mass - 4, x / mass - 4);
    }
    expect(Math.max(...ends.map(Math.abs))).toBeLessThan(2.001);
    expect(Math.max(...ends)).toBeGreaterThan(1.7);
    expect(Math.min(...ends)).toBeLessThan(-1.7);
  });

  it('turned about the centre', () => {
    const size = 21;
    const bar = Array.from({ length: size }, (_, r) => Array.from({ length: size }, () => (r === 10 ? 1 : -1)));
    const angles: number[] = [];
    for (let seed = 0; seed < 40; seed++) {
      const got = changed({ rotate: 30 }, bar, seed);
      expect(got[10]![10]).toBeCloseTo(1, 5);
      let [xx, xy, yy] = [0, 0, 0];
      got.forEach((row, r) =>
        row.forEach((v, c) => {
          // Only pixels within a circle are compared, because corners move out of the image.
          if ((r - 10) ** 2 + (c - 10) ** 2 > 81) return;
          xx += (v + 1) * (c - 10) ** 2;
          xy += (v + 1) * (c - 10) * (r - 10);
          yy += (v + 1) * (r - 10) ** 2;
        }),
      );
      angles.push((0.5 * Math.atan2(2 * xy, xx - yy) * 180) / Math.PI);
    }
    expect(Math.max(...angles.map(Math.abs))).toBeLessThan(31);
    expect(Math.max(...angles)).toBeGreaterThan(20);
    expect(Math.min(...angles)).toBeLessThan(-20);
  });

  it('made smaller or larger', () => {
    const block = Array.from({ length: 20 }, (_, r) =>
      Array.from({ length: 20 }, (_, c) => (r > 5 && r < 14 && c > 5 && c < 14 ? 1 : -1)),
    );
    const area = (image: number[][]) => image.flat().reduce((sum, v) => sum + (v + 1) / 2, 0) / 64;
    const areas = Array.from({ length: 60 }, (_, seed) => area(changed({ scale: 0.2 }, block, seed)));
    expect(Math.min(...areas)).toBeGreaterThan(0.8 ** 2 - 0.03);
    expect(Math.min(...areas)).toBeLessThan(0.72);
    expect(Math.max(...areas)).toBeLessThan(1.2 ** 2 + 0.03);
    expect(Math.max(...areas)).toBeGreaterThan(1.35);
  });

  it('deformed elastically, with displacements of the requested distance', () => {
    // On a ramp, the value of a pixel reveals its source.
    const ramp = Array.from({ length: 40 }, () => Array.from({ length: 40 }, (_, c) => c));
    let [sum, count, rough] = [0, 0, 0];
    for (let seed = 0; seed < 30; seed++) {
      const got = changed({ elastic: { distance: 1.5, smoothness: 4 }, fill: 'edge' }, ramp, seed);
      for (const row of got) {
        for (let c = 8; c < 32; c++) {
          sum += (row[c]! - c) ** 2;
          rough += (row[c]! - row[c - 1]! - 1) ** 2;
          count++;
        }
      }
    }
    expect(Math.sqrt(sum / count)).toBeGreaterThan(1.3);
    expect(Math.sqrt(sum / count)).toBeLessThan(1.7);
    // A field smoothed by a Gaussian of deviation s changes by 1/(s√2) of its own size per pixel.
    expect(Math.sqrt(rough / sum)).toBeGreaterThan(0.8 / (4 * Math.SQRT2));
    expect(Math.sqrt(rough / sum)).toBeLessThan(1.2 / (4 * Math.SQRT2));
  });

  it('filled from outside as requested', () => {
    const white = Array.from({ length: 6 }, () => Array.from({ length: 6 }, () => 0.5));
    const everything = { shift: 3, rotate: 180, scale: 0.5, crop: 2, elastic: 2 };
    for (let seed = 0; seed < 20; seed++) {
      for (const value of changed({ ...everything, fill: 'edge' }, white, seed).flat()) expect(value).toBeCloseTo(0.5);
      const dark = changed(everything, white, seed).flat();
      expect(Math.min(...dark)).toBeLessThan(0.5);
      expect(Math.min(...dark)).toBeGreaterThanOrEqual(-1);
      expect(Math.max(...dark)).toBeLessThanOrEqual(0.5001);
    }
  });

  it('noisy', () => {
    const { before, after } = many({ noise: 0.3 });
    const noise = Array.from(after, (v, i) => v - before[i]!);
    expect(Math.sqrt(noise.reduce((sum, v) => sum + v * v, 0) / noise.length)).toBeCloseTo(0.3, 2);
    expect(noise.reduce((sum, v) => sum + v, 0) / noise.length).toBeCloseTo(0, 2);
    const neighbours = noise.slice(1).reduce((sum, v, i) => sum + v * noise[i]!, 0) / noise.length / 0.09;
    expect(Math.abs(neighbours)).toBeLessThan(0.03);
  });

  it('darker or brighter, with black staying black', () => {
    const factors = Array.from({ length: 50 }, (_, seed) => {
      const [[black, grey]] = changed({ brightness: 0.4 }, [[-1, 0]], seed) as [[number, number]];
      expect(black).toBeCloseTo(-1, 6);
      return grey + 1;
    });
    expect(Math.min(...factors)).toBeLessThan(0.7);
    expect(Math.min(...factors)).toBeGreaterThanOrEqual(0.6);
    expect(Math.max(...factors)).toBeGreaterThan(1.3);
    expect(Math.max(...factors)).toBeLessThanOrEqual(1.4);
  });

  it('erased in a rectangle, with the requested probability', () => {
    const { before, after } = many({ erase: { probability: 0.25, area: 0.2 } }, 400);
    let erased = 0;
    for (let image = 0; image < 400; image++) {
      const touched = [...Array(144).keys()].filter((i) => after[image * 144 + i] !== before[image * 144 + i]);
      if (touched.length === 0) continue;
      erased++;
      const [rows, columns] = [touched.map((i) => Math.floor(i / 12)), touched.map((i) => i % 12)];
      const sides = [rows, columns].map((at) => Math.max(...at) - Math.min(...at) + 1);
      expect(touched.length).toBe(sides[0]! * sides[1]!);
      expect(touched.length).toBeLessThan(0.3 * 144);
    }
    expect(erased / 400).toBeGreaterThan(0.18);
    expect(erased / 400).toBeLessThan(0.32);
    expect(Math.max(...after)).toBeLessThanOrEqual(1);
  });

  it('of any number of channels, which change together', () => {
    const dataset = images(4, 5, 3);
    const values = Float32Array.from({ length: 60 }, (_, i) => Math.floor(i / 3) / 8 + (i % 3) * 10);
    augmentation({ shift: 1, rotate: 40, elastic: 1, fill: 'edge' }, dataset)(
      values,
      new Float32Array(2),
      1,
      new Random(3),
    );
    for (let i = 0; i < 60; i += 3) {
      expect(values[i + 1]! - values[i]!).toBeCloseTo(10, 4);
      expect(values[i + 2]! - values[i]!).toBeCloseTo(20, 4);
    }
  });

  it('reproducible with the same random numbers only', () => {
    const all: WrittenAugment = {
      shift: 2,
      rotate: 10,
      scale: 0.1,
      flip: 'both',
      crop: 1,
      erase: 0.5,
      noise: 0.1,
      brightness: 0.2,
      elastic: 1,
    };
    const first = many(all, 10).after;
    expect(many(all, 10).after).toEqual(first);
    expect(many(all, 10, 12, 2).after).not.toEqual(first);
    expect(first.every((value) => Number.isFinite(value))).toBe(true);
  });
});

describe('mixup', () => {
  it('mixes inputs and targets by the same shares', () => {
    const mixing = buildAugmentation(network({ ...section, mixup: 1 }), rings(10))!;
    const inputs = Float32Array.from({ length: 60 }, (_, i) => Math.floor(i / 2));
    const targets = inputs.slice();
    mixing(inputs, targets, 30, new Random(2));
    expect(targets).toEqual(inputs);
    expect(Array.from(inputs).filter((value) => !Number.isInteger(value)).length).toBeGreaterThan(40);
    expect(Math.min(...inputs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...inputs)).toBeLessThanOrEqual(29);
  });

  it.each([0.001, 0.2, 1, 8])('draws shares of Beta(α, α) with α = %d', (alpha) => {
    const random = new Random(6);
    const draws = Array.from({ length: 20_000 }, () => beta(alpha, random));
    const mean = draws.reduce((a, b) => a + b) / draws.length;
    const variance = draws.reduce((sum, v) => sum + (v - 0.5) ** 2, 0) / draws.length;
    expect(mean).toBeCloseTo(0.5, 1);
    expect(variance).toBeCloseTo(1 / (4 * (2 * alpha + 1)), 2);
    expect(draws.every((value) => value >= 0 && value <= 1)).toBe(true);
  });
});

describe('training with changed images', () => {
  beforeAll(async () => {
    await cpu.start();
    await tf.setBackend('cpu');
  });
  const augmented = {
    layers: ['flatten', { dense: 2 }],
    loss: 'crossEntropy',
    epochs: 2,
    batchSize: 8,
    augment: { shift: 1, noise: 0.2, flip: 'horizontal' },
    mixup: 0.3,
  };

  it('is deterministic and changes neither the data nor the validation examples', async () => {
    const series: number[][] = [];
    const dataset = stripes(40);
    const before = (dataset.train as HeldExamples).inputs.slice();
    for (const [seed, more] of [
      [1, {}],
      [1, {}],
      [2, {}],
      [1, { augment: null, mixup: 0 }],
    ] as const) {
      const notes = new Notes();
      const run = training(
        { ...augmented, ...more, optimizer: { name: 'sgd', learningRate: 1e-9 } },
        dataset,
        notes,
        seed,
      );
      await run.run();
      series.push(notes.series('loss'), notes.series('val/loss'));
      run.dispose();
    }
    expect(dataset.train.inputs).toEqual(before);
    expect(series[2]).toEqual(series[0]);
    expect(series[4]).not.toEqual(series[0]);
    expect(series[6]).not.toEqual(series[0]);
    expect(series[7]!.at(-1)).toBeCloseTo(series[1]!.at(-1)!, 5);
  });

  it.each([
    [
      { augment: { shift: 1 } },
      rings(10),
      /augment is for images .* example of rings is 2: remove "augment", or begin with "- reshape/,
    ],
    [{ augment: { shift: 1 } }, plane(10), /augment is for images/],
    [{ augment: { crop: 9 } }, images(8, 12), /crop: 9 is too much for images of 8×12/],
    [{ augment: { shift: 8 } }, images(8, 12), /shift: 8 is too much/],
    [{ mixup: 0.2, loss: 'hinge' }, rings(10), /loss hinge does not support: use crossEntropy/],
    [{ mixup: 0.2, layers: [{ embedding: { size: 3, width: 2 } }] }, rings(10), /an embedding needs whole ones/],
  ])('refuses %j', (more, dataset, message) => {
    expect(() => buildAugmentation(network({ ...section, ...more }), dataset)).toThrow(message);
  });

  it('is disabled when every magnitude is 0, for any data', () => {
    const augment = { shift: 0, rotate: 0, scale: 0, flip: 0, crop: 0, erase: 0, noise: 0, brightness: 0, elastic: 0 };
    expect(buildAugmentation(network({ ...section, augment, mixup: 0 }), images(4, 4))).toBeNull();
    expect(buildAugmentation(network(section), rings(4))).toBeNull();
  });
});

describe('how it is written', () => {
  const base = { data: 'mnist', ...section };

  it('short and long forms', () => {
    const of = (augment: WrittenAugment) => network({ ...base, augment }).augment!;
    expect(of({}).flip).toEqual({ horizontal: 0, vertical: 0 });
    expect(of({ flip: 'both', elastic: 2, erase: 0.3 })).toMatchObject({
      flip: { horizontal: 0.5, vertical: 0.5 },
      elastic: { distance: 2, smoothness: 4 },
      erase: { probability: 0.3, area: 0.3 },
    });
    expect(
      of({ flip: { vertical: 0.2 }, erase: { area: 0.1 }, elastic: { distance: 1, smoothness: 3 } }),
    ).toMatchObject({
      flip: { horizontal: 0, vertical: 0.2 },
      elastic: { distance: 1, smoothness: 3 },
      erase: { probability: 0.5, area: 0.1 },
    });
  });

  it.each([
    [{ augment: { shft: 1 } }, 'augment.shft: unknown key "shft"; did you mean "shift"?'],
    [{ augment: { scale: 1 } }, 'augment.scale: scale must be below 1'],
    [{ augment: { rotate: 200 } }, 'augment.rotate: rotate must be at most 180 degrees'],
    [{ augment: { flip: 'horizontl' } }, 'augment.flip: unknown flip "horizontl"; did you mean "horizontal"?'],
    [{ augment: { flip: 2 } }, 'augment.flip: flip must be at most 1'],
    [{ augment: { elastic: { distance: -1 } } }, 'augment.elastic.distance: distance must be at least 0'],
    [{ augment: 3 }, 'augment: augment must be a group of settings, such as { shift: 2, rotate: 10, scale: 0.1 }'],
    [{ mixup: -1 }, 'mixup: mixup must be at least 0'],
  ])('%j', (more, message) => {
    const problems = validateNetwork({ ...base, ...more }).problems!;
    expect(problems.map(({ path, message: text }) => `${path.join('.')}: ${text}`)).toEqual([message]);
  });
});

describe('pixels of a table that "reshape" makes images', () => {
  /** Two images of 2×3 pixels, standardized by columns. */
  const table = (most: number): Dataset & { train: HeldExamples } => {
    const pixels = [0, 1, 2, 3, 4, 5, 5, 4, 3, 2, 1, 0].map((value) => (value * most) / 5);
    const scales = Array.from({ length: 6 }, (_, i) => ({ mean: (i * most) / 10, deviation: most / (i + 2) }));
    const inputs = Float32Array.from(pixels, (value, i) => (value - scales[i % 6]!.mean) / scales[i % 6]!.deviation);
    const part = { count: 2, inputs, targets: Int32Array.of(0, 1) };
    const columns = scales.map((scale, i) => ({ name: `p${i}`, kind: 'number', ...scale }));
    return {
      ...rings(2),
      name: 'pixels.csv',
      inputShape: [6],
      train: part,
      validation: part,
      preparation: { columns },
    };
  };
  const layers = [{ reshape: [2, 3, 1] }, 'flatten', { dense: 2 }];
  const raw = (inputs: Float32Array, { preparation }: Dataset) =>
    Array.from(inputs, (value, i) => {
      const { mean, deviation } = (preparation.columns as { mean: number; deviation: number }[])[i % 6]!;
      return value * deviation + mean;
    });

  it.each([1, 255])('are mirrored as pixels, in their columns’ own scales: up to %i', (most) => {
    const data = table(most);
    const change = buildAugmentation(network({ ...section, layers, augment: { flip: { horizontal: 1 } } }), data)!;
    const inputs = data.train.inputs.slice() as Float32Array;
    change(inputs, new Float32Array(4), 2, new Random(1));
    const wanted = [2, 1, 0, 5, 4, 3, 3, 4, 5, 0, 1, 2].map((value) => (value * most) / 5);
    raw(inputs, data).forEach((value, i) => expect(value).toBeCloseTo(wanted[i]!, 3));
  });

  it('what moves in from outside is black', () => {
    const data = table(255);
    const change = buildAugmentation(network({ ...section, layers, augment: { shift: 1 } }), data)!;
    const inputs = new Float32Array(6 * 50);
    for (let i = 0; i < 50; i++) inputs.set(data.train.inputs.subarray(0, 6), 6 * i);
    change(inputs, new Float32Array(100), 50, new Random(1));
    const values = raw(inputs, data);
    expect(Math.min(...values)).toBeGreaterThan(-0.01);
    expect(Math.max(...values)).toBeLessThan(255.01);
  });

  it.each([
    [
      [{ kind: 'category', name: 'kind', categories: ['a', 'b', 'c', 'd', 'e', 'f'] }],
      /column "kind" of pixels\.csv is not a pixel/,
    ],
    [null, /augment is for images/],
  ])('refuses a table without such pixels', (columns, message) => {
    const data = { ...table(1), ...(columns && { preparation: { columns } }) };
    const own = columns ? layers : [{ dense: 2 }];
    expect(() => buildAugmentation(network({ ...section, layers: own, augment: { shift: 1 } }), data)).toThrow(message);
  });
});
