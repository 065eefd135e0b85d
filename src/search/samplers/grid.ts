/**
 * Every combination once, in the order of the file, the last parameter changing fastest. Combinations are enumerated
 * like an odometer whose wheels come and go with their conditions, so a grid of any size takes no memory.
 */
import { z } from 'zod';
import type { Params } from '../../protocol/values/index.js';
import { SpaceError } from '../errors.js';
import { SeenPoints } from '../space/seen.js';
import { isAllowed } from '../constraints/index.js';
import { linearOf } from '../constraints/linear.js';
import { countPoints, gridOf, isActive, keyOf } from '../space/index.js';
import type { History, Sampler, Space } from '../types.js';
import { setEntry } from '../../protocol/values/records.js';
import { l10n } from '../../format/l10n.js';

export const GridSettings = z.strictObject({
  points: z
    .number()
    .int()
    .min(2)
    .optional()
    .describe('Number of values for each continuous range without points of its own.'),
});

/** Position of each wheel; -1 if the parameter is inactive. */
type Wheels = number[];

export class GridSampler implements Sampler {
  readonly name = 'grid';
  private readonly points: number | null;
  private readonly values: NonNullable<ReturnType<typeof gridOf>>[];
  private readonly seen = new SeenPoints();
  /** Current combination; null before the first, `end` after the last. */
  private wheels: Wheels | null | 'end' = null;

  constructor(settings: z.infer<typeof GridSettings>, space: Space) {
    this.points = settings.points ?? null;
    const size = countPoints(space, { points: this.points });
    this.values = space.dimensions.map((dimension) => {
      const values = gridOf(dimension, this.points);
      if (values) return values;
      // The parameter has infinitely many values, but is never active.
      if (Number.isFinite(size)) return { count: 0, at: () => null };
      throw new SpaceError(
        dimension.name,
        dimension.kind !== 'float'
          ? l10n.t(
              'a grid can\'t be laid over the {0} distribution of "{1}"; use sampler: random',
              dimension.kind,
              dimension.name,
            )
          : l10n.t(
              '"{0}" has infinitely many values: a grid needs a number of points, such as { {1}: [{2}, {3}], points: 5 }',
              dimension.name,
              dimension.log ? 'log' : 'uniform',
              dimension.low,
              dimension.high,
            ),
      );
    });
    if (size === 0) {
      throw new SpaceError(null, l10n.t('no point of the grid meets the constraints of the space: try more points'));
    }
  }

  suggest(history: History): Params | null {
    this.seen.update(history);
    while (this.wheels !== 'end') {
      this.wheels = this.advance(history.space, this.wheels);
      if (this.wheels === 'end') break;
      const params = this.paramsAt(history.space, this.wheels);
      if (!this.seen.has(keyOf(history.space, params))) return params;
    }
    return null;
  }

  size(space: Space): number {
    return countPoints(space, { points: this.points });
  }

  save(): unknown {
    return this.wheels;
  }

  load(state: unknown): void {
    this.wheels = z.union([z.array(z.number().int()), z.null(), z.literal('end')]).parse(state);
  }

  /** Returns the next combination in order that the constraints allow; skips whole subtrees that can't contain one. */
  private advance(space: Space, from: Wheels | null): Wheels | 'end' {
    const { dimensions } = space;
    const linear = linearOf(space);
    const wheels = from ? [...from] : [];
    const params = this.paramsAt(space, wheels);
    let i = wheels.length - 1;
    let forward = from === null;
    for (;;) {
      if (forward) {
        if (++i === dimensions.length) {
          if (isAllowed(space, params)) return wheels;
          forward = false;
          i--;
          continue;
        }
        wheels[i] = isActive(dimensions[i]!, params) ? 0 : -1;
      } else {
        while (i >= 0 && (wheels[i]! < 0 || wheels[i]! + 1 >= this.values[i]!.count))
          delete params[dimensions[i--]!.name];
        if (i < 0) return 'end';
        wheels.length = i + 1;
        wheels[i]!++;
      }
      if (wheels[i]! >= 0) setEntry(params, dimensions[i]!.name, this.values[i]!.at(wheels[i]!));
      const position = i;
      const possible = wheels[i]! < 0 || this.values[i]!.count > 0;
      forward = possible && (linear?.mayBeMet(params, (k) => k <= position) ?? true);
    }
  }

  private paramsAt(space: Space, wheels: Wheels): Params {
    const params: Params = {};
    for (const [i, at] of wheels.entries()) {
      if (at >= 0) setEntry(params, space.dimensions[i]!.name, this.values[i]!.at(at));
    }
    return params;
  }
}
