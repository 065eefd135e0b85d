import { describe, expect, it } from 'vitest';
import { betaCdf, betaQuantile, logGamma } from '../../../../src/search/maths/beta.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { draw, nearestWithin, refuse } from '../../../../src/search/space/dimension.js';
import { axesOf } from '../../../../src/search/space/unit.js';
import type { Dimension } from '../../../../src/search/types.js';
import { randomSpace } from '../fuzz.js';

/** Returns the relative error. */
const off = (got: number, wanted: number) => Math.abs(got - wanted) / Math.abs(wanted);

describe('beta', () => {
  // Reference values: SciPy 1.x, gammaln, betainc and betaincinv.
  it.each([
    [1e-3, 6.907178885383853],
    [0.5, 0.5723649429247],
    [1.5, -0.12078223763524526],
    [3.7, 1.428072326665388],
    [12, 17.502307845873887],
    [150.25, 601.2615040324997],
    [1e5, 1051287.7089736569],
  ])('log gamma of %d', (x, wanted) => {
    expect(off(logGamma(x), wanted)).toBeLessThan(1e-13);
  });

  it.each([
    [2, 5, 0.2, 0.3446400000000002],
    [0.5, 0.5, 0.1, 0.20483276469913345],
    [8, 3, 0.75, 0.5255928039550781],
    [1, 1, 0.4, 0.4],
    [0.1, 3, 1e-4, 0.45980542195766666],
    [50, 80, 0.4, 0.6450659221505503],
    [1000, 1500, 0.41, 0.8462596847450583],
    [3, 0.2, 0.999, 0.6685414839010846],
    [5, 5, 0.05, 3.3222207031249994e-5],
  ])('beta(%d, %d) below %d', (a, b, x, wanted) => {
    expect(off(betaCdf(a, b, x), wanted)).toBeLessThan(2e-12);
  });

  it.each([
    [2, 5, 0.5, 0.26444998329566005],
    [0.5, 0.5, 0.01, 0.00024671981713422146],
    [8, 3, 0.999, 0.9789620286790132],
    [0.1, 0.1, 0.3, 0.005214870253734283],
    [1000, 1500, 0.025, 0.3808776957882711],
    [0.05, 1, 0.5, 9.536743164062517e-7],
    [1, 1, 0.25, 0.25],
    [3, 0.2, 0.9, 0.9999975046460848],
  ])('quantile of beta(%d, %d) at %d', (a, b, p, wanted) => {
    expect(off(betaQuantile(a, b, p), wanted)).toBeLessThan(2e-12);
  });

  it('handles the ends and values beyond them', () => {
    expect([betaCdf(2, 3, 0), betaCdf(2, 3, 1), betaCdf(2, 3, -1), betaCdf(2, 3, 2)]).toEqual([0, 1, 0, 1]);
    expect([betaQuantile(2, 3, 0), betaQuantile(2, 3, 1)]).toEqual([0, 1]);
    expect([betaCdf(2, 3, NaN), betaQuantile(2, 3, -1)]).toEqual([NaN, NaN]);
  });

  it('has draws with its mean that stay on their steps', () => {
    const d: Dimension = { kind: 'beta', name: 'x', when: null, a: 2, b: 6, low: -1, high: 3, step: null };
    const random = createRandom(3);
    let sum = 0;
    for (let i = 0; i < 4000; i++) sum += draw(d, random) as number;
    expect(Math.abs(sum / 4000)).toBeLessThan(0.04); // -1 + 4 · 2/8; sd of the mean 0.009.
    const counts = new Map<unknown, number>();
    for (let i = 0; i < 2000; i++) {
      const value = draw({ ...d, step: 1 }, random);
      counts.set(value, (counts.get(value) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([-1, 0, 1, 2]);
    // The values below -1/2 come from the lowest 1/8 of the range.
    expect(Math.abs(counts.get(-1)! / 2000 - betaCdf(2, 6, 1 / 8))).toBeLessThan(0.035);
  });
});

describe('axes', () => {
  it('map any drawn value to the unit interval and back, over many random spaces', () => {
    const random = createRandom(31);
    for (let round = 0; round < 200; round++) {
      for (const axis of axesOf(randomSpace(random))) {
        const { dimension: d } = axis;
        for (let i = 0; i < 5; i++) {
          const value = draw(d, random);
          const u = axis.toUnit(value);
          expect(u >= 0 && u <= 1, JSON.stringify([d, value, u])).toBe(true);
          const back = axis.fromUnit(u);
          if (typeof value === 'number' && axis.count === 0) {
            // The quantile of a probability near 0 or 1 can't be more precise than the probability itself.
            const fine = u > 1e-6 && u < 1 - 1e-6;
            if (fine) expect(Math.abs((back as number) - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
          } else expect(back).toEqual(value);
          const any = axis.fromUnit(random.next());
          expect(refuse(d, any), JSON.stringify(d)).toBeNull();
        }
        for (const end of [0, 1]) expect(refuse(d, axis.fromUnit(end)), JSON.stringify(d)).toBeNull();
      }
    }
  });

  it('are uniform for random draws', () => {
    const random = createRandom(32);
    const spaces: Dimension[] = [
      { kind: 'beta', name: 'x', when: null, a: 0.5, b: 2, low: 0, high: 1, step: null },
      { kind: 'beta', name: 'x', when: null, a: 3, b: 2, low: 0, high: 1, step: 0.02 },
      { kind: 'int', name: 'x', when: null, low: 10, high: 3000, log: true, step: 10 },
      { kind: 'int', name: 'x', when: null, low: 8, high: 64, log: true, step: 8 },
      { kind: 'float', name: 'x', when: null, low: 0.1, high: 90, log: true, step: 0.1 },
      { kind: 'normal', name: 'x', when: null, mean: 1, sd: 2, log: true, step: null },
    ];
    for (const d of spaces) {
      const [axis] = axesOf({ dimensions: [d] });
      const counts = [0, 0, 0, 0];
      for (let i = 0; i < 4000; i++) {
        // A listed value stands for its whole cell.
        const value = draw(d, random);
        const at = axis!.edges ? axis!.indexOf(value) : -1;
        const [from, to] = at < 0 ? [0, 0] : [axis!.edges![at]!, axis!.edges![at + 1]!];
        const u = at < 0 ? axis!.toUnit(value) : from + (to - from) * random.next();
        counts[Math.min(3, Math.floor(u * 4))]!++;
      }
      for (const count of counts) expect(Math.abs(count - 1000), JSON.stringify(d)).toBeLessThan(130);
    }
  });
});

it('finds the nearest value within bounds', () => {
  const base = { name: 'x', when: null };
  const stepped: Dimension = { ...base, kind: 'float', low: 0, high: 1, log: false, step: 0.1 };
  expect(nearestWithin(stepped, 0.74, 0, 0.3)).toBe(0.3);
  expect(nearestWithin(stepped, 0.74, 0.72, 0.78)).toBeNull();
  expect(nearestWithin({ ...base, kind: 'choice', choices: [64, 16, 32], weights: null }, 50, 0, 40)).toBe(32);
  expect(nearestWithin({ ...base, kind: 'choice', choices: [64, 16], weights: [0, 1] }, 70, 0, 100)).toBe(16);
  expect(nearestWithin({ ...base, kind: 'normal', mean: 0, sd: 1, log: false, step: 0.5 }, 3, -1, 1.2)).toBe(1);
  expect(nearestWithin({ ...base, kind: 'constant', value: 3 }, 3, 4, 5)).toBeNull();
  expect(nearestWithin({ ...base, kind: 'choice', choices: ['a'], weights: null }, 3, 4, 5)).toBeNull();
});
