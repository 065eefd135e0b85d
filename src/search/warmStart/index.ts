/**
 * Warm start: begins where earlier searches were good, and loses little if they mislead. The best earlier
 * configurations are tried first. Then two samplers of the same kind share the trials, and the better one is asked more
 * often (warmStart/share.ts). The first searches only the box around the good trials (warmStart/box.ts); it receives
 * the earlier trials and those of this search that lie in the box. The second searches everywhere and sees neither:
 * with many trials in a bad box, it would settle for the least bad of them. So a misleading past costs only the trials
 * in the box. In a finite space, however, the second sampler sees all trials, so that it repeats none. When the box
 * yields no further improvement (warmStart/exhausted.ts), its sampler is replaced by one that sees all trials and
 * searches everywhere: the best may lie just outside. Without earlier trials there is only the one sampler.
 *
 * The constants in this folder were tuned on a shifted sphere, an ellipsoid and a function with many minima, each in
 * five dimensions, with the past of the same function, of one moved a little, of its mirror image and of its opposite.
 */
import { z } from 'zod';
import type { Params } from '../../protocol/values/index.js';
import { isAllowed } from '../constraints/index.js';
import { SearchError } from '../errors.js';
import { isFixed } from '../stages/plan.js';
import { countPoints, drawAllowed, keyOf, refuse } from '../space/index.js';
import type { Past } from '../study/past.js';
import type { History, Random, Sampler, Space, WarmStart } from '../types.js';
import { boxOf } from './box.js';
import { isExhausted } from './exhausted.js';
import { bestFirst, diverse } from './good.js';
import { freeShare } from './share.js';
import { View } from '../widen/view.js';
import { entryOf } from '../../protocol/values/records.js';

const FREE = 0.3;
const FIRST = 3;
const NONE: History['earlier'] = [];

const State = z.object({
  full: z.unknown(),
  box: z.unknown(),
  /** Version of the past that the box is based on. */
  version: z.number(),
  arms: z.string(),
  begun: z.number(),
  joined: z.boolean(),
});

interface Box {
  sampler: Sampler;
  view: View;
  /** Earlier configurations to try first. */
  first: Params[];
}

export class WarmStartSampler implements Sampler {
  readonly name: string;
  private readonly full: Sampler;
  private readonly dimensions: number;
  private box: Box | null = null;
  /** Version of the past that the box is based on; the box is created on first use. */
  private version = 0;
  /** Origin of each trial: `b` the box's sampler, `e` an earlier search, `f` the free sampler, `.` anything else. */
  private arms = '';
  /** The free sampler's view of the history. */
  private readonly free: View;
  /** Number of earlier configurations tried. */
  private begun = 0;
  /** True if the search is no longer limited to the box. */
  private joined = false;
  /** Saved state of the box's sampler, until that is created. */
  private saved: unknown = null;

  constructor(
    private readonly settings: WarmStart,
    private readonly space: Space,
    private readonly make: (space: Space) => Sampler,
    private readonly past: Past,
  ) {
    this.full = make(space);
    this.name = this.full.name;
    this.dimensions = space.dimensions.filter((d) => !isFixed(d)).length;
    const finite = Number.isFinite(countPoints(space));
    this.free = new View(space, (id) => finite || (this.arms[id] !== 'b' && this.arms[id] !== 'e'));
  }

  suggest(history: History, random: Random): Params | null {
    const box = this.boxNow(history);
    if (!box) return this.full.suggest(history, random);
    this.arms = this.arms.padEnd(history.trials.length, '.').slice(0, history.trials.length);
    const first = this.nextFirst(history, box, random);
    if (first) {
      this.arms += 'e';
      return first;
    }
    if (random.next() >= this.share(history)) {
      const params = this.inBox(box, history, random);
      if (params) {
        this.arms += 'b';
        return params;
      }
    }
    this.arms += 'f';
    return this.full.suggest(this.free.of({ ...history, earlier: NONE }), random);
  }

  private inBox(box: Box, history: History, random: Random): Params | null {
    if (!this.joined) {
      const params = isExhausted(history, this.arms, this.dimensions)
        ? null
        : box.sampler.suggest(box.view.of(history), random);
      if (params) return params;
      this.joined = true;
      [box.sampler, box.view] = [this.make(this.space), new View(this.space)];
    }
    return box.sampler.suggest(box.view.of(history), random);
  }

  size(space: Space): number | null {
    return this.full.size?.(space) ?? null;
  }

  reason(): string {
    const reason = this.full.reason?.() ?? this.name;
    return this.past.version > 0
      ? `${reason}; ${this.settings.note ?? 'begins where earlier trials were good'}`
      : reason;
  }

  save(): unknown {
    const box = this.box?.sampler.save?.() ?? this.saved;
    const { version, arms, begun, joined } = this;
    return { full: this.full.save?.() ?? null, box, version, arms, begun, joined };
  }

  load(state: unknown): void {
    const read = State.safeParse(state);
    if (!read.success) throw new SearchError("the saved state of the warm start can't be read");
    const { full, box, version, arms, begun, joined } = read.data;
    if (full !== null && full !== undefined) this.full.load?.(full);
    [this.version, this.saved, this.arms, this.begun, this.joined] = [version, box ?? null, arms, begun, joined];
  }

  /** Returns null if there are no earlier trials. */
  private boxNow(history: History): Box | null {
    const { version } = this.past;
    if (version !== this.version) {
      [this.version, this.box, this.saved, this.begun, this.joined] = [version, null, null, 0, false];
    }
    if (version > 0) this.box ??= this.boxAt(history);
    return this.box;
  }

  private boxAt({ goals }: History): Box {
    const groups = this.past.groups();
    const space = (this.joined ? null : boxOf(this.space, groups, goals)) ?? this.space;
    const ranked = groups.map((group) => bestFirst(group, goals));
    const first = diverse(ranked, this.space, this.settings.first ?? FIRST).map(({ params }) => params);
    const sampler = this.make(space);
    if (this.saved !== null) sampler.load?.(this.saved);
    this.saved = null;
    return { sampler, view: new View(space), first };
  }

  /** Returns an earlier configuration that was not tried yet; missing or unusable values are drawn. */
  private nextFirst({ trials }: History, { first, view }: Box, random: Random): Params | null {
    while (this.begun < first.length) {
      const given = first[this.begun++]!;
      const known = this.space.dimensions.filter(({ name }) => entryOf(given, name) !== undefined);
      const usable = known
        .filter((d) => refuse(d, entryOf(given, d.name)!) === null)
        .map(({ name }) => [name, entryOf(given, name)!]);
      const params = drawAllowed(view.space, random, Object.fromEntries(usable) as Params);
      if (!isAllowed(this.space, params)) continue;
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
