import { describe, expect, it } from 'vitest';
import { exp, log, tidy } from '../../../../src/search/maths/numeric.js';
import { createRandom, restoreRandom } from '../../../../src/search/maths/random.js';

describe('numeric', () => {
  it('agrees with the platform to a few units in the last place', () => {
    const random = createRandom(1);
    for (let i = 0; i < 20_000; i++) {
      const x = (random.next() - 0.5) * 1400;
      expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(2e-15);
      const y = Math.exp(x);
      expect(Math.abs(log(y) - Math.log(y))).toBeLessThanOrEqual(4e-16 * Math.max(1, Math.abs(Math.log(y))));
    }
    expect(log(1)).toBe(0);
    expect(log(0)).toBe(-Infinity);
    expect(log(-1)).toBeNaN();
    expect(log(5e-324)).toBeCloseTo(Math.log(5e-324), 10);
    expect(exp(0)).toBe(1);
    expect(exp(710)).toBe(Infinity);
    expect(exp(-800)).toBe(0);
    expect(tidy(0.1 + 0.2)).toBe(0.3);
  });
});

describe('random', () => {
  it('gives exactly these numbers on every platform', () => {
    const random = createRandom(42);
    expect(Array.from({ length: 4 }, () => random.next())).toMatchInlineSnapshot(`
      [
        0.3375688391333893,
        0.4324999482880195,
        0.010245039198575778,
        0.9785631017223262,
      ]
    `);
    expect(Array.from({ length: 3 }, () => random.normal())).toMatchInlineSnapshot(`
      [
        -1.006933408521847,
        1.7479370051032215,
        -0.17120440818633104,
      ]
    `);
  });

  it('continues from its state', () => {
    const random = createRandom(7);
    random.normal();
    const twin = restoreRandom(random.state());
    for (let i = 0; i < 100; i++) expect(twin.next()).toBe(random.next());
  });

  it('is uniform and normal enough', () => {
    const random = createRandom(3);
    const bins = Array.from({ length: 10 }, () => 0);
    let [sum, squares] = [0, 0];
    const n = 100_000;
    for (let i = 0; i < n; i++) {
      bins[random.int(10)]!++;
      const x = random.normal();
      sum += x;
      squares += x * x;
    }
    const chi2 = bins.reduce((total, count) => total + (count - n / 10) ** 2 / (n / 10), 0);
    expect(chi2).toBeLessThan(27.9); // 99.9th percentile with 9 degrees of freedom
    expect(Math.abs(sum / n)).toBeLessThan(0.015);
    expect(squares / n).toBeCloseTo(1, 1);
  });
});
