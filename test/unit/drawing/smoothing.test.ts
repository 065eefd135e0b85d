import { describe, expect, it } from 'vitest';
import { pointSpacing, smooth } from '../../../src/drawing/smoothing.js';

const steps = (n: number) => Array.from({ length: n }, (_, i) => i);

describe('smooth', () => {
  it('leaves values alone at weight 0', () => {
    expect(smooth([0, 1, 2], [3, 1, 2], 0)).toEqual([3, 1, 2]);
  });

  it('is not pulled towards zero at the start', () => {
    const flat = smooth(steps(50), new Array<number>(50).fill(7), 0.95);
    for (const value of flat) expect(value).toBeCloseTo(7, 10);
  });

  it('is the debiased exponential average', () => {
    const w = 0.6;
    const [, second] = smooth([0, 1], [1, 2], w);
    expect(second).toBeCloseTo((w * (1 - w) * 1 + (1 - w) * 2) / (1 - w * w), 12);
  });

  it('passes over NaN and infinities without being spoilt by them', () => {
    const result = smooth(steps(4), [1, NaN, Infinity, 1], 0.9);
    expect(result[1]).toBeNaN();
    expect(result[2]).toBe(Infinity);
    expect(result[3]).toBeCloseTo(1, 12);
  });

  it('looks alike when a series is thinned', () => {
    const x = steps(4000);
    const y = x.map((step) => Math.exp(-step / 900));
    const whole = smooth(x, y, 0.98);
    const thinX = x.filter((step) => step % 10 === 0);
    const thin = smooth(
      thinX,
      thinX.map((step) => y[step]!),
      0.98,
      pointSpacing(thinX, 4000),
    );
    thinX.forEach((step, i) => {
      if (step > 200) expect(Math.abs(thin[i]! - whole[step]!)).toBeLessThan(0.01);
    });
  });
});

describe('pointSpacing', () => {
  it('is null when every point is at hand', () => {
    expect(pointSpacing([0, 1, 2], 3)).toBeNull();
  });
  it('is the distance between the points as logged', () => {
    expect(pointSpacing([0, 50, 99], 100)).toBe(1);
  });
});
