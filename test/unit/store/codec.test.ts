import { describe, expect, it } from 'vitest';
import { decodeChunk, encodeChunk } from '../../../src/store/series/codec.js';
import { Points } from '../../../src/store/series/points.js';
import { random } from './helpers.js';

const next = random(7);
const ODD = [NaN, Infinity, -Infinity, -0, 0, 5e-324, 1.7976931348623157e308, 2 ** 53, -(2 ** 53), 2 ** 51, 0.1, -1];
const kinds: Record<string, (i: number) => number> = {
  'the same': () => 3.5,
  'all NaN': () => NaN,
  counted: (i) => i,
  'every tenth, downwards': (i) => -10 * i,
  'random integers': () => Math.floor((next() - 0.5) * 1e6),
  'huge integers': () => Math.floor((next() - 0.5) * 2 ** 54),
  milliseconds: (i) => 1.7e12 + i * 37 + Math.floor(next() * 5),
  microseconds: (i) => Math.round((1.7e12 + i * 0.731) * 1000) / 1000,
  'float32 values': () => Math.fround(next()),
  'float64 values': () => next(),
  'float64 values over many powers of two': () => (next() - 0.5) * 2 ** Math.floor(next() * 600 - 300),
  'rounded values': () => Math.round(next() * 1e5) / 1e5,
  'values as people print them': (i) => Number((2 / (i + 1) + next() / 50).toFixed(4)),
  'many digits': () => Number(next().toFixed(15)),
  'large and rounded': () => Number((next() * 1e9).toFixed(6)),
  'at the edge of the exact range': () => (next() < 0.5 ? 1 : -1) * (2 ** 51 - Math.floor(next() * 4)),
  'few different': (i) => Math.floor(i / 100) / 2,
  'with -0': (i) => (i === 40 ? -0 : i),
  'odd ones': () => ODD[Math.floor(next() * ODD.length)] as number,
  'mostly NaN': () => (next() < 0.9 ? NaN : next()),
};

function same(a: Points, b: Points): void {
  expect(a.length).toBe(b.length);
  for (const column of ['steps', 'times', 'epochs', 'values'] as const) {
    for (let i = 0; i < a.length; i++) {
      if (!Object.is(a[column][i], b[column][i])) {
        throw new Error(`${column}[${i}]: ${a[column][i]} became ${b[column][i]}`);
      }
    }
  }
}

describe('chunk codec', () => {
  it('gives back every kind of column to the bit', () => {
    const makers = Object.values(kinds);
    for (let round = 0; round < 400; round++) {
      const pick = (): ((i: number) => number) => makers[Math.floor(next() * makers.length)] as (i: number) => number;
      const [steps, times, epochs, values] = [pick(), pick(), pick(), pick()];
      const points = new Points();
      const n = round < 20 ? round : Math.floor(next() * 1024) + 1;
      for (let i = 0; i < n; i++) points.push(steps(i), times(i), epochs(i), values(i));
      same(decodeChunk(encodeChunk(points)), points);
      const [from, to] = [Math.floor(n / 3), n];
      same(decodeChunk(encodeChunk(points, from, to)), points.slice(from, to));
    }
  });

  it('is small for what training logs', () => {
    const points = new Points();
    for (let i = 0; i < 1024; i++) {
      points.push(i * 10, 1.7e12 + i * 40 + Math.floor(next() * 9), Math.floor(i / 200), Math.fround(next()));
    }
    expect(encodeChunk(points).length / 1024).toBeLessThan(5.6);
  });

  it.each([
    ['rounded to four digits', (i: number) => Number((2 / (i + 1) + next() / 50).toFixed(4)), 3.4],
    ['rounded to nine digits', () => Number(next().toFixed(9)), 5.6],
    ['doubles with all their digits', () => next() + 0.1, 8.5],
  ])('is small for values %s, at times with jitter', (_, value, most) => {
    const points = new Points();
    for (let i = 0; i < 1024; i++) points.push(i, 1.7e12 + i * 10 + Math.floor(next() * 300) / 1000, NaN, value(i));
    expect(encodeChunk(points).length / 1024).toBeLessThan(most);
  });

  it('reads chunks that earlier versions wrote', () => {
    // Steps 0 to 3; times by 1,000ths; no epochs; values by zigzag differences.
    const bytes = Buffer.from(
      '01' +
        '04000000' +
        '01' +
        '0000000000000000' +
        '000000000000f03f' +
        '03' +
        'd00f' +
        '02' +
        '04' +
        '05' +
        '00' +
        '000000000000f87f' +
        '02' +
        '06' +
        '01' +
        '08' +
        '00',
      'hex',
    );
    const points = decodeChunk(bytes);
    expect([...points.steps.subarray(0, 4)]).toEqual([0, 1, 2, 3]);
    expect([...points.times.subarray(0, 4)]).toEqual([1, 1.001, 1.003, 1]);
    expect([...points.values.subarray(0, 4)]).toEqual([3, 2, 6, 6]);
  });

  it('refuses bytes of an unknown format', () => {
    expect(() => decodeChunk(new Uint8Array([9, 0, 0, 0, 0]))).toThrow('unknown format 9');
  });
});
