import { describe, expect, it } from 'vitest';
import { parseConstraint } from '../../../../src/experiment/search/constraints/index.js';
import { readSpace } from '../../../../src/experiment/index.js';
import { withConstraints } from '../../../../src/experiment/search/settings.js';
import { isAllowed, nearestAllowed } from '../../../../src/search/constraints/index.js';
import { createRandom, createStudy, restoreStudy } from '../../../../src/search/index.js';
import { RandomSampler } from '../../../../src/search/samplers/random.js';
import { checkSpace, countPoints, drawParams, isActive, refuse } from '../../../../src/search/space/index.js';
import type { Space } from '../../../../src/search/types.js';

function spaceOf(written: Record<string, unknown>, constraints: string[]): Space {
  const { space, problems } = readSpace(written);
  expect(problems).toEqual([]);
  const read = constraints.map((text) => {
    const found = parseConstraint(text, Object.keys(written));
    expect(found.fault, text).toBeUndefined();
    return found;
  });
  const linear = read.flatMap(({ constraints: own }) => own ?? []);
  return withConstraints(space!, { linear, rules: read.flatMap(({ rule }) => rule ?? []) }, {});
}

const unit = { x: { uniform: [0, 1] }, y: { uniform: [0, 1] } };
const MIXED = {
  opt: { choice: ['sgd', 'adam', 'rms'] },
  lr: { log: [1e-5, 1] },
  momentum: { uniform: [0, 1], when: { opt: 'sgd' } },
  batch: { logInt: [8, 4096] },
  length: { int: [32, 2048] },
  drop: { normal: [0, 1] },
};
const SAMPLERS = ['random', 'sobol', 'tpe', 'gp', 'cmaes', 'de', 'nsga2', 'reinforce', 'auto'];

describe('rules', () => {
  it.each(SAMPLERS)('are obeyed by every suggestion of %s, also after a restore', (sampler) => {
    const space = spaceOf(MIXED, [
      'batch * length <= 20000',
      'not (opt == sgd and lr > 0.01)',
      'if opt == adam then batch in [8, 16, 32, 64]',
      'batch + length <= 1000',
      'momentum * lr < 0.005',
    ]);
    const options = { space, goals: ['minimize' as const], sampler, pruner: null, seed: 3, trials: 40 };
    let study = createStudy(options);
    for (let i = 0; i < 40; i++) {
      if (i === 20) study = restoreStudy(JSON.parse(JSON.stringify(study.save())));
      const { id, params } = study.ask()!;
      expect(isAllowed(space, params), JSON.stringify(params)).toBe(true);
      for (const d of space.dimensions) {
        expect(params[d.name] !== undefined).toBe(isActive(d, params));
        if (params[d.name] !== undefined) expect(refuse(d, params[d.name]!)).toBeNull();
      }
      const { lr, batch } = params as { lr: number; batch: number };
      study.tell(id, { state: 'completed', values: [Math.abs(Math.log(lr) + 4) + Math.abs(batch - 100) / 100] });
    }
  });

  it('leave random draws with their distribution, also where few draws are allowed', () => {
    // Below the hyperbola: P(x y <= c) = c - c ln c; the mean of x given that is ∫ x min(1, c/x) dx over that area.
    for (const c of [0.3, 0.0003]) {
      const space = spaceOf(unit, [`x * y <= ${c}`]);
      checkSpace(space);
      const random = createRandom(4);
      const sampler = new RandomSampler({}, space);
      const xs: number[] = [];
      for (let i = 0; i < 800; i++) {
        const params = sampler.suggest({ space, goals: ['minimize'], trials: [] }, random)!;
        expect(isAllowed(space, params)).toBe(true);
        xs.push(params.x as number);
      }
      const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
      const area = c - c * Math.log(c);
      const expected = (c * c) / 2 + c * (1 - c);
      // Three standard errors of independent draws, and as much for those that a walk made.
      expect(Math.abs(mean - expected / area)).toBeLessThan(0.06);
    }
  });

  it('find thin regions, and move the least', () => {
    const space = spaceOf(unit, ['x * x + y * y >= 0.9', 'x * x + y * y <= 0.91', 'x != y']);
    checkSpace(space);
    const random = createRandom(5);
    for (let i = 0; i < 100; i++) {
      const wish = drawParams(space, random);
      const near = nearestAllowed(space, wish, random);
      expect(isAllowed(space, near)).toBe(true);
    }
    const half = spaceOf(unit, ['x * 1 <= 0.5 or y > 0.9']);
    const moved = nearestAllowed(half, { x: 0.6, y: 0.1 }, random) as { x: number; y: number };
    expect(moved.y).toBe(0.1);
    expect(moved.x).toBeCloseTo(0.5, 5);
  });

  it('count for grids', () => {
    const space = spaceOf(
      { a: { choice: ['p', 'q'] }, n: { int: [1, 4] }, m: { int: [1, 4] }, free: { choice: [1, 2, 3] } },
      ['n * m <= 4', 'not (a == p and n == 1)'],
    );
    // 8 pairs have a product of at most 4; with a = p the four with n = 1 are forbidden.
    expect(countPoints(space)).toBe((8 + 4) * 3);
    const study = createStudy({ space, goals: [], sampler: 'grid', pruner: null, seed: 1, trials: null });
    const seen = new Set<string>();
    for (let asked; (asked = study.ask());) {
      expect(isAllowed(space, asked.params)).toBe(true);
      seen.add(JSON.stringify(asked.params));
    }
    expect(seen.size).toBe(36);
  });

  it('that nothing meets are refused', () => {
    expect(() => checkSpace(spaceOf(unit, ['x * y >= 2']))).toThrow(
      'found no point of the space that meets "x * y >= 2"',
    );
  });
});

