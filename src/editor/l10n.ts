/**
 * Texts for the person. Modules that know nothing of the editor use this too (and so do their tests): the
 * composition root hands in VS Code's translations once, before anything else is built.
 */
type Value = string | number | boolean;
type Translate = (message: string, ...args: Value[]) => string;

let translate: Translate = (message, ...args) =>
  message.replaceAll(/\{(\d+)\}/g, (whole, at: string) => String(args[Number(at)] ?? whole));

export const l10n = {
  /** The text in the person's language, with `{0}`, `{1}`, … replaced. */
  t: (message: string, ...args: Value[]): string => translate(message, ...args),
};

export function useTranslations(by: Translate): void {
  translate = by;
}
