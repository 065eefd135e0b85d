/** Cells of a CSV file as people write them: numbers in either notation, dates and times, missing values. */
import { DATE_PARTS, type DatePart } from '../../../experiment/network/index.js';

export { DATE_PARTS, type DatePart };
export type Decimal = '.' | ',';

const ZERO = 48;
/** The last ones are a spreadsheet's. */
const MISSING = new Set([
  '',
  'na',
  'n/a',
  'nan',
  'null',
  '?',
  '#n/a',
  '#null!',
  '#div/0!',
  '#value!',
  '#ref!',
  '#num!',
]);
/** These may be a category ("+" and "-" are), but they are no number and no date: the last ones are not finite. */
const INFINITE = ['inf', 'infinity', '∞'].flatMap((word) => [word, `+${word}`, `-${word}`]);
const NONE = new Set(['none', '-', '--', '–', '—', '.', ...INFINITE]);
const LONGEST = Math.max(...[...MISSING, ...NONE].map((word) => word.length));

/** Returns true for a cell without a value; `words`: of a column of categories. `text` must be trimmed. */
export const isMissing = (text: string, words: boolean): boolean =>
  text.length <= LONGEST && (MISSING.has(text.toLowerCase()) || (!words && NONE.has(text.toLowerCase())));

/** Returns true for a number in plain notation. `text` must be trimmed. */
export function isNumber(text: string): boolean {
  if (text === '' || !Number.isFinite(Number(text))) return false;
  // JavaScript also accepts hexadecimal, octal and binary numbers.
  return text.charCodeAt(0) !== ZERO || !/^0[xob]/i.test(text);
}

