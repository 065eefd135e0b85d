import { describe, expect, it } from 'vitest';
import { createStudy } from '../../../../src/search/index.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import { hypervolume, nonDominatedRanks } from '../../../../src/search/pareto/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { associate, directionsOf } from '../../../../src/search/samplers/evolution/niches.js';
import type { Standing } from '../../../../src/search/samplers/evolution/standing.js';
import { frontsOf, surviveByCrowding, surviveByNiche } from '../../../../src/search/samplers/evolution/survival.js';
import type { Space } from '../../../../src/search/types.js';
import { usualTests } from './evolutionChecks.js';
import { choice, finish, float, start } from './make.js';

const box: Space = { dimensions: Array.from({ length: 6 }, (_, i) => float(`x${i}`)) };
/** ZDT1 with a shifted front. */
function shifted(params: Params): number[] {
  const [x, ...rest] = Object.values(params) as number[];
  const g = 1 + (9 * rest.reduce((sum, y) => sum + Math.abs(y - 0.35), 0)) / rest.length;
  return [x!, g * (1 - Math.sqrt(x! / g))];
}
/** DTLZ2 with three objectives and a shifted front. */
function sphere(params: Params): number[] {
  const [a, b, ...rest] = Object.values(params) as [number, number, ...number[]];
  const r = 1 + 5 * rest.reduce((sum, y) => sum + (y - 0.6) ** 2, 0);
  const [s, t] = [(a * Math.PI) / 2, (b * Math.PI) / 2];
  return [r * Math.cos(s) * Math.cos(t), r * Math.cos(s) * Math.sin(t), r * Math.sin(s)];
}
const good = (...losses: number[]): Standing => ({ kind: 0, minusStep: 0, violation: 0, losses });

describe.each(['nsga2', 'nsga3'])('%s', (sampler) => {
  usualTests(sampler, {
    robust: { name: sampler, population: 8 },
    complete: { name: sampler, population: 5 },
    rounds: [25, 20],
    goals: 2,
  });

  it.each([
    ['two', shifted, ['minimize', 'minimize'], [1.5, 5]],
    ['three', sphere, ['minimize', 'minimize', 'minimize'], [1.5, 1.5, 1.5]],
  ] as const)('covers the front of %s objectives better than random search', (_name, f, goals, reference) => {
    const volume = (name: string) => {
      let sum = 0;
      for (let seed = 0; seed < 5; seed++) {
        const study = finish(createStudy(start(box, name, { seed, goals: [...goals] })), 200, f);
        sum += hypervolume(
          study.best().map(({ values }) => values!),
          reference,
        );
      }
      return sum / 5;
    };
    expect(volume(sampler)).toBeGreaterThan(volume('random') * 1.1);
  });

  it('comes closer to the front by trying the most promising of several children', () => {
    const missing = (candidates: number): number => {
      let sum = 0;
      for (let seed = 20; seed < 28; seed++) {
        const study = createStudy(
          start(box, sampler, { seed, goals: ['minimize', 'minimize'], sampler: { name: sampler, candidates } }),
        );
        finish(study, 60, shifted);
        const front = study.best().map(({ values }) => values!);
        sum += Math.log(1.5 * 5 - 1 / 3 - hypervolume(front, [1.5, 5]));
      }
      return Math.exp(sum / 8);
    };
    expect(missing(8)).toBeLessThan(0.95 * missing(1));
  });

  it('looks for feasible points first', () => {
    const study = createStudy(start(box, sampler, { goals: ['minimize', 'minimize'] }));
    for (let i = 0; i < 150; i++) {
      const { id, params } = study.ask()!;
      study.tell(id, { state: 'completed', values: shifted(params), constraints: [0.5 - (params.x0 as number)] });
    }
    const met = study.trials.slice(75).filter(({ params }) => (params.x0 as number) >= 0.5);
    expect(met.length).toBeGreaterThan(50);
  });

  it('gives exactly these suggestions for this seed on every platform', () => {
    const space: Space = {
      dimensions: [float('x'), choice('c', ['a', 'b']), float('y', 0, 1, { when: { c: ['b'] } })],
    };
    const f = (p: Params) => [p.x as number, (1 - (p.x as number)) ** 2 + (p.c === 'a' ? 0.1 : (p.y as number) ** 2)];
    const study = finish(createStudy(start(space, sampler, { seed: 42, goals: ['minimize', 'minimize'] })), 60, f);
    const last = study.trials.slice(58).map((trial) => trial.params);
    if (sampler === 'nsga2')
      expect(last).toMatchInlineSnapshot(`
        [
          {
            "c": "b",
            "x": 0.12432517148664107,
            "y": 0.004455610082878092,
          },
          {
            "c": "b",
            "x": 0.1390376408044392,
            "y": 0.021276975787809828,
          },
        ]
      `);
    else
      expect(last).toMatchInlineSnapshot(`
        [
          {
            "c": "b",
            "x": 0.9376403345026858,
            "y": 0.09155291508211028,
          },
          {
            "c": "a",
            "x": 0.10926165147855432,
          },
        ]
      `);
  });
});

describe('survival', () => {
  it('puts feasible trials first, then by violation, failures last', () => {
    const broken = (violation: number): Standing => ({ ...good(0, 0), kind: 2, violation });
    const failed: Standing = { ...good(), kind: 3 };
    expect(frontsOf([failed, broken(2), good(1, 2), broken(1), good(2, 1), good(3, 3), failed])).toEqual([
      [2, 4],
      [5],
      [3],
      [1],
      [0, 6],
    ]);
  });

  it('keeps the points of the last front with the largest crowding distance', () => {
    const line = [0, 0.1, 0.15, 0.5, 1].map((x) => good(x, 1 - x));
    expect(surviveByCrowding(line, 4)).toEqual([0, 2, 3, 4]);
  });

  it('keeps one point for each direction', () => {
    const random = createRandom(1);
    const directions = directionsOf(3, 15);
    expect(directions.length).toBe(15);
    const cloud = Array.from({ length: 300 }, () => {
      const w = [random.next(), random.next(), random.next()];
      return good(...w.map((x) => (10 * x) / Math.hypot(...w)));
    });
    const kept = surviveByNiche(cloud, 15, directions, random).map((i) => cloud[i]!.losses);
    expect(nonDominatedRanks(kept).every((rank) => rank === 0)).toBe(true);
    const { niche } = associate(kept, kept.length, directions);
    expect(new Set(niche).size).toBeGreaterThan(11);
  });
});
