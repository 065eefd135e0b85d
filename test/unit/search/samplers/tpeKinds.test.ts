/**
 * Tests TPE with several objectives, measured and linear constraints, priors, earlier searches, repeats and partial
 * trials.
 */
import { describe, expect, it } from 'vitest';
import type { Params } from '../../../../src/protocol/values/index.js';
import { createStudy, restoreStudy, type SavedStudy } from '../../../../src/search/index.js';
import { hypervolume, nonDominatedSort } from '../../../../src/search/pareto/index.js';
import { createRandom } from '../../../../src/search/maths/random.js';
import { Observations } from '../../../../src/search/samplers/observations.js';
import { Belief } from '../../../../src/search/samplers/parzen/belief.js';
import { Tree } from '../../../../src/search/samplers/parzen/tree.js';
import { TpeSampler, TpeSettings } from '../../../../src/search/samplers/tpe/index.js';
import { Fronts } from '../../../../src/search/samplers/tpe/front.js';
import { splitOf } from '../../../../src/search/samplers/tpe/split.js';
import type { Dimension, History, Space, StudyOptions, Trial } from '../../../../src/search/types.js';

const float = (name: string, more: object = {}): Dimension =>
  ({ kind: 'float', name, low: 0, high: 1, log: false, step: null, when: null, ...more }) as Dimension;
const square: Space = { dimensions: [float('x'), float('y')] };
const start = (more: Partial<StudyOptions> = {}): StudyOptions => ({
  space: square,
  goals: ['minimize'],
  sampler: 'tpe',
  pruner: null,
  seed: 1,
  trials: null,
  ...more,
});
const at = ({ x, y }: Params) => [x as number, y as number] as const;
const trial = (id: number, more: Partial<Trial>): Trial => ({
  id,
  params: { x: id / 100, y: 0.5 },
  state: 'completed',
  values: [id],
  reports: [],
  enqueued: false,
  ...more,
});
function read(trials: Trial[], goals: History['goals'] = ['minimize']) {
  const tree = new Tree(square);
  const observations = new Observations(tree);
  observations.update({ space: square, goals, trials });
  return { tree, observations };
}
const goodOf = (trials: Trial[], goals?: History['goals'], radius = 0) => {
  const { tree, observations } = read(trials, goals);
  return Array.from(splitOf(observations, tree, (goals?.length ?? 1) > 1 ? new Fronts() : null, radius).good.rows);
};

