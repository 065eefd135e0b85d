/** Breeds inputs from valid ones: each is the same for the same boundary, seed and index, on every machine. */
import { createRandom } from '../../src/search/index.js';
import type { Random } from '../../src/search/types.js';

const NAMES = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length', 'valueOf', 'prototype'];
const NUMBERS = [
  'NaN',
  'Infinity',
  '-Infinity',
  '1e999',
  '-0',
  '0.1e-400',
  '9007199254740993',
  '4294967296',
  '-1',
  '2147483648',
];
const TEXTS = [
  '\u001b[2J',
  '\u202e',
  '\u0000',
  '\ud800',
  '\r',
  '\ufeff',
  '../../etc/passwd',
  '%s%n',
  '${args}',
  '`id`',
  "'",
  '"',
  '\\',
];
const BLOCKS = [
  '&a [*a]',
  '&p {a: {b: *p}}',
  '<<: *x',
  '!!js/function "x"',
  '{',
  '[',
  '}',
  ']',
  '- - - - ',
  '? ',
  ': ',
  ',',
  '#',
  '|',
  '>-',
  '*a',
  '\t',
];
const WORDS = [...NAMES, ...NUMBERS, ...TEXTS, ...BLOCKS];

type Change = (input: Buffer, random: Random) => Buffer;
const place = (input: Buffer, random: Random): number => random.int(input.length + 1);
const insert = (input: Buffer, at: number, bytes: Uint8Array): Buffer =>
  Buffer.concat([input.subarray(0, at), bytes, input.subarray(at)]);

const CHANGES: Change[] = [
  // Cut short, or its beginning lost.
  (input, random) => input.subarray(0, place(input, random)),
  (input, random) => input.subarray(place(input, random)),
  // One byte, one bit.
  (input, random) => {
    const changed = Buffer.from(input);
    if (changed.length) changed[random.int(changed.length)] = random.int(256);
    return changed;
  },
  (input, random) => {
    const changed = Buffer.from(input);
    if (changed.length) changed[random.int(changed.length)]! ^= 1 << random.int(8);
    return changed;
  },
  // A length or count of four bytes, as large as it gets.
  (input, random) => {
    const changed = Buffer.from(input);
    const at = random.int(Math.max(1, changed.length - 4));
    const giant = [0xffffffff, 0x7fffffff, 0x80000000, 0x10000000, 0][random.int(5)]!;
    if (changed.length < 4) return changed;
    if (random.int(2)) changed.writeUInt32LE(giant, at);
    else changed.writeUInt32BE(giant, at);
    return changed;
  },
  // A part left out, doubled, moved.
  (input, random) => {
    const [a, b] = [place(input, random), place(input, random)].sort((x, y) => x - y) as [number, number];
    return Buffer.concat([input.subarray(0, a), input.subarray(b)]);
  },
  (input, random) => {
    const at = place(input, random);
    const part = input.subarray(at, at + 1 + random.int(64));
    return insert(input, at, Buffer.concat(Array.from({ length: 1 + random.int(40) }, () => part)));
  },
  // Words that mean something to some reader.
  (input, random) => insert(input, place(input, random), Buffer.from(WORDS[random.int(WORDS.length)]!)),
  (input, random) => replaceWord(input, random, /[A-Za-z_]\w*/g, NAMES),
  (input, random) => replaceWord(input, random, /-?\d+(\.\d+)?(e-?\d+)?/g, NUMBERS),
  (input, random) => replaceWord(input, random, /"[^"]*"|[\w.]+/g, WORDS),
  // Deep, long, and not UTF-8.
  (input, random) => {
    const [open, close] = [
      ['[', ']'],
      ['{"a":', '}'],
      ['{a: ', '}'],
      ['- ', ''],
      ['(', ')'],
    ][random.int(5)]!;
    const depth = 1 + random.int(3000);
    return insert(
      input,
      place(input, random),
      Buffer.from(open!.repeat(depth) + (random.int(2) ? close!.repeat(depth) : '')),
    );
  },
  (input, random) => {
    const unit = [',', '"a",', '0', ' ', '\n', 'x: 1\n', '\u00e9', '{"a":1}\n', '\\"', '"'][random.int(10)]!;
    return insert(input, place(input, random), Buffer.from(unit.repeat(1 + random.int(20_000))));
  },
  (input, random) => insert(input, place(input, random), Buffer.from([0xff, 0xfe, 0xc0, 0x80].slice(random.int(4)))),
];

function replaceWord(input: Buffer, random: Random, pattern: RegExp, by: string[]): Buffer {
  const text = input.toString('latin1');
  const found = [...text.matchAll(pattern)];
  if (found.length === 0) return input;
  const match = found[random.int(found.length)]!;
  const word = Buffer.from(by[random.int(by.length)]!).toString('latin1');
  return Buffer.from(text.slice(0, match.index) + word + text.slice(match.index + match[0].length), 'latin1');
}

/** Every fifth is a sample cut short, each time one byte further on; the others are changed up to three times. */
export function breed(samples: readonly (string | Uint8Array)[], name: string, seed: number, index: number): Buffer {
  const buffers = samples.map((sample) => Buffer.from(sample as string));
  let hash = seed;
  for (const letter of `${name}:${index}`) hash = (Math.imul(hash, 31) + letter.codePointAt(0)!) >>> 0;
  const random = createRandom(hash);
  const chosen = buffers[random.int(buffers.length)]!;
  if (index % 5 === 0) return chosen.subarray(0, (index / 5) % (chosen.length + 1));
  let input: Buffer = chosen;
  for (let changes = Math.max(1, random.int(6) - 2); changes > 0; changes--) {
    if (random.int(12) === 0) {
      const other = buffers[random.int(buffers.length)]!;
      input = Buffer.concat([input.subarray(0, place(input, random)), other.subarray(place(other, random))]);
    } else input = CHANGES[random.int(CHANGES.length)]!(input, random);
    if (input.length > 2 ** 20) input = input.subarray(0, 2 ** 20);
  }
  return input;
}
