import { describe, expect, it } from 'vitest';
import { LineFolder } from '../../../src/output/lineFolder.js';

const E = '\u001b';
const fold = (
  text: string,
  options: { colors: boolean; atOnce?: boolean } = { colors: false },
  piece = text.length,
) => {
  const folder = new LineFolder(options);
  let out = '';
  for (let at = 0; at < text.length; at += piece) out += folder.push(text.slice(at, at + piece));
  return out + folder.end();
};

describe('output folded into the lines that a terminal shows in the end', () => {
  const updates = Array.from({ length: 3000 }, (_, i) => `\r${E}[32mepoch ${i + 1}/3000${E}[0m`).join('');

  it.each([1, 7, 1000, 1e6])('keeps the last of 3,000 progress updates, in pieces of %i', (piece) => {
    expect(fold(`before\n${updates}\nafter\n`, { colors: false }, piece)).toBe('before\nepoch 3000/3000\nafter\n');
    expect(fold(updates, { colors: true, atOnce: true }, piece)).toBe(`${E}[32mepoch 3000/3000${E}[0m\n`);
  });

  it('shows the rest of a longer line, unless it was erased', () => {
    expect(fold('longer text\rshort')).toBe('short' + 'r text\n');
    expect(fold(`longer text\rshort${E}[K\n`)).toBe('short\n');
    expect(fold(`longer text${E}[2K\rshort\n`)).toBe('short\n');
    expect(fold('ab\b\bc\n')).toBe('cb\n');
  });

  it('follows bars that are redrawn over several lines', () => {
    const bars = [1, 2, 3].map((i) => `\router ${i}\n\rinner ${i}${E}[A`).join('');
    expect(fold(`${bars}\n\ndone\n`)).toBe('outer 3\ninner 3\ndone\n');
    expect(fold(`a\nb\n${E}[2A${E}[Jc\n`)).toBe('c\n');
  });

  it('gives complete lines at once when followed', () => {
    const folder = new LineFolder({ colors: false, atOnce: true });
    expect(folder.push('one\ntw')).toBe('one\n');
    expect(folder.push('\rTWO\n')).toBe('TWO\n');
    expect(folder.end()).toBe('');
  });

  it('holds back few lines of a long output, and loses none', () => {
    const folder = new LineFolder({ colors: false });
    const text = Array.from({ length: 5000 }, (_, i) => `line ${i}\n`).join('');
    const first = folder.push(text);
    expect(first.split('\n').length).toBeGreaterThan(4800);
    expect(first + folder.end()).toBe(text);
  });

  it('writes a line without an end whole, in bounded memory', () => {
    const folder = new LineFolder({ colors: false });
    const text = `first\n${'é'.repeat(300_000)}`;
    const out = [...text].map((character) => folder.push(character)).join('');
    expect(out.length).toBeGreaterThan(250_000);
    expect(out + folder.end()).toBe(`${text}\n`);
  });

  it('takes out what could drive the terminal, and bounds where a movement leads', () => {
    expect(fold(`${E}]52;c;cm0=\u0007safe${E}[?1049h\n`)).toBe('safe\n');
    expect(fold('a\u202eb\n')).toBe('a\ufffdb\n');
    expect(fold(`${E}[9999Cx\n`.repeat(2)).length).toBeLessThan(20_010);
    expect(fold(`${E}[9999C`.repeat(1000) + 'x\n').length).toBeLessThanOrEqual(10_002);
  });
});
