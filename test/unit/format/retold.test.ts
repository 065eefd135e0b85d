import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseExperiment } from '../../../src/experiment/index.js';
import { translationsFor } from '../../../src/files/translations.js';
import { filled, l10n, useTranslations } from '../../../src/format/l10n.js';
import { retelling } from '../../../src/format/retold.js';

describe('retelling', () => {
  const retold = retelling({
    'unknown key "{0}"{1}': '未知的键“{0}”{1}',
    '; did you mean "{0}"?': '；您是指“{0}”吗？',
    '{0} is missing': '缺少 {0}',
    'the {0} is missing from {1}': '{1} 中没有 {0}',
    'there is nothing to choose': '没有可选的内容',
    '{0}%': '百分之{0}',
  });

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
  it('leaves everything else alone: what a program said, and texts of a few letters', () => {
    for (const text of ['Traceback: x', '50%', '', 'a'.repeat(5000), 'constructor', '__proto__'])
      expect(retold(text)).toBe(text);
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
});
