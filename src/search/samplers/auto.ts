/** Picks the sampler for the problem at hand and says why. */
import { z } from 'zod';
import type { Params } from '../../protocol/values.js';
import { countPoints } from '../space.js';
import type { History, Random, Sampler, Space } from '../types.js';
import { GridSampler } from './grid.js';
import { RandomSampler } from './random.js';

export const AutoSettings = z.strictObject({});

export class AutoSampler implements Sampler {
  readonly name = 'auto';
  private readonly inner: Sampler;
  private readonly why: string;

  constructor(_settings: z.infer<typeof AutoSettings>, space: Space, trials: number | null) {
    // Without `points`, a continuous range is infinite here whatever a grid would make of it.
    const points = countPoints(space);
    if (Number.isFinite(points) && (trials === null || points <= trials)) {
      this.inner = new GridSampler({}, bare(space));
      this.why = `grid: the space has ${points} ${points === 1 ? 'point' : 'points'}, and all of them are tried`;
    } else {
      this.inner = new RandomSampler({}, space);
      this.why = Number.isFinite(points)
        ? `random: the space has ${points} points, more than the ${trials} trials`
        : 'random: the space has continuous ranges';
    }
  }

  suggest(history: History, random: Random): Params | null {
    return this.inner.suggest({ ...history, space: bare(history.space) }, random);
  }
  size(space: Space): number | null {
    return this.inner.size?.(bare(space)) ?? null;
  }
  reason(): string {
    return this.why;
  }
  save(): unknown {
    return this.inner.save?.();
  }
  load(state: unknown): void {
    if (state !== undefined && state !== null) this.inner.load?.(state);
  }
}

/** The space with every value that its ranges can take, not only a grid's share of them. */
const bare = (space: Space): Space => ({
  dimensions: space.dimensions.map((d) => ('points' in d ? { ...d, points: null } : d)),
});
