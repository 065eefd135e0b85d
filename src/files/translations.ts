/** The translations of our texts, from the files in `l10n` beside the bundles; the editor reads the same ones. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { z } from 'zod';
import { filled, type Translate } from '../format/l10n.js';
import { retelling } from '../format/retold.js';
import { record } from '../protocol/values/recordSchema.js';
import { entryOf } from '../protocol/values/records.js';

const LARGEST = 8 * 1024 * 1024;

/** Returns the locale of our translations for a language tag such as `zh-Hans-CN` or `zh_CN.UTF-8`; null: English. */
export function supportedLocale(tag: string): 'zh-cn' | null {
  const [language, ...parts] = tag
    .toLowerCase()
    .replace(/[.@].*$/, '')
    .split(/[-_]/);
  const isTraditional = parts.some((part) => ['hant', 'tw', 'hk', 'mo'].includes(part));
  return language === 'zh' && !isTraditional ? 'zh-cn' : null;
}

/** Returns what translates into a language; null: it is English, or the translations can't be read. */
export function translationsFor(tag: string, distFolder: string): Translate | null {
  const texts = textsFor('bundle', tag, distFolder);
  if (texts === null) return null;
  const translate: Translate = (message, ...args) => filled(entryOf(texts, message) ?? message, args);
  translate.retell = retelling(texts);
  return translate;
}

/** Returns the descriptions of the experiment file's keys in a language, by the English ones; none for English. */
export const helpTextsFor = (tag: string, distFolder: string): Record<string, string> =>
  textsFor('help', tag, distFolder) ?? {};

function textsFor(kind: 'bundle' | 'help', tag: string, distFolder: string): Record<string, string> | null {
  const locale = supportedLocale(tag);
  if (locale === null) return null;
  try {
    const file = path.join(distFolder, '..', 'l10n', `${kind}.l10n.${locale}.json`);
    if (fs.statSync(file).size > LARGEST) return null;
    return record(z.string()).parse(JSON.parse(fs.readFileSync(file, 'utf8')));
  } catch {
    return null;
  }
}

/** Returns the language that the environment of a terminal asks for, by the usual variables. */
export function localeOfEnvironment(env: NodeJS.ProcessEnv): string {
  const wanted = env.LC_ALL || env.LC_MESSAGES || env.LANG || 'en';
  return wanted === 'C' || wanted.startsWith('C.') || wanted === 'POSIX' ? 'en' : wanted;
}
