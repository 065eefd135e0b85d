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
});
