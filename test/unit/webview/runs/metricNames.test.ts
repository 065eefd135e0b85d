import { describe, expect, it } from 'vitest';
import type { Run } from '../../../../src/protocol/engine/index.js';
import { drawnRanks } from '../../../../webview/model/charts/ranks.js';
import { columnsOf } from '../../../../src/drawing/runs/plotColumns.js';
import { AskedMetrics } from '../../../../webview/model/runs/askedMetrics.js';
import { metricsOf } from '../../../../webview/model/runs/drawn.js';
import { hasMetric, keepValues, MetricNames, namesOf, sourceIn } from '../../../../webview/model/runs/metricNames.js';

const summary = { last: 1, lastStep: 1, min: 1, max: 1, count: 1 };
const row = (id: string, more?: number): Run =>
  ({
    ...{ id, metrics: { loss: summary }, params: {}, tags: [], createdAt: 0, startedAt: null, objective: null },
    ...(more !== undefined && { more }),
  }) as unknown as Run;

function reading() {
  const asked: string[][] = [];
  const state = {
    news: 0,
    sets: [{ logged: ['loss', 'deep/9', 'rank1/deep/9'], output: ['acc'], system: ['system/cpu'] }],
  };
  const names = new MetricNames(
    (ids) => {
      asked.push(ids);
      return Promise.resolve({ sets: state.sets, runs: ids.map((id) => ({ id, set: 0 })) });
    },
    () => state.news++,
    (error) => {
      throw error;
    },
  );
  return { names, asked, state };
}

describe('MetricNames', () => {
  it('reads the names that rows do not have, once', async () => {
    const { names, asked, state } = reading();
    const runs = [row('a', 4), row('b')];
    await names.read(() => runs);
    expect([asked, state.news]).toEqual([[['a']], 1]);
    expect(namesOf(runs[0]!)).toEqual(['loss', 'deep/9', 'rank1/deep/9', 'acc', 'system/cpu']);
    expect(namesOf(runs[1]!)).toEqual(['loss']);
    expect(metricsOf(runs)).toHaveLength(5);
    expect([hasMetric(runs[0]!, 'acc'), hasMetric(runs[1]!, 'acc')]).toEqual([true, false]);
    expect(['loss', 'acc', 'system/cpu'].map((name) => sourceIn(runs[0]!, name))).toEqual([
      undefined,
      'output',
      'system',
    ]);
    expect(drawnRanks(runs[0]!, 'deep/9', 'all')).toEqual([0, 1]);
    expect(drawnRanks(runs[0]!, 'none', 'all')).toEqual([]);
  });

  it('gives a newer row the names that are known', async () => {
    const { names } = reading();
    await names.read(() => [row('a', 4)]);
    const next = row('a', 4);
    names.attach(next);
    expect(namesOf(next)).toHaveLength(5);
    names.forget('a');
    const last = row('a', 4);
    names.attach(last);
    expect(namesOf(last)).toEqual(['loss']);
  });
});

it('a newer row keeps the values that were left out of it', () => {
  const before = { ...row('a'), metrics: { loss: { ...summary, last: 9 }, deep: summary } } as Run;
  const next = row('a', 3);
  keepValues(next, before);
  expect([next.metrics.loss!.last, next.metrics.deep, next.more]).toEqual([1, summary, 2]);
  const whole = row('a');
  keepValues(whole, before);
  expect(Object.keys(whole.metrics)).toEqual(['loss']);
});

describe('AskedMetrics', () => {
  it('tells of what is new only, and reads the names in formulas', () => {
    let news = 0;
    const asked = new AskedMetrics(() => news++);
    asked.addFields(['metric:loss2', 'formula:a / (b + 1)', 'param:lr', 'status', '']);
    asked.addFields(['metric:loss2', 'formula:not (']);
    expect(asked.list).toEqual(expect.arrayContaining(['loss2', 'a', 'b']));
    expect(news).toBe(1);
  });

  it('keeps what was shown last', () => {
    const asked = new AskedMetrics(() => undefined);
    asked.add(Array.from({ length: 700 }, (_, i) => `m${i}`));
    expect(asked.list).toHaveLength(500);
    expect(asked.list.at(-1)).toBe('m699');
  });
});

it('a plot offers metrics that no row has yet', () => {
  const runs = [row('a', 2), row('b', 2)];
  expect(columnsOf(runs, ['loss', 'deep']).map(({ key }) => key)).toContain('metric:deep');
  expect(columnsOf([row('a'), row('b')], ['deep']).map(({ key }) => key)).not.toContain('metric:deep');
});
