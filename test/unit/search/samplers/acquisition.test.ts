import { describe, expect, it } from 'vitest';
import { logExpectedImprovement, logImprovement, logProbability } from '../../../../src/search/gp/acquisition.js';
import { boxesOf, FrontImprovement } from '../../../../src/search/gp/front.js';
import { fitGp } from '../../../../src/search/gp/index.js';
import type { Landscape } from '../../../../src/search/gp/explore.js';
import { bestWidth, tamed, transformed, WIDTHS } from '../../../../src/search/gp/outputs.js';
import { Feasibility, Improvement, Sum } from '../../../../src/search/gp/terms.js';
import { hypervolume } from '../../../../src/search/pareto/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';

/** z, log(φ + zΦ), its derivative, log Φ, its derivative; computed with sixty digits. */
const VALUES = [
  [5, 1.60943792312643139, 0.19999994053122005, -2.86651612963763593e-7, 1.4867199409049057e-6],
  [1, 0.08002621884930694, 0.77663872520173926, -0.17275377902344989, 0.28759997093917836],
  [0, -0.918938533204672742, 1.2533141373155003, -0.693147180559945309, 0.79788456080286536],
  [-1, -2.48512102571264134, 1.9042712333296918, -1.84102164500926351, 1.5251352761609812],
  [-3.49, -9.70707644583301822, 3.96885603471359, -8.32859854512290843, 3.7419617721715029],
  [-3.51, -9.7866337170184468, 3.9868734959543902, -8.40362637825368681, 3.7608231076342734],
  [-5, -16.7443011626609901, 5.3618162412880885, -15.0649983939887257, 5.1865039671258421],
  [-10, -55.5531220361223559, 10.194383033412553, -53.2312851505124706, 10.098093233962512],
  [-40, -808.29856835661996, 40.049906657648518, -804.608442013753788, 40.024968847207264],
  [-1000, -500014.734452091158, 1000.001999994, -500007.826694812184, 1000.000999998],
  [-1e6, -500000000028.54996, 1000000.000002, -500000000014.734449, 1000000.000001],
] as const;

describe('the acquisition', () => {
  it.each(VALUES)('is accurate at %f, also far into the tail', (z, improvement, by, probability, probabilityBy) => {
    const out = { value: 0, slope: 0 };
    logImprovement(z, out);
    expect(Math.abs(out.value - improvement)).toBeLessThan(1e-12 * Math.max(1, Math.abs(improvement)));
    expect(out.slope / by).toBeCloseTo(1, 10);
    logProbability(z, out);
    expect(Math.abs(out.value - probability)).toBeLessThan(1e-12 * Math.max(1, Math.abs(probability)));
    expect(out.slope / probabilityBy).toBeCloseTo(1, 10);
    expect(logExpectedImprovement(3, 2, 3 + 2 * z)).toBeCloseTo(improvement + Math.log(2), z < -100 ? 3 : 9);
  });
});

const random = createRandom(5);
const n = 8;
const x = Float64Array.from({ length: 2 * n }, () => random.next());
const at = (i: number) => [x[2 * i]!, x[2 * i + 1]!] as const;
const model = (f: (a: number, b: number) => number) => {
  const y = Float64Array.from({ length: n }, (_, i) => f(...at(i)));
  return fitGp({ x, y, kinds: ['ordered', 'ordered'] }).model;
};
const first = model((a, b) => Math.sin(5 * a) + b);
const second = model((a, b) => Math.cos(4 * b) - a * b);
const third = model((a, b) => (a - 0.5) ** 2 + b);

function checkSlope(landscape: Landscape): void {
  const h = 1e-5;
  for (let round = 0; round < 10; round++) {
    const row = Float64Array.of(random.next(), random.next());
    const gradient = new Float64Array(2);
    expect(landscape.slope(row, gradient)).toBe(landscape.value(row));
    for (const j of [0, 1]) {
      const moved = (by: number) => landscape.value(row.map((u, k) => (k === j ? u + by : u)));
      const expected = (moved(h) - moved(-h)) / (2 * h);
      expect(Math.abs(gradient[j]! - expected)).toBeLessThan(1e-4 * (1 + Math.abs(expected)));
    }
  }
}

