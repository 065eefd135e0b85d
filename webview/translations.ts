/** Hands the page's translations to every text of the panel. Imported before all views: they name their tabs while they load. */
import { useTranslations, filled, type Translate } from '../src/format/l10n.js';
import { retelling } from '../src/format/retold.js';
import { useLocale } from '../src/format/locale.js';
import { entryOf } from '../src/protocol/values/records.js';

useLocale(document.documentElement.lang || 'en');
const text = document.body.dataset.translations;
if (text) {
  const translations = JSON.parse(text) as Record<string, string>;
  const translate: Translate = (message, ...args) => filled(entryOf(translations, message) ?? message, args);
  translate.retell = retelling(translations);
  useTranslations(translate);
}
