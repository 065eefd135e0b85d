import { expect, it } from 'vitest';
import type { RequestParams, RequestResult } from '../../../../src/protocol/engine/index.js';
import { linesOf, LogWindow, PIECE, ranksIn, searchLog, WINDOW } from '../../../../webview/model/page/log.js';

/** Answers like the engine, from bytes. */
class Output {
  bytes = new Uint8Array();
  asked = 0;
  add(text: string): void {
    this.bytes = new Uint8Array([...this.bytes, ...new TextEncoder().encode(text)]);
  }
  set(text: string): void {
    this.bytes = new TextEncoder().encode(text);
  }
  readonly read = ({ offset = 0, limit = 0 }: RequestParams<'log/read'>): Promise<RequestResult<'log/read'>> => {
    this.asked++;
    const size = this.bytes.length;
    const from = offset < 0 ? Math.max(0, size + offset) : Math.min(offset, size);
    const next = Math.min(size, from + limit);
    const text = new TextDecoder().decode(this.bytes.subarray(from, next));
    return Promise.resolve({ text, offset: from, next, size, ended: false });
  };
}

it('folds a progress bar into its last state and keeps colours', () => {
  const bar = Array.from({ length: 50 }, (_, i) => `\r${i * 2}%`).join('');
  expect(linesOf(`start\n${bar}\r100%\n\u001b[31mred\u001b[0m\n`)).toEqual(['start', '100%', '\u001b[31mred\u001b[0m']);
});

it('follows a growing log, whose lines come in pieces', async () => {
  const output = new Output();
  output.add('one\ntw');
  const log = new LogWindow(output.read, 'r', 0, () => {});
  await log.end();
  expect(log.lines).toEqual(['one', 'tw']);
  output.add('o\nthr');
  expect(await log.later()).toBe(true);
  output.add('ee');
  await log.later();
  expect(log.lines).toEqual(['one', 'two', 'three']);
  expect(await log.later()).toBe(false);
});

it('shows the end of a long log, reads back to its beginning, and holds a bounded part of it', async () => {
  const all = Array.from({ length: 120_000 }, (_, i) => `line ${i}`);
  const output = new Output();
  output.set(`${all.join('\n')}\n`);
  const log = new LogWindow(output.read, 'r', 0, () => {});
  await log.end();
  expect(log.lines.at(-1)).toBe('line 119999');
  expect(log.to - log.from).toBeLessThanOrEqual(WINDOW);
  while (log.from > 0) {
    await log.earlier();
    expect(log.to - log.from).toBeLessThanOrEqual(1.5 * WINDOW + PIECE);
  }
  expect(log.lines.slice(0, 3)).toEqual(['line 0', 'line 1', 'line 2']);
  const { lines } = log;
  expect(lines).toEqual(all.slice(0, lines.length));
});

it('reads on without losing or doubling a line', async () => {
  const all = Array.from({ length: 60_000 }, (_, i) => `line ${i} ü`);
  const output = new Output();
  output.set(`${all.join('\n')}\n`);
  const log = new LogWindow(output.read, 'r', 0, () => {});
  await log.around(0);
  for (let i = 0; i < 100 && !log.isAtEnd; i++) await log.later();
  const { lines } = log;
  expect(lines).toEqual(all.slice(-lines.length));
  expect(lines.length).toBeLessThan(all.length);
});

it('finds a text in the whole log, in either case, and the line it is on', async () => {
  const all = Array.from({ length: 50_000 }, (_, i) => (i % 20_000 === 7 ? `größer: NaN at ${i}` : `line ${i}`));
  const output = new Output();
  output.set(`${all.join('\n')}\n`);
  const shares: number[] = [];
  const hits = await searchLog(output.read, { run: 'r', rank: 0 }, 'nan', (share) => shares.push(share) > 0);
  expect(hits).toHaveLength(3);
  expect(shares.at(-1)).toBe(1);
  const log = new LogWindow(output.read, 'r', 0, () => {});
  for (const [i, at] of [7, 20_007, 40_007].entries()) {
    await log.around(hits[i]!.offset);
    expect(log.lines[log.lineAt(hits[i]!.offset)]).toBe(`größer: NaN at ${at}`);
  }
});

it('stops searching when it is told', async () => {
  const output = new Output();
  output.set('x'.repeat(9_000_000));
  await searchLog(output.read, { run: 'r', rank: 0 }, 'y', () => false);
  expect(output.asked).toBe(1);
});

it('reads and searches the output of the chosen rank', async () => {
  const asked: (number | undefined)[] = [];
  const read = ({ rank }: { rank?: number | undefined }) => {
    asked.push(rank);
    const text = `I am ${rank ?? 0}\n`;
    return Promise.resolve({ text, offset: 0, next: text.length, size: text.length, ended: true });
  };
  const log = new LogWindow(read, 'r', 2, () => {});
  await log.end();
  expect(log.lines).toEqual(['I am 2']);
  expect(await searchLog(read, { run: 'r', rank: 2 }, 'am 2', () => true)).toEqual([{ offset: 2 }]);
  await new LogWindow(read, 'r', 0, () => {}).end();
  expect(asked).toEqual([2, 2, undefined]);
});

it('finds the ranks with output by their files', () => {
  const names = ['output.log', 'output-rank10.log', 'output-rank2.log', 'output-rank0.log', 'media/output-rank3.log'];
  expect(ranksIn(names.map((path) => ({ path })))).toEqual([0, 2, 10]);
});
