import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/protocol/engine/index.js';
import { Confusions, exactPercent, judge, mayHaveMatrix, mistakes, shadeOf } from '../../../webview/model/confusion.js';
import { foundRate, isRangeTest, lossRange, rangePoints } from '../../../webview/model/charts/range.js';

const MATRIX = {
  classes: ['cat', 'dog', 'none'],
  rows: [
    [8, 2, 0],
    [1, 9, 0],
    [0, 0, 0],
  ],
  step: 3,
};

describe('a confusion matrix', () => {
  it('shows precision and recall of each class', () => {
    const { scores, total, accuracy } = judge(MATRIX);
    expect([total, accuracy]).toEqual([20, 17 / 20]);
    expect(scores[0]).toEqual({
      name: 'cat',
      actual: 10,
      predicted: 9,
      precision: 8 / 9,
      recall: 0.8,
      f1: 16 / 19,
    });
    expect(scores[2]).toMatchObject({ precision: null, recall: null, f1: null });
  });

  it('lists the mistakes, the most frequent first', () => {
    expect(mistakes(judge(MATRIX), 10)).toEqual([
      { truth: 'cat', predicted: 'dog', count: 2, share: 0.2 },
      { truth: 'dog', predicted: 'cat', count: 1, share: 0.1 },
    ]);
    expect(mistakes(judge(MATRIX), 1)).toHaveLength(1);
  });

  it('is shown in shares and shades that hide no mistake', () => {
    const shares = [0, 0.0001, 0.001, 0.1234, 0.9996, 1];
    expect(shares.map(exactPercent)).toEqual(['0 %', '< 0.1 %', '0.1 %', '12.3 %', '99.9 %', '100 %']);
    expect([0, 0.0001, 0.25, 1].map((share) => shadeOf(share, false))).toEqual([0, 1, 5, 10]);
    expect(shadeOf(0.25, true)).toBe(3);
  });

  it('is requested once per run, and again when the run has resumed', async () => {
    const asked: string[] = [];
    let news = 0;
    const confusions = new Confusions(
      (id) => {
        asked.push(id);
        return id === 'bad' ? Promise.reject(new Error('gone')) : Promise.resolve(id === 'a' ? MATRIX : null);
      },
      () => news++,
    );
    const run = { id: 'a', endedAt: 1 };
    expect(confusions.of(run)).toBeUndefined();
    confusions.of({ id: 'bad', endedAt: 1 });
    await new Promise((resolve) => setTimeout(resolve));
    expect(confusions.of(run)?.total).toBe(20);
    expect(confusions.of({ id: 'bad', endedAt: 1 })).toBeNull();
    expect([asked, news]).toEqual([['a', 'bad'], 2]);
    confusions.of({ id: 'a', endedAt: 2 });
    expect(asked).toEqual(['a', 'bad', 'a']);
  });

  it('is requested for ended runs that measured an accuracy', () => {
    const run = (id: string, status: string, metric: string): Run =>
      ({ id, status, metrics: { [metric]: {} }, createdAt: Number(id) }) as never;
    const runs = [run('1', 'completed', 'val/accuracy'), run('2', 'running', 'accuracy'), run('3', 'failed', 'loss')];
    expect(mayHaveMatrix([...runs, run('4', 'stopped', 'Accuracy')]).map(({ id }) => id)).toEqual(['4', '1']);
  });
});

describe('a range test', () => {
  it('is put together from its curves by step', () => {
    const points = rangePoints([
      { metric: 'loss', x: [1, 2, 3], y: [2, 1, 'NaN'] },
      { metric: 'learning_rate', x: [2, 1, 3], y: [0.1, 0.01, 1] },
      { metric: 'smoothed_loss', x: [1, 2], y: [1.9, 1.2] },
    ]);
    expect(points).toEqual([
      { rate: 0.01, loss: 2, smoothed: 1.9 },
      { rate: 0.1, loss: 1, smoothed: 1.2 },
      { rate: 1, loss: NaN, smoothed: null },
    ]);
    const [low, high] = lossRange(points);
    expect(low).toBeLessThan(1.2);
    expect(high).toBeGreaterThan(1.9);
    expect(high).toBeLessThan(2.5);
    expect(lossRange([])).toEqual([0, 1]);
    expect(rangePoints([])).toEqual([]);
  });

  it('is known by its facts', () => {
    const run = { info: { kind: 'lr-range', lr_suggestion: 0.01, lr_steepest: null, lr_minimum: -1 } } as never as Run;
    expect(isRangeTest(run)).toBe(true);
    expect(foundRate(run, 'lr_suggestion')).toBe(0.01);
    expect(foundRate(run, 'lr_steepest')).toBeNull();
    expect(foundRate(run, 'lr_minimum')).toBeNull();
  });
});
