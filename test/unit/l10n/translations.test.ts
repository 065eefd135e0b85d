import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const read = (path: string): Record<string, string> => JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;

/** The parts that a translation must keep: values, links, code, and the icons of VS Code. */
const fixed = (text: string): string[] => (text.match(/\{\d+\}|\(command:[\w.]+\)|\$\([\w-]+\)|`[^`]+`/g) ?? []).sort();

describe.each([
  ['l10n/bundle.l10n.json', 'l10n/bundle.l10n.zh-cn.json'],
  ['l10n/help.l10n.json', 'l10n/help.l10n.zh-cn.json'],
  ['package.nls.json', 'package.nls.zh-cn.json'],
])('the Chinese of %s', (english, chinese) => {
  const [from, to] = [read(english), read(chinese)];

  it('has every text, and none that is gone', () => {
    expect(Object.keys(from).filter((key) => !(key in to))).toEqual([]);
    expect(Object.keys(to).filter((key) => !(key in from))).toEqual([]);
  });

  it('keeps values, links, icons and code as they are', () => {
    const changed = Object.entries(to).filter(([key, text]) => String(fixed(text)) !== String(fixed(from[key] ?? '')));
    expect(changed).toEqual([]);
  });

  it('has the punctuation of Chinese between its words, and says "you" in one way', () => {
    const odd = Object.entries(to).filter(([, text]) =>
      /\p{Script=Han}[,;!?](?!\d)|\p{Script=Han}:(?! )|[你]/u.test(text.replaceAll(/`[^`]*`|\[[^\]]*\]/g, '')),
    );
    expect(odd).toEqual([]);
  });

  it('is about Chinese: no text is left in English', () => {
    const words = Object.entries(to).filter(
      ([key, text]) =>
        text === from[key] && /[a-z]{3,} [a-z]{3,}/.test(text.replaceAll(/`[^`]*`|\{\d+\}|tunesmith .*/g, '')),
    );
    expect(words).toEqual([]);
  });
});
