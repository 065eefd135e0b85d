import { describe, expect, it } from 'vitest';
import { drawWithinUnit, normalCdf, normalQuantile, quickCdf } from '../../../../src/search/maths/normal.js';
import { logSumExp } from '../../../../src/search/maths/numeric.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { axesOf } from '../../../../src/search/space/unit.js';
import { drawParams, isActive, refuse } from '../../../../src/search/space/index.js';
import { randomSpace } from '../fuzz.js';

describe('the normal distribution', () => {
  it.each([
    // Abramowitz & Stegun, tables 26.1 and 26.2, and tails to full precision.
    [0, 0.5],
    [1, 0.8413447460685429],
    [-1, 0.15865525393145705],
    [1.96, 0.9750021048517795],
    [-3, 0.0013498980316300945],
    [-5, 2.866515718791939e-7],
    [-10, 7.61985302416047e-24],
    [-37, 5.725571222524577e-300],
  ])('has its published value at %f', (x, expected) => {
    expect(Math.abs(normalCdf(x) / expected - 1)).toBeLessThan(1e-13);
  });

  it('is inverted by its quantile, far into the tails', () => {
    for (const p of [1e-300, 1e-20, 1e-5, 0.01, 0.3, 0.5, 0.7, 0.99, 0.99999]) {
      expect(Math.abs(normalCdf(normalQuantile(p)) / p - 1)).toBeLessThan(1e-11);
    }
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
    expect(normalQuantile(-1)).toBeNaN();
  });

  it('has a fast version with nine correct digits', () => {
    const random = createRandom(1);
    for (let i = 0; i < 20_000; i++) {
      const x = (random.next() - 0.5) * 20;
      expect(Math.abs(quickCdf(x) - normalCdf(x))).toBeLessThan(1e-9);
    }
  });

  it.each([
    // Mean of a normal truncated to [0, 1]: μ + σ (φ(a) − φ(b)) / (Φ(b) − Φ(a)).
    [0, 0.1, 0.07978845608],
    [0.5, 0.3, 0.5],
    [1, 0.5, 0.63888],
  ])('cut off outside [0, 1], with mean %f and deviation %f, is drawn with the right mean', (mean, sd, expected) => {
    const random = createRandom(5);
    let sum = 0;
    for (let i = 0; i < 40_000; i++) {
      const x = drawWithinUnit(mean, sd, random);
      expect(x >= 0 && x <= 1).toBe(true);
      sum += x;
    }
    expect(Math.abs(sum / 40_000 - expected)).toBeLessThan(0.005);
  });
});

describe('log of a sum of exponentials', () => {
  it('neither overflows nor underflows', () => {
    expect(logSumExp(Float64Array.of(1000, 1000))).toBeCloseTo(1000 + Math.LN2, 12);
    expect(logSumExp(Float64Array.of(-1000, -1000, -1000))).toBeCloseTo(-1000 + Math.log(3), 12);
    expect(logSumExp(Float64Array.of(0, -800))).toBe(0);
    expect(logSumExp(Float64Array.of(-Infinity, 2))).toBe(2);
    expect(logSumExp(Float64Array.of(-Infinity))).toBe(-Infinity);
    expect(logSumExp(Float64Array.of(1, 2, 99), 2)).toBeCloseTo(Math.log(Math.exp(1) + Math.exp(2)), 12);
  });
  it('agrees with the plain sum', () => {
    const random = createRandom(2);
    for (let round = 0; round < 500; round++) {
      const values = Float64Array.from({ length: 1 + random.int(50) }, () => (random.next() - 0.5) * 60);
      const plain = Math.log(values.reduce((sum, x) => sum + Math.exp(x), 0));
      expect(Math.abs(logSumExp(values) - plain)).toBeLessThan(1e-11);
    }
  });
});

describe('unit axes', () => {
  it('map every value back, stay within bounds, and are distributed like random draws', () => {
    const random = createRandom(4);
    for (let round = 0; round < 200; round++) {
      const space = randomSpace(random);
      const axes = axesOf(space);
      for (let i = 0; i < 10; i++) {
        const params = drawParams(space, random);
        for (const axis of axes) {
          const { dimension } = axis;
          if (!isActive(dimension, params)) continue;
          const value = params[dimension.name]!;
          const back = axis.count ? axis.fromIndex(axis.indexOf(value)) : axis.fromUnit(axis.toUnit(value));
          if (typeof value === 'number' && dimension.kind !== 'choice') {
            expect(Math.abs((back as number) - value), JSON.stringify(dimension)).toBeLessThanOrEqual(
              1e-9 * Math.max(1, Math.abs(value)),
            );
          } else expect(back).toEqual(value);
          for (const u of [0, random.next(), 1]) {
            expect(refuse(dimension, axis.fromUnit(u)), `${u} ${JSON.stringify(dimension)}`).toBeNull();
          }
        }
      }
    }
  });
  it('know the shares of weighted choices, and never yield one of weight 0', () => {
    const [axis] = axesOf({
      dimensions: [{ kind: 'choice', name: 'c', choices: ['a', 'b', 'c'], weights: [3, 1, 0], when: null }],
    });
    expect([0, 0.74, 0.76, 1].map((u) => axis!.fromUnit(u))).toEqual(['a', 'a', 'b', 'b']);
  });
});
