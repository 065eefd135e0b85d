/**
 * Reads JSON numbers from bytes, to exactly the value that JSON.parse gives. Most numbers that programs write have at most 19
 * digits and a small exponent: their value is a quotient of two numbers that a pair of doubles holds exactly, so it is rounded
 * once (Clinger 1990 for up to 15 digits, a double-double quotient above). A quotient too close to the middle between two
 * doubles, and any other number, is left to the platform.
 */

/** Longer numbers are left to the caller. */
const MAX_TOKEN = 64;
/** Powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
/** Digits of the first part of a number: any such integer is exact. */
const FIRST = 15;
const MOST_DIGITS = 19;
/** Splits a double into two halves of 26 bits. */
const SPLIT = 2 ** 27 + 1;
/** Bound of the error of a double-double quotient, relative to its value. */
const ERROR = 2 ** -98;

const ZERO = 48;
const NINE = 57;
const MINUS = 45;
const PLUS = 43;
const POINT = 46;

export class DecimalReader {
  /** The number that was read last. */
  value = 0;

  /** Reads the number at `at`; returns where it ends, or -1 if none is there. The bytes behind it must not be digits' end: a line's end follows. */
  read(bytes: Buffer, at: number): number {
    const start = at;
    let c = bytes[at] as number;
    const negative = c === MINUS;
    if (negative) c = bytes[++at] as number;
    let high = 0;
    let low = 0;
    let digits = 0;
    let scale = 0;
    if (c === ZERO) {
      c = bytes[++at] as number;
      if (c >= ZERO && c <= NINE) return -1;
    } else {
      if (!(c > ZERO && c <= NINE)) return -1;
      do {
        if (digits++ < FIRST) high = high * 10 + (c - ZERO);
        else low = low * 10 + (c - ZERO);
        c = bytes[++at] as number;
      } while (c >= ZERO && c <= NINE);
    }
    if (c === POINT) {
      c = bytes[++at] as number;
      if (!(c >= ZERO && c <= NINE)) return -1;
      do {
        if (digits > 0 || c !== ZERO) {
          if (digits++ < FIRST) high = high * 10 + (c - ZERO);
          else low = low * 10 + (c - ZERO);
        }
        scale++;
        c = bytes[++at] as number;
      } while (c >= ZERO && c <= NINE);
    }
    if (c === 101 || c === 69) {
      c = bytes[++at] as number;
      const down = c === MINUS;
      if (down || c === PLUS) c = bytes[++at] as number;
      if (!(c >= ZERO && c <= NINE)) return -1;
      let exponent = 0;
      do {
        if (exponent < 10_000) exponent = exponent * 10 + (c - ZERO);
        c = bytes[++at] as number;
      } while (c >= ZERO && c <= NINE);
      scale += down ? exponent : -exponent;
    }
    let value = NaN;
    if (digits <= FIRST) {
      if (high === 0) value = 0;
      else if (scale >= 0 && scale <= 22) value = high / (POWERS[scale] as number);
      else if (scale < 0 && scale >= -22) value = high * (POWERS[-scale] as number);
    } else if (digits <= MOST_DIGITS && scale >= 0 && scale <= 22) {
      value = quotient(high, POWERS[digits - FIRST] as number, low, POWERS[scale] as number);
    }
    if (value !== value) {
      if (at - start > MAX_TOKEN) return -1;
      this.value = Number(bytes.toString('latin1', start, at));
    } else this.value = negative ? -value : value;
    return at;
  }
}

/** Returns (high · power + low) / divisor, correctly rounded; NaN if that can't be told. */
function quotient(high: number, power: number, low: number, divisor: number): number {
  // The numerator as a sum of two doubles: each product here is exact.
  const upper = Math.floor(high / 2 ** 26);
  const left = upper * power * 2 ** 26;
  const right = (high - upper * 2 ** 26) * power + low;
  const sum = left + right;
  const rest = right - (sum - left);
  const first = sum / divisor;
  // The remainder of the division, with the exact product of Dekker (1971).
  const product = first * divisor;
  let split = SPLIT * first;
  const firstHigh = split - (split - first);
  const firstLow = first - firstHigh;
  split = SPLIT * divisor;
  const divisorHigh = split - (split - divisor);
  const divisorLow = divisor - divisorHigh;
  const error =
    firstHigh * divisorHigh - product + firstHigh * divisorLow + firstLow * divisorHigh + firstLow * divisorLow;
  const second = (sum - product - error + rest) / divisor;
  const slack = first * ERROR;
  const value = first + (second + slack);
  return value === first + (second - slack) ? value : NaN;
}
