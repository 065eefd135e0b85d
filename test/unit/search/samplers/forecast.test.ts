import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/search/maths/random.js';
import { Forecast, type Tried } from '../../../../src/search/samplers/evolution/forecast.js';
import { Genome } from '../../../../src/search/samplers/evolution/genes.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import type { Space } from '../../../../src/search/types.js';
import { choice, float } from './make.js';

const space: Space = {
  dimensions: [float('x'), float('y'), choice('c', ['a', 'b', 'd']), float('z', 0, 1, { when: { c: ['b'] } })],
};
const genome = new Genome(space);
const cost = { a: 0, b: 0.3, d: 0.6 };
const f = (p: Params): number[] => {
  const bowl = ((p.x as number) - 0.3) ** 2 + ((p.y as number) - 0.8) ** 2 + cost[p.c as 'a'];
  return [bowl, 1 - (p.x as number)];
};

function tried(n: number, scale: (loss: number) => number = (loss) => loss): Tried[] {
  const random = createRandom(3);
  return Array.from({ length: n }, () => {
    const params = genome.paramsOf(new Float64Array(4).fill(NaN), random);
    return { genes: genome.genesOf(params), losses: f(params).map(scale) };
  });
}

/** Share of pairs of new points that the forecast puts in the right order, for one objective. */
function agreement(forecast: Forecast, objective: number): number {
  const random = createRandom(9);
  let right = 0;
  for (let i = 0; i < 500; i++) {
    const [a, b] = [0, 1].map(() => genome.paramsOf(new Float64Array(4).fill(NaN), random));
    const [ra, rb] = [a!, b!].map((params) => forecast.of(genome.genesOf(params)).ranks[objective]!);
    if (ra! < rb! === f(a!)[objective]! < f(b!)[objective]!) right++;
  }
  return right / 500;
}

describe('a forecast of how children will stand', () => {
  it('orders points that it has not seen, numbers and choices', () => {
    const forecast = new Forecast(genome.axes, tried(40));
    expect(agreement(forecast, 0)).toBeGreaterThan(0.85);
    expect(agreement(forecast, 1)).toBeGreaterThan(0.9);
  });

  it('depends on the order of the losses only', () => {
    const [plain, steep] = [tried(30), tried(30, (loss) => Math.exp(20 * loss))].map(
      (all) => new Forecast(genome.axes, all),
    );
    const genes = Float64Array.of(0.4, 0.4, 0.1, NaN);
    expect(steep!.of(genes).ranks).toEqual(plain!.of(genes).ranks);
  });

  it('gives equal losses one rank, and takes infinite ones as the worst', () => {
    const genes = [0.1, 0.3, 0.5, 0.7].map((x) => Float64Array.of(x, 0.5, 0.1, NaN));
    const losses = [[2], [Infinity], [1], [2]];
    const { ranks } = new Forecast(
      genome.axes,
      genes.map((each, i) => ({ genes: each, losses: losses[i]! })),
    );
    expect([...ranks[0]!]).toEqual([0.25, 0.75, 0, 0.25]);
  });

  it('works with one trial, with equal trials, and tells how new a point is', () => {
    const one = { genes: Float64Array.of(0.5, 0.5, 0.1, NaN), losses: [1, 1] };
    const forecast = new Forecast(genome.axes, [one]);
    expect(forecast.of(one.genes)).toEqual({ ranks: [expect.closeTo(0), expect.closeTo(0)], novelty: 0 });
    expect(forecast.of(Float64Array.of(0.5, 0.9, 0.1, NaN)).novelty).toBeCloseTo(0.4);
    // Another choice counts as the whole range, as does a parameter that only one of them has.
    expect(forecast.of(Float64Array.of(0.5, 0.5, 0.5, 0.2)).novelty).toBeCloseTo(Math.sqrt(2));
    const equal = new Forecast(genome.axes, [one, one, one]).of(one.genes);
    expect(equal.ranks.every(Number.isFinite)).toBe(true);
  });

  it('fits far more features than there are trials', () => {
    // One matrix of all features would have 400 million numbers.
    const wide = new Genome({
      dimensions: Array.from({ length: 1000 }, (_, i) =>
        choice(
          `c${i}`,
          Array.from({ length: 20 }, (_, value) => `v${value}`),
        ),
      ),
    });
    const random = createRandom(5);
    const all = Array.from({ length: 300 }, (): Tried => {
      const genes = Float64Array.from({ length: 1000 }, () => random.next());
      // Half of the trials share the first hundred values, and are better.
      const isGood = random.next() < 0.5;
      if (isGood) genes.fill(0.01, 0, 100);
      return { genes, losses: [isGood ? random.next() : 1 + random.next()] };
    });
    const forecast = new Forecast(wide.axes, all);
    const other = Float64Array.from({ length: 1000 }, () => random.next());
    const good = other.slice().fill(0.01, 0, 100);
    expect(forecast.of(good).ranks[0]!).toBeLessThan(0.35);
    expect(forecast.of(other).ranks[0]!).toBeGreaterThan(0.6);
  });

  it('is the same by trials as by features', () => {
    const dimensions = Array.from({ length: 10 }, (_, i) => float(`x${i}`));
    // Nobody has these, so they are features without an effect, which outnumber the trials.
    const absent = Array.from({ length: 20 }, (_, i) =>
      choice(
        `c${i}`,
        Array.from({ length: 20 }, (_, value) => `v${value}`),
      ),
    );
    const random = createRandom(6);
    const genes = (): Float64Array =>
      Float64Array.from({ length: 30 }, (_, i) => (i < 10 && random.next() < 0.9 ? random.next() : NaN));
    const some = Array.from({ length: 50 }, (): Tried => {
      const own = genes();
      return { genes: own, losses: [own[0]! + (own[3]! - 0.5) ** 2 || 2, random.next()] };
    });
    const few = new Forecast(new Genome({ dimensions }).axes, some);
    const many = new Forecast(new Genome({ dimensions: [...dimensions, ...absent] }).axes, some);
    for (let i = 0; i < 20; i++) {
      const one = genes();
      const close = few.of(one).ranks.map((rank) => expect.closeTo(rank, 6) as number);
      expect(many.of(one).ranks).toEqual(close);
    }
  });
});
