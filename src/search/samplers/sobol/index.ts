/**
 * Quasi-random points that fill the space evenly: the Sobol sequence with Owen's nested scrambling (A. B. Owen,
 * "Randomly permuted (t,m,s)-nets and (t,s)-sequences", 1995), by hashing as in B. Burley, "Practical Hash-based Owen
 * Scrambling" (Journal of Computer Graphics Techniques 9, 2020), section 3. Each seed gives a different scrambling.
 *
 * The sequence has 64 dimensions; dimensions of the space beyond these are drawn at random, and `reason` says so.
 */
import { z } from 'zod';
import { SearchError } from '../../errors.js';
import type { Params } from '../../../protocol/values/index.js';
import { feasiblePrior } from '../../constraints/index.js';
import { SeenPoints } from '../../space/seen.js';
import { countPoints, isActive, keyOf } from '../../space/index.js';
import type { History, Random, Sampler, Space } from '../../types.js';
import { axesOf, type Axis } from '../../space/unit.js';
import { RandomSampler } from '../random.js';
import { DIRECTIONS } from './table.js';
import { setEntry } from '../../../protocol/values/records.js';

export const SobolSettings = z.strictObject({});

/** Number of already-tried points in a row before an untried one is drawn at random. */
const PATIENCE = 200;
const State = z.object({ seed: z.number().int(), next: z.number().int() });

export class SobolSampler implements Sampler {
  readonly name = 'sobol';
  private readonly axes: Axis[];
  /** Dimension of the sequence for each axis; -1 for axes with only one value. */
  private readonly dimensions: number[];
  private readonly used: number;
  private readonly points: number;
  private readonly seen = new SeenPoints();
  private readonly fallback: RandomSampler;
  private state: z.infer<typeof State> | null = null;

  constructor(_settings: z.infer<typeof SobolSettings>, space: Space) {
    this.axes = axesOf(space);
    let used = 0;
    this.dimensions = this.axes.map((axis) => (axis.count === 1 ? -1 : used++));
    this.used = used;
    this.points = countPoints(space);
    this.fallback = new RandomSampler({}, space);
  }

  suggest(history: History, random: Random): Params | null {
    this.state ??= { seed: random.int(2 ** 32), next: 0 };
    const { state } = this;
    const draw = () => feasiblePrior(history.space, random, () => this.point(state.next++, random));
    if (this.points === Infinity) return draw();
    this.seen.update(history);
    if (this.seen.count >= this.points) return this.fallback.suggest(history, random);
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      const params = draw();
      if (!this.seen.has(keyOf(history.space, params))) return params;
    }
    return this.fallback.suggest(history, random);
  }

  size(): number | null {
    return this.fallback.size();
  }

  reason(): string {
    const beyond = this.used - DIRECTIONS.length;
    return beyond <= 0
      ? 'sobol: points that fill the space evenly'
      : `sobol: the sequence has ${DIRECTIONS.length} dimensions; the last ${beyond} of the ` +
          `${this.used} parameters are drawn at random`;
  }

  save(): unknown {
    return this.state;
  }

  load(state: unknown): void {
    const read = State.nullable().safeParse(state);
    if (!read.success) throw new SearchError("the saved state of the Sobol sequence can't be read");
    this.state = read.data;
  }

  private point(index: number, random: Random): Params {
    const params: Params = {};
    for (const [d, axis] of this.axes.entries()) {
      const dimension = this.dimensions[d]!;
      if (!isActive(axis.dimension, params)) continue;
      let u = 0;
      if (dimension >= DIRECTIONS.length) u = random.next();
      else if (dimension >= 0) {
        u = (scramble(sobolBits(index, dimension), mix(this.state!.seed, dimension + 1)) + 0.5) / 2 ** 32;
      }
      setEntry(params, axis.dimension.name, axis.fromUnit(u));
    }
    return params;
  }
}

/** Returns the point's coordinate before scrambling, as 32 bits after the binary point. */
export function sobolBits(index: number, dimension: number): number {
  const directions = DIRECTIONS[dimension]!;
  let bits = 0;
  for (let i = 0, left = index >>> 0; left !== 0; i++, left >>>= 1) if (left & 1) bits ^= directions[i]!;
  return bits >>> 0;
}

/**
 * Applies nested uniform scrambling: a hash of the seed and all higher bits decides whether each bit is flipped. In the
 * bit-reversed number, sums and products with odd numbers carry only upwards, which has exactly this effect.
 */
export function scramble(bits: number, seed: number): number {
  let x = reverse(bits);
  x ^= Math.imul(x, 0x3d20adea);
  x = (x + seed) | 0;
  x = Math.imul(x, (seed >>> 16) | 1);
  x ^= Math.imul(x, 0x05526c56);
  x ^= Math.imul(x, 0x53a22864);
  return reverse(x);
}

function reverse(x: number): number {
  x = ((x & 0x55555555) << 1) | ((x >>> 1) & 0x55555555);
  x = ((x & 0x33333333) << 2) | ((x >>> 2) & 0x33333333);
  x = ((x & 0x0f0f0f0f) << 4) | ((x >>> 4) & 0x0f0f0f0f);
  x = ((x & 0x00ff00ff) << 8) | ((x >>> 8) & 0x00ff00ff);
  return ((x << 16) | (x >>> 16)) >>> 0;
}

/** Returns a separate seed for each dimension. */
function mix(seed: number, dimension: number): number {
  let x = (seed ^ Math.imul(dimension, 0x9e3779b9)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}
