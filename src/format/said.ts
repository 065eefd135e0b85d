/** Texts that are stored: made once in English, shown in the language of whoever reads them. */
import type { Said } from '../protocol/said.js';
import { LONGEST_VALUE } from '../protocol/saidLimits.js';
import { translated } from './l10n.js';

/** Value of a stored text. */
export type Word = Said['values'][number];

/** A text for a record. The first argument must be a literal, so that it can be translated. Long values lose their ends. */
export const said = (text: string, ...values: (Word | null | undefined)[]): Said => ({
  text,
  values: values.map(stored),
});

/** A text that is the same in every language: a program's own words, or names. */
export const verbatim = (text: string | Said): Said =>
  typeof text === 'string' ? { text: '{0}', values: [stored(text)] } : text;

/** A value as a record can hold it: JSON has no NaN and no infinities. */
function stored(value: Word | null | undefined): Word {
  if (typeof value === 'object' && value !== null) return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  const text = String(value);
  if (text.length <= LONGEST_VALUE) return text;
  // Not in the middle of a character of two units.
  const end = /[\uD800-\uDBFF]/.test(text[LONGEST_VALUE - 2]!) ? LONGEST_VALUE - 2 : LONGEST_VALUE - 1;
  return `${text.slice(0, end)}…`;
}

/** Returns texts in a row as one; null if there are none. Of more than `MOST_JOINED`, the first ones. */
export function joined(texts: readonly Word[]): Said | null {
  if (texts.length === 0) return null;
  const values = texts.slice(0, MOST_JOINED);
  return { text: values.map((_, i) => `{${i}}`).join('; '), values };
}

const MOST_JOINED = 8;

export const inEnglish = (text: Said): string => spoken(text, (pattern) => pattern);

/** Returns why a run failed, as the person reads it. */
export const errorText = ({ message, said: text }: { message: string; said?: Said | undefined }): string =>
  saidText(message, text);

/** Returns a message of a run, or its newest warning, as the person reads it. */
export const messageText = ({ text, said: own }: { text: string; said?: Said | undefined }): string =>
  saidText(text, own);

/** Returns a stored text as the person reads it. `message`: the text in English, for records without values. */
export const saidText = (message: string, text: Said | undefined): string =>
  text === undefined || inEnglish(text) !== message ? message : told(text);

/** Returns a text of Tunesmith, or somebody's words, as the person reads them. */
export const shown = (text: string | Said): string => (typeof text === 'string' ? text : told(text));

const told = (text: Said): string => spoken(text, (pattern) => translated(pattern, []));

/** UTF-16 units after which no further value is put into a text: what a folder carries may name one a thousand times. */
const LONGEST = 8000;

function spoken({ text, values }: Said, translate: (pattern: string) => string): string {
  const words = values.map((value) => (typeof value === 'object' ? spoken(value, translate) : String(value)));
  let left = LONGEST;
  return translate(text).replaceAll(/\{(\d+)\}/g, (place, at: string) => {
    const word = words[Number(at)];
    if (word === undefined) return place;
    if (left < 0) return '…';
    left -= word.length;
    return word;
  });
}
