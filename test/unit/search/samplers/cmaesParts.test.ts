import { describe, expect, it } from 'vitest';
import { normalCdf } from '../../../../src/search/maths/normal.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { Categories } from '../../../../src/search/samplers/cma/categories.js';
import { eigen } from '../../../../src/search/samplers/cma/eigen.js';
import { Gaussian } from '../../../../src/search/samplers/cma/gaussian.js';
import { applyMargin } from '../../../../src/search/samplers/cma/margin.js';
import {
  fitModel,
  FitSpace,
  kendall,
  QuadraticModel,
  sizeOf,
  type Frame,
} from '../../../../src/search/samplers/cma/model.js';
import { populationSize, ratesOf, shareEqually } from '../../../../src/search/samplers/cma/weights.js';
import { axesOf } from '../../../../src/search/space/unit.js';
import { choice } from './make.js';

const random = createRandom(11);
const close = (a: ArrayLike<number>, b: readonly number[], digits = 12) => {
  expect(a.length).toBe(b.length);
  for (const [i, x] of b.entries()) expect(a[i]).toBeCloseTo(x, digits);
};

describe('eigenvalues', () => {
  it('reconstruct the matrix, with orthonormal vectors', () => {
    for (const n of [1, 2, 5, 20]) {
      const matrix = new Float64Array(n * n);
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) matrix[i * n + j] = matrix[j * n + i] = random.normal();
      const [vectors, values] = [new Float64Array(n * n), new Float64Array(n)];
      eigen(matrix, n, vectors, values);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < n; j++) {
          let [back, product] = [0, 0];
          for (let k = 0; k < n; k++) {
            back += vectors[i * n + k]! * values[k]! * vectors[j * n + k]!;
            product += vectors[k * n + i]! * vectors[k * n + j]!;
          }
          expect(back).toBeCloseTo(matrix[i * n + j]!, 10);
          expect(product).toBeCloseTo(i === j ? 1 : 0, 12);
        }
      }
    }
  });
});

// Numbers from the Python package cmaes 0.13.1, with the tutorial's newer rate of the rank-μ update (1/4 more).
describe('the distribution', () => {
  it('has the weights and rates of the tutorial', () => {
    expect([1, 2, 5, 10, 40].map(populationSize)).toEqual([4, 6, 8, 10, 15]);
    const { weights, mueff, cc, cs, c1, cmu, damps } = ratesOf(10, 10);
    close(
      [mueff, cc, c1, cmu, cs, damps],
      [
        3.1672992814107026, 0.29499038303562225, 0.015283824524751714, 0.023551776650417484, 0.2844285879463675,
        1.2844285879463675,
      ],
    );
    close(
      weights,
      [
        0.45627264690340597, 0.2707530970017852, 0.1622311171586698, 0.08523354710016448, 0.025509591835974777,
        -0.08001260758087221, -0.22176416099914648, -0.3445549417848209, -0.4528640863784218, -0.5497499176973852,
      ],
      10,
    );
  });

  it('matches the reference after two generations', () => {
    const gaussian = new Gaussian(Float64Array.of(0.5, 0.4, 0.6), 0.3);
    const rates = ratesOf(3, 6);
    for (const generation of [
      [
        [0.61, 0.32, 0.7],
        [0.2, 0.5, 0.55],
        [0.45, 0.48, 0.9],
        [0.8, 0.1, 0.4],
        [0.52, 0.6, 0.2],
        [0.35, 0.3, 0.65],
      ],
      [
        [0.5, 0.45, 0.7],
        [0.4, 0.3, 0.8],
        [0.62, 0.5, 0.62],
        [0.3, 0.42, 0.5],
        [0.55, 0.2, 0.75],
        [0.48, 0.61, 0.9],
      ],
    ]) {
      const members = generation.map((at) => ({ at: Float64Array.from(at), foreign: false }));
      gaussian.learn(members, rates.weights, rates);
    }
    close(gaussian.mean, [0.48094943481468677, 0.4112338199503326, 0.7221860520381432], 9);
    expect(gaussian.sigma).toBeCloseTo(0.19256452281759007, 7);
    close(gaussian.pathSigma, [-0.046669676015692864, 0.09521768114799178, 0.4163812721197519], 6);
    close(gaussian.pathC, [-0.03516530978627241, 0.11749511043527588, 0.40193228028976585], 7);
    const [a, b, c, d, e, f] = [
      0.789902954303001, -0.032332935576165706, 0.02294151203157634, 0.6760890921363693, 0.011574247975712987,
      0.7297876244296652,
    ];
    close(gaussian.covariance, [a, b, c, b, d, e, c, e, f], 6);
  });

  it('draws with its covariance', () => {
    const gaussian = new Gaussian(Float64Array.of(1, 2), 0.5, Float64Array.of(2, 0.6, 0.6, 1));
    const at = new Float64Array(2);
    let [xx, xy, yy] = [0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      gaussian.draw(random, at);
      const [x, y] = [at[0]! - 1, at[1]! - 2];
      [xx, xy, yy] = [xx + (x * x) / 20_000, xy + (x * y) / 20_000, yy + (y * y) / 20_000];
    }
    close([xx, xy, yy], [0.5, 0.15, 0.25], 1.7);
  });

  it('gives equal members the mean of their weights', () => {
    close(
      shareEqually(Float64Array.of(4, 2, 1, -1), (i) => i === 1),
      [4, 1.5, 1.5, -1],
    );
  });
});

