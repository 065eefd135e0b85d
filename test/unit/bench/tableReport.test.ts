import { expect, it } from 'vitest';
import { ranksOf, tableReport } from '../../../bench/training/tableReport.js';

it('ranks the sides of a split; ties share their ranks', () => {
  expect(ranksOf({ ours: 0.9, scaled: 0.8, plain: 0.7 })).toEqual({ ours: 1, scaled: 2, plain: 3 });
  expect(ranksOf({ ours: 0.9, scaled: 0.9, plain: 0.95 })).toEqual({ ours: 2.5, scaled: 2.5, plain: 1 });
  expect(ranksOf({ ours: 1, scaled: 1, plain: 1 })).toEqual({ ours: 2, scaled: 2, plain: 2 });
});

it('reports means by table and the mean rank over all splits', () => {
  const score = (table: string, split: number, ours: number) => ({ table, split, ours, scaled: 0.5, plain: 0.25 });
  const text = tableReport([score('a', 0, 1), score('a', 1, 0), score('b', 0, 1), score('b', 1, 1)], '1.0');
  expect(text).toContain('| a | 0.500 | 0.500 | 0.250 |');
  expect(text).toContain('| mean rank | 1.50 | 1.75 | 2.75 |');
  expect(text).toContain('2 random splits');
});
