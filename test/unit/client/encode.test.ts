import { describe, expect, it } from 'vitest';
import { metricsLine, recordLine } from '../../../src/client/journal/encode.js';
import { JournalRecord } from '../../../src/protocol/run/journal.js';
import { fromWire } from '../../../src/protocol/values/index.js';

const never = (name: string): never => {
  throw new Error(name);
};

describe('metricsLine', () => {
  it('is a record that the protocol accepts, with every number unchanged', () => {
    const values: Record<string, number> = { 'ключ "x"\n': -0.1, nan: NaN, up: Infinity, down: -Infinity, '': 1e-320 };
    for (let i = 0; i < 1000; i++) values[`m${i}`] = (Math.random() - 0.5) * 10 ** (Math.random() * 600 - 300);
    const line = metricsLine(values, 5, -3, 0.5, never);
    expect(line.indexOf('\n')).toBe(line.length - 1);
    const record = JournalRecord.parse(JSON.parse(line));
    if (record.type !== 'metrics') throw new Error(record.type);
    expect(record).toMatchObject({ time: 5, step: -3, epoch: 0.5 });
    expect(Object.fromEntries(Object.entries(record.values).map(([name, value]) => [name, fromWire(value)]))).toEqual(
      values,
    );
  });

  it('converts booleans to 0 and 1, and drops other values with a message', () => {
    const refused: string[] = [];
    const line = metricsLine({ a: true, b: 'x', c: null, d: undefined, e: 2 }, 5, 0, undefined, (name) =>
      refused.push(name),
    );
    expect(line).toBe('{"type":"metrics","time":5,"step":0,"values":{"a":1,"e":2}}\n');
    expect(refused).toEqual(['b', 'c']);
    expect(metricsLine({ b: 'x' }, 5, 0, undefined, () => undefined)).toBe('');
  });
});

it('recordLine writes the numbers that JSON lacks', () => {
  expect(recordLine({ a: NaN, b: [Infinity], c: { d: -Infinity }, e: undefined })).toBe(
    '{"a":"NaN","b":["Infinity"],"c":{"d":"-Infinity"}}\n',
  );
});
