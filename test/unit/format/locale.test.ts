import { afterEach, expect, it } from 'vitest';
import { symlogAxis } from '../../../src/drawing/axes.js';
import { formatCount, readDecimal, useLocale, withPoints } from '../../../src/format/locale.js';
import { formatBytes, formatNumber, formatParam } from '../../../src/format/numbers.js';
import { parseField } from '../../../webview/model/form/fields.js';

afterEach(() => useLocale('en'));

it.each([
  ['en', '0.5', '1,234,567'],
  ['de', '0,5', '1.234.567'],
  ['fr', '0,5', '1\u202f234\u202f567'],
  ['zh-cn', '0.5', '1,234,567'],
  ['pt-br', '0,5', '1.234.567'],
  ['sv', '0,5', '1\u00a0234\u00a0567'],
  ['not a locale', '0.5', '1,234,567'],
])('shows numbers as %s does', (locale, half, count) => {
  useLocale(locale);
  expect([formatNumber(0.5), formatCount(1234567)]).toEqual([half, count]);
  expect(formatBytes(1234)).toBe(half === '0,5' ? '1,23 kB' : '1.23 kB');
  // Parameters can be copied into a file, and exports are the same everywhere.
  expect(formatParam(0.5)).toBe('0.5');
  expect(withPoints(() => formatNumber(0.5))).toBe('0.5');
});

it('knows the values of an axis through zero, whatever their texts are', () => {
  useLocale('de');
  const ticks = symlogAxis(-1, 1, 0.01).ticks;
  expect(ticks.map(({ value }) => value)).toContain(0.1);
  expect(ticks.map(({ text }) => text)).toContain('0,1');
});

it('reads a decimal comma where it can mean nothing else', () => {
  for (const locale of ['en', 'de']) {
    useLocale(locale);
    const texts = ['0.5', '0,5', '-,25', '1,5e-3', '0,001', '12,3456', '1e-3', '-7'];
    expect(texts.map(readDecimal), locale).toEqual(['0.5', '0.5', '-.25', '1.5e-3', '0.001', '12.3456', '1e-3', '-7']);
    for (const text of ['1,234,567', '1.234,5', '1,234.5', 'a,b', '1,']) expect(readDecimal(text), text).toBeNull();
  }
  expect(readDecimal('1,234')).toBe('1.234');
  useLocale('en');
  expect(readDecimal('1,234')).toBeNull();
});

it('takes both in a field, and asks where a number can be read in two ways', () => {
  const field = { name: 'lr', kind: 'number', value: 1 } as const;
  expect([parseField(field, '0,01'), parseField(field, '0.01')]).toEqual([{ value: 0.01 }, { value: 0.01 }]);
  expect(parseField(field, '1,234')).toEqual({
    error: '"1,234" can be read in several ways. Write it with a point, such as 1234.5.',
  });
  expect(parseField({ ...field, kind: 'integer' }, '2,5')).toEqual({ error: 'A whole number is needed.' });
});
