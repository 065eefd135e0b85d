/**
 * Begins where earlier searches were good, and loses little where they mislead. The best earlier configurations are
 * tried first. Then two samplers of the same kind share the trials: one looks only into the box around what was good
 * (warmStart/box.ts) and is given the earlier trials; the other one looks everywhere and is told nothing of them. Both
 * see all trials of this search as far as these lie in their space, and the better one is asked more often
 * (warmStart/share.ts). Without earlier trials there is just the one sampler.
 */
import { z } from 'zod';
import type { Params } from '../protocol/values.js';
import { SearchError } from './errors.js';
import { drawParams, keyOf, refuse } from './space.js';
import type { Past } from './study/past.js';
import type { History, Random, Sampler, Space, WarmStart } from './types.js';
import { boxOf } from './warmStart/box.js';
import { bestFirst, diverse } from './warmStart/good.js';
import { freeShare } from './warmStart/share.js';
import { View } from './widen/view.js';

const FREE = 0.3;
const FIRST = 3;

const State = z.object({
  full: z.unknown(),
  box: z.unknown(),
  /** Of the past that the box is from. */
  version: z.number(),
  arms: z.string(),
  begun: z.number(),
});

interface Box {
  sampler: Sampler;
  view: View;
  /** Configurations to begin with. */
  first: Params[];
}

export class WarmStartSampler implements Sampler {
  readonly name: string;
  private readonly full: Sampler;
  private box: Box | null = null;
  /** Of the past that the box is from; it is made when first needed. */
  private version = 0;
  /** By trial: who suggested it: `b` the box's sampler, `f` the free one, `.` somebody else. */
  private arms = '';
  /** Earlier configurations tried. */
  private begun = 0;
  /** Of the box's sampler, until that is made. */
  private saved: unknown = null;

  constructor(
    private readonly settings: WarmStart,
    private readonly space: Space,
    private readonly make: (space: Space) => Sampler,
    private readonly past: Past,
  ) {
    this.full = make(space);
    this.name = this.full.name;
  }

  suggest(history: History, random: Random): Params | null {
    const box = this.boxNow(history);
    if (!box) return this.full.suggest(history, random);
    this.arms = this.arms.padEnd(history.trials.length, '.').slice(0, history.trials.length);
    const first = this.nextFirst(history, box, random);
    if (first) return first;
    if (random.next() >= this.share(history)) {
      const params = box.sampler.suggest(box.view.of(history), random);
      if (params) {
        this.arms += 'b';
        return params;
      }
    }
    this.arms += 'f';
    return this.full.suggest({ ...history, earlier: [] }, random);
  }

  size(space: Space): number | null {
    return this.full.size?.(space) ?? null;
  }

  reason(): string {
    const reason = this.full.reason?.() ?? this.name;
    return this.past.version > 0 ? `${reason}; begins where earlier trials were good` : reason;
  }

  save(): unknown {
    const box = this.box?.sampler.save?.() ?? this.saved;
    return { full: this.full.save?.() ?? null, box, version: this.version, arms: this.arms, begun: this.begun };
  }

  load(state: unknown): void {
    const read = State.safeParse(state);
    if (!read.success) throw new SearchError("the saved state of the warm start can't be read");
    const { full, box, version, arms, begun } = read.data;
    if (full !== null && full !== undefined) this.full.load?.(full);
    [this.version, this.saved, this.arms, this.begun] = [version, box ?? null, arms, begun];
  }

  /** Null: there are no earlier trials. */
  private boxNow(history: History): Box | null {
    const { version } = this.past;
    if (version !== this.version) [this.version, this.box, this.saved, this.begun] = [version, null, null, 0];
    if (version > 0) this.box ??= this.boxAt(history);
    return this.box;
  }

  private boxAt({ goals }: History): Box {
    const groups = this.past.groups();
    const space = boxOf(this.space, groups, goals);
    const ranked = groups.map((group) => bestFirst(group, goals));
    const first = diverse(ranked, this.space, this.settings.first ?? FIRST).map(({ params }) => params);
    const sampler = this.make(space ?? this.space);
    if (this.saved !== null) sampler.load?.(this.saved);
    this.saved = null;
    return { sampler, view: new View(space ?? this.space), first };
  }

  /** An earlier configuration that was not tried yet; what it doesn't say, or not so that it fits, is drawn. */
  private nextFirst({ trials }: History, { first, view }: Box, random: Random): Params | null {
    while (this.begun < first.length) {
      const given = first[this.begun++]!;
      const known = this.space.dimensions.filter(({ name }) => given[name] !== undefined);
      const usable = known.filter((d) => refuse(d, given[d.name]!) === null).map(({ name }) => [name, given[name]!]);
      const params = drawParams(view.space, random, Object.fromEntries(usable) as Params);
      const key = keyOf(this.space, params);
      if (trials.every((trial) => keyOf(this.space, trial.params) !== key)) return params;
    }
    return null;
  }

  private share(history: History): number {
    const { free = FREE } = this.settings;
    return freeShare(free, history, this.arms);
  }
}
