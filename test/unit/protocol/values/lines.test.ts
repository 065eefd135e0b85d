import { describe, expect, it } from 'vitest';
import { lineReader } from '../../../../src/protocol/values/lines.js';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('lines from a socket', () => {
  it('survive any cut, also within a character; blank lines are skipped', () => {
    const text = bytes('eins\nzwei ü€😀\n\n  \ndrei\n');
    for (let size = 1; size < 8; size++) {
      const lines: string[] = [];
      const read = lineReader((line) => lines.push(line), { max: 100, onTooLong: expect.fail });
      for (let at = 0; at < text.length; at += size) read(text.subarray(at, at + size));
      expect(lines).toEqual(['eins', 'zwei ü€😀', 'drei']);
    }
  });

  it.each([
    [false, []],
    [true, ['next']],
  ])('that are too long are told once; reading on after them: %s', (skipTooLong, expected) => {
    const lines: string[] = [];
    let told = 0;
    const read = lineReader((line) => lines.push(line), { max: 100, onTooLong: () => told++, skipTooLong });
    for (let i = 0; i < 50; i++) read(bytes('x'.repeat(50)));
    read(bytes('end\nnext\n'));
    expect(lines).toEqual(expected);
    expect(told).toBe(1);
  });
});
