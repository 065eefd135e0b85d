import { describe, expect, it } from 'vitest';
import { createStudy, restoreStudy } from '../../../../src/search/index.js';
import { adapt } from '../../../../src/search/widen/adapt.js';
import { boxOf } from '../../../../src/search/warmStart/box.js';
import { diverse } from '../../../../src/search/warmStart/good.js';
import { freeShare } from '../../../../src/search/warmStart/share.js';
import { isExhausted } from '../../../../src/search/warmStart/exhausted.js';
import type { Dimension, Earlier, History, Space, StudyOptions, Trial } from '../../../../src/search/types.js';

const float = (name: string, low: number, high: number, more: Partial<Dimension> = {}): Dimension =>
  ({ kind: 'float', name, low, high, log: false, step: null, when: null, ...more }) as Dimension;
const choice = (name: string, choices: string[], more: Partial<Dimension> = {}): Dimension =>
  ({ kind: 'choice', name, choices, weights: null, when: null, ...more }) as Dimension;
const box = (count: number): Space => ({ dimensions: Array.from({ length: count }, (_, i) => float(`x${i}`, -5, 5)) });
const ended = (id: number, params: Trial['params'], value: number, more: Partial<Trial> = {}): Trial => ({
  id,
  params,
  state: 'completed',
  values: [value],
  reports: [],
  enqueued: false,
  ...more,
});

const DIMENSIONS = 5;
const BEST = [2, -2, 2, -2, 2];
const ellipsoid = (params: Trial['params'], best: number[]) =>
  best.reduce((sum, at, i) => sum + 4 ** i * ((params[`x${i}`] as number) - at) ** 2, 0);

/** Returns the best value after each trial. */
function curve(seed: number, past: Earlier[]): number[] {
  const options: StudyOptions = {
    space: box(DIMENSIONS),
    goals: ['minimize'],
    sampler: 'tpe',
    pruner: null,
    seed,
    trials: 60,
  };
  const study = createStudy(options);
  study.import(past);
  const values: number[] = [];
  for (let asked = study.ask(); asked; asked = study.ask()) {
    const value = ellipsoid(asked.params, BEST);
    values.push(Math.min(value, values.at(-1) ?? Infinity));
    study.tell(asked.id, { state: 'completed', values: [value] });
  }
  return values;
}
function pastOf(seed: number, best: number[]): Earlier[] {
  const study = createStudy({
    space: box(DIMENSIONS),
    goals: ['minimize'],
    sampler: 'tpe',
    pruner: null,
    seed: 1000 + seed,
    trials: 50,
  });
  for (let asked = study.ask(); asked; asked = study.ask()) {
    study.tell(asked.id, { state: 'completed', values: [ellipsoid(asked.params, best)] });
  }
  return study.trials.map(({ params, values }) => ({ params, values: values! }));
}
const SEEDS = [0, 1, 2, 3, 4, 5];
const geometric = (curves: number[][], at: number) =>
  Math.exp(curves.reduce((sum, values) => sum + Math.log(values[at]!), 0) / curves.length);

