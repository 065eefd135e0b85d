/**
 * The search's own random numbers: sfc32 (Chris Doty-Humphrey's "small fast counting" generator, 128 bits of state,
 * passes PractRand), seeded through a splitmix step. The sequence is the same on every platform.
 */
import { log } from './numeric.js';
import type { Random } from '../types.js';

export function createRandom(seed: number): Random {
  let x = seed >>> 0;
  const mix = (): number => {
    x = (x + 0x9e3779b9) >>> 0;
    let z = x;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  const random = restoreRandom([mix(), mix(), mix(), 1]);
  for (let i = 0; i < 12; i++) random.next();
  return random;
}

/** Continues from the `state()` of an earlier generator. */
export function restoreRandom(state: readonly number[]): Random {
  let [a, b, c, d] = [state[0]! | 0, state[1]! | 0, state[2]! | 0, state[3]! | 0];
  const bits32 = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  const next = (): number => {
    const high = bits32() >>> 5;
    const low = bits32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  };
  return {
    next,
    int: (n) => Math.min(n - 1, Math.floor(next() * n)),
    normal() {
      // Marsaglia's polar method; the second value is discarded so that the generator's state is all there is to save.
      for (;;) {
        const u = 2 * next() - 1;
        const v = 2 * next() - 1;
        const s = u * u + v * v;
        if (s > 0 && s < 1) return u * Math.sqrt((-2 * log(s)) / s);
      }
    },
    state: () => [a >>> 0, b >>> 0, c >>> 0, d >>> 0],
  };
}
