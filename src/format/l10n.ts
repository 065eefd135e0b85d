/**
 * Texts for the person, shared by the editor, the panel and what both use. The composition root of each hands in its
 * translations once, before anything else is built; until then every text is English.
 */
type Value = string | number | boolean | null | undefined;
export interface Translate {
  (message: string, ...args: Value[]): string;
  /** Translates a text that was made in English elsewhere (`retold.ts`). */
  retell?(message: string): string;
}

/** Replaces `{0}`, `{1}`, … by the values; a number without a value stays as it is. */
export function filled(message: string, args: readonly Value[]): string {
  return message.replaceAll(/\{(\d+)\}/g, (whole, at: string) =>
    Number(at) < args.length ? String(args[Number(at)]) : whole,
  );
}

let translate: Translate = (message, ...args) => filled(message, args);

export const l10n = {
  /** The text in the person's language, with `{0}`, `{1}`, … replaced. */
  t: (message: string, ...args: Value[]): string => translate(message, ...args),
  /** The text in the person's language, if it was made in English elsewhere: by a schema, or in a process without a language. */
  retold: (message: string): string => translate.retell?.(message) ?? message,
};

/** Translates a text that is not a literal here: it is one where the stored text was made. */
export const translated = (message: string, values: readonly Value[]): string => translate(message, ...values);

export function useTranslations(by: Translate): void {
  translate = by;
}
