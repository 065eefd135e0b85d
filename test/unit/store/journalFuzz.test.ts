/** Journals as kills, power cuts and other people's programs leave them, read in pieces of any size. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import type { Store } from '../../../src/store/store.js';
import { journal, newRun, openStore, random, temporary } from './helpers.js';

const FILE = 'rank0-1.ndjson';
/** Set `TUNESMITH_FUZZ_ROUNDS` for more. */
const ROUNDS = Number(process.env.TUNESMITH_FUZZ_ROUNDS ?? 60);

type Piece = { bytes: Buffer; values: number[] };

/** One writer's lines. Each value is written once, so that what is lost, doubled or made up shows. */
function line(next: () => number, value: number): Piece {
  const shape = Math.floor(next() * 4);
  const record =
    shape === 0
      ? { step: value, loss: value }
      : shape === 1
        ? { type: 'metrics', time: 1, step: value, values: { loss: value, 'ä/ö': next() } }
        : shape === 2
          ? { values: { loss: value }, epoch: 3, step: value }
          : { type: 'metrics', step: value, values: { loss: value, long: 'x'.repeat(Math.floor(next() * 3000)) } };
  return { bytes: Buffer.from(`${JSON.stringify(record)}\n`), values: [value] };
}

const damages: ((next: () => number, value: number) => Piece)[] = [
  line,
  line,
  line,
  // A writer killed in the middle; the next one begins on a fresh line, or right behind it.
  (next, value) => {
    const { bytes } = line(next, value);
    const torn = bytes.subarray(0, 1 + Math.floor(next() * (bytes.length - 2)));
    const after = line(next, value + 0.5);
    const fresh = next() < 0.5 || torn.at(-1) === 0x3a || torn.at(-1) === 0x2c;
    return { bytes: Buffer.concat([torn, Buffer.from(fresh ? '\n' : ''), after.bytes]), values: after.values };
  },
  // A hole that ends in the middle of a line, or at the end of one.
  (next, value) => {
    const { bytes } = line(next, value);
    const tail = next() < 0.5 ? bytes.subarray(1 + Math.floor(next() * (bytes.length - 1))) : Buffer.alloc(0);
    return { bytes: Buffer.concat([Buffer.alloc(1 + Math.floor(next() * 9000)), tail]), values: [] };
  },
  (next) => ({ bytes: Buffer.from(`${'{"a":'.repeat(Math.floor(next() * 3000))}\n`), values: [] }),
  (next) => ({ bytes: Buffer.from(`${'['.repeat(Math.floor(next() * 100_000))}\n`), values: [] }),
  // No UTF-8.
  (next, value) => ({
    bytes: Buffer.concat([
      Buffer.from([0xff, 0xfe, 0xc3, 0x28, Math.floor(next() * 128) + 128, 10]),
      line(next, value).bytes,
    ]),
    values: [value],
  }),
  () => ({ bytes: Buffer.from('\n \n\r\n'), values: [] }),
];

function takeAll(store: Store, next: () => number, bytes: Buffer, file: string): void {
  // Frames in any order, doubled, overlapping and cut anywhere at a line's end.
  for (let i = 0; i < 12; i++) {
    const from = next() < 0.5 ? store.ingest.expectedOffset('r1', FILE) : Math.floor(next() * bytes.length);
    const end = bytes.indexOf(10, Math.min(bytes.length, from + Math.floor(next() * 4000))) + 1;
    const start = from === 0 ? 0 : bytes.lastIndexOf(10, from - 1) + 1;
    if (end > start && start <= from && from === store.ingest.expectedOffset('r1', FILE))
      store.ingest.frame('r1', FILE, start, bytes.subarray(start, end));
    if (next() < 0.3) {
      writeFileSync(file, bytes.subarray(0, Math.max(end, store.ingest.expectedOffset('r1', FILE))));
      store.ingest.poll('r1', FILE);
    }
  }
  writeFileSync(file, bytes);
  for (let i = 0; i < 3; i++) while (store.ingest.poll('r1', FILE, { final: true }).more);
}

it(`${ROUNDS} damaged journals: every intact record is read once, in order, and nothing is made up`, () => {
  const next = random(20);
  let unsaid = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const store = openStore(temporary(), { holeMs: next() < 0.5 ? 0 : 30_000 });
    const run = newRun(temporary(), 'r1');
    mkdirSync(dirname(journal(run)), { recursive: true });
    store.runs.insert(run);
    const pieces = Array.from({ length: 30 }, (_, i) => damages[Math.floor(next() * damages.length)]!(next, i + 1));
    const bytes = Buffer.concat(pieces.map((piece) => piece.bytes));
    takeAll(store, next, bytes, journal(run, FILE));
    const expected = pieces.flatMap((piece) => piece.values);
    const found = store.series.points('r1', 'loss').points.map(({ value }) => value);
    expect(found, `round ${round}`).toEqual(expected);
    if (bytes.includes(0) && !store.runs.messages('r1').some(({ level }) => level === 'warning')) unsaid++;
    store.close();
  }
  expect(unsaid).toBe(0);
}, 120_000);