describe('the margin', () => {
  it('leaves each neighbouring value a minimum probability', () => {
    const least = 1 / 30;
    const edges = Float64Array.from({ length: 12 }, (_, i) => i / 11);
    for (const [mean, sigma] of [
      [0.5, 1e-4],
      [0.01, 1e-5],
      [0.999, 0.02],
      [0.46, 1e-3],
    ] as const) {
      const gaussian = new Gaussian(Float64Array.of(mean), sigma);
      applyMargin(gaussian, [edges], least);
      const at = gaussian.mean[0]!;
      const cell = Math.min(10, Math.floor(at * 11));
      const deviation = gaussian.deviation(0);
      const below = normalCdf((edges[cell]! - at) / deviation);
      const above = normalCdf((at - edges[cell + 1]!) / deviation);
      if (cell > 0) expect(below).toBeGreaterThan(least / 2.2);
      if (cell < 10) expect(above).toBeGreaterThan(least / 2.2);
      expect(Math.abs(at - mean)).toBeLessThan(0.1);
    }
  });

  it('keeps probabilities of choices above 0 and their sum at 1', () => {
    const axes = axesOf({ dimensions: [choice('c', ['a', 'b', 'c']), choice('d', ['x', 'y'], { weights: [1, 0] })] });
    const categories = new Categories(axes);
    const members = [0, 0, 0, 1].map((pick) => ({ picks: Int32Array.of(pick, 0) }));
    for (let i = 0; i < 50; i++) categories.learn(members, Float64Array.of(0.6, 0.4, 0, -1));
    const [first, second] = categories.shares;
    expect(first![0]).toBeGreaterThan(0.8);
    expect(Math.min(...first!)).toBeGreaterThan(0.05);
    expect(first!.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect([...second!]).toEqual([1, 0]);
  });
});

describe('the quadratic model', () => {
  const frame: Frame = { shape: 'full', centre: Float64Array.of(0.4, 0.6), unit: 0.3, counts: [2] };
  const places = Array.from({ length: 14 }, (_, i) => ({
    at: Float64Array.of(random.next(), random.next()),
    picks: Int32Array.of(i % 2),
  }));
  const weights = Float64Array.from(places, (_, i) => 1 - i / 20);
  const loss = ({ at: [x, y], picks }: (typeof places)[number]) =>
    (x! - 0.3) ** 2 + 2 * (y! - 0.8) ** 2 + 0.5 * (x! - 0.3) * (y! - 0.8) + picks[0]!;

  it('recovers a quadratic function with offsets for choices, and its minimum', () => {
    const { coefficients } = fitModel(frame, places, Float64Array.from(places, loss), weights, new FitSpace())!;
    expect(coefficients.length).toBe(sizeOf(2, [2], 'full'));
    const model = new QuadraticModel(frame, coefficients);
    const elsewhere = { at: Float64Array.of(0.9, 0.1), picks: Int32Array.of(1) };
    expect(model.predict(elsewhere)).toBeCloseTo(loss(elsewhere), 3);
    close(model.bottom()!, [0.3, 0.8], 3);
  });

  it('has correct leave-one-out predictions', () => {
    const losses = Float64Array.from(places, (place) => loss(place) + random.normal());
    const { withoutOwn } = fitModel(frame, places, losses, weights, new FitSpace())!;
    for (const k of [0, 5, 13]) {
      const others = weights.map((w, i) => (i === k ? 1e-12 : w));
      const { coefficients } = fitModel(frame, places, losses, others, new FitSpace())!;
      expect(withoutOwn(k)).toBeCloseTo(new QuadraticModel(frame, coefficients).predict(places[k]!), 2);
    }
  });

  it('ranks', () => {
    expect(kendall([1, 2, 3], [10, 20, 30])).toBe(1);
    expect(kendall([1, 2, 3], [3, 2, 1])).toBe(-1);
    expect(kendall([1, 2, 3], [1, 3, 2])).toBeCloseTo(1 / 3, 12);
    expect(kendall([], [])).toBe(0);
  });
});
