import { expect, it } from 'vitest';
import { byteLineReader } from '../../../src/protocol/values/byteLines.js';

function read(text: string, size: number, max = 100): { lines: string[]; long: number } {
  const lines: string[] = [];
  let long = 0;
  const take = byteLineReader((line) => lines.push(line.toString()), { max, onTooLong: () => long++ });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) take(bytes.subarray(at, at + size));
  return { lines, long };
}

it.each([1, 2, 3, 7, 1000])('cuts lines in pieces of %i bytes', (size) => {
  expect(read('one\n\ntwo ä\nthree', size)).toEqual({ lines: ['one', 'two ä'], long: 0 });
});

it.each([1, 5, 1000])('skips a line that is too long, told once, in pieces of %i bytes', (size) => {
  expect(read(`a\n${'x'.repeat(50)}\nb\n${'y'.repeat(11)}\nc\n`, size, 10)).toEqual({
    lines: ['a', 'b', 'c'],
    long: 2,
  });
});
