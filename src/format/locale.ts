import { entryOf } from '../protocol/values/records.js';

/**
 * The person's locale, for numbers and times that are read. Values that are typed, copied or read by programs (parameters,
 * formulas, JSON, CSV) have a point in every locale.
 */
let tag = 'en';
let separator = '.';

/** Separators of the editor's display languages. Asking for one loads the data of all locales, which would delay the first chart. */
const SEPARATORS: Readonly<Record<string, string>> = {
  ...{ en: '.', 'en-us': '.', 'zh-cn': '.', 'zh-tw': '.', ja: '.', ko: '.' },
  ...{ de: ',', fr: ',', es: ',', it: ',', ru: ',', 'pt-br': ',', pl: ',', cs: ',', tr: ',', hu: ',' },
};

/** Sets the locale once, before anything is shown. One that is not known leaves English. */
export function useLocale(wanted: string): void {
  try {
    separator = entryOf(SEPARATORS, wanted.toLowerCase()) ?? separatorOf(wanted);
    tag = wanted;
  } catch {
    tag = 'en';
    separator = '.';
  }
}

const separatorOf = (wanted: string): string =>
  new Intl.NumberFormat(wanted).formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.';

/** Writes a number that has a point with the decimal separator of the locale. */
export const withSeparator = (number: string): string => (separator === '.' ? number : number.replace('.', separator));

/**
 * Returns a typed number with a point in place of a decimal comma. Null if it is ambiguous: `1,234` is a thousand and more to some,
 * one and a fraction to others, and which of them only a locale with decimal commas says.
 */
export function readDecimal(text: string): string | null {
  if (!text.includes(',')) return text;
  if (!/^[-+]?\d*,\d+(?:e[-+]?\d+)?$/i.test(text)) return null;
  const isThousands = /^[-+]?[1-9]\d{0,2},\d{3}$/.test(text);
  return isThousands && separator !== ',' ? null : text.replace(',', '.');
}

/** Does work whose numbers are for programs. */
export function withPoints<T>(work: () => T): T {
  const before = separator;
  separator = '.';
  try {
    return work();
  } finally {
    separator = before;
  }
}

/** A whole number with separators between the thousands. */
export const formatCount = (value: number): string =>
  tag === 'en' && Number.isInteger(value) && Math.abs(value) < 1e15
    ? String(value).replace(/\B(?=(\d{3})+$)/g, ',')
    : value.toLocaleString(tag === 'en' ? 'en-US' : tag);

/** Date and time of day; milliseconds since the epoch. */
export const formatTime = (time: number): string => new Date(time).toLocaleString(tag === 'en' ? undefined : tag);

export const formatTimeOfDay = (time: number): string =>
  new Date(time).toLocaleTimeString(tag === 'en' ? undefined : tag);
