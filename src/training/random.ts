/**
 * Random numbers of a run: xoshiro128** (Blackman & Vigna 2018), seeded through SplitMix32. The same seed gives the
 * same numbers on every platform.
 */
export class Random {
  private readonly s = new Uint32Array(4);
  private spare: number | null = null;

  constructor(seed: number) {
    let state = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      state = (state + 0x9e3779b9) >>> 0;
      let z = state;
      z = Math.imul(z ^ (z >>> 16), 0x21f0aaad);
      z = Math.imul(z ^ (z >>> 15), 0x735a2d97);
      this.s[i] = z ^ (z >>> 15);
    }
  }

  /**
   * Returns an independent stream for a name, so that, for example, a new layer does not change the order of the data.
   */
  fork(name: string): Random {
    let hash = 0x811c9dc5;
    for (const char of name) hash = Math.imul(hash ^ char.codePointAt(0)!, 0x01000193);
    return new Random((hash ^ Math.imul(this.s[0]! ^ this.s[3]!, 0x9e3779b1)) >>> 0);
  }

  /** Returns 32 random bits. */
  bits(): number {
    const s = this.s;
    const s1 = s[1]!;
    let result = Math.imul(s1, 5);
    result = Math.imul((result << 7) | (result >>> 25), 9);
    const t = s1 << 9;
    s[2]! ^= s[0]!;
    s[3]! ^= s1;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    const s3 = s[3]!;
    s[3] = (s3 << 11) | (s3 >>> 21);
    return result >>> 0;
  }

  /** Returns a uniform number in [0, 1). */
  uniform(): number {
    return this.bits() / 4294967296;
  }

  /** Returns a standard normal number (Marsaglia's polar method). */
  normal(): number {
    if (this.spare !== null) {
      const value = this.spare;
      this.spare = null;
      return value;
    }
    let u: number, v: number, s: number;
    do {
      u = 2 * this.uniform() - 1;
      v = 2 * this.uniform() - 1;
      s = u * u + v * v;
    } while (s >= 1 || s === 0);
    const factor = Math.sqrt((-2 * Math.log(s)) / s);
    this.spare = v * factor;
    return u * factor;
  }

  /** Shuffles in place (Fisher-Yates). */
  shuffle<T extends { length: number; [index: number]: number }>(items: T): T {
    for (let i = items.length - 1; i > 0; i--) {
      const j = Math.floor(this.uniform() * (i + 1));
      const kept = items[i]!;
      items[i] = items[j]!;
      items[j] = kept;
    }
    return items;
  }
}
