import { describe, expect, it } from 'vitest';
import { formatCount, formatNumber, formatParam } from '../../../src/format/numbers.js';
import { formatAgo, formatDuration, formatRunTime, runDuration } from '../../../src/format/times.js';

describe('numbers', () => {
  it.each([
    [0, '0'],
    [-0, '0'],
    [12, '12'],
    [-2.5, '-2.5'],
    [0.1 + 0.2, '0.3'],
    [0.98712, '0.98712'],
    [0.1234567, '0.12346'],
    [1 / 3, '0.33333'],
    [0.0001, '0.0001'],
    [0.00009, '9e-5'],
    [1e-5, '1e-5'],
    [1e-10, '1e-10'],
    [-1.23456e-10, '-1.2346e-10'],
    [123456789, '123456789'],
    [1234567890, '1.2346e9'],
    [12345.678, '12346'],
    [9_999_999.5, '10000000'],
    [12_345_678.5, '1.2346e7'],
    [1.5e12, '1.5e12'],
    [1e100, '1e100'],
    ['NaN', 'NaN'],
    ['Infinity', '∞'],
    ['-Infinity', '−∞'],
    [null, '–'],
    [undefined, '–'],
  ] as const)('%s is %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('has at most eleven characters for any exponent of two digits', () => {
    for (let exponent = -99; exponent <= 99; exponent++) {
      for (const digits of [1, -1.23456, 9.99999, -9.999949, 0.5]) {
        const text = formatNumber(digits * 10 ** exponent);
        expect(text.length, text).toBeLessThanOrEqual(11);
        expect(Math.abs(Number(text) / (digits * 10 ** exponent) - 1), text).toBeLessThan(6e-5);
      }
    }
  });

  it('groups the thousands of counts', () => {
    expect(formatCount(12_000)).toBe('12,000');
  });
});

describe('parameters', () => {
  it.each([
    [0.1234567, null, '0.12346'],
    [1, true, '1.0'],
    [1, null, '1'],
    ['adam', null, 'adam'],
    [[64, 1], [null, true], '[64,1.0]'],
    [true, null, 'true'],
    [null, null, 'null'],
    [undefined, null, '–'],
  ] as const)('%j with the mark %j is %s', (value, mark, text) =>
    expect(formatParam(value as never, mark as never)).toBe(text),
  );
});

describe('durations', () => {
  it.each([
    [0, '0s'],
    [120, '120ms'],
    [999.4, '999ms'],
    [999.6, '1s'],
    [1000, '1s'],
    [4200, '4.2s'],
    [9949, '9.9s'],
    [9950, '10s'],
    [42_400, '42s'],
    [59_600, '1m 00s'],
    [187_000, '3m 07s'],
    [3_599_600, '1h 00m'],
    [3_720_000, '1h 02m'],
    [86_399_600, '1d 00h'],
    [90_000_000, '1d 01h'],
    [30 * 86_400_000, '30d 00h'],
    [-4200, '−4.2s'],
    [NaN, '–'],
    [Infinity, '–'],
  ])('%d ms is %s', (value, text) => expect(formatDuration(value)).toBe(text));

  it('of a run counts from its start to its end, or to now', () => {
    expect(runDuration({ startedAt: null, endedAt: null }, 9000)).toBeNull();
    expect(formatRunTime({ startedAt: null, endedAt: null }, 9000)).toBe('–');
    expect(formatRunTime({ startedAt: 1000, endedAt: null }, 9000)).toBe('8s');
    expect(formatRunTime({ startedAt: 1000, endedAt: 3000 }, 9000)).toBe('2s');
    // A clock of another host that is ahead.
    expect(formatRunTime({ startedAt: 9500, endedAt: null }, 9000)).toBe('0s');
  });

  it.each([
    [0, 'just now'],
    [44_999, 'just now'],
    [45_000, '1 min ago'],
    [59.6 * 60_000, '60 min ago'],
    [2.6 * 3_600_000, '3 h ago'],
    [50 * 3_600_000, '2 d ago'],
  ])('an age of %d ms is %s', (age, text) => expect(formatAgo(1e12 - age, 1e12)).toBe(text));
});
