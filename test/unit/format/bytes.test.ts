import { expect, it } from 'vitest';
import { formatBytes } from '../../../src/format/numbers.js';

it.each([
  [0, '0 B'],
  [532, '532 B'],
  [5412, '5.41 kB'],
  [12_345_678, '12.3 MB'],
  [3e15, '3000 TB'],
])('writes the size %d as %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
