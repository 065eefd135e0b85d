import { afterEach, describe, expect, it } from 'vitest';
import { filled, useTranslations } from '../../../src/format/l10n.js';
import { errorText, inEnglish, joined, said, shown, verbatim } from '../../../src/format/said.js';
import { Said } from '../../../src/protocol/said.js';

afterEach(() => useTranslations((message, ...args) => filled(message, args)));

const CHINESE: Record<string, string> = {
  'metrics: {0} failed: {1}': 'metrics：{0} 失败：{1}',
  '{0} is empty': '{0} 为空',
};
const inChinese = (): void => useTranslations((message, ...args) => filled(CHINESE[message] ?? message, args));

describe('a stored text', () => {
  const reason = said('metrics: {0} failed: {1}', 'cost', said('{0} is empty', '{0}.csv'));

  it('holds texts as values, which are shown in the reader’s language too', () => {
    expect(inEnglish(reason)).toBe('metrics: cost failed: {0}.csv is empty');
    const stored = Said.parse(JSON.parse(JSON.stringify(reason)));
    inChinese();
    expect(errorText({ message: inEnglish(reason), said: stored })).toBe('metrics：cost 失败：{0}.csv 为空');
    expect(shown('{0} is empty')).toBe('{0} is empty');
  });

  it('says the words that are recorded if its values say something else', () => {
    inChinese();
    expect(errorText({ message: 'metrics: cost failed: another', said: reason })).toBe('metrics: cost failed: another');
  });

  it('joins texts, and takes words of programs as they are', () => {
    expect(inEnglish(joined([said('a {0}', 1), 'b'])!)).toBe('a 1; b');
    expect(joined([])).toBeNull();
    expect(inEnglish(verbatim('{1} of {0}'))).toBe('{1} of {0}');
    expect(verbatim(reason)).toBe(reason);
  });

  it('can always be stored: long values lose their ends, and numbers that JSON lacks are words', () => {
    for (const text of [
      said('{0} of {1}', 'x'.repeat(5000), NaN),
      verbatim('😀'.repeat(5000)),
      said('{0}', -Infinity),
    ]) {
      const stored = Said.parse(JSON.parse(JSON.stringify(text)));
      expect(inEnglish(stored)).toBe(inEnglish(text));
      expect(inEnglish(text)).not.toMatch(/[\uD800-\uDBFF](?![\uDC00-\uDFFF])/);
    }
    expect(inEnglish(said('{0} of {1}', 'x'.repeat(5000), NaN))).toMatch(/^x{3999}… of NaN$/);
    expect(inEnglish(said('{0} {1} {2} {3}', ...[1, 2, 3, 4].map(() => 'y'.repeat(4000))))).toMatch(/ …$/);
  });

  it('can not grow without bounds, or be nested without bounds', () => {
    let hostile: Said = { text: 'ha', values: [] };
    for (let i = 0; i < 4; i++) hostile = { text: '{0}'.repeat(600), values: [hostile] };
    expect(Said.safeParse(hostile).success).toBe(true);
    expect(inEnglish(hostile).length).toBeLessThan(20_000);
    for (let i = 0; i < 4; i++) hostile = { text: '{0}', values: [hostile] };
    expect(Said.safeParse(hostile).success).toBe(false);
  });
});
