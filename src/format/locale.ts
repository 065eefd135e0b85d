/**
 * The person's locale, for numbers and times that are read. Values that are typed, copied or read by programs (parameters,
 * formulas, JSON, CSV) have a point in every locale.
 */
let tag = 'en';
let separator = '.';

/** Sets the locale once, before anything is shown. One that is not known leaves English. */
export function useLocale(wanted: string): void {
  try {
    const parts = new Intl.NumberFormat(wanted).formatToParts(0.5);
    separator = parts.find(({ type }) => type === 'decimal')?.value ?? '.';
    tag = wanted;
  } catch {
    tag = 'en';
    separator = '.';
  }
}

/** Writes a number that has a point with the decimal separator of the locale. */
export const withSeparator = (number: string): string => (separator === '.' ? number : number.replace('.', separator));

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
export const formatCount = (value: number): string => value.toLocaleString(tag === 'en' ? 'en-US' : tag);

/** Date and time of day; milliseconds since the epoch. */
export const formatTime = (time: number): string => new Date(time).toLocaleString(tag === 'en' ? undefined : tag);

export const formatTimeOfDay = (time: number): string =>
  new Date(time).toLocaleTimeString(tag === 'en' ? undefined : tag);
