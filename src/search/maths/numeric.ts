/**
 * exp and log from additions, multiplications and divisions only. The language leaves the last bit of Math.exp and
 * Math.log to the implementation; the same seed must give the same suggestions everywhere, so these are our own.
 */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const bits = new DataView(new ArrayBuffer(8));

/** Returns 2^k for an integer k within the normal range. */
function power2(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  bits.setUint32(4, 0);
  return bits.getFloat64(0);
}

/** Returns the natural logarithm of x > 0, accurate to about two units in the last place. */
export function log(x: number): number {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return Infinity;
  let exponent = 0;
  if (x < 2.2250738585072014e-308) {
    x *= 18014398509481984; // 2^54: subnormal numbers have no hidden bit.
    exponent = -54;
  }
  bits.setFloat64(0, x);
  const high = bits.getUint32(0);
  exponent += (high >>> 20) - 1023;
  bits.setUint32(0, (high & 0xfffff) | 0x3ff00000);
  let mantissa = bits.getFloat64(0);
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  // ln m = 2 artanh((m−1)/(m+1)); |s| ≤ 0.172, so s^25 is below the last bit.
  const s = (mantissa - 1) / (mantissa + 1);
  const s2 = s * s;
  let sum = 0;
  for (let n = 23; n >= 3; n -= 2) sum = (sum + 1 / n) * s2;
  return exponent * LN2_HIGH + (2 * s + (2 * s * sum + exponent * LN2_LOW));
}

/** Returns e^x, accurate to about two units in the last place. */
export function exp(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > 709.7) return x > 709.782712893384 ? Infinity : exp(x - 1) * Math.E;
  if (x < -708) return x < -745.2 ? 0 : exp(x + 60) * 8.75651076269652e-27;
  const k = Math.round(x / Math.LN2);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  let sum = 1;
  for (let n = 15; n >= 1; n--) sum = 1 + (sum * r) / n;
  return sum * power2(k);
}

/** Tables of 2^(i/256) and, for `quickExp`, of 2^-k. */
const FRACTIONS = Float64Array.from({ length: 256 }, (_, i) => exp((i / 256) * Math.LN2));
const POWERS = Float64Array.from({ length: 1023 }, (_, k) => power2(-k));

/** Returns e^x for x ≤ 0 to a relative error of 1e-13, several times as fast as `exp`; 0 below -700. */
export function quickExp(x: number): number {
  if (!(x > -700)) return 0;
  const n = Math.ceil(x * (256 / Math.LN2));
  const r = x - n * (Math.LN2 / 256);
  const whole = -(n >> 8);
  return FRACTIONS[n & 255]! * POWERS[whole]! * (1 + r * (1 + r * (0.5 + r * (1 / 6 + r / 24))));
}

/** Returns log Σ e^values[i] over the first n, safe from overflow and underflow; -Infinity for an empty sum. */
export function logSumExp(values: Float64Array, n = values.length): number {
  let most = -Infinity;
  for (let i = 0; i < n; i++) if (values[i]! > most) most = values[i]!;
  if (most === -Infinity || most === Infinity) return most;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const below = values[i]! - most;
    // Terms below this are less than the last bit of the sum, however many there are.
    if (below > -50) sum += quickExp(below);
  }
  return most + log(sum);
}

/** Removes the noise of binary arithmetic on decimal steps: 0.30000000000000004 becomes 0.3. */
export function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
