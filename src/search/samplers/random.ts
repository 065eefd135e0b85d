/** Independent draws; a finite space yields no point twice, and ends when all were tried. */
import { z } from 'zod';
import type { Params } from '../../protocol/values/index.js';
import { feasiblePrior } from '../constraints/index.js';
import { SeenPoints } from '../space/seen.js';
import { countPoints, drawParams, keyOf } from '../space/index.js';
import type { History, Random, Sampler, Space } from '../types.js';
import { GridSampler } from './grid.js';

export const RandomSettings = z.strictObject({});

/** Number of draws before the untried points are listed instead. */
const PATIENCE = 200;

export class RandomSampler implements Sampler {
  readonly name = 'random';
  private readonly seen = new SeenPoints();
  private readonly points: number;

  constructor(_settings: z.infer<typeof RandomSettings>, space: Space) {
    this.points = countPoints(space);
  }

  suggest(history: History, random: Random): Params | null {
    this.seen.update(history);
    // The user may have tried values off the steps, so the count alone does not prove that nothing is left.
    if (this.seen.count >= this.points) return this.anyUntried(history, random);
    for (let attempt = 0; attempt < PATIENCE; attempt++) {
      const params = feasiblePrior(history.space, random, () => drawParams(history.space, random));
      if (this.points === Infinity || !this.seen.has(keyOf(history.space, params))) return params;
    }
    return this.anyUntried(history, random);
  }

  /** Returns the number of points in the space as an upper bound, or null if it is infinite. */
  size(): number | null {
    return Number.isFinite(this.points) ? this.points : null;
  }

  /** Returns one of the first thousand untried points at random: most of a finite space has been tried by now. */
  private anyUntried(history: History, random: Random): Params | null {
    const dimensions = history.space.dimensions.map((d) => ('points' in d ? { ...d, points: null } : d));
    const space = { ...history.space, dimensions };
    const grid = new GridSampler({}, space);
    const untried: Params[] = [];
    while (untried.length < 1000) {
      const params = grid.suggest({ ...history, space });
      if (!params) break;
      untried.push(params);
    }
    return untried.length ? untried[random.int(untried.length)]! : null;
  }
}
