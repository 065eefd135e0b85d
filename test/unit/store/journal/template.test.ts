/** Lines read by templates have the same effect as lines parsed as JSON, whatever they hold. */
import { writeFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { DecimalReader } from '../../../../src/store/journal/decimal.js';
import { Template } from '../../../../src/store/journal/template.js';
import type { Store } from '../../../../src/store/store.js';
import { journal, newRun, openStore, random, temporary } from '../helpers.js';

const reader = new DecimalReader();
/** Returns the number that stands at the beginning of a line, and where it ends. */
function read(text: string): [value: number, end: number] {
  const end = reader.read(Buffer.from(`${text}\n`), 0);
  return [reader.value, end];
}

describe('DecimalReader', () => {
  it('reads numbers to the same bits as JSON.parse', () => {
    const next = random(7);
    const digits = (n: number): string => Array.from({ length: n }, () => Math.floor(next() * 10)).join('');
    const view = new DataView(new ArrayBuffer(8));
    const makers: (() => string)[] = [
      () => String(next()),
      () => String(next() * 10 ** Math.floor(next() * 30 - 15)),
      () => (next() * 1000).toFixed(Math.floor(next() * 20)),
      () => (next() * 1e6).toPrecision(17),
      () => `${1 + Math.floor(next() * 9)}${digits(Math.floor(next() * 24))}`,
      () => `${1 + Math.floor(next() * 9)}${digits(Math.floor(next() * 12))}.${digits(1 + Math.floor(next() * 24))}`,
      () => `0.${'0'.repeat(Math.floor(next() * 24))}${digits(1 + Math.floor(next() * 20))}`,
      () => `${Math.floor(next() * 10)}.${digits(1 + Math.floor(next() * 17))}e${Math.floor(next() * 700 - 350)}`,
      // Halfway between two doubles, or one digit beside it.
      () => String(2n ** 53n * BigInt(1 + Math.floor(next() * 500)) + BigInt(Math.floor(next() * 2000))),
      () => `${(BigInt(Math.floor(next() * 2 ** 52)) + 2n ** 53n) * 2n + 1n}.${next() < 0.5 ? '0' : '00001'}`,
      () => {
        for (let i = 0; i < 8; i++) view.setUint8(i, next() * 256);
        const value = view.getFloat64(0);
        return Number.isFinite(value) ? String(value).replace('+', '') : '1e400';
      },
    ];
    for (let i = 0; i < 200_000; i++) {
      const text = `${next() < 0.3 ? '-' : ''}${makers[i % makers.length]!().replace(/^-/, '')}`;
      const [value, end] = read(text);
      if (!Object.is(value, JSON.parse(text)) || end !== text.length) expect([text, value, end]).toBe(text);
    }
  });

  it('reads the numbers that are hard to round', () => {
    const hard = [
      ...['0', '-0', '0.0', '-0.0e5', '9007199254740993', '9007199254740993.0', '9007199254740992.5', '1e22', '1e23'],
      ...['8.41e21', '9.5367431640625e-7', '2.2250738585072011e-308', '5e-324', '2e-324', '1.7976931348623159e308'],
      ...[
        '1e400',
        '-1e400',
        '123456789012345678',
        '1234567890123456789',
        '0.3',
        '0.30000000000000004',
        '4503599627370496.5',
      ],
      ...['4503599627370497.5', '1.00000000000000011102230246251565', '72057594037927945', '72057594037927937'],
    ];
    for (const text of hard) expect(read(text)).toEqual([JSON.parse(text), text.length]);
  });

  it('refuses what is no JSON number', () => {
    for (const text of ['', '-', '01', '-01', '.5', '1.', '1.e5', '1e', '1e+', '+1', 'NaN', '-Infinity', '-a'])
      expect(read(text)[1], text).toBe(-1);
    // The rest is no part of the number; what follows decides about the line.
    expect(read('1x')[1]).toBe(1);
    expect(read('0x10')[1]).toBe(1);
    expect(read(`1.${'0'.repeat(100)}`)[1]).toBe(-1);
  });
});

/** Numbers, and what people's programs write in their place. */
const TOKENS = [
  ...[
    '0',
    '-0',
    '1',
    '-1.5',
    '0.1',
    '1e400',
    '-1e400',
    '1E+5',
    '2e-7',
    '5e-324',
    '0.30000000000000004',
    '1732962000123.4567',
  ],
  ...[
    '12345678901234567890123',
    `1.${'3'.repeat(90)}`,
    `${'9'.repeat(400)}`,
    '01',
    '+1',
    '.5',
    '1.',
    '0x10',
    '1e',
    '-',
  ],
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '"NaN"',
    '"-Infinity"',
    'null',
    'true',
    'false',
    '"text"',
    '[1,2]',
    '{"a":1}',
    '',
  ],
];
const NAMES = [
  'loss',
  'acc',
  'val/loss',
  '__proto__',
  'constructor',
  '7',
  '10',
  '',
  'a\\"b',
  'ä/ö',
  '\\u0061',
  'x'.repeat(600),
];

type Next = () => number;
const pick = <T>(next: Next, all: readonly T[]): T => all[Math.floor(next() * all.length)]!;
const number = (next: Next): string => (next() < 0.75 ? String(next() * 10) : pick(next, TOKENS));