describe('a warm start', () => {
  const cold = SEEDS.map((seed) => curve(seed, []));

  it('with a good past gets further in 10 trials than a cold start in 30', () => {
    const warm = SEEDS.map((seed) => curve(seed, pastOf(seed, BEST)));
    expect(geometric(warm, 9)).toBeLessThan(geometric(cold, 29));
    expect(geometric(warm, 59)).toBeLessThan(geometric(cold, 59));
  });

  it('also helps with a past of a slightly different function', () => {
    const near = BEST.map((at) => at + 0.5);
    const warm = SEEDS.map((seed) => curve(seed, pastOf(seed, near)));
    expect(geometric(warm, 9)).toBeLessThan(geometric(cold, 19));
  });

  it('costs at most 20 of 60 trials with a misleading past', () => {
    const opposite = BEST.map((at) => -at);
    const warm = SEEDS.map((seed) => curve(seed, pastOf(seed, opposite)));
    expect(geometric(warm, 59)).toBeLessThan(geometric(cold, 39));
  });

  it('tries the best earlier configurations first: different ones, the best of each search in turn', () => {
    const study = createStudy({
      space: box(2),
      goals: ['maximize'],
      sampler: 'random',
      pruner: null,
      seed: 1,
      trials: 9,
    });
    const at = (x0: number, x1: number, value: number) => ({ params: { x0, x1 }, values: [value] });
    study.import([at(1, 1, 5), at(1.1, 1.1, 4), at(3, 3, 3), at(0, 0, -9)]);
    study.import([at(-2, -2, 100), at(-4, -4, 90)]);
    expect([study.ask()!.params, study.ask()!.params, study.ask()!.params]).toEqual([
      ...[
        { x0: 1, x1: 1 },
        { x0: -2, x1: -2 },
      ],
      { x0: -4, x1: -4 },
    ]);
    expect(study.trials[0]!.enqueued).toBe(false);
  });

  it('obeys its settings: all free, no first configurations, or no own warm start', () => {
    const first = (warmStart: StudyOptions['warmStart']) => {
      const study = createStudy({
        space: box(2),
        goals: ['minimize'],
        sampler: 'random',
        pruner: null,
        seed: 4,
        trials: 9,
        warmStart,
      });
      study.import([
        { params: { x0: 1, x1: 1 }, values: [0] },
        { params: { x0: 2, x1: 1 }, values: [0] },
      ]);
      return study.ask()!.params;
    };
    const plain = createStudy({
      space: box(2),
      goals: ['minimize'],
      sampler: 'random',
      pruner: null,
      seed: 4,
      trials: 9,
    });
    expect(first(null)).toEqual(plain.ask()!.params);
    expect(first({ first: 1 })).toEqual({ x0: 1, x1: 1 });
    expect(first({ first: 0, free: 0 }).x1).toBeCloseTo(1, 0);
    expect(() => first({ free: 2 })).toThrow('the free share of a warm start must be from 0 to 1, not 2');
  });

  it('obeys the constraints even if the past did not', () => {
    const space: Space = { ...box(2), constraints: [{ terms: { x0: 1, x1: 1 }, atMost: 0 }] };
    const past = [1, 2, 3].map((x0) => ({ params: { x0, x1: 3 }, values: [-x0] }));
    for (const stages of [null, { order: [{ name: 'a', params: ['x0'] }] }]) {
      const study = createStudy({
        space,
        goals: ['minimize'],
        sampler: 'tpe',
        pruner: null,
        seed: 1,
        trials: 20,
        stages,
      });
      study.import(past);
      study.enqueue({ x0: 4, x1: 4 });
      for (let asked = study.ask(); asked; asked = study.ask()) {
        const { x0, x1 } = asked.params as { x0: number; x1: number };
        study.tell(asked.id, { state: 'completed', values: [-x0 - x1] });
        if (asked.id > 0) expect(x0 + x1).toBeLessThanOrEqual(1e-9);
      }
    }
  });

  it('refuses values for other objectives and leaves out NaN', () => {
    const study = createStudy({
      space: box(1),
      goals: ['minimize'],
      sampler: 'random',
      pruner: null,
      seed: 1,
      trials: 3,
    });
    expect(() => study.import([{ params: { x0: 1 }, values: [1, 2] }])).toThrow('needs 1 values, not 2');
    study.import([{ params: { x0: 1 }, values: [NaN] }]);
    expect(study.ask()!.params).not.toEqual({ x0: 1 });
    const restored = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    expect(restored.ask()).toEqual(study.ask());
  });
});

describe('params of another space', () => {
  const space: Space = {
    dimensions: [
      choice('model', ['net', 'tree']),
      float('lr', 0, 1, { when: { model: ['net'] } }),
      float('dropout', 0, 1, { prior: { value: 0 } }),
      { kind: 'constant', name: 'version', value: 3, when: null },
    ],
  };

  it('drop unknown parameters and gain known values', () => {
    expect(adapt(space, { model: 'tree', lr: 0.5, epochs: 3 })).toEqual({
      params: { model: 'tree', dropout: 0, version: 3 },
      fits: true,
    });
  });
  it('do not fit if values are refused or missing', () => {
    expect(adapt(space, { model: 'net' }).fits).toBe(false);
    expect(adapt(space, { model: 'net', lr: 2 })).toMatchObject({ params: { lr: 2 }, fits: false });
    expect(adapt(space, { model: 'tree', version: 4 }).fits).toBe(false);
  });
});

