/**
 * Decides which points of a series count. A run that is launched again from a checkpoint repeats what an earlier launch had
 * done after it: points of an earlier launch at or above a step that a later one has logged belong to a lost timeline.
 * They stay where they are and are passed over. A series that only the first launch has logged has no `Timeline`.
 *
 * What counts depends on the points alone, not on the order in which they were taken in.
 */

/** Ordinals, half-open. */
export type Interval = [from: number, to: number];

/** With more changes between launches than this, points of other launches stay in the journal. */
const MAX_STRETCHES = 4096;

interface Saved {
  stretches: [ordinal: number, launch: number][];
  steps: [launch: number, step: number][];
  lost: Interval[];
  markedAt: number;
}

export class Timeline {
  /** Points at which launches begin to log; neighbours differ. */
  private readonly stretches: Saved['stretches'];
  /**
   * Up to which step earlier launches than this one count, by rising launch. Those that a later one undercuts are left
   * out, so the steps rise too.
   */
  private steps: Saved['steps'];
  /** Ascending and disjoint. */
  private lost: Interval[];
  /** Number of points when some were last lost: a reader that has read fewer must reread them. */
  markedAt: number;
  lostCount: number;
  /** The latest launch that has logged. */
  newest: number;
  /** Stored points may have to be marked. */
  due = false;
  unsaved = false;

  private constructor({ stretches, steps, lost, markedAt }: Saved) {
    this.stretches = stretches;
    this.steps = steps;
    this.lost = lost;
    this.markedAt = markedAt;
    this.lostCount = lost.reduce((sum, [from, to]) => sum + to - from, 0);
    this.newest = stretches.reduce((newest, [, launch]) => Math.max(newest, launch), 1);
  }

  /** For a series that has points of the first launch only, or none. */
  static begin(): Timeline {
    return new Timeline({ stretches: [[0, 1]], steps: [], lost: [], markedAt: 0 });
  }

  /** Parses the result of `text`. */
  static parse(text: string): Timeline {
    return new Timeline(JSON.parse(text) as Saved);
  }

  text(): string {
    const { stretches, steps, lost, markedAt } = this;
    return JSON.stringify({ stretches, steps, lost, markedAt } satisfies Saved);
  }

  /** False: the launch changes too often to tell the points apart. */
  takes(launch: number): boolean {
    return launch === this.stretches.at(-1)![1] || this.stretches.length < MAX_STRETCHES;
  }

  /** Takes note of the next point. Returns whether it counts. */
  add(ordinal: number, launch: number, step: number): boolean {
    const last = this.stretches.at(-1)!;
    if (last[1] !== launch) {
      if (last[0] === ordinal) last[1] = launch;
      else this.stretches.push([ordinal, launch]);
      this.newest = Math.max(this.newest, launch);
      this.unsaved = true;
    }
    // Points of the first launch replace no others.
    if (launch > 1 && step < this.limit(launch - 1)) {
      const others = this.steps.filter(([other, limit]) => other > launch || (other < launch && limit < step));
      this.steps = [...others, [launch, step] as [number, number]].sort((a, b) => a[0] - b[0]);
      this.due = true;
      this.unsaved = true;
    }
    if (step < this.limit(launch)) return true;
    this.lose([[ordinal, ordinal + 1]]);
    return false;
  }

  /** The step from which on points of this launch are lost. */
  private limit(launch: number): number {
    return this.steps.find(([later]) => later > launch)?.[1] ?? Infinity;
  }

  /** No point below this step is lost. */
  get lowestLimit(): number {
    return this.limit(0);
  }

  /** Launches by the points that they logged, and the step from which on those are lost. */
  limits(count: number): { to: number; step: number }[] {
    return this.stretches.map(([, launch], i) => ({
      to: this.stretches[i + 1]?.[0] ?? count,
      step: this.limit(launch),
    }));
  }

  /** Marks points as lost which counted so far; `count`: how many points there are. */
  mark(fresh: readonly Interval[], count: number): void {
    this.due = false;
    if (fresh.length === 0) return;
    this.lose(fresh);
    this.markedAt = count;
  }

  isLost(ordinal: number): boolean {
    const at = this.search(ordinal);
    return at < this.lost.length && this.lost[at]![0] <= ordinal;
  }

  /** How many of these points are lost. */
  overlap(from: number, to: number): 'none' | 'some' | 'all' {
    const next = this.lost[this.search(from)];
    if (!next || next[0] >= to) return 'none';
    return next[0] <= from && next[1] >= to ? 'all' : 'some';
  }

  /** The parts of these points that count. */
  counting(from: number, to: number): Interval[] {
    const found: Interval[] = [];
    let at = from;
    for (let i = this.search(from); i < this.lost.length && this.lost[i]![0] < to; i++) {
      const [begin, end] = this.lost[i]!;
      if (begin > at) found.push([at, begin]);
      at = end;
    }
    if (at < to) found.push([at, to]);
    return found;
  }

  private lose(fresh: readonly Interval[]): void {
    for (const [from, to] of fresh) this.lostCount += to - from;
    this.unsaved = true;
    const behind = (this.lost.at(-1)?.[1] ?? 0) <= fresh[0]![0];
    const all = behind ? fresh : [...this.lost, ...fresh].sort((a, b) => a[0] - b[0]);
    if (!behind) this.lost = [];
    for (const [from, to] of all) {
      const last = this.lost.at(-1);
      if (last?.[1] === from) last[1] = to;
      else this.lost.push([from, to]);
    }
  }

  /** The first lost interval that ends behind this ordinal. */
  private search(ordinal: number): number {
    let low = 0;
    let high = this.lost.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.lost[middle]![1] > ordinal) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