/** Thousands may be separated by the other mark, an apostrophe or a space; all groups in the same way. */
const GROUPED: Record<Decimal, RegExp> = {
  '.': /^[+-]?[1-9]\d{0,2}(?:([,'’ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:\.\d+)?$/,
  ',': /^[+-]?[1-9]\d{0,2}(?:([.'’ \u00a0\u202f])\d{3})(?:\1\d{3})*(?:,\d+)?$/,
};
/** Groups as in India: 12,34,567. */
const GROUPED_BY_TWO = /^[+-]?[1-9]\d?(?:,\d{2})+,\d{3}(?:\.\d+)?$/;
const WITH_COMMA = /^[+-]?(?:\d+|\d*,\d+)(?:e[+-]?\d+)?$/i;
/** A sign, a currency before or after the digits or a percent sign after them, with or without spaces. */
const WITH_UNIT = /^([+-]?) ?(\p{Sc}?) ?([+-]?)([\d.,].*?) ?(\p{Sc}|%|‰)?$/u;

/**
 * Returns the number, or NaN when the text is none in this notation. `text` must be trimmed. A currency or a percent sign is no part
 * of it ("5%" is 5), and parentheses make it negative, as in accounts.
 */
export function numberOf(text: string, decimal: Decimal): number {
  const value = bareNumberOf(text, decimal);
  if (!Number.isNaN(value) || text.length < 2) return value;
  const plain = text.replace(/\u2212/g, '-').replace(/[\u00a0\u202f]/g, ' ');
  const within = /^\((.+)\)$/.exec(plain);
  const found = WITH_UNIT.exec((within?.[1] ?? plain).trim());
  if (!found) return NaN;
  const [, sign, before, second, digits, after] = found;
  // One sign and one unit at most.
  if ((sign && second) || (before && after) || (within && (sign || second))) return NaN;
  const size = bareNumberOf(digits!.trim(), decimal);
  return within || sign === '-' || second === '-' ? -size : size;
}

/** Returns the currency or percent sign that a number is written with; '' if it has none. */
export const unitOf = (text: string): string => /\p{Sc}|[%‰]/u.exec(text)?.[0] ?? '';

function bareNumberOf(text: string, decimal: Decimal): number {
  if (decimal === '.') {
    if (isNumber(text)) return Number(text);
  } else if (WITH_COMMA.test(text)) {
    return Number(text.replace(',', '.'));
  }
  if (!GROUPED[decimal].test(text) && !(decimal === '.' && GROUPED_BY_TWO.test(text))) return NaN;
  const plain = text.replace(decimal === '.' ? /[^\d.+-]/g : /[^\d,+-]/g, '');
  return Number(plain.replace(',', '.'));
}

/** Returns true for digits that begin with a zero, such as a postal code: as a number they would lose it. */
export const isCode = (text: string): boolean => text.charCodeAt(0) === ZERO && /^0\d+$/.test(text);

/** A moment by its parts: month from 1, weekday 1 (Monday) to 7, hour with its fraction, elapsed in days. */
export type Moment = Record<DatePart, number>;

/** Order in which a date's parts are written: ISO 8601 begins with the year; others begin with the day or the month. */
export const DATE_ORDERS = ['ymd', 'dmy', 'mdy'] as const;
export type DateOrder = (typeof DATE_ORDERS)[number];

const TIME = String.raw`(\d\d?):(\d\d)(?::(\d\d(?:\.\d+)?))?`;
const ISO = new RegExp(
  String.raw`^(?:(\d{4})-(\d\d)(?:-(\d\d))?(?:[T ](?=\d))?)?(?:(?=\d\d:)${TIME}(Z|[+-]\d\d(?::?\d\d)?)?)?$`,
  'i',
);
/** `2024/5/1`, and `1.5.2024`, `1/5/2024` or `1-5-2024`, with a time of 24 or 12 hours or without one. */
const YEAR_FIRST = new RegExp(String.raw`^(\d{4})([./])(\d\d?)\2(\d\d?)(?:,? +${TIME}(?: ?([ap])\.?m\.?)?)?$`, 'i');
const YEAR_LAST = new RegExp(String.raw`^(\d\d?)([./-])(\d\d?)\2(\d{4})(?:,? +${TIME}(?: ?([ap])\.?m\.?)?)?$`, 'i');
const MINUTES_A_DAY = 1440;
const DAY_MS = 86_400_000;

type Read = Moment & { timed: boolean; dated: boolean };

/**
 * Reads a date, a time or both; null when it is none. Year to hour are those of the clock that wrote it; `elapsed` counts days
 * since 1970 in UTC, or since midnight for a time without a date.
 */
export function momentOf(text: string, order: DateOrder = 'ymd'): Read | null {
  if (text.length < 5 || text.length > 40) return null;
  const iso = order === 'ymd' ? ISO.exec(text) : null;
  if (iso) {
    const [, year, month, day, hour, minute, second, zone] = iso;
    if (hour !== undefined && year !== undefined && day === undefined) return null;
    return momentFrom([year, month, day], [hour, minute, second], zone);
  }
  const found = (order === 'ymd' ? YEAR_FIRST : YEAR_LAST).exec(text);
  if (!found) return null;
  const [, first, , second, third, hour, minute, seconds, half] = found;
  const date: [string?, string?, string?] =
    order === 'ymd' ? [first, second, third] : order === 'dmy' ? [third, second, first] : [third, first, second];
  if (!half) return momentFrom(date, [hour, minute, seconds]);
  const twelfth = Number(hour);
  if (twelfth < 1 || twelfth > 12) return null;
  return momentFrom(date, [`${(twelfth % 12) + (/p/i.test(half) ? 12 : 0)}`, minute, seconds]);
}

type Parts = readonly (string | undefined)[];

function momentFrom([year, month, day]: Parts, [hour, minute, second]: Parts, zone?: string): Read | null {
  const [h, m, s] = [Number(hour ?? 0), Number(minute ?? 0), Number(second ?? 0)];
  if (h > 24 || m > 59 || s >= 61 || (h === 24 && m + s > 0)) return null;
  const time = (h * 60 + m + s / 60) / MINUTES_A_DAY;
  const parts = { hour: h + m / 60 + s / 3600, timed: hour !== undefined };
  if (year === undefined) return { ...parts, year: 0, month: 0, weekday: 0, elapsed: time, dated: false };
  const date = new Date(0);
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day ?? 1));
  // An impossible day, such as 31 April, moves to the next month.
  if (date.getUTCMonth() + 1 !== Number(month) || date.getUTCDate() !== Number(day ?? 1)) return null;
  return {
    ...parts,
    year: Number(year),
    month: Number(month),
    weekday: ((date.getUTCDay() + 6) % 7) + 1,
    elapsed: date.getTime() / DAY_MS + time - offsetOf(zone),
    dated: true,
  };
}

/** Returns a time zone's offset from UTC in days. */
function offsetOf(zone: string | undefined): number {
  if (!zone || /^z$/i.test(zone)) return 0;
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(3).replace(':', '') || 0)];
  return ((zone.startsWith('-') ? -1 : 1) * (hours * 60 + minutes)) / MINUTES_A_DAY;
}