describe('conditions', () => {
  const layers = { int: [1, 8] };
  it.each<[unknown, number[]]>([
    ['>= 6', [6, 7, 8]],
    ['> 2 and < 5', [3, 4]],
    ['!= 1 and != 2', [3, 4, 5, 6, 7, 8]],
    ['== 3', [3]],
    [{ atLeast: 2, below: 4 }, [2, 3]],
    [{ not: [1, 8] }, [2, 3, 4, 5, 6, 7]],
    [
      [1, 2],
      [1, 2],
    ],
    [7, [7]],
  ])('%j', (when, expected) => {
    const space = spaceOf({ layers, width: { uniform: [0, 1], when: { layers: when } } }, []);
    for (const sampler of ['random', 'tpe', 'gp', 'auto']) {
      const study = createStudy({ space, goals: ['minimize'], sampler, pruner: null, seed: 2, trials: 30 });
      for (let i = 0; i < 30; i++) {
        const { id, params } = study.ask()!;
        expect(params.width !== undefined).toBe(expected.includes(params.layers as number));
        study.tell(id, { state: 'completed', values: [Math.abs(5 - (params.layers as number))] });
      }
      expect(restoreStudy(JSON.parse(JSON.stringify(study.save()))).trials).toHaveLength(30);
    }
  });

  it('on a continuous parent', () => {
    const space = spaceOf({ lr: { log: [1e-4, 1] }, warmup: { int: [1, 9], when: { lr: '> 0.01' } } }, []);
    for (const sampler of ['random', 'tpe', 'gp', 'cmaes', 'auto']) {
      const study = createStudy({ space, goals: ['minimize'], sampler, pruner: null, seed: 2, trials: 30 });
      for (let i = 0; i < 30; i++) {
        const { id, params } = study.ask()!;
        expect(params.warmup !== undefined).toBe((params.lr as number) > 0.01);
        study.tell(id, { state: 'completed', values: [params.lr as number] });
      }
    }
  });

  it.each<[unknown, string]>([
    ['>= 20', '"layers" never meets this condition: it ranges from 1 to 8'],
    ['> 5 and < 3', '"layers" never meets this condition: it ranges from 1 to 8'],
    ['>= x', "'>= x' compares with text"],
    ['>=', "the condition '>=' is not a comparison"],
    [9, '"layers" is never 9: it must be from 1 to 8'],
    [{ not: 9 }, '"layers" is never 9: it must be from 1 to 8'],
    ['== 1 and > 3', "the condition '== 1 and > 3' mixes bounds and single values"],
  ])('%j is refused', (when, message) => {
    const { problems } = readSpace({ layers, width: { uniform: [0, 1], when: { layers: when } } });
    expect(problems.map((p) => p.message)).toEqual([message]);
    expect(problems[0]!.path).toEqual(['width', 'when', 'layers']);
  });

  it('compare no texts with numbers', () => {
    const { problems } = readSpace({ opt: { choice: ['a', 'b'] }, x: { uniform: [0, 1], when: { opt: '> 2' } } });
    expect(problems[0]!.message).toBe('"opt" is not always a number');
    const text = readSpace({ opt: { choice: ['> 2', 'b'] }, x: { uniform: [0, 1], when: { opt: '> 2' } } });
    expect(text.problems).toEqual([]);
    expect(text.space!.dimensions[1]!.when).toEqual({ opt: ['> 2'] });
  });
});