describe('the box', () => {
  const goals: History['goals'] = ['minimize'];
  it('keeps the good part, with a margin, and cuts off the rest', () => {
    const space: Space = {
      dimensions: [
        float('x', 0, 10),
        { kind: 'int', name: 'n', low: 1, high: 100, log: false, step: 1, when: null },
        choice('c', ['a', 'b', 'c']),
        float('y', 0, 1, { prior: { value: 0.9 } }),
      ],
    };
    const group = Array.from({ length: 40 }, (_, i) =>
      ended(-1 - i, { x: i / 4, n: 50, c: i < 2 ? 'a' : 'b', y: 0.1 }, i),
    );
    const [x, n, c, y] = boxOf(space, [group], goals)!.dimensions;
    expect(x).toMatchObject({ low: 0 });
    expect((x as { high: number }).high).toBeGreaterThan(0.75);
    expect((x as { high: number }).high).toBeLessThan(2);
    expect(n).toMatchObject({ kind: 'int', low: 45, high: 55 });
    expect(c).toMatchObject({ choices: ['a', 'b'] });
    expect(y).toMatchObject({ prior: null });
  });
  it('is at the end of a range if the good values lie beyond it', () => {
    const space: Space = { dimensions: [float('x', 5, 10)] };
    const group = Array.from({ length: 10 }, (_, i) => ended(-1 - i, { x: 1 }, i));
    expect(boxOf(space, [group], goals)!.dimensions[0]).toMatchObject({ low: 5, high: 5.25 });
  });
  it('is null if the good trials are everywhere, or tell nothing', () => {
    const space: Space = { dimensions: [float('x', 0, 10)] };
    expect(boxOf(space, [[ended(-1, { x: 0 }, 1), ended(-2, { x: 10 }, 1)]], goals)).toBeNull();
    expect(boxOf(space, [[ended(-1, { y: 0 }, 1)]], goals)).toBeNull();
  });
  it('supports choices that are lists or null', () => {
    const choices = [null, [1, 2], [3]];
    const space: Space = { dimensions: [{ kind: 'choice', name: 'c', choices, weights: null, when: null }] };
    const group = choices.map((c, i) => ended(-1 - i, { c }, i)).concat(ended(-9, { c: null }, 0));
    expect(boxOf(space, [group], goals)!.dimensions[0]).toMatchObject({ choices: [null, [1, 2]] });
  });
  it('is null if the constraints leave nothing of it', () => {
    const space: Space = { ...box(2), constraints: [{ terms: { x0: 1, x1: 1 }, atMost: 0 }] };
    expect(boxOf(space, [[ended(-1, { x0: 4, x1: 4 }, 1)]], goals)).toBeNull();
  });
  it('uses trials that met the constraints, and the front of several objectives', () => {
    const broken = ended(-1, { x0: -4 }, 0, { constraints: [1] });
    const met = [2, 2.1, 2.2].map((x0, i) => ended(-2 - i, { x0 }, 9, { constraints: [-1] }));
    expect(boxOf(box(1), [[broken, ...met]], goals)!.dimensions[0]).toMatchObject({ low: expect.closeTo(1.45, 1) });
    const front = [
      [1, 2],
      [2, 1],
      [3, 3],
      [4, 4],
    ].map((values, i) => ({ ...ended(-1 - i, { x0: i }, 0), values }));
    const { high } = boxOf(box(1), [front], ['minimize', 'minimize'])!.dimensions[0] as { high: number };
    expect(high).toBeLessThan(3.2);
  });
  it('selects different configurations', () => {
    const group = [0, 0.1, 0.2, 3].map((x0, i) => ended(-1 - i, { x0 }, i));
    expect(diverse([group], box(1), 3).map(({ params }) => params.x0)).toEqual([0, 3]);
  });
});

describe('the shares of the box and of the free trials', () => {
  const history = (losses: (number | null)[]): History => ({
    space: box(1),
    goals: ['minimize'],
    trials: losses.map((loss, i) =>
      ended(i, { x0: 0 }, loss ?? 0, loss === null ? { state: 'failed', values: null } : {}),
    ),
  });
  it('follow the better one', () => {
    const good = history([1, 9, 1, 8, 2, 9, 1, 7]);
    expect(freeShare(0.3, good, '')).toBe(0.3);
    expect(freeShare(0.3, good, 'bfbfbfbf')).toBeLessThan(0.2);
    expect(freeShare(0.3, good, 'fbfbfbfb')).toBeGreaterThan(0.7);
    expect(freeShare(0, good, 'fbfbfbfb')).toBe(0);
  });
  it('count failures as bad', () => {
    expect(freeShare(0.3, history([null, 5, null, 6]), 'bfbf')).toBeGreaterThan(0.5);
  });
  it('the box is exhausted when nothing better is found', () => {
    const arms = 'b'.repeat(20);
    const falling = Array.from({ length: 20 }, (_, i) => 100 - 5 * i);
    expect(isExhausted(history(falling), arms, 2)).toBe(false);
    expect(isExhausted(history(falling.map((loss, i) => (i < 10 ? loss : 90))), arms, 2)).toBe(true);
    expect(isExhausted(history(falling.map(() => null)), arms, 2)).toBe(true);
  });
});