describe('good trials', () => {
  it('are the best tenth; feasible trials come first', () => {
    const trials = Array.from({ length: 30 }, (_, id) => trial(id, { values: [30 - id] }));
    expect(goodOf(trials)).toEqual([29, 28, 27]);
    for (const id of [29, 27, 26]) trials[id]!.constraints = [0.5 + id];
    for (const id of [28, 25]) trials[id]!.constraints = [-1];
    expect(goodOf(trials)).toEqual([28, 25, 24]);
    for (const one of trials) one.constraints = [100 - one.id, NaN];
    expect(goodOf(trials.map((one) => ({ ...one, constraints: [one.id] })))).toEqual([0, 1, 2]);
  });

  it('are spread over the front of several objectives', () => {
    const trials = Array.from({ length: 40 }, (_, id) => {
      const t = (id % 20) / 19;
      const off = id < 20 ? 0 : 0.1;
      return trial(id, { values: [t + off, (1 - t) ** 2 + off] });
    });
    const good = goodOf(trials, ['minimize', 'minimize']);
    expect(good.length).toBe(4);
    expect(good.every((id) => id < 20)).toBe(true);
    expect(Math.max(...good) - Math.min(...good)).toBeGreaterThan(9);
    // The points that the others don't dominate without them; the same for the opposite goal.
    const turned = trials.map((one) => ({ ...one, values: [one.values![0]!, -one.values![1]!] }));
    expect(goodOf(turned, ['minimize', 'maximize'])).toEqual(good);
  });

  it('give the same fronts inserted one by one as all at once', () => {
    const random = createRandom(5);
    for (const objectives of [2, 3]) {
      const goals = Array.from({ length: objectives }, () => 'minimize' as const);
      const trials = Array.from({ length: 120 }, (_, id) => {
        // Values in tenths, so that many are equal in some objective.
        const values = goals.map(() => random.int(10) / 10);
        return trial(id, { values, ...(id % 9 === 0 ? { constraints: [random.next() - 0.5] } : {}) });
      });
      const tree = new Tree(square);
      const observations = new Observations(tree);
      const fronts = new Fronts();
      for (let n = 10; n <= 120; n += 11) {
        const some = trials.map((one, id) =>
          id < n && id % 4 ? one : { ...one, state: 'running' as const, values: null },
        );
        observations.update({ space: square, goals, trials: some });
        fronts.good(observations, 5);
      }
      observations.update({ space: square, goals, trials });
      const allowed = trials.filter(({ constraints }) => !(constraints && constraints[0]! > 0));
      const sorted = nonDominatedSort(allowed.map(({ values }) => values!)).map((front) =>
        front.map((i) => allowed[i]!.id),
      );
      const { rows } = fronts.good(observations, 25);
      let left = Array.from(rows);
      for (const front of sorted) {
        if (left.length === 0) break;
        const here = left.filter((id) => front.includes(id));
        expect(here.length).toBe(Math.min(front.length, left.length));
        left = left.filter((id) => !front.includes(id));
      }
      expect(fronts.good(observations, 25)).toEqual(new Fronts().good(observations, 25));
    }
  });

  it('lie apart with niches', () => {
    const trials = Array.from({ length: 60 }, (_, id) =>
      trial(id, { params: { x: (id % 2) / 2 + id / 6000, y: 0.5 } }),
    );
    expect(goodOf(trials, ['minimize'], 0.1)).toEqual([0, 1]);
    expect(goodOf(trials, ['minimize'])).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('use the mean of repeats, and the prediction for partial trials', () => {
    const trials = Array.from({ length: 20 }, (_, id) => trial(id, {}));
    trials.push(trial(20, { params: trials[0]!.params, repeatOf: 0, values: [50] }));
    expect(goodOf(trials)).toEqual([1, 2]);
    const { observations } = read(trials);
    expect([observations.known, observations.losses[0]]).toEqual([20, 25]);
    trials.push(trial(21, { state: 'paused', values: null, reports: [{ step: 1, value: -5 }] }));
    trials.push(trial(22, { state: 'running', values: null, reports: [{ step: 1, value: -9 }] }));
    trials.push(trial(23, { state: 'paused', values: null }));
    expect(goodOf(trials)).toContain(21);
    expect(goodOf(trials)).not.toContain(22);
    expect(read(trials).observations.known).toBe(21);
  });

  it('do not depend on the order in which trials ended', () => {
    const early = Array.from({ length: 30 }, (_, id) => trial(id, { state: 'running', values: null }));
    const tree = new Tree(square);
    const observations = new Observations(tree);
    const random = createRandom(2);
    for (const id of [7, 3, 29, 11, ...Array.from({ length: 30 }, (_, i) => i)]) {
      early[id] = trial(id, { values: [(id * 7) % 30], params: early[id]!.params });
      if (random.int(3) === 0) observations.update({ space: square, goals: ['minimize'], trials: early });
    }
    observations.update({ space: square, goals: ['minimize'], trials: early });
    expect(splitOf(observations, tree, null, 0)).toEqual(splitOf(read(early).observations, tree, null, 0));
  });

  it('stay few, and so do the bad ones, with thousands of trials', () => {
    const trials = Array.from({ length: 5000 }, (_, id) => trial(id, { values: [(id * 37) % 5000] }));
    trials[4321] = trial(4321, { state: 'running', values: null });
    const { tree, observations } = read(trials);
    const { good, bad } = splitOf(observations, tree, null, 0);
    expect(good.rows.length).toBe(25);
    expect(bad.rows.length).toBeLessThan(800);
    expect(Array.from(bad.rows)).toContain(4321);
    expect(bad.weights.reduce((sum, w) => sum + w, 0)).toBeCloseTo(5000 - 25, 6);
  });
});

describe('TPE', () => {
  const run = (study: SavedStudy, trials: number, tell: (params: Params) => Parameters<SavedStudy['tell']>[1]) => {
    for (let i = 0; i < trials; i++) {
      const { id, params } = study.ask()!;
      study.tell(id, tell(params));
    }
    return study;
  };

  it('finds more of a front than random search', () => {
    const volume = (sampler: string) => {
      let sum = 0;
      for (let seed = 0; seed < 5; seed++) {
        const space = { dimensions: ['a', 'b', 'c', 'd'].map((name) => float(name)) };
        const study = createStudy(start({ space, sampler, seed, goals: ['minimize', 'minimize'] }));
        run(study, 100, ({ a, b, c, d }) => {
          const off = (b as number) + (c as number) + (d as number);
          return { state: 'completed', values: [a as number, (1 + off) * (1 - Math.sqrt((a as number) / (1 + off)))] };
        });
        sum += hypervolume(
          study.best().map((one) => one.values!),
          [1.1, 1.1],
        );
      }
      return sum / 5;
    };
    expect(volume('tpe')).toBeGreaterThan(volume('random') + 0.2);
  });

  it('stays where measured constraints are met', () => {
    const share = (measured: boolean) => {
      const study = createStudy(start({ seed: 4 }));
      run(study, 80, (params) => {
        const [x, y] = at(params);
        // The optimum is infeasible.
        const constraints = measured ? { constraints: [x - 0.3, 0.2 - y] } : {};
        return { state: 'completed', values: [(x - 0.6) ** 2 + (y - 0.1) ** 2], ...constraints };
      });
      return study.trials.slice(30).filter(({ params }) => at(params)[0] <= 0.3 && at(params)[1] >= 0.2).length / 50;
    };
    expect(share(true)).toBeGreaterThan(0.35);
    expect(share(false)).toBeLessThan(0.1);
  });

  it('looks for points that meet constraints no trial has met yet', () => {
    const study = createStudy(start({ seed: 2 }));
    run(study, 60, (params) => {
      const [x, y] = at(params);
      return { state: 'completed', values: [x], constraints: [Math.abs(x - 0.9) - 0.02, Math.abs(y - 0.9) - 0.02] };
    });
    const near = ({ params }: { params: Params }) => Math.hypot(at(params)[0] - 0.9, at(params)[1] - 0.9) < 0.2;
    expect(study.trials.slice(30).filter(near).length).toBeGreaterThan(12);
  });

  it('obeys linear constraints', () => {
    const space: Space = { ...square, constraints: [{ terms: { x: 1, y: 1 }, atMost: 0.5 }] };
    const study = run(createStudy(start({ space })), 60, (params) => {
      const [x, y] = at(params);
      return { state: 'completed', values: [-x - 2 * y] };
    });
    for (const { params } of study.trials) expect(at(params)[0] + at(params)[1]).toBeLessThanOrEqual(0.5 + 1e-9);
    expect(study.best()[0]!.values![0]).toBeLessThan(-0.95);
  });

  it("begins at the user's priors, and abandons them if they are wrong", () => {
    const space: Space = { dimensions: [float('x', { prior: { value: 0.8, sd: 0.05 } }), float('y')] };
    const begun = run(createStudy(start({ space })), 10, () => ({ state: 'completed', values: [1] }));
    expect(begun.trials[0]!.params.x).toBeCloseTo(0.8, 12);
    expect(begun.trials.filter(({ params }) => Math.abs(at(params)[0] - 0.8) < 0.15).length).toBeGreaterThan(4);
    const wrong = run(createStudy(start({ space })), 60, (params) => {
      const [x, y] = at(params);
      return { state: 'completed', values: [(x - 0.2) ** 2 + (y - 0.5) ** 2] };
    });
    expect(wrong.best()[0]!.values![0]).toBeLessThan(0.003);
  });

  it('turns a prior on choices and steps into a proper distribution', () => {
    const space: Space = {
      dimensions: [
        {
          kind: 'choice',
          name: 'c',
          choices: ['a', 'b', 'c'],
          weights: null,
          when: null,
          prior: { value: 'b', sd: 0.1 },
        },
        {
          kind: 'int',
          name: 'k',
          low: 0,
          high: 9,
          log: false,
          step: 1,
          when: { c: ['b'] },
          prior: { value: 3, sd: 0.1 },
        },
      ] as Dimension[],
    };
    const tree = new Tree(space);
    const belief = new Belief(tree, 3);
    let sum = 0;
    for (const c of [0, 2]) sum += Math.exp(belief.logDensity(Float64Array.of(c, -1)));
    for (let k = 0; k < 10; k++) sum += Math.exp(belief.logDensity(Float64Array.of(1, k)));
    expect(sum).toBeCloseTo(1, 6);
    const random = createRandom(1);
    const point = new Float64Array(2);
    let favourite = 0;
    for (let i = 0; i < 500; i++) {
      belief.draw(random, point);
      if (point[0] === 1 && Math.abs(point[1]! - 3) <= 1) favourite++;
    }
    expect(favourite / 500).toBeGreaterThan(0.7);
  });

  it('learns from earlier searches, and is not misled by them for long', () => {
    const suggest = (optimum: number, own: number) => {
      const earlier = Array.from({ length: 40 }, (_, i): Trial => {
        const params = { x: (i * 0.618) % 1, y: (i * 0.755) % 1 };
        return {
          ...trial(i, { params, values: [1000 * ((params.x - optimum) ** 2 + (params.y - 0.5) ** 2)] }),
          id: -1 - i,
        };
      });
      const sampler = new TpeSampler(TpeSettings.parse({}), square);
      const random = createRandom(6);
      const trials: Trial[] = [];
      for (let id = 0; id < own; id++) {
        const history: History = { space: square, goals: ['minimize'], trials, earlier };
        const params = sampler.suggest(history, random)!;
        const [x, y] = at(params);
        trials.push(trial(id, { params, values: [(x - 0.25) ** 2 + (y - 0.5) ** 2] }));
      }
      return trials;
    };
    const best = (trials: Trial[]) => Math.min(...trials.map(({ values }) => values![0]!));
    expect(best(suggest(0.25, 20))).toBeLessThan(0.004);
    expect(best(suggest(0.9, 60))).toBeLessThan(0.004);
  });

  it('continues after a restore as if nothing had happened, whatever its trials are', () => {
    const space: Space = {
      dimensions: [float('x', { prior: { value: 0.5 } }), float('y'), float('z', { when: {} })],
      constraints: [{ terms: { x: 1, y: 1 }, atMost: 1.5 }],
    };
    const go = (restore: boolean) => {
      let study = createStudy(start({ space, seed: 9 }));
      const asked: Params[] = [];
      const open: number[] = [];
      for (let i = 0; i < 50; i++) {
        if (restore && i % 5 === 2) study = restoreStudy(JSON.parse(JSON.stringify(study.save())));
        const { id, params } = study.ask()!;
        asked.push(params);
        open.push(id);
        const [x, y] = at(params);
        study.report(id, 1, x + y);
        if (open.length < 4) continue;
        const [done] = open.splice((i * 7) % 4, 1);
        if (i % 9 === 1) study.tell(done!, { state: 'failed' });
        else if (i % 9 === 4) study.tell(done!, { state: 'pruned' });
        else if (i % 9 === 6) study.tell(done!, { state: 'paused' });
        else study.tell(done!, { state: 'completed', values: [x * y - i / 100], constraints: [x - 0.7] });
      }
      return asked;
    };
    expect(go(true)).toEqual(go(false));
  });

  it('survives unusual searches: all failed, all equal, no parameter to tune, many parameters', () => {
    const failed = run(createStudy(start()), 30, () => ({ state: 'failed' }));
    expect(new Set(failed.trials.map(({ params }) => params.x)).size).toBe(30);
    const equal = run(createStudy(start()), 40, () => ({ state: 'completed', values: [1], constraints: [NaN] }));
    expect(equal.trials.length).toBe(40);
    const constant: Space = { dimensions: [{ kind: 'constant', name: 'k', value: 1, when: null }] };
    const one = createStudy(start({ space: constant, sampler: { name: 'tpe', startupTrials: 1 } }));
    study1(one);
    const wide: Space = { dimensions: Array.from({ length: 50 }, (_, i) => float(`x${i}`)) };
    const many = run(createStudy(start({ space: wide })), 40, ({ x0 }) => ({
      state: 'completed',
      values: [x0 as number],
    }));
    expect(many.trials.every(({ params }) => Object.values(params).every((x) => Number.isFinite(x)))).toBe(true);
  });
  function study1(study: SavedStudy) {
    study.tell(study.ask()!.id, { state: 'completed', values: [0] });
    expect(study.ask()).toBeNull();
  }
});
