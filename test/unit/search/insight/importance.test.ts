import { describe, expect, it } from 'vitest';
import { importance, type Importance, type ImportanceOptions } from '../../../../src/search/insight/importance.js';
import { createStudy } from '../../../../src/search/index.js';
import type { History, Space } from '../../../../src/search/types.js';
import { box, choice, float, randomHistory, trial, withTrials, x } from './insightSupport.js';

const WEIGHTS = [3, 2, 1, 0.5, 0, 0];
const bowl = (params: Record<string, unknown>) =>
  WEIGHTS.reduce((sum, w, i) => sum + w * (x(params as never, i) - 0.3) ** 2, 0);
const found = (history: History, options?: ImportanceOptions): Importance => {
  const result = importance(history, options);
  if ('unknown' in result) throw new Error(result.unknown);
  return result;
};
const order = (shares: Record<string, number>) => Object.keys(shares).sort((a, b) => shares[b]! - shares[a]!);
const sum = (shares: Record<string, number>) => Object.values(shares).reduce((all, share) => all + share, 0);

describe.each(['pedAnova', 'fanova'] as const)('importance by %s', (method) => {
  it('ranks parameters by their weight and gives next to nothing to those without effect', () => {
    const { shares, trials } = found(randomHistory(box(6), 80, bowl), { method });
    expect(order(shares).slice(0, 4)).toEqual(['x0', 'x1', 'x2', 'x3']);
    expect(sum(shares)).toBeCloseTo(1, 9);
    expect(shares.x4! + shares.x5!).toBeLessThan(0.02);
    expect(trials).toBe(80);
  });

  it('gives the same result for the opposite goal, and when repeated', () => {
    const history = randomHistory(box(6), 40, bowl, 4);
    const turned = withTrials(history, (t) => ({ ...t, values: t.values!.map((v) => -v) }), ['maximize']);
    expect(found(turned, { method })).toEqual(found(history, { method }));
    expect(found(history, { method })).toEqual(found(history, { method }));
  });

  it('uses the requested objective', () => {
    const history = withTrials(
      randomHistory(box(2), 60, () => 0),
      (t) => ({ ...t, values: [x(t.params, 0), -x(t.params, 1)] }),
      ['minimize', 'maximize'],
    );
    expect(found(history, { method, objective: 0 }).shares.x0).toBeGreaterThan(0.95);
    expect(found(history, { method, objective: 1 }).shares.x1).toBeGreaterThan(0.95);
  });

  it('is not misled by a sampler that tries only good values of important parameters', () => {
    const study = createStudy({
      space: box(6),
      goals: ['minimize'],
      sampler: 'tpe',
      pruner: null,
      seed: 2,
      trials: null,
    });
    for (let i = 0; i < 120; i++) {
      const { id, params } = study.ask()!;
      study.tell(id, { state: 'completed', values: [bowl(params)] });
    }
    const { shares } = found({ space: box(6), goals: ['minimize'], trials: study.trials }, { method });
    expect(new Set(order(shares).slice(0, 2))).toEqual(new Set(['x0', 'x1']));
    expect(shares.x4! + shares.x5!).toBeLessThan(0.1);
  });

  it('leaves a parent its own effect, and counts a child while it is active', () => {
    const space: Space = {
      dimensions: [
        choice('model', ['svm', 'net', 'forest']),
        float('c', 0, 1, { when: { model: ['svm'] } }),
        float('lr', 0, 1, { when: { model: ['net'] } }),
        float('idle', 0, 1, { when: { model: ['net'] } }),
        { kind: 'constant', name: 'epochs', value: 3, when: null },
      ],
    };
    const { shares } = found(
      randomHistory(space, 150, (p) => {
        return p.model === 'net' ? ((p.lr as number) - 0.5) ** 2 * 4 : p.model === 'svm' ? 3 + (p.c as number) : 3.5;
      }),
      { method },
    );
    expect(Object.keys(shares)).toEqual(['model', 'c', 'lr', 'idle']);
    // The share of good learning rates in one third explains most of what puts a trial among the best tenth.
    expect(shares.model).toBeGreaterThan(method === 'fanova' ? 0.8 : 0.15);
    expect(shares.idle).toBeLessThan(0.02);
    expect(shares.lr).toBeGreaterThan(method === 'fanova' ? 0.01 : 0.5);
    expect(shares.c!).toBeLessThan(shares.lr! * (method === 'fanova' ? 3 : 0.1));
  });

  it('says so when there is too little data', () => {
    expect(importance(randomHistory(box(2), 5, bowl), { method })).toMatchObject({ trials: 5, needed: 16 });
    expect(importance(randomHistory(box(2), 0, bowl), { method })).toMatchObject({ trials: 0 });
    expect(
      importance(
        randomHistory(box(2), 30, () => 1),
        { method },
      ),
    ).toMatchObject({
      unknown: 'all trials have the same result',
    });
    const fixed: Space = { dimensions: [{ kind: 'constant', name: 'a', value: 1, when: null }] };
    expect(importance(randomHistory(fixed, 30, Math.random), { method })).toMatchObject({ trials: 30 });
  });

  it('copes with infinite values and a few absurd ones', () => {
    const history = withTrials(randomHistory(box(6), 100, bowl), (t) => {
      if (t.id % 50 === 3) return { ...t, values: [Infinity] };
      return t.id % 50 === 5 ? { ...t, values: [1e12] } : t;
    });
    const { shares } = found(history, { method });
    expect(order(shares)[0]).toBe('x0');
    for (const share of Object.values(shares)) expect(share).toBeGreaterThanOrEqual(0);
  });
});