describe('terms of the acquisition', () => {
  it('counts only the uncertainty that a noisy trial would remove', () => {
    const x = Float64Array.of(0.2, 0.2, 0.2, 0.2, 0.2, 0.2, 0.6, 0.6, 0.9);
    const y = Float64Array.of(-1, 1, -0.9, 0.8, -1.1, 1.2, -0.7, 1.1, 0.9);
    const { model: noisy } = fitGp({ x, y, kinds: ['ordered'], prior: { noise: 0.5, noiseSd: 0.1 } });
    const moments = noisy.newMoments();
    const improvement = new Improvement(noisy, -0.5);
    const lost = [0.2, 0.75].map((at) => {
      noisy.moments(Float64Array.of(at), moments);
      const { mean, variance } = moments;
      const share = 1 - Math.sqrt(noisy.noise / (variance + noisy.noise));
      const value = improvement.value(Float64Array.of(at));
      expect(value).toBeCloseTo(logExpectedImprovement(mean, Math.sqrt(variance), -0.5) + Math.log(share), 9);
      return Math.log(share);
    });
    // Where six trials exist already, one more is worth less.
    expect(lost[0]).toBeLessThan(lost[1]! - 0.2);
  });

  it('have the right gradients', () => {
    checkSlope(new Sum([new Improvement(first, -1), new Feasibility(second, -0.3)]));
    checkSlope(new Sum([new Improvement(first, -1, 1.5)]));
    const front = [
      [-1, 0.5],
      [-0.2, -0.6],
      [0.3, -1],
    ];
    checkSlope(new Sum([new FrontImprovement([first, second], boxesOf(front, [1, 1]))]));
    const deep = [
      [-1, 0.5, 0],
      [-0.2, -0.6, 0.2],
      [0.3, -1, -0.5],
      [0, 0, -1],
    ];
    checkSlope(new Sum([new FrontImprovement([first, second, third], boxesOf(deep, [1, 1, 1]))]));
  });

  it.each([2, 3])('agree with sampling on the hypervolume improvement of %d objectives', (m) => {
    const front =
      m === 2
        ? [
            [-1, 0.5],
            [-0.2, -0.6],
            [0.3, -1],
          ]
        : [
            [-1, 0.5, 0],
            [0.3, -1, -0.5],
            [0, 0, -1],
          ];
    const reference = new Array<number>(m).fill(1.2);
    const models = [first, second, third].slice(0, m);
    const landscape = new FrontImprovement(models, boxesOf(front, reference));
    const before = hypervolume(front, reference);
    for (let round = 0; round < 4; round++) {
      const row = Float64Array.of(random.next(), random.next());
      const moments = models.map((own) => {
        const out = own.newMoments();
        own.moments(row, out);
        return out;
      });
      let sum = 0;
      const samples = 5000;
      for (let i = 0; i < samples; i++) {
        const point = moments.map(({ mean, variance }) => mean + Math.sqrt(variance) * random.normal());
        sum += hypervolume([...front, point], reference) - before;
      }
      const expected = sum / samples;
      const exact = Math.exp(landscape.value(row));
      expect(Math.abs(exact - expected)).toBeLessThan(0.06 * expected + 5e-3);
    }
  });
});

describe('the scale of the losses', () => {
  it('is the logarithm if that makes them smooth, else linear', () => {
    const rows = Float64Array.from({ length: 40 }, (_, i) => (i + 0.5) / 40);
    const choose = (f: (u: number) => number) => {
      const y = rows.map(f);
      const { model: own } = fitGp({ x: rows, y, kinds: ['ordered'] });
      return WIDTHS[bestWidth(y, own, 0.5)];
    };
    expect(choose((u) => Math.sin(6 * u))).toBe(Infinity);
    expect(choose((u) => Math.exp(10 * (u - 0.3) ** 2 + Math.sin(9 * u)))).toBeLessThanOrEqual(1);
  });

  it('keeps the order and accepts any values', () => {
    const values = [3, -Infinity, 5, Infinity, 1e308, -1e308, 4, 4];
    const y = tamed(values);
    expect(y.every(Number.isFinite)).toBe(true);
    for (const width of WIDTHS) {
      const z = transformed(y, width);
      expect(z.every(Number.isFinite)).toBe(true);
      for (const [i, a] of values.entries()) {
        for (const [k, b] of values.entries()) if (a < b) expect(z[i]! <= z[k]!).toBe(true);
      }
    }
    expect(tamed([Infinity, -Infinity])).toEqual(Float64Array.of(1, -1));
    expect(transformed(tamed([2, 2, 2]), 1).every(Number.isFinite)).toBe(true);
  });
});
