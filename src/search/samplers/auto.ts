/** Picks the sampler for the problem at hand and says why. */
import { z } from 'zod';
import type { Params } from '../../protocol/values.js';
import { SearchError } from '../errors.js';
import { countPoints } from '../space.js';
import type { History, Random, Sampler, Space } from '../types.js';
import { GridSampler } from './grid.js';
import { SobolSampler } from './sobol.js';
import { TpeSampler } from './tpe.js';

export const AutoSettings = z.strictObject({});

/** Trials that fill the space evenly before TPE learns from them; with no more than these, it would learn nothing. */
const STARTUP = 10;

const State = z.object({ kind: z.enum(['grid', 'sobol', 'tpe']), inner: z.unknown() });
type Kind = z.infer<typeof State>['kind'];

export class AutoSampler implements Sampler {
  readonly name = 'auto';
  private kind: Kind;
  private inner: Sampler;
  private readonly space: Space;
  private readonly points: number;

  constructor(
    _settings: z.infer<typeof AutoSettings>,
    space: Space,
    private readonly trials: number | null,
  ) {
    this.space = bare(space);
    // Without `points`, a continuous range is infinite here whatever a grid would make of it.
    this.points = countPoints(space);
    if (Number.isFinite(this.points) && (trials === null || this.points <= trials)) this.kind = 'grid';
    else this.kind = trials !== null && trials <= STARTUP ? 'sobol' : 'tpe';
    this.inner = this.make(this.kind);
  }

  suggest(history: History, random: Random): Params | null {
    return this.inner.suggest({ ...history, space: this.space }, random);
  }
  size(): number | null {
    return this.inner.size?.(this.space) ?? null;
  }
  reason(): string {
    const { points, trials } = this;
    if (this.kind === 'grid') {
      return `grid: the space has ${points} ${points === 1 ? 'point' : 'points'}, and all of them are tried`;
    }
    const space = Number.isFinite(points) ? `the space has ${points} points` : 'the space has continuous ranges';
    return this.kind === 'sobol'
      ? `sobol: ${space}, and ${trials} trials are too few to learn from`
      : `tpe: ${space}; ${STARTUP} trials fill it evenly, later ones learn from them`;
  }
  save(): unknown {
    return { kind: this.kind, inner: this.inner.save?.() ?? null };
  }
  /** Goes on with what was chosen then, though the number of trials may have changed since. */
  load(state: unknown): void {
    const read = State.safeParse(state);
    if (!read.success) throw new SearchError("the saved state of the automatic sampler can't be read");
    const { kind, inner } = read.data;
    if (kind !== this.kind) [this.kind, this.inner] = [kind, this.make(kind)];
    if (inner !== null && inner !== undefined) this.inner.load?.(inner);
  }

  private make(kind: Kind): Sampler {
    if (kind === 'grid') return new GridSampler({}, this.space);
    const sobol = new SobolSampler({}, this.space);
    return kind === 'sobol' ? sobol : new TpeSampler({ startupTrials: STARTUP, candidates: 24 }, this.space, sobol);
  }
}

/** The space with every value that its ranges can take, not only a grid's share of them. */
const bare = (space: Space): Space => ({
  dimensions: space.dimensions.map((d) => ('points' in d ? { ...d, points: null } : d)),
});
