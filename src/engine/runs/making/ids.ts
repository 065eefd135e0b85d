import { randomBytes } from 'node:crypto';

const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
/** Epoch of the ids (2024-01-01), chosen so that six digits last until 2058. */
const EPOCH = 1_704_067_200;

let lastSecond = 0;
let sequence = 0;

/**
 * Returns a new id of 10 characters in lower-case Crockford base32. The first six are the second of its creation, the
 * next one counts within that second, so ids sort by time and never repeat within a process. The rest is random, so ids
 * of two workspaces, or of two engines in the same second, differ.
 */
export function newId(now: number = Date.now()): string {
  let second = Math.max(Math.floor(now / 1000) - EPOCH, lastSecond);
  sequence = second === lastSecond ? sequence + 1 : 0;
  if (sequence >= DIGITS.length) {
    // A second has no more room, so the next one is used.
    second++;
    sequence = 0;
  }
  lastSecond = second;
  let id = '';
  for (let shift = 25; shift >= 0; shift -= 5) id += DIGITS[Math.floor(second / 2 ** shift) % 32];
  id += DIGITS[sequence];
  for (const byte of randomBytes(3)) id += DIGITS[byte % 32];
  return id;
}
