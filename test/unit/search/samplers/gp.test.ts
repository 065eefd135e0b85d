import { inverse, Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { ABSENT, fitGp, type ColumnKind } from '../../../../src/search/gp/index.js';
import { bend, matern, maternSlope, separation, separationSlope } from '../../../../src/search/gp/kernel.js';
import { minimize } from '../../../../src/search/gp/lbfgs.js';
import { Posterior, PRIOR } from '../../../../src/search/gp/likelihood.js';
import { createRandom } from '../../../../src/search/maths/random.js';

const random = createRandom(8);
const kinds: ColumnKind[] = ['ordered', 'category', 'optional', 'ordered'];
function rows(n: number): Float64Array {
  const x = new Float64Array(n * 4);
  for (let i = 0; i < n; i++) {
    const category = random.int(3);
    x.set([random.next(), category, category === 1 ? random.next() : ABSENT, random.next()], i * 4);
  }
  return x;
}
const f = (p: Float64Array, at = 0) => {
  const bump = Math.sin(4 * p[at]!) + (p[at + 3]! - 0.3) ** 2;
  return 5 + 3 * bump + p[at + 1]! * (p[at + 2] === ABSENT ? 0.2 : p[at + 2]! - 1);
};
const observe = (x: Float64Array) => Float64Array.from({ length: x.length / 4 }, (_, i) => f(x, i * 4));

describe('the kernel', () => {
  it('has the published values of Matérn-5/2', () => {
    expect(matern(0)).toBe(1);
    // (1 + √5 + 5/3) e^-√5
    expect(matern(1)).toBeCloseTo(0.5239941088318203, 12);
    expect(matern(4)).toBeCloseTo(0.13866021913850426, 12);
  });

  it('has the right gradients', () => {
    const h = 1e-6;
    for (const r2 of [0.01, 0.5, 3, 20]) {
      expect(maternSlope(r2)).toBeCloseTo((matern(r2 + h) - matern(r2 - h)) / (2 * h), 7);
    }
    for (const kind of ['ordered', 'optional'] as const) {
      for (const [a, b] of [
        [0.1, 0.9],
        [1, 0],
        [0.4, 0.41],
      ] as const) {
        const by = (separation(kind, a + h, b) - separation(kind, a - h, b)) / (2 * h);
        expect(separationSlope(kind, a, b)).toBeCloseTo(by, 7);
      }
    }
    expect(separation('optional', 0.2, 0.9)).toBeCloseTo(2 - 2 * Math.cos(0.7), 9);
    expect([separation('optional', ABSENT, 0.9), separation('optional', ABSENT, ABSENT)]).toEqual([1, 0]);
    expect([separation('category', 2, 2), separation('category', 2, 1)]).toEqual([0, 1]);
  });

  it("bends like Kumaraswamy's distribution, and not at all with a = b = 1", () => {
    const bent = { value: 0, slope: 0, byLogA: 0, byLogB: 0 };
    const at = (u: number, a: number, b: number) => {
      bend(u, a, b, bent);
      return { ...bent };
    };
    expect(at(0.3, 2, 3).value).toBeCloseTo(1 - (1 - 0.09) ** 3, 5);
    for (const u of [0, 0.2, 1]) expect(at(u, 1, 1).value).toBeCloseTo(u, 5);
    expect(at(ABSENT, 2, 3).value).toBe(ABSENT);
    const h = 1e-5;
    const by = at(0.3, 2, 3);
    expect(by.slope).toBeCloseTo((at(0.3 + h, 2, 3).value - at(0.3 - h, 2, 3).value) / (2 * h), 6);
    const more = Math.exp(h);
    expect(by.byLogA).toBeCloseTo((at(0.3, 2 * more, 3).value - at(0.3, 2 / more, 3).value) / (2 * h), 6);
    expect(by.byLogB).toBeCloseTo((at(0.3, 2, 3 * more).value - at(0.3, 2, 3 / more).value) / (2 * h), 6);
  });
});

describe('the posterior of the hyperparameters', () => {
  const n = 17;
  const x = rows(n);
  const observed = {
    n,
    kinds,
    x,
    y: observe(x).map((v) => v - 5),
    bent: [3, 2],
    shifts: null,
    noisier: Float64Array.from({ length: n }, (_, i) => 1 + (i % 3)),
    extra: Float64Array.from({ length: n }, (_, i) => 0.1 * (i % 3)),
    groups: Int32Array.from({ length: n }, (_, i) => i % 2),
  };
  const posterior = new Posterior(observed, PRIOR);
  const theta = posterior.start().map((t, j) => t + 0.3 * Math.sin(j) - (j < 4 ? 1.5 : 0));

  it('has the right gradient', () => {
    const gradient = new Float64Array(posterior.size);
    posterior.evaluate(theta, gradient);
    const h = 1e-5;
    for (let j = 0; j < theta.length; j++) {
      const moved = (by: number) =>
        posterior.evaluate(
          theta.map((t, i) => (i === j ? t + by : t)),
          null,
        );
      expect(gradient[j], `theta ${j}`).toBeCloseTo((moved(h) - moved(-h)) / (2 * h), 4);
    }
  });
});

describe('a Gaussian process', () => {
  const x = rows(40);
  const gp = fitGp({ x, y: observe(x), kinds });

  it('predicts observed and new points', () => {
    const test = rows(60);
    let [error, spread, inside] = [0, 0, 0];
    for (let i = 0; i < 60; i++) {
      const at = test.subarray(i * 4, i * 4 + 4);
      const { mean, variance } = gp.predict(at);
      error += (mean - f(at)) ** 2 / 60;
      spread += (f(at) - 6) ** 2 / 60;
      if (Math.abs(mean - f(at)) < 2.5 * Math.sqrt(variance)) inside++;
    }
    expect(error).toBeLessThan(0.02 * spread);
    expect(inside).toBeGreaterThan(50);
    expect(gp.predict(x.subarray(0, 4)).mean).toBeCloseTo(f(x), 1);
  });

  it('agrees with the textbook formulas, computed differently', () => {
    const { theta, model, center, scale } = gp;
    const weights = Array.from(theta.subarray(0, 4), (t) => Math.exp(-2 * t));
    const [signal, noise] = [Math.exp(theta[4]!), Math.exp(theta[5]!)];
    const k = (a: Float64Array, b: Float64Array) => {
      const r = Math.sqrt(weights.reduce((sum, w, j) => sum + w * separation(kinds[j]!, a[j]!, b[j]!), 0));
      return signal * (1 + Math.sqrt(5) * r + (5 / 3) * r * r) * Math.exp(-Math.sqrt(5) * r) + 1;
    };
    const all = Array.from({ length: 40 }, (_, i) => x.subarray(i * 4, i * 4 + 4));
    const K = new Matrix(all.map((a, i) => all.map((b, j) => k(a, b) + (i === j ? noise + 1e-10 * signal : 0))));
    const y = Matrix.columnVector(all.map((a) => (f(a) - center) / scale));
    const p = Float64Array.of(0.3, 1, 0.8, 0.1);
    const row = Matrix.rowVector(all.map((a) => k(a, p)));
    const weightsOf = row.mmul(inverse(K));
    const moments = model.newMoments();
    model.moments(p, moments);
    expect(moments.mean).toBeCloseTo(weightsOf.mmul(y).get(0, 0), 6);
    expect(moments.variance).toBeCloseTo(k(p, p) - weightsOf.mmul(row.transpose()).get(0, 0), 6);
    expect(gp.predict(p)).toEqual({ mean: center + scale * moments.mean, variance: scale ** 2 * moments.variance });
  });

  it('has the right gradients, also with bent columns', () => {
    const { model } = fitGp({ x, y: observe(x), kinds, bent: [0, 2] });
    const p = Float64Array.of(0.3, 1, 0.8, 0.1);
    const out = model.newMoments();
    model.slope(p, out);
    const h = 1e-5;
    for (const j of [0, 2, 3]) {
      const moved = (by: number) => {
        const moments = model.newMoments();
        model.moments(
          p.map((u, i) => (i === j ? u + by : u)),
          moments,
        );
        return moments;
      };
      const [up, down] = [moved(h), moved(-h)];
      expect(out.meanBy[j]).toBeCloseTo((up.mean - down.mean) / (2 * h), 4);
      expect(out.varianceBy[j]).toBeCloseTo((up.variance - down.variance) / (2 * h), 4);
    }
  });

  it('believes a point: more certain there, with the same mean', () => {
    const { model } = fitGp({ x, y: observe(x), kinds });
    const before = model.newMoments();
    const after = model.newMoments();
    const points = rows(30);
    const p = points.subarray(0, 4);
    const other = points.subarray(4, 8);
    model.moments(p, before);
    const mean = model.mean(other);
    for (let i = 0; i < 30; i++) model.believe(points, i * 4);
    model.moments(p, after);
    expect(after.variance).toBeLessThan(before.variance);
    expect(after.variance).toBeLessThan(1.1 * model.noise + 1e-6);
    expect([after.mean, model.mean(other)]).toEqual([before.mean, mean]);
    const fresh = fitGp({
      x: Float64Array.from([...x, ...points]),
      y: Float64Array.from({ length: 70 }, (_, i) => Math.sin(i)),
      kinds,
      start: model.theta,
      evaluations: 0,
    }).model;
    const expected = fresh.newMoments();
    const somewhere = Float64Array.of(0.5, 0, ABSENT, 0.5);
    fresh.moments(somewhere, expected);
    model.moments(somewhere, after);
    expect(after.variance / expected.variance).toBeCloseTo(1, 6);
  });

  it('learns an offset between groups', () => {
    const shifted = observe(x).map((v, i) => (i % 2 ? v + 40 : v));
    const groups = Int32Array.from({ length: 40 }, (_, i) => i % 2);
    const { predict } = fitGp({ x, y: shifted, kinds, groups });
    const p = Float64Array.of(0.3, 1, 0.8, 0.1);
    expect(Math.abs(predict(p).mean - f(p))).toBeLessThan(2);
  });

  it('copes with one row, equal values and duplicate rows', () => {
    const one = fitGp({ x: Float64Array.of(0.5), y: Float64Array.of(3), kinds: ['ordered'] });
    expect(one.predict(Float64Array.of(0.5)).mean).toBeCloseTo(3, 6);
    const same = fitGp({ x: rows(9), y: new Float64Array(9).fill(7), kinds });
    expect(same.predict(rows(1)).mean).toBeCloseTo(7, 6);
    const copies = new Float64Array(30).fill(0.4);
    const noisy = fitGp({ x: copies, y: copies.map(() => random.normal()), kinds: ['ordered'] });
    expect(Number.isFinite(noisy.predict(Float64Array.of(0.4)).mean)).toBe(true);
    expect(noisy.noise).toBeGreaterThan(0.3);
  });
});

describe('minimizing within a box', () => {
  it("finds Rosenbrock's minimum, and the edge if that is lower", () => {
    const f = (x: Float64Array, gradient: Float64Array) => {
      const [a, b] = [x[0]!, x[1]!];
      gradient.set([-2 * (1 - a) - 400 * a * (b - a * a), 200 * (b - a * a)]);
      return (1 - a) ** 2 + 100 * (b - a * a) ** 2;
    };
    const run = (high: number) => {
      const x = Float64Array.of(-1.2, 1 > high ? high : 1);
      const box = { lower: new Float64Array(2).fill(-2), upper: new Float64Array(2).fill(high) };
      minimize(f, x, { ...box, evaluations: 300, tolerance: 1e-14 });
      return x;
    };
    const free = run(2);
    expect(free[0]).toBeCloseTo(1, 4);
    expect(free[1]).toBeCloseTo(1, 4);
    const cut = run(0.5);
    expect(cut[1]!).toBeCloseTo(0.25, 2);
    expect(cut[0]!).toBeCloseTo(0.5, 3);
  });
});
