/**
 * Splits the trials into good and bad ones for TPE.
 *
 * - Good trials are the best tenth of those with a known value, at most 25 (linear splitting: Watanabe, arXiv
 *   2304.11127, section 3.1). Those that meet all constraints come before those that don't, and of these the smallest
 *   violations first. For several objectives, see front.ts.
 * - Bad trials are all others: also failed ones, and those still running, so that parallel workers keep apart.
 * - Good trials are weighted by rank, a simple form of Watanabe's weights by expected improvement.
 * - With a radius, only trials that lie apart (niches.ts) are good, and the others around them bad: the estimate then
 *   looks in places that are still unexplored.
 * - Beyond `BAD_MOST` bad trials, those next to the good ones are kept, and of the others an even sample with the
 *   weight of all of them, so that time and memory don't grow with the search. Sampling is by hash of the trial's
 *   place, so the sample hardly changes from one suggestion to the next.
 */
import { type Observations, PENDING, REPEAT } from '../observations.js';
import type { Tree } from '../parzen/tree.js';
import type { Fronts } from './front.js';
import { niches } from './niches.js';
import type { Weighed } from './weighed.js';

export interface Split {
  good: Weighed;
  bad: Weighed;
}

const SHARE = 0.1;
const MOST = 25;
const BAD_MOST = 600;
/** Number of bad trials next to the good ones that are always kept. */
const NEAR = 200;

/** Number of trials considered for niches: a multiple of the number wanted, and the minimum. */
const LOOKED_AT = 5;
const LOOKED_AT_LEAST = 60;

/** Splits the trials. `fronts` is for several objectives; `radius` 0 means no niches. */
export function splitOf(observations: Observations, tree: Tree, fronts: Fronts | null, radius: number): Split {
  const { count, known, kinds } = observations;
  const wanted = Math.min(MOST, Math.ceil(SHARE * known));
  const apart = radius > 0 && !fronts;
  const looked = apart ? Math.max(LOOKED_AT_LEAST, LOOKED_AT * wanted) : wanted + (count > BAD_MOST ? NEAR : 0);
  const best = fronts ? null : observations.best(looked);
  const good = best
    ? rankWeighed(apart ? niches(best, observations, tree, radius, wanted) : best.slice(0, wanted))
    : fronts!.good(observations, wanted);
  const taken = new Uint8Array(count);
  for (const id of good.rows) taken[id] = 1;
  const near = (best ?? new Int32Array(0)).filter((id) => !taken[id]);
  for (const id of near) taken[id] = 1;
  const rest = new Int32Array(count);
  let n = 0;
  for (let id = 0; id < count; id++) if (!taken[id] && kinds[id] !== REPEAT) rest[n++] = id;
  return { good, bad: thinned(near, rest.subarray(0, n), kinds) };
}

function rankWeighed(rows: Int32Array): Weighed {
  const n = rows.length;
  return { rows, weights: Float64Array.from(rows, (_, i) => (2 * (n - i)) / (n + 1)) };
}

function thinned(near: Int32Array, rest: Int32Array, kinds: Uint8Array): Weighed {
  const [running, others] = [new Int32Array(rest.length), new Int32Array(rest.length)];
  let [r, o] = [0, 0];
  for (let i = 0; i < rest.length; i++) {
    if (kinds[rest[i]!] === PENDING) running[r++] = rest[i]!;
    else others[o++] = rest[i]!;
  }
  const always = near.length + r;
  const kept = sample(others.subarray(0, o), Math.max(BAD_MOST - always, BAD_MOST >> 2));
  const rows = new Int32Array(always + kept.length);
  rows.set(near);
  rows.set(running.subarray(0, r), near.length);
  rows.set(kept, always);
  const weights = new Float64Array(rows.length).fill(1);
  if (kept.length > 0) weights.fill(o / kept.length, always);
  return { rows, weights };
}

/** Returns an even sample of about `most` rows; all if there are no more. */
export function sample(rows: Int32Array, most: number): Int32Array {
  if (rows.length <= most) return rows;
  const limit = (most / rows.length) * 2 ** 32;
  return rows.filter((id) => hash(id) < limit);
}

function hash(id: number): number {
  let x = Math.imul(id + 1, 0x9e3779b9);
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
