import { describe, expect, it } from 'vitest';
import {
  chips,
  completions,
  FilterError,
  matches,
  parseFilter,
  type FieldValue,
} from '../../../src/query/filter/index.js';

const run: Record<string, FieldValue> = {
  ...{
    lr: 0.0005,
    opt: 'adam',
    amp: 'true',
    'val/acc': 0.93,
    'fact tag': ['baseline', 'keep'],
    'fact status': 'failed',
  },
  ...{ 'fact name': 'trial-3', 'fact note': null, 'fact duration': 5400, 'fact created': Date.now() - 86_400_000 },
  ...{ 'min loss': 0.2, odd: NaN, 'my param': 3, 'net-width': 64 },
};
const is = (text: string): boolean =>
  matches(parseFilter(text)!, {
    value: ({ kind, name }) =>
      kind === 'any' || kind === 'param' || kind === 'metric' ? (run[name] ?? null) : (run[`${kind} ${name}`] ?? null),
    hasText: (words) => 'trial-3 baseline keep opt=adam'.includes(words),
  });

it.each([
  'lr < 0.001 and (status = failed or tag : "base*") and val/acc > 0.9',
  'lr<1e-3 val/acc>=.93',
  'not lr > 0.001',
  'opt = ADAM',
  'opt != sgd',
  'opt in (sgd, adam)',
  'opt != (sgd, rmsprop)',
  'tag = keep and tag = baseline',
  'tag : "b*e"',
  'name ~ "^trial-\\d$"',
  'name !~ digits',
  'note is missing',
  'note = missing or lr = 7',
  'momentum missing',
  'lr is not missing',
  'momentum != 0.9',
  'duration > 1h and duration < 90.5m',
  'created > 7d and created < 1h',
  'min:loss < 0.3',
  'odd = nan',
  '"my param" = 3 and net-width = 64',
  'param:"my param" >= 3',
  'trial-3 baseline',
  '"trial-3"',
  'amp = true',
  'lr = 0.0005',
  'lr == 5e-4',
  'NOT (status = completed OR status = running)',
])('is true: %s', (text) => expect(is(text)).toBe(true));

it.each([
  'lr > 0.001',
  'momentum < 1',
  'momentum = 0.9',
  'tag : "b*x"',
  'opt in (sgd, rmsprop)',
  'trial-4',
  'odd < 1',
  'opt < 1',
  'created > 1h',
])('is false: %s', (text) => expect(is(text)).toBe(false));

describe('a mistake has its place', () => {
  it.each([
    ['lr <', 4, 4],
    ['lr < fast', 5, 9],
    ['(lr < 1', 0, 1],
    ['lr < 1)', 6, 7],
    ['and lr < 1', 0, 3],
    ['lr < 1 or', 9, 9],
    ['name ~ "("', 7, 10],
    ['name ~ "(a+)+"', 7, 14],
    ['name = "x', 7, 9],
    ['lr ! 3', 3, 4],
    ['opt in (a b)', 10, 11],
  ])('%s', (text, start, end) => {
    let error: unknown;
    try {
      parseFilter(text);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(FilterError);
    expect(error).toMatchObject({ start, end });
    expect((error as Error).message).toMatch(/\.$/);
  });

  it('ends for any text', () => {
    const pieces = ['(', ')', 'lr', '<', '"', ' and ', ' or ', 'not ', ':', '~', ',', 'in ', '*', '3', '!', '\\', 'é'];
    for (let seed = 1; seed < 3000; seed++) {
      let [text, n] = ['', seed];
      for (let i = 0; i < 12; i++) text += pieces[(n = (n * 1103515245 + 12345) & 0x7fffffff) % pieces.length]!;
      try {
        const filter = parseFilter(text);
        if (filter) matches(filter, { value: () => 'x', hasText: () => true });
        chips(text);
        completions(text, text.length, { params: ['lr'], metrics: [], values: {} });
      } catch (error) {
        expect(error, text).toBeInstanceOf(FilterError);
      }
    }
    expect(() => parseFilter('('.repeat(500))).toThrow(FilterError);
  });
});

it('completes fields, operators and values', () => {
  const names = { params: ['lr', 'batch size'], metrics: ['val/acc'], values: { opt: ['adam', 'sgd'] } };
  const at = (text: string) => completions(text, text.length, names).map((one) => one.text);
  expect(at('val')).toContain('val/acc');
  expect(at('bat')).toEqual(['"batch size"']);
  expect(at('lr ').slice(0, 2)).toEqual(['<=', '>=']);
  expect(at('opt = ')).toEqual(['adam', 'sgd']);
  expect(at('opt = s')).toEqual(['sgd']);
  expect(at('lr < 1 ')).toEqual(expect.arrayContaining(['and', 'or']));
  expect(completions('x and va', 8, names)).toContainEqual({ kind: 'field', start: 6, end: 8, text: 'val/acc' });
});

it('shows a condition of its own as a chip', () => {
  const texts = (text: string) => chips(text).map((chip) => chip.text);
  expect(texts('lr < 1 and (a = 1 or b = 2) and not tag : x')).toEqual(['lr < 1', '(a = 1 or b = 2)', 'not tag : x']);
  expect(texts('a = 1 or b = 2')).toEqual(['a = 1 or b = 2']);
  expect(texts('(a = 1 and b = 2)')).toEqual(['(a = 1 and b = 2)']);
});
