/**
 * The language of answers. Texts that an answer carries are made while its request is handled, in the language of the client
 * that asked. Texts that are stored are not: they keep their values (`Said`), and whoever shows them renders them.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { translationsFor } from '../../files/translations.js';
import { filled, useTranslations, type Translate } from '../../format/l10n.js';

const speaking = new AsyncLocalStorage<Translate>();
const spoken: Translate = (message, ...args) => (speaking.getStore() ?? english)(message, ...args);
spoken.retell = (message) => speaking.getStore()?.retell?.(message) ?? message;
useTranslations(spoken);

const english: Translate = (message, ...args) => filled(message, args);

/** Translations by locale, read once. */
export class Languages {
  private readonly known = new Map<string, Translate>();

  constructor(private readonly distFolder: string) {}

  of(locale: string): Translate {
    let found = this.known.get(locale);
    if (!found) this.known.set(locale, (found = translationsFor(locale, this.distFolder) ?? english));
    return found;
  }
}

/** Does work whose texts are in a language. */
export const inLanguage = <T>(translate: Translate | null, work: () => T): T =>
  speaking.run(translate ?? english, work);
