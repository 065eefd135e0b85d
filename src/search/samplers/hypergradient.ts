/**
 * Leaves some parameters to gradients: each trial tunes them while it trains, and reports the values that it ended with. A
 * new trial begins with those of the best trial so far, or, so that not all follow one valley, with values of its own. The
 * other parameters are searched by `auto`.
 */
import { z } from 'zod';
import type { Params } from '../../protocol/values/index.js';
import { entryOf, hasEntry, setEntry } from '../../protocol/values/records.js';
import { SearchError } from '../errors.js';
import { drawAllowed } from '../space/index.js';
import type { Dimension, History, Random, Sampler, Space, Trial } from '../types.js';
import { firstOf } from './portfolio/first.js';
import type { Maker } from './portfolio/index.js';

export const HypergradientSettings = z.strictObject({
  tuned: z
    .array(z.string())
    .optional()
    .describe('Parameters that the trials tune. By default, those of the network that have a gradient.'),
  continue: z
    .number()
    .min(0)
    .max(1)
    .default(0.5)
    .describe('Share of the trials that begin with the values that the best trial ended with.'),
});

export class HypergradientSampler implements Sampler {
  readonly name = 'hypergradient';
  private readonly tuned: ReadonlyMap<string, Dimension>;
  private readonly rest: Space;
  private readonly inner: Sampler | null;

  constructor(
    private readonly settings: z.infer<typeof HypergradientSettings>,
    space: Space,
    make: Maker,
  ) {
    const names = settings.tuned ?? [];
    const dimensions = space.dimensions.filter(({ name }) => names.includes(name));
    if (dimensions.length === 0)
      throw new SearchError('sampler "hypergradient" needs a parameter that gradients can tune');
    for (const d of dimensions) {
      if (d.kind !== 'float' || d.step !== null) {
        throw new SearchError(`"${d.name}" is tuned by gradients, so it must be a float range without steps`);
      }
    }
    this.tuned = new Map(dimensions.map((d) => [d.name, d]));
    const others = space.dimensions.filter(({ name }) => !this.tuned.has(name));
    const parent = others.find(({ when }) => Object.keys(when ?? {}).some((name) => this.tuned.has(name)));
    if (parent) throw new SearchError(`"${parent.name}" depends on a parameter that gradients change during a trial`);
    this.rest = { dimensions: others };
    this.inner = others.some(({ kind }) => kind !== 'constant') ? make('auto') : null;
  }

  suggest(history: History, random: Random): Params | null {
    const first = firstOf(history, random);
    if (first) return first;
    const given: Params = this.others(history, random);
    const best = bestOf(history);
    if (best && random.next() < this.settings.continue) {
      for (const [name, d] of this.tuned) {
        const value = entryOf(best.tuned ?? {}, name) ?? entryOf(best.params, name);
        if (typeof value === 'number') setEntry(given, name, within(d, value));
      }
    }
    return drawAllowed(history.space, random, given);
  }

  /** Returns values of the parameters without gradients. */
  private others(history: History, random: Random): Params {
    const { inner, rest } = this;
    if (!inner) return {};
    const without = (params: Params): Params =>
      Object.fromEntries(Object.entries(params).filter(([name]) => !this.tuned.has(name)));
    const trials = history.trials.map((trial) => ({ ...trial, params: without(trial.params) }));
    const earlier = history.earlier?.map((trial) => ({ ...trial, params: without(trial.params) }));
    const seen: History = { ...history, space: rest, trials, ...(earlier && { earlier }) };
    // All combinations were tried; with other tuned values, they are worth another trial.
    return inner.suggest(seen, random) ?? drawAllowed(rest, random);
  }

  reason(): string {
    const names = [...this.tuned.keys()].join(', ');
    return this.inner ? `gradients tune ${names}; the rest: ${this.inner.reason!()}` : `gradients tune ${names}`;
  }

  save(): unknown {
    return { inner: this.inner?.save?.() ?? null };
  }

  load(state: unknown): void {
    const inner =
      typeof state === 'object' && state !== null && hasEntry(state as object, 'inner')
        ? (state as { inner: unknown }).inner
        : null;
    if (inner !== null && inner !== undefined) this.inner?.load?.(inner);
  }
}

/** Returns the best completed trial of this search; null: there is none yet. */
function bestOf({ trials, goals }: History): Trial | null {
  const sign = goals[0] === 'maximize' ? -1 : 1;
  const completed = trials.filter(({ state, values }) => state === 'completed' && values !== null);
  return completed.toSorted((a, b) => sign * (a.values![0]! - b.values![0]!))[0] ?? null;
}

const within = (d: Dimension, value: number): number =>
  d.kind === 'float' ? Math.min(d.high, Math.max(d.low, value)) : value;
