import { expect, it } from 'vitest';
import { FormulaError, parseFormula } from '../../../src/query/formula.js';

const values: Record<string, number> = {
  'train/loss': 0.5,
  'val/loss': 0.75,
  lr: 0.01,
  'val-acc': 0.9,
  'my metric': 3,
  a: 4,
  b: 2,
};
const of = (text: string): number => parseFormula(text, Object.keys(values)).evaluate((name) => values[name] ?? NaN);

it.each([
  ['train/loss - val/loss', -0.25],
  ['(val/loss - train/loss) / train/loss', 0.5],
  ['a / b', 2],
  ['a/2', 2],
  ['-a ^ 2', -16],
  ['2 ^ 3 ^ 2', 512],
  ['a - b - 1', 1],
  ['log10(lr)', -2],
  ['max(a, b, 7) % 4', 3],
  ['"my metric" * 2e1', 60],
  ['1 - val-acc', expect.closeTo(0.1)],
  ['--a', 4],
  ['missing + 1', NaN],
])('%s', (text, value) => expect(of(text)).toEqual(value));

it.each([
  ['a +', 3, 3],
  ['(a', 0, 1],
  ['a b', 2, 3],
  ['sin(a)', 0, 3],
  ['min()', 4, 5],
  ['abs(a, b)', 0, 9],
  ['"a', 0, 2],
  ['a $ b', 2, 3],
])('has the place of the mistake in %s', (text, start, end) => {
  expect(() => of(text)).toThrow(FormulaError);
  try {
    of(text);
  } catch (error) {
    expect(error).toMatchObject({ start, end });
  }
});

it('names what it uses, and refuses what is too deep', () => {
  expect(parseFormula('a + b * a + log(val/loss)').names).toEqual(['a', 'b', 'val/loss']);
  expect(() => parseFormula(`${'('.repeat(80)}a${')'.repeat(80)}`)).toThrow(FormulaError);
});
