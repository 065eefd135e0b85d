/** Answers are in the language of the client that asks; what is stored is not. */
import * as path from 'node:path';
import { expect, it } from 'vitest';
import { useTranslations, filled } from '../../../src/format/l10n.js';
import { errorText, messageText } from '../../../src/format/said.js';
import { translationsFor, supportedLocale, localeOfEnvironment } from '../../../src/files/translations.js';
import { experiment, runOver, useWorkspace } from './support.js';

const workspace = useWorkspace();
const dist = path.resolve('dist');

it('answers two clients at once, each in its language', async () => {
  const english = await workspace().connect();
  const chinese = await workspace().connect({ locale: 'zh-CN' });
  const ask = (client: typeof english): Promise<string> =>
    client.request('runs/get', { id: 'nobody' }).then(
      () => '',
      (error: Error) => error.message,
    );
  const [a, b, c] = await Promise.all([ask(chinese), ask(english), ask(chinese)]);
  expect([a, b, c]).toEqual(['没有运行 nobody。', 'There is no run nobody.', '没有运行 nobody。']);
  const file = workspace().write('some.tune.yaml', experiment('node x', 'params: { lr: 0.5 }\n'));
  const start = { file, params: { batch: 1 } };
  await expect(chinese.request('runs/start', start)).rejects.toThrow('没有名为 "batch" 的参数');
  await expect(english.request('runs/start', start)).rejects.toThrow('no parameter is named "batch"');
});

it('stores texts in English, with their values for other languages', async () => {
  const chinese = await workspace().connect({ locale: 'zh-cn' });
  workspace().write('fail.mjs', 'process.exit(3);\n');
  const file = workspace().write('fail.tune.yaml', experiment('node fail.mjs', 'params: { lr: 0.5 }\n'));
  const { run } = await chinese.request('runs/start', { file });
  const { error } = await runOver(chinese, run.id);
  expect(error!.message).toBe('The program ended with exit code 3.');
  try {
    useTranslations(translationsFor('zh-cn', dist)!);
    expect(errorText(error!)).toBe('程序以退出码 3 结束。');
    const detail = await chinese.request('runs/get', { id: run.id });
    for (const message of detail.messages) expect(messageText(message)).toMatch(/[\u4e00-\u9fff]/);
    // Somebody has changed the one and not the other: nothing is made up.
    expect(errorText({ ...error!, message: 'Something else' })).toBe('Something else');
  } finally {
    useTranslations((message, ...args) => filled(message, args));
  }
});

it('finds the language of a tag and of a terminal', () => {
  expect(['zh-CN', 'zh_CN.UTF-8', 'zh-Hans', 'zh', 'zh-TW', 'zh_HK.UTF-8', 'de', 'en'].map(supportedLocale)).toEqual([
    ...Array<string>(4).fill('zh-cn'),
    ...Array<null>(4).fill(null),
  ]);
  expect(localeOfEnvironment({ LC_ALL: 'zh_CN.UTF-8', LANG: 'de_DE' })).toBe('zh_CN.UTF-8');
  expect(localeOfEnvironment({ LC_ALL: 'C.UTF-8', LANG: 'de_DE' })).toBe('en');
  expect(localeOfEnvironment({})).toBe('en');
});
