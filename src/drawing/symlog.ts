/**
 * The symmetric logarithm sign(v)·ln(1 + |v| / c): linear within ±c, logarithmic beyond (Webber, "A bi-symmetric log transformation
 * for wide-range data", 2013). It is defined for every finite value and every c > 0, however far apart they are.
 */

/** Ratio from which 1 + r equals r in double precision. */
const LARGE = 1e16;

export function symlog(value: number, constant: number): number {
  const size = Math.abs(value);
  const ratio = size / constant;
  // The ratio itself may be too large for a number.
  return Math.sign(value) * (ratio < LARGE ? Math.log1p(ratio) : Math.log(size) - Math.log(constant));
}

/** Returns the value whose `symlog` this is. */
export function symlogInverse(value: number, constant: number): number {
  const size = Math.abs(value);
  const back = size < Math.log(LARGE) ? Math.expm1(size) * constant : Math.exp(size + Math.log(constant));
  return Math.sign(value) * Math.min(back, Number.MAX_VALUE);
}
