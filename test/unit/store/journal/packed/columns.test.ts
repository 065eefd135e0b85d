import { describe, expect, it } from 'vitest';
import { fromColumns, toColumns } from '../../../../../src/store/journal/packed/columns.js';
import { Style, textOf } from '../../../../../src/store/journal/packed/numerals.js';
import { random } from '../../helpers.js';

const back = (text: string): string => {
  const bytes = Buffer.from(text);
  const columns = toColumns(bytes)!;
  return fromColumns(columns, bytes.length).toString();
};
const next = random(5);

describe('numbers as text', () => {
  it('are what JavaScript and Python write', () => {
    // As `repr` of Python 3.11 and `String` of JavaScript.
    const cases: [number, string, string][] = [
      [0, '0', '0.0'],
      [-0, '0', '-0.0'],
      [1, '1', '1.0'],
      [0.1, '0.1', '0.1'],
      [1e-4, '0.0001', '0.0001'],
      [1.5e-5, '0.000015', '1.5e-05'],
      [1e-7, '1e-7', '1e-07'],
      [-2.5e-300, '-2.5e-300', '-2.5e-300'],
      [1e15, '1000000000000000', '1000000000000000.0'],
      [1e16, '10000000000000000', '1e+16'],
      [123456789012345680000, '123456789012345680000', '1.2345678901234568e+20'],
      [1e21, '1e+21', '1e+21'],
    ];
    for (const [x, javascript, python] of cases) {
      expect(textOf(x, Style.javascript)).toBe(javascript);
      expect(textOf(x, Style.python)).toBe(python);
    }
  });
});

describe('lines as columns', () => {
  it('come back byte for byte, whatever they contain', () => {
    const values = (): string[] => [
      ...[String(next()), String(Math.fround(next())), textOf(next() * 1e-6, Style.python), '1.0', '-0', '-0.0', '007'],
      ...['1e5', '1E+05', '12345678901234567890', '0.30000000000000004', '-5', '"NaN"', '1.50', '9007199254740993'],
    ];
    for (const value of values()) {
      const text = Array.from(
        { length: 40 },
        (_, i) => `{"time":${17e11 + i * 40.125},"step":${i},"values":{"ñ數":${value}}}\n`,
      );
      expect(back(text.join(''))).toBe(text.join(''));
    }
    const mixed = Array.from({ length: 300 }, (_, i) => {
      const some = values();
      return `{"type":"metrics","step":${i},"values":{"a":${some[i % some.length]},"b":${next()}}}\n`;
    });
    expect(back(mixed.join(''))).toBe(mixed.join(''));
    for (const odd of [
      '',
      '\n',
      '\n\n',
      'no newline',
      '{"a":1}\nhalf {"b":2',
      '\0\0\0\n1\0\n',
      '\r\n1\r\n',
      '1',
      '1\n2\n',
      '--5\n-\n.5.\n',
    ])
      expect(back(odd)).toBe(odd);
    const bytes = Buffer.from(Array.from({ length: 5000 }, () => Math.floor(next() * 256)));
    const columns = toColumns(bytes);
    if (columns) expect(fromColumns(columns, bytes.length).equals(bytes)).toBe(true);
  });

  it('are refused if the lines have little in common', () => {
    const text = Array.from({ length: 300 }, (_, i) => `line ${'x'.repeat(i)}\n`).join('');
    expect(toColumns(Buffer.from(text))).toBeNull();
  });

  it('take fewer bytes than the numbers’ digits', () => {
    const text = Array.from(
      { length: 1000 },
      (_, i) => `{"type":"metrics","time":${17e11 + i * 40},"step":${i},"values":{"loss":${Math.fround(next())}}}\n`,
    ).join('');
    expect(toColumns(Buffer.from(text))!.length).toBeLessThan(1000 * 7);
  });

  it('end with an error if they are damaged, never with more bytes than they say', () => {
    const text = Array.from(
      { length: 200 },
      (_, i) => `{"step":${i},"values":{"loss":${next()}}}\n{"x":"y ${i}"}\n`,
    ).join('');
    const columns = toColumns(Buffer.from(text))!;
    for (let i = 0; i < 3000; i++) {
      const damaged = Buffer.from(columns);
      const cut = damaged.subarray(0, i % 3 === 0 ? Math.floor(next() * damaged.length) : undefined);
      for (let n = 0; n < 1 + (i % 4) && cut.length > 0; n++)
        cut[Math.floor(next() * Math.min(cut.length, i % 2 ? 40 : 1e9))] = Math.floor(next() * 256);
      try {
        expect(fromColumns(cut, text.length).length).toBeLessThanOrEqual(text.length + cut.length + 200);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }
  });

  it('cut at every byte end with an error', () => {
    const text = Array.from({ length: 40 }, (_, i) => `{"step":${i},"values":{"loss":${next()}}}\n`).join('');
    const columns = toColumns(Buffer.from(text))!;
    for (let length = 0; length < columns.length; length++)
      expect(() => fromColumns(columns.subarray(0, length), text.length), `cut at ${length}`).toThrow(Error);
  });

  it('of no width are refused before they fill the memory', () => {
    const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) | 128, ...varint(value >> 7)]);
    const [lines, numbers] = [2000, 1000];
    const column = Buffer.alloc(12, Buffer.from([1, 0, 0, 0]), 'latin1').fill(0, 4);
    const bomb = Buffer.concat([
      Buffer.from([...varint(lines), 1, ...varint(numbers + 1)]),
      Buffer.alloc(numbers + 1),
      ...Array.from({ length: numbers }, () => column),
    ]);
    expect(() => fromColumns(bomb, 2 ** 20)).toThrow('more numbers than bytes');
    // As many as there may be.
    expect(fromColumns(bomb, lines * (numbers + 1)).length).toBe(lines * (numbers + 1));
  });
});
