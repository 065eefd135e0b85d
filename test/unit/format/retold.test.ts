import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.js';
import { translationsFor } from '../../../src/files/translations.js';
import { allFailedText, doubtText, gaveUpText } from '../../../src/engine/searches/driver/words.js';
import type { SearchPlan } from '../../../src/engine/searches/plan.js';
import type { Run } from '../../../src/protocol/engine/index.js';
import { filled, l10n, useTranslations } from '../../../src/format/l10n.js';
import { retelling } from '../../../src/format/retold.js';
import RETOLD from '../../../src/format/retoldTexts.json';

describe('retelling', () => {
  const texts = {
    'unknown key "{0}"{1}': '未知的键“{0}”{1}',
    '; did you mean "{0}"?': '；您是指“{0}”吗？',
    '{0} is missing': '缺少 {0}',
    'the {0} is missing from {1}': '{1} 中没有 {0}',
    'there is nothing to choose': '没有可选的内容',
    'known: {0}': '已知的有：{0}',
    '{0}%': '百分之{0}',
    'trial {0} {1}{2}{3}  {4}': '试验 {0} {1}{2}{3}  {4}',
    'from {0} back to {0} again': '从 {0} 回到 {0}',
  };
  const retold = retelling(texts, Object.keys(texts));

  it('says a text with its values by its translation, values within values, too', () => {
    expect(retold('loss is missing')).toBe('缺少 loss');
    expect(retold('unknown key "lr"; did you mean "learningRate"?')).toBe('未知的键“lr”；您是指“learningRate”吗？');
  });
  it('prefers the text with the most words, and keeps the order of its values', () => {
    expect(retold('the loss is missing from network')).toBe('network 中没有 loss');
  });
  it('says a reason and an advice apart', () => {
    expect(retold('grid: there is nothing to choose')).toBe('grid: 没有可选的内容');
    expect(retold('loss is missing; there is nothing to choose')).toBe('缺少 loss; 没有可选的内容');
  });
  it('says a list of what is known', () => expect(retold('known: a, b')).toBe('已知的有：a, b'));
  it('has the errors of keys that are described', () => {
    for (const text of ['maxDrop must be above 0', 'alerts must be a list, such as: [nan, { stall: 600 }]'])
      expect(RETOLD).toContain(text);
  });
  it('leaves everything else alone: what a program said, and texts of a few letters', () => {
    for (const text of ['Traceback: x', '50%', '', 'a'.repeat(5000), 'constructor', '__proto__', 'trial a b c  d'])
      expect(retold(text)).toBe(text);
  });
  it('wants the same value at both places of a value', () => {
    expect(retold('from a to b back to a to b again')).toBe('从 a to b 回到 a to b');
    expect(retold('from a back to b again')).toBe('from a back to b again');
  });
});

describe('an experiment file in Chinese', () => {
  beforeAll(() => useTranslations(translationsFor('zh-cn', 'dist')!));
  afterAll(() => useTranslations((message, ...args) => filled(message, args)));

  const problems = (network: string): string[] =>
    parseExperiment(`network:\n  data: mnist\n${network}`, 'a.tune.yaml').problems.flatMap(({ message, hint }) => [
      message,
      ...(hint === undefined ? [] : [hint]),
    ]);

  it('says mistakes of a network in Chinese', () => {
    const found = [
      ...problems('  layers: 5\n  loss: crossEntropy\n  optimizer: adam\n'),
      ...problems('  layers: [{ dense: 10 }]\n  loss: crossEntropy\n  optimizer: { name: adam, learningRate: -1 }\n'),
      ...problems('  layers: [{ dence: 10 }]\n  loss: crossEntropy\n  optimizer: adam\n'),
      ...problems('  layers: [{ dense: 10 }]\n  lossy: crossEntropy\n  optimizer: adam\n'),
      ...problems(
        '  layers: [{ dense: 10 }]\n  loss: crossEntropy\n  optimizer: adam\n  federated: 5\n  folds: 3\n  validation: 0.2\n',
      ),
    ];
    expect(found.length).toBeGreaterThan(5);
    expect(found.filter((text) => !/\p{Script=Han}/u.test(text))).toEqual([]);
  });

  it('is in the bundle with every text of the rooms that are translated when they are shown', () => {
    const bundle = JSON.parse(readFileSync('l10n/bundle.l10n.json', 'utf8')) as Record<string, string>;
    expect(bundle).toHaveProperty(['layers must be a list, one layer per entry']);
    expect(l10n.retold('portfolio: some parameters depend on others')).toMatch(/\p{Script=Han}/u);
  });

  it('keeps the words of a person', () => {
    for (const name of [
      'share of good runs',
      'loss is missing',
      'say "hi" now',
      'a group of settings',
      'is a choice',
      'x"; y',
    ])
      expect(l10n.retold(`unknown key "${name}"`)).toBe(`未知的键“${name}”`);
    const advised = l10n.retold('unknown key "share of good runs"; did you mean "loss is missing"?');
    expect(advised).toMatch(/^未知的键“share of good runs”；您是指“loss is missing”吗？$/);
    expect(l10n.retold('the block "there is nothing to choose" contains itself')).toContain(
      '“there is nothing to choose”',
    );
  });

  it('says our own pieces within a text of ours', () => {
    expect(l10n.retold('"loss" must be a group of settings')).not.toMatch(/[a-z]{2} [a-z]/);
    expect(l10n.retold('dropout rate must be at least 0.5')).not.toMatch(/[a-z]{2} [a-z]/);
  });

  it('says why a search gave up, and leaves the words of its program as they are', () => {
    const run = { trial: 2, status: 'failed', error: { message: 'RuntimeError: the loss is missing' } } as Run;
    const texts = [
      gaveUpText('s1', 3, [run], {} as SearchPlan),
      allFailedText('s1', 3, [run], {} as SearchPlan),
      doubtText(3, 1),
      doubtText(3, 2),
    ].map((text) => l10n.retold(text));
    for (const text of texts) expect(text).not.toMatch(/first|trials failed|Fix the program/);
    expect(texts[1]).toContain('RuntimeError: the loss is missing.');
    expect(texts[1]).toContain('`tunesmith search --resume s1 --retry-failed`');
    expect(l10n.retold('needs at least 16 trials that have completed')).toBe('需要至少 16 次已完成的试验');
  });

  it('leaves the words of programs alone', () => {
    for (const text of [
      'ValueError: shape is above 3',
      'ValueError: batch must be at least 3',
      'ValueError: there is nothing to choose',
      'All 3 trials failed. Trial 2: RuntimeError: job 4 on gpu 2 failed: Stop.',
      'RuntimeError: the loss is missing',
      'Stop',
    ])
      expect(l10n.retold(text)).toBe(text);
  });

  it('reads a hostile text once for each text of ours, whatever is repeated in it', () => {
    const literals = RETOLD.reduce((sum, text) => sum + text.split(/\{\d+\}/).length, 0);
    for (const unit of ['a ', 'trial a ', 'unknown key "', '"', '; ', 'must be at ', ' ('])
      for (const length of [500, 1000]) {
        const spies = [
          vi.spyOn(String.prototype, 'indexOf'),
          vi.spyOn(String.prototype, 'lastIndexOf'),
          vi.spyOn(RegExp.prototype, 'exec'),
        ];
        try {
          l10n.retold(unit.repeat(length).slice(0, length));
          const looks = spies.reduce((sum, spy) => sum + spy.mock.calls.length, 0);
          expect(looks).toBeLessThan(3 * literals);
        } finally {
          for (const spy of spies) spy.mockRestore();
        }
      }
  });
});
