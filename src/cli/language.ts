/** The language of the command line, set before its commands are declared. Texts for programs stay English: `--json`, agents. */
import { localeOfEnvironment, supportedLocale, translationsFor } from '../files/translations.js';
import { useTranslations } from '../format/l10n.js';
import { useLocale } from '../format/locale.js';

/** Commands that talk to programs. */
const FOR_PROGRAMS = ['mcp', 'ask-tell'];

/** Returns the locale of what a command says; `en` if a program reads it. */
export function localeFor(argv: readonly string[], env: NodeJS.ProcessEnv): string {
  const end = argv.indexOf('--');
  const own = end < 0 ? argv : argv.slice(0, end);
  if (own.includes('--json') || FOR_PROGRAMS.includes(own[0] ?? '')) return 'en';
  return localeOfEnvironment(env);
}

/** Locale of this process, for its engine. */
export const locale = localeFor(process.argv.slice(2), process.env);

const translate = translationsFor(locale, __dirname);
if (translate) useTranslations(translate);
// Another program that reads the output gets points in every locale.
if (process.stdout.isTTY) useLocale(supportedLocale(locale) ?? locale.replace(/[.@].*$/, '').replaceAll('_', '-'));
