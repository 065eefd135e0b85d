import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Insight } from '../../../../src/protocol/engine/insight.js';
import { Insights, type InsightWish } from '../../../../webview/model/search/insights.js';
import { parallel } from '../../../../webview/model/search/parallel.js';
import {
  axisFor,
  choiceAxis,
  curvesRange,
  logAxis,
  niceTicks,
  numberAxis,
  objectiveRange,
  percent,
  stepPath,
} from '../../../../src/drawing/axes.js';
import { sampleRun, sampleSearch } from '../../cli/samples.js';

describe('axes', () => {
  it('have round numbers within their range', () => {
    expect(niceTicks(0, 1, 4)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(niceTicks(1, 8, 3)).toEqual([2, 4, 6, 8]);
    expect(niceTicks(-0.3, 0.3, 6)).toEqual([-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
    expect(niceTicks(3, 3, 4)).toEqual([3]);
    expect(niceTicks(0, Infinity, 4)).toEqual([0]);
    for (const tick of numberAxis(17.3, 94.1).ticks) {
      expect(tick.at).toBeGreaterThanOrEqual(0);
      expect(tick.at).toBeLessThanOrEqual(1);
    }
  });

  it('are logarithmic with powers of ten, or their ends if there is none', () => {
    const axis = logAxis(1e-5, 0.1);
    expect(axis.ticks.map(({ text }) => text)).toEqual(['1e-5', '1e-4', '1e-3', '0.01', '0.1']);
    expect(axis.place(1e-3)).toBeCloseTo(0.5, 9);
    expect(logAxis(20, 90).ticks.map(({ text }) => text)).toEqual(['20', '90']);
  });

  it('give each choice its place', () => {
    const axis = choiceAxis(['a', 1, '1']);
    expect(['a', 1, '1'].map((value) => axis.place(value))).toEqual(
      [1 / 6, 0.5, 5 / 6].map((at) => expect.closeTo(at)),
    );
    expect(axis.place('none')).toBeLessThan(0);
  });

  it('follow the scale, and never a logarithm of 0', () => {
    expect(axisFor('log', [1, 100]).place(10)).toBeCloseTo(0.5);
    expect(axisFor('log', [0, 100]).place(50)).toBeCloseTo(0.5);
    expect(axisFor('linear', [2, 4]).place(3)).toBeCloseTo(0.5);
    expect(axisFor('choice', [2, 4]).ticks.length).toBe(2);
  });
});

describe('ranges', () => {
  it('leave out a few failures, but never the good end', () => {
    const values = Array.from({ length: 100 }, (_, i) => i / 100);
    const [low, high] = objectiveRange([...values, 1e9, Infinity, NaN], 'minimize');
    expect(low).toBeLessThan(0);
    expect(high).toBeLessThan(2);
    expect(objectiveRange([...values, 1e9], 'maximize')[1]).toBeGreaterThan(1e9);
    expect(objectiveRange([], 'minimize')).toEqual([0, 1]);
    const [same, above] = objectiveRange([5, 5, 5], 'minimize');
    expect(above).toBeGreaterThan(same);
  });

  it('hold every curve', () => {
    const curve = { name: 'a', scale: 'linear' as const, values: [0, 1], mean: [1, 3], sd: [0.5, 0] };
    const [low, high] = curvesRange([curve]);
    expect(low).toBeLessThan(0.5);
    expect(high).toBeGreaterThan(3);
    expect(curvesRange([])).toEqual([0, 1]);
  });

  it('are walked in steps', () => {
    expect(
      stepPath(
        [
          { x: 0, y: 0 },
          { x: 0.5, y: 1 },
        ],
        100,
        10,
      ),
    ).toBe('M0.0 10.0H50.0V0.0H100');
    expect(stepPath([], 100, 10)).toBe('');
  });

  it('are shown in percent', () => {
    expect([0.6123, 0.0999, 0.0123, 0.0001, 0].map(percent)).toEqual(['61 %', '10 %', '1.2 %', '0 %', '0 %']);
  });
});

describe('trials across parameters', () => {
  const trial = (n: number, lr: number, value: number, more = {}) =>
    sampleRun({
      id: `r${n}`,
      trial: n,
      params: { lr, optimizer: n % 2 ? 'adam' : 'sgd', fixed: 1, ...more },
      objective: { metric: 'loss', goal: 'minimize', value, step: 1 },
    });
  const objective = { metric: 'loss', goal: 'minimize' as const };

  it('are lines from parameter to parameter to the value, the best last', () => {
    const runs = [trial(0, 0.1, 0.2), trial(1, 0.001, 0.9), trial(2, 0.01, 0.5, { momentum: 0.9 })];
    runs.push(sampleRun({ id: 'none', objective: null }));
    const { axes, lines } = parallel(runs, ['lr', 'optimizer', 'fixed', 'momentum'], new Set(['lr']), objective)!;
    expect(axes.map(({ name }) => name)).toEqual(['lr', 'optimizer', 'loss']);
    expect(lines.map(({ run }) => run)).toEqual(['r1', 'r2', 'r0']);
    expect(lines[1]!.places[0]).toBeCloseTo(0.5);
    expect(lines.map(({ good }) => good)).toEqual([0, 0.5, 1]);
    expect(lines[1]!.title).toContain('trial 2: loss 0.5\nlr 0.01');
  });

  it('have a gap where a parameter takes no part, and need two trials', () => {
    const runs = [trial(0, 0.1, 0.2, { m: 1 }), trial(1, 0.1, 0.3, { m: 2 }), trial(2, 0.1, 0.4)];
    const { lines } = parallel(runs, ['m'], new Set(), objective)!;
    expect(lines.map(({ places }) => places[0])).toEqual([null, 1, 0]);
    expect(parallel(runs.slice(0, 1), ['m'], new Set(), objective)).toBeNull();
    expect(parallel([], ['m'], new Set(), objective)).toBeNull();
  });

  it('are thinned out, but not the best', () => {
    const runs = Array.from({ length: 2000 }, (_, n) => trial(n, n + 1, n));
    const { lines } = parallel(runs, ['lr'], new Set(), objective)!;
    expect(lines.length).toBeLessThan(430);
    expect(lines.slice(-20).map(({ run }) => run)).toEqual(Array.from({ length: 20 }, (_, i) => `r${19 - i}`));
  });
});

describe('reading a search’s insights', () => {
  const wish: InsightWish = { objective: 0, method: 'pedAnova', pair: null };
  const answer = (parts: readonly string[] = []): Insight => ({
    search: 's',
    objectives: [{ metric: 'loss', goal: 'minimize' }],
    objective: 0,
    history: [],
    front: null,
    left: null,
    importance: parts.includes('importance')
      ? {
          method: 'pedAnova',
          trials: 20,
          shares: ['a', 'b', 'c'].map((name) => ({ name, share: 0.3 })),
          alone: null,
          pairs: [],
        }
      : null,
    curves: parts.includes('curves') ? { model: 'gp', trials: 20, curves: [] } : null,
    surface: null,
  });
  let asked: { parts?: string[]; surface?: string[]; method?: string }[];
  let insights: Insights;
  let wanted: InsightWish;
  let search: ReturnType<typeof sampleSearch>;
  const look = () => insights.show(search, wanted);
  const settle = async () => {
    for (let i = 0; i < 20; i++) await vi.advanceTimersByTimeAsync(1);
  };
  const completed = (count: number) => sampleSearch({ counts: { ...sampleSearch().counts, completed: count } });

  beforeEach(() => {
    vi.useFakeTimers();
    asked = [];
    wanted = wish;
    search = completed(20);
    insights = new Insights(
      (params) => {
        asked.push(params as never);
        return Promise.resolve(answer(params.parts));
      },
      () => look(),
    );
  });
  afterEach(() => {
    insights.dispose();
    vi.useRealTimers();
  });

  it('requests one part after the other, quick ones first, and then rests', async () => {
    look();
    look();
    expect(asked.length).toBe(1);
    await settle();
    expect(asked.map(({ parts, surface }) => surface ?? parts)).toEqual([
      ['history', 'importance', 'left', 'front'],
      ['curves'],
      ['a', 'b'],
    ]);
    look();
    expect(asked.length).toBe(3);
  });

  it('answers the person at once, and news of trials only after a rest', async () => {
    look();
    await settle();
    wanted = { ...wish, method: 'fanova' };
    look();
    expect(asked.length).toBe(4);
    expect(asked[3]!.method).toBe('fanova');
    await settle();
    search = completed(21);
    look();
    await settle();
    expect(asked.length).toBe(4);
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.length).toBeGreaterThan(4);
  });

  it('forgets one search for another, and shows an error until a retry', async () => {
    let broken = true;
    insights = new Insights(
      (params) => (broken ? Promise.reject(new Error('gone')) : Promise.resolve(answer(params.parts))),
      () => look(),
    );
    look();
    await settle();
    expect([insights.error, insights.busy]).toEqual(['gone', false]);
    broken = false;
    insights.retry();
    await settle();
    expect(insights.error).toBeNull();
    expect(insights.twoMost()).toEqual(['a', 'b']);
    insights.show(sampleSearch({ id: 'other' }), wanted);
    expect(insights.facts).toBeNull();
  });
});