describe('PED-ANOVA', () => {
  it('counts failed trials as worse than any other', () => {
    const history = withTrials(
      randomHistory(box(2), 60, () => 0),
      (t) => {
        return x(t.params, 1) > 0.4
          ? { ...t, state: 'failed', values: null }
          : { ...t, values: [x(t.params, 0) * 1e-3] };
      },
    );
    expect(found(history).shares.x1).toBeGreaterThan(0.3);
    const failed = withTrials(history, (t) => ({ ...t, state: 'failed', values: null }));
    expect(importance(failed)).toMatchObject({ unknown: 'all trials have the same result' });
  });

  it('learns from pruned trials', () => {
    const history = withTrials(
      randomHistory(box(2), 80, (p) => (x(p, 0) - 0.3) ** 2),
      (t) => {
        const [value] = t.values!;
        if (value! < 0.02) return t;
        return { ...t, state: 'pruned', values: null, reports: [{ step: 1, value: value! + 1 }] };
      },
    );
    expect(found(history).shares.x0).toBeGreaterThan(0.9);
    expect(found(history, { region: 'tried' }).shares.x0).toBeGreaterThan(0.9);
    const none = withTrials(history, (t) => ({ ...t, state: 'pruned', reports: [{ step: 1, value: x(t.params, 0) }] }));
    expect(found(none).shares.x0).toBeGreaterThan(0.9);
  });

  it('gives equal trials equal weight, whatever their order', () => {
    // Early trials all have a small x1; if ties were broken by age, x1 would seem important.
    const trials = Array.from({ length: 100 }, (_, id) => {
      const params = { x0: ((id * 37) % 100) / 100, x1: id < 50 ? 0.1 : 0.9 };
      return trial(id, params, [params.x0 < 0.4 ? 0 : 1]);
    });
    const { shares } = found({ space: box(2), goals: ['minimize'], trials }, { region: 'tried' });
    expect(shares.x0).toBeGreaterThan(0.95);
  });
});

describe('fANOVA', () => {
  it('finds an effect that two parameters have only together', () => {
    const f = (p: Record<string, unknown>) =>
      (x(p as never, 0) - 0.5) * (x(p as never, 1) - 0.5) + x(p as never, 2) * 0.1;
    const { pairs, alone } = found(randomHistory(box(4), 120, f), { method: 'fanova' });
    // Var(x·y) = 1/144, Var(0.1 z) = 0.01/12.
    const share = 1 / 144 / (1 / 144 + 0.01 / 12);
    expect(pairs![0]!.names).toEqual(['x0', 'x1']);
    expect(Math.abs(pairs![0]!.share - share)).toBeLessThan(0.05);
    expect(Math.abs(alone! - (1 - share))).toBeLessThan(0.05);
  });
});
