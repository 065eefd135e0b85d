/** Picks the sampler for the problem at hand and gives the reason; may switch as the search grows (rules.ts). */
import { z } from 'zod';
import type { Params } from '../../../protocol/values/index.js';
import { SearchError } from '../../errors.js';
import type { History, Random, Sampler, Space } from '../../types.js';
import { factsOf, spaceFacts, type SpaceFacts } from './facts.js';
import { decide, type Decision } from './rules.js';
import { GridSampler } from '../grid.js';
import { type Maker, PortfolioSampler } from '../portfolio/index.js';
import { firstOf } from '../portfolio/first.js';
import { SobolSampler } from '../sobol/index.js';

export const AutoSettings = z.strictObject({});

const CHOICES = ['grid', 'sobol', 'portfolio'] as const;
const State = z.object({
  kind: z.enum(CHOICES).nullable().catch(null),
  because: z.string().default(''),
  inner: z.unknown(),
});

export class AutoSampler implements Sampler {
  readonly name = 'auto';
  private readonly space: Space;
  private readonly about: SpaceFacts;
  private readonly objectives: number;
  private decision: Decision;
  private inner: Sampler;

  constructor(
    _settings: z.infer<typeof AutoSettings>,
    space: Space,
    history: Omit<History, 'space' | 'trials'>,
    private readonly make: Maker,
  ) {
    this.space = bare(space);
    this.objectives = history.goals.length;
    this.about = spaceFacts(this.space);
    this.decision = this.decide({ ...history, space });
    this.inner = this.samplerOf(this.decision.choice);
  }

  suggest(history: History, random: Random): Params | null {
    const seen = { ...history, space: this.space };
    const decision = this.decide(seen);
    if (decision.choice !== this.decision.choice) this.inner = this.samplerOf(decision.choice);
    this.decision = decision;
    const first = decision.choice === 'grid' ? null : firstOf(seen, random);
    return first ?? this.inner.suggest(seen, random);
  }

  size(): number | null {
    return this.inner.size?.(this.space) ?? null;
  }

  reason(): string {
    const { choice, because } = this.decision;
    return choice === 'portfolio' ? `${this.inner.reason!()} (${because})` : `${choice}: ${because}`;
  }

  save(): unknown {
    const { choice: kind, because } = this.decision;
    return { kind, because, inner: this.inner.save?.() ?? null };
  }

  load(state: unknown): void {
    const read = State.safeParse(state);
    if (!read.success) throw new SearchError("the saved state of the automatic sampler can't be read");
    const { kind, because, inner } = read.data;
    // The sampler that an earlier version chose no longer exists: start with the one that would be chosen now.
    if (kind === null) return;
    if (kind !== this.decision.choice) this.inner = this.samplerOf(kind);
    this.decision = { choice: kind, because };
    if (inner !== null && inner !== undefined) this.inner.load?.(inner);
  }

  private decide(history: Omit<History, 'trials'>): Decision {
    return decide(factsOf(history, this.about));
  }

  private samplerOf(choice: Decision['choice']): Sampler {
    switch (choice) {
      case 'grid':
        return new GridSampler({}, this.space);
      case 'sobol':
        return new SobolSampler({}, this.space);
      default:
        return new PortfolioSampler({}, this.space, this.objectives, this.make);
    }
  }
}

/** Returns the space with every value that its ranges can take, not only those of a grid. */
const bare = (space: Space): Space => ({
  ...space,
  dimensions: space.dimensions.map((d) => ('points' in d ? { ...d, points: null } : d)),
});