/** The shape of a program's lines: the text between numbers. */
function shape(next: Next): string[] {
  const space = next() < 0.3 ? ' ' : '';
  const names = Array.from({ length: 1 + Math.floor(next() * 4) }, () => pick(next, NAMES));
  const body = names.map((name) => `"${name}":${space}#`).join(`,${space}`);
  const members = [
    ...(next() < 0.7 ? ['"type":"metrics"'] : []),
    ...(next() < 0.8 ? ['"time":#'] : []),
    ...(next() < 0.7 ? ['"step":#'] : []),
    ...(next() < 0.3 ? ['"epoch":#'] : []),
    ...(next() < 0.1 ? ['"step":#', '"time":null'] : []),
    ...(next() < 0.1 ? ['"note":"12 and 13", "more":[1,{"b":2}]'] : []),
    ...(next() < 0.7 ? [`"values":{${body}}`] : [body]),
  ];
  if (next() < 0.3) members.reverse();
  const text = `{${members.join(`,${space}`)}}${pick(next, ['', '', ' ', '\r'])}`;
  return `${next() < 0.05 ? '\ufeff' : ''}${text}`.split('#');
}

/** Damages a line, as torn writes and other programs do. */
function damaged(next: Next, line: Buffer): Buffer {
  const at = Math.floor(next() * line.length);
  switch (Math.floor(next() * 6)) {
    case 0:
      return Buffer.concat([line.subarray(0, at), Buffer.from([Math.floor(next() * 256)]), line.subarray(at + 1)]);
    case 1:
      return line.subarray(0, at);
    case 2:
      return Buffer.concat([line, line]);
    case 3:
      return Buffer.concat([line.subarray(0, at), Buffer.from([0xc3]), line.subarray(at)]);
    case 4:
      return Buffer.concat([line.subarray(0, at), Buffer.alloc(Math.floor(next() * 20)), line.subarray(at)]);
    default:
      return Buffer.concat([line.subarray(0, at), line.subarray(Math.min(line.length, at + 5))]);
  }
}

function journalOf(next: Next): Buffer {
  const shapes = Array.from({ length: 1 + Math.floor(next() * 3) }, () => shape(next));
  const lines = Array.from({ length: 60 }, () => {
    const parts = pick(next, shapes);
    let text = parts[0]!;
    for (const part of parts.slice(1)) text += number(next) + part;
    const line = Buffer.from(text);
    return Buffer.concat([next() < 0.08 ? damaged(next, line) : line, Buffer.from('\n')]);
  });
  return Buffer.concat(lines);
}

function everythingOf(store: Store): unknown {
  const { metrics } = store.runs.columns({});
  const detail = store.runs.detail('r1')!;
  return {
    row: { ...detail, messages: [], folder: '' },
    messages: detail.messages.map((message) => ({ ...message, time: 0, last: 0 })),
    points: metrics.map((name) => [name, store.series.points('r1', name, { lost: true })]),
    offset: store.ingest.expectedOffset('r1', 'rank0-1.ndjson'),
  };
}

describe('lines read by templates', () => {
  it('have the same effect as lines parsed as JSON', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(1_700_000_000_000);
    const learnt = vi.spyOn(Template.prototype, 'match');
    let matched = 0;
    for (let round = 0; round < 150; round++) {
      const next = random(round);
      const bytes = journalOf(next);
      const found = [true, false].map((templates) => {
        const cuts = random(round + 1000);
        const store = openStore(temporary(), { templates, holeMs: 0 });
        const run = newRun(temporary(), 'r1');
        store.runs.insert(run);
        writeFileSync(journal(run), bytes);
        for (let at = 0; at < bytes.length && cuts() < 0.9;) {
          const end = bytes.indexOf(10, Math.min(bytes.length, at + Math.floor(cuts() * 3000))) + 1 || bytes.length;
          if (!store.ingest.frame('r1', 'rank0-1.ndjson', at, bytes.subarray(at, end))) break;
          at = store.ingest.expectedOffset('r1', 'rank0-1.ndjson');
          if (at < end) break;
        }
        for (let i = 0; i < 4; i++) while (store.ingest.poll('r1', 'rank0-1.ndjson', { final: true }).more);
        const all = everythingOf(store);
        store.close();
        return all;
      });
      expect(found[0], `round ${round}`).toEqual(found[1]);
      matched += learnt.mock.results.filter(({ value }) => (value as number) > 0).length;
      learnt.mockClear();
    }
    vi.useRealTimers();
    expect(matched).toBeGreaterThan(2000);
  }, 120_000);

  it('are those that differ by numbers alone', () => {
    const template = Template.learn(Buffer.from('{"type":"metrics","time":1,"step":2,"values":{"a":3,"b":-4e1}}'))!;
    const match = (text: string): number => template.match(Buffer.from(`${text}\n`), 0, Buffer.byteLength(text));
    const line = '{"type":"metrics","time":5.5,"step":6,"values":{"a":1e400,"b":-0}}';
    expect(match(line)).toBe(line.length + 1);
    expect([template.time, template.step, [...template.values]]).toEqual([5.5, 6, [Infinity, -0]]);
    for (const other of [
      line.replace('"a"', '"c"'),
      line.replace('6', '1e999'),
      line.replace('6', 'null'),
      line.replace('}}', '} }'),
      `${line} `,
      line.slice(0, -1),
    ])
      expect(match(other), other).toBe(-1);
  });

  it('are never learnt from lines with values that are no numbers', () => {
    for (const value of ['NaN', '"NaN"', 'null', 'true', '"x"', '-Infinity'])
      expect(Template.learn(Buffer.from(`{"step":1,"values":{"a":1,"b":${value}}}`)), value).toBe(null);
  });
});
