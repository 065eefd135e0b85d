import { describe, expect, it } from 'vitest';
import { OutputFilter } from '../../../src/output/outputFilter.js';

const E = '\u001b';
const filter = (...pieces: string[]) => {
  const output = new OutputFilter();
  return pieces.map((piece) => output.push(piece)).join('');
};

describe('output shown in a terminal', () => {
  it('keeps colors, text and line ends', () => {
    expect(filter(`${E}[1;31mred${E}[0m ${E}[38;2;1;2;3mtrue${E}[m\nnext é 漢字 🎉`)).toBe(
      `${E}[1;31mred${E}[0m ${E}[38;2;1;2;3mtrue${E}[m\r\nnext é 漢字 🎉`,
    );
    expect(filter('a\r\nb')).toBe('a\r\nb');
    expect(filter('a\r', '\nb')).toBe('a\r\nb');
  });

  it('keeps what progress bars do', () => {
    const bar = `\r 40%|████      | 4/10${E}[K\r${E}[A${E}[2K`;
    expect(filter(bar)).toBe(bar);
  });

  it.each([
    ['clipboard', `${E}]52;c;cm0gLXJmIC8=\u0007`],
    ['clipboard, ended by ST', `${E}]52;c;cm0gLXJmIC8=${E}\\`],
    ['title', `${E}]0;you are root\u0007`],
    ['8-bit OSC', '\u009d0;title\u009c'],
    ['working folder', `${E}]7;file:///etc\u0007`],
    ['shell integration', `${E}]633;E;rm -rf /\u0007`],
    ['alternate screen', `${E}[?1049h`],
    ['mouse reports', `${E}[?1000h`],
    ['bracketed paste', `${E}[?2004h`],
    ['device attributes', `${E}[c`],
    ['cursor report', `${E}[6n`],
    ['window operations', `${E}[21t`],
    ['clear all', `${E}[2J${E}[3J${E}[H`],
    ['reset', `${E}c`],
    ['DCS', `${E}P$q"p${E}\\`],
    ['8-bit CSI', '\u009b?1049h'],
    ['character set', `${E}(0`],
    ['bell', '\u0007'],
    ['NUL and DEL', '\u0000\u007f'],
  ])('drops: %s', (_, sequence) => {
    expect(filter(`a${sequence}b`)).toBe('ab');
    // Cut anywhere.
    expect(filter('a', ...sequence, 'b')).toBe('ab');
  });

  it('shows the text of a link but not the link', () => {
    expect(filter(`${E}]8;;http://evil.example${E}\\click${E}]8;;${E}\\`)).toBe('click');
  });

  it('does not let an unfinished sequence swallow what follows', () => {
    expect(filter(`${E}]0;never ended\nnext`)).toBe('\r\nnext');
    expect(filter(`${E}[${'1;'.repeat(5000)}x`, 'after')).toContain('after');
    expect(filter(`${E}[12\nnext`)).toBe('\r\nnext');
    expect(filter(`${E}]52;c;x${E}[31mred`)).toBe(`${E}[31mred`);
  });

  it('passes a flood of harmless output through whole', () => {
    const flood = `${E}[32mstep${E}[0m 0.12345\r\n`.repeat(100_000);
    expect(filter(flood)).toBe(flood);
  });
});
