import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import { scramble, sobolBits } from '../../../../src/search/samplers/sobol/index.js';
import { DIRECTIONS } from '../../../../src/search/samplers/sobol/table.js';
import type { Dimension, Space } from '../../../../src/search/types.js';

const unit = (count: number): Space => ({
  dimensions: Array.from({ length: count }, (_, i): Dimension => ({
    kind: 'float',
    name: `x${i}`,
    low: 0,
    high: 1,
    log: false,
    step: null,
    when: null,
  })),
});
/** Coordinates of one point in the order of Joe & Kuo's program, which counts in Gray code. */
const published = (index: number, from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => sobolBits(index ^ (index >>> 1), from + i) / 2 ** 32);

describe('the Sobol sequence', () => {
  it('gives the published points', () => {
    expect([1, 2, 3, 4, 5].map((index) => published(index, 0, 6))).toEqual([
      [0.5, 0.5, 0.5, 0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25, 0.25, 0.75, 0.75],
      [0.25, 0.75, 0.75, 0.75, 0.25, 0.25],
      [0.375, 0.375, 0.625, 0.875, 0.375, 0.125],
      [0.875, 0.875, 0.125, 0.375, 0.875, 0.625],
    ]);
    // Other programs with the same table give the same numbers.
    expect(published(1000, 40, 64)).toEqual([
      0.9130859375, 0.2548828125, 0.9599609375, 0.7021484375, 0.8408203125, 0.0927734375, 0.8720703125, 0.9189453125,
      0.9990234375, 0.4794921875, 0.3525390625, 0.5166015625, 0.7529296875, 0.4384765625, 0.1259765625, 0.8916015625,
      0.4541015625, 0.0791015625, 0.8837890625, 0.5712890625, 0.4462890625, 0.6025390625, 0.2587890625, 0.4462890625,
    ]);
  });

  it('keeps its first 64 dimensions', () => {
    expect(DIRECTIONS.length).toBe(64);
    for (const directions of DIRECTIONS) expect(directions.every((v, i) => (v >>> (31 - i)) % 2 === 1)).toBe(true);
  });

  it('is scrambled within its cells: every 1/64 of every dimension has one of 64 points, for any seed', () => {
    for (const seed of [0, 1, 77, 0xffffffff]) {
      for (const dimension of [0, 1, 13, 63]) {
        const cells = new Set<number>();
        for (let i = 0; i < 64; i++) cells.add(scramble(sobolBits(i, dimension), seed) >>> 26);
        expect(cells.size).toBe(64);
      }
    }
    const study = createStudy({
      space: unit(2),
      goals: ['minimize'],
      sampler: 'sobol',
      pruner: null,
      seed: 3,
      trials: 64,
    });
    const boxes = new Set<number>();
    for (let next = study.ask(); next; next = study.ask()) {
      boxes.add(Math.floor((next.params.x0 as number) * 8) * 8 + Math.floor((next.params.x1 as number) * 8));
    }
    expect(boxes.size).toBe(64);
  });

  it('integrates a product far better than random draws', () => {
    const error = (sampler: string) => {
      let squares = 0;
      for (let seed = 0; seed < 10; seed++) {
        const study = createStudy({
          space: unit(4),
          goals: ['minimize'],
          sampler,
          pruner: null,
          seed,
          trials: 256,
        });
        let sum = 0;
        for (let next = study.ask(); next; next = study.ask()) {
          sum += Object.values(next.params).reduce((product: number, x) => product * 2 * (x as number), 1);
        }
        squares += (sum / 256 - 1) ** 2;
      }
      return Math.sqrt(squares / 10);
    };
    expect(error('sobol')).toBeLessThan(error('random') / 5);
  });

  it('says what happens beyond its last dimension', () => {
    const study = createStudy({
      space: unit(70),
      goals: ['minimize'],
      sampler: 'sobol',
      pruner: null,
      seed: 3,
      trials: 8,
    });
    expect(study.reason).toBe(
      'sobol: the sequence has 64 dimensions; the last 6 of the 70 parameters are drawn at random',
    );
    expect(Object.keys(study.ask()!.params).length).toBe(70);
  });
});
