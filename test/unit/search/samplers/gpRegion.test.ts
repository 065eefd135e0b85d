import { describe, expect, it } from 'vitest';
import type { Params } from '../../../../src/protocol/values/index.js';
import { Coding } from '../../../../src/search/gp/coding.js';
import type { Row } from '../../../../src/search/gp/data.js';
import { boxOf, into, regionOf } from '../../../../src/search/gp/region.js';
import { createStudy, isActive, refuse, restoreStudy } from '../../../../src/search/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import type { Dimension, Space } from '../../../../src/search/types.js';
import { randomSpace } from '../fuzz.js';

const float = (name: string): Dimension => {
  return { kind: 'float', name, low: -5, high: 5, log: false, step: null, when: null };
};
const row = (loss: number | null, at = Float64Array.of(0.5, 0.5)): Row => {
  return { at, losses: loss === null ? null : [loss], sd: 0, constraints: null, seconds: null, earlier: false };
};
const many = (n: number, loss: (i: number) => number | null) => Array.from({ length: n }, (_, i) => row(loss(i)));

describe('the trust region', () => {
  it('does not exist until a search has begun, then lies around the best trial', () => {
    const rows = many(5, (i) => 10 - i);
    expect(regionOf(rows, 8, 6)).toBeNull();
    expect(regionOf(rows, 8, 5)).toEqual({ center: rows[4], length: 0.8 });
  });

  it('grows after three records in a row and shrinks without any, failed trials included', () => {
    const falling = many(8, (i) => 10 - i);
    expect(regionOf(falling, 8, 5)!.length).toBe(1.6);
    // Eight parameters mean a patience of four trials.
    expect(regionOf([...falling, ...many(4, () => 99)], 8, 5)!.length).toBe(0.8);
    expect(regionOf([...falling, ...many(8, (i) => (i % 2 ? 99 : null))], 8, 5)!.length).toBe(0.4);
  });

  it('restarts when it has collapsed: the next center is the best trial from then on', () => {
    const stuck = [...many(5, (i) => i), ...many(28, () => 99)];
    expect(regionOf(stuck, 8, 5)).toBeNull();
    const anew = [...stuck, ...many(5, (i) => 50 - i)];
    expect(regionOf(anew, 8, 5)).toEqual({ center: anew.at(-1), length: 0.8 });
  });

  it('never centers on a trial that breaks a constraint or is from another search', () => {
    const rows = many(6, (i) => 10 - i);
    rows[5]!.constraints = [1];
    rows[4]!.earlier = true;
    expect(regionOf(rows, 8, 4)!.center).toBe(rows[3]);
  });

  it('is longer along parameters that change little, stays within the space, and contains the points mapped into it', () => {
    const coding = new Coding({ dimensions: [float('x'), float('y')] });
    const center = row(1, Float64Array.of(0.05, 0.5));
    const box = boxOf({ center, length: 0.4 }, coding, Float64Array.of(1, 4));
    expect(box.lower[0]).toBe(0);
    expect(box.upper[0]).toBeCloseTo(0.15, 9);
    expect([box.lower[1], box.upper[1]].map((v) => Number(v!.toFixed(9)))).toEqual([0.1, 0.9]);
    const put = into(box, coding, Float64Array.of(0.5, 0.25));
    expect(put[0]).toBeCloseTo(0.075, 9);
    expect(put[1]).toBeCloseTo(0.3, 9);
  });

  it('keeps suggestions within bounds, steps and conditions, over many random spaces', () => {
    const random = createRandom(3);
    for (let round = 0; round < 12; round++) {
      const space = randomSpace(random);
      const sampler = { name: 'gp', startupTrials: 3, trustRegion: true };
      const study = createStudy({ space, goals: ['minimize'], sampler, pruner: null, seed: round, trials: null });
      for (let i = 0; i < 10; i++) {
        const next = study.ask();
        if (!next) break;
        for (const d of space.dimensions) {
          const value = next.params[d.name];
          expect(value !== undefined).toBe(isActive(d, next.params));
          if (value !== undefined) expect(refuse(d, value), JSON.stringify(d)).toBeNull();
        }
        study.tell(next.id, { state: 'completed', values: [random.normal()] });
      }
    }
  });

  it('is the same after a restore', () => {
    const space: Space = { dimensions: Array.from({ length: 50 }, (_, i) => float(`x${i}`)) };
    const f = (params: Params) => Object.values(params).reduce<number>((sum, v) => sum + ((v as number) - 1) ** 2, 0);
    const begin = (trustRegion: boolean) => {
      const sampler = { name: 'gp', trustRegion };
      return createStudy({ space, goals: ['minimize'], sampler, pruner: null, seed: 2, trials: null });
    };
    const [on, off] = [begin(true), begin(false)];
    const step = (study: ReturnType<typeof begin>) => {
      const { id, params } = study.ask()!;
      study.tell(id, { state: 'completed', values: [f(params)] });
      return params;
    };
    for (let i = 0; i < 11; i++) for (const study of [on, off]) step(study);
    const restored = restoreStudy(JSON.parse(JSON.stringify(on.save())));
    const next = step(on);
    expect(step(restored)).toEqual(next);
    expect(step(off)).not.toEqual(next);
  });
});
