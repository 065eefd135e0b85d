import { expect, it } from 'vitest';
import { contentReader, encode } from '../../../src/protocol/run/contents.js';

const LIMITS = { line: 100, content: 1000 };

function read(chunks: Buffer[]): { heard: unknown[]; fault: string | null } {
  const heard: unknown[] = [];
  let fault: string | null = null;
  const take = contentReader(
    (message, content) => heard.push([message, content.toString('latin1')]),
    (why) => (fault = why),
    LIMITS,
  );
  for (const chunk of chunks) take(chunk);
  return { heard, fault };
}

it('messages and their bytes come whole, however the stream is cut', () => {
  const stream = Buffer.concat([
    encode({ type: 'a' }),
    encode({ type: 'b', file: 'ü' }, Buffer.from('\n{}\n\u00ff', 'latin1')),
    encode({ type: 'c' }, Buffer.alloc(0)),
  ]);
  const wanted = [
    [{ type: 'a' }, ''],
    [{ type: 'b', file: 'ü', bytes: 5 }, '\n{}\n\u00ff'],
    [{ type: 'c', bytes: 0 }, ''],
  ];
  for (let size = 1; size <= stream.length; size++) {
    const chunks: Buffer[] = [];
    for (let from = 0; from < stream.length; from += size) chunks.push(stream.subarray(from, from + size));
    expect(read(chunks)).toEqual({ heard: wanted, fault: null });
  }
});

it.each([
  ['words of a login script\n', 'a line is not a message'],
  ['[1]\n', 'a line is not a message'],
  [`{"type":"${'x'.repeat(200)}"}\n`, 'a line is too long'],
  ['x'.repeat(200), 'a line is too long'],
  ['{"type":"a","bytes":5000}\n', 'a content is too long'],
  ['{"type":"a","bytes":-1}\n', 'a content is too long'],
  ['{"type":"a","bytes":"5"}\n', 'a content is too long'],
])('%j ends the stream', (text, fault) => {
  expect(read([Buffer.from(text), encode({ type: 'later' })])).toEqual({ heard: [], fault });
});
