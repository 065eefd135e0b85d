import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../src/search/maths/random.js';
import { Parzen } from '../../../../src/search/samplers/parzen/index.js';
import { INACTIVE, Tree } from '../../../../src/search/samplers/parzen/tree.js';
import { Ranking } from '../../../../src/search/samplers/tpe/ranking.js';
import { normalCdf } from '../../../../src/search/maths/normal.js';
import type { Dimension } from '../../../../src/search/types.js';

const float = (name: string, when: Dimension['when'] = null): Dimension => {
  return { kind: 'float', name, low: 0, high: 1, log: false, step: null, when };
};

describe('the ranking of trials', () => {
  it('agrees with a full sort, whatever the order of insertions and changes', () => {
    const random = createRandom(7);
    const losses = new Float64Array(300).fill(NaN);
    const violations = new Float64Array(300);
    const ranking = new Ranking();
    for (let round = 0; round < 200; round++) {
      for (let change = random.int(4); change >= 0; change--) {
        const id = random.int(losses.length);
        const known = !Number.isNaN(losses[id]!);
        losses[id] = known && random.next() < 0.2 ? NaN : random.next() < 0.1 ? Infinity : random.int(20);
        violations[id] = random.next() < 0.7 ? 0 : random.int(3);
        ranking.touch(id, known);
      }
      const plain = [...losses.keys()].filter((id) => !Number.isNaN(losses[id]!));
      const key = (id: number) => [violations[id]!, losses[id]!, id];
      plain.sort((a, b) => {
        const [x, y] = [key(a), key(b)];
        const k = x.findIndex((value, i) => value !== y[i]);
        return k < 0 ? 0 : x[k]! < y[k]! ? -1 : 1;
      });
      const wanted = random.int(40);
      expect(Array.from(ranking.best(wanted, losses, violations))).toEqual(plain.slice(0, wanted));
    }
  });
});

describe('the estimate of many trials', () => {
  const SIGMA = 0.03;
  const bandwidth = { sigma: () => SIGMA, smoothing: () => 0.2 };
  const cut = (at: number) => normalCdf((1 - at) / SIGMA) - normalCdf(-at / SIGMA);
  const kernel = (u: number, at: number) => {
    if (u === INACTIVE || at === INACTIVE) return 1;
    return Math.exp(-0.5 * ((u - at) / SIGMA) ** 2) / (SIGMA * Math.sqrt(2 * Math.PI) * cut(at));
  };

  it.each([
    { what: 'with every parameter', when: null, kinds: 1 },
    { what: 'with some parameters missing', when: { kind: ['a'] }, kinds: 2 },
  ])('is the sum of its kernels: $what', ({ when, kinds }) => {
    const random = createRandom(11);
    const choice: Dimension = { kind: 'choice', name: 'kind', choices: ['a', 'b'], weights: null, when: null };
    const tree = new Tree({ dimensions: [choice, float('x', when), float('y'), float('z', when)] });
    const n = 400;
    const values = tree.axes.map(() => new Float64Array(n));
    const place = () => {
      const kind = random.int(kinds);
      const other = () => (kind === 1 ? INACTIVE : random.next());
      return [kind, other(), random.next(), other()];
    };
    for (let i = 0; i < n; i++) for (const [d, at] of place().entries()) values[d]![i] = at;
    const weights = Float64Array.from({ length: n }, () => 0.5 + random.next());
    const parzen = new Parzen(tree, { values, weights }, bandwidth);
    for (let round = 0; round < 50; round++) {
      const point = place();
      let sum = 0.5;
      let total = 1;
      for (let i = 0; i < n; i++) {
        let product = point[0] === values[0]![i] ? 0.9 : 0.1;
        for (let d = 1; d < 4; d++) product *= kernel(point[d]!, values[d]![i]!);
        sum += weights[i]! * product;
        total += weights[i]!;
      }
      expect(parzen.logDensity(Float64Array.from(point))).toBeCloseTo(Math.log(sum / total), 6);
    }
  });
});
