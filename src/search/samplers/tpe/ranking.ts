/**
 * Trials sorted by quality: those that meet all constraints before those that don't (of these the smallest violation
 * first), then by loss, then by id. A suggestion adds a trial or two, so each is inserted individually.
 */
export class Ranking {
  private order = new Int32Array(64);
  private count = 0;
  private readonly changed = new Set<number>();
  /** True if a changed trial may be in the order already. */
  private moved = false;

  /** Notes that the trial's loss or violation has changed. `listed`: the loss was not NaN before. */
  touch(id: number, listed: boolean): void {
    this.changed.add(id);
    this.moved ||= listed;
  }

  /** Returns the best trials whose loss is not NaN, best first. */
  best(wanted: number, losses: Float64Array, violations: Float64Array): Int32Array {
    if (this.changed.size > 0) this.settle(losses, violations);
    return this.order.slice(0, Math.min(wanted, this.count));
  }

  private settle(losses: Float64Array, violations: Float64Array): void {
    const { changed } = this;
    if (this.moved) this.remove(changed);
    const before = (a: number, b: number): boolean => {
      if (violations[a] !== violations[b]) return violations[a]! < violations[b]!;
      return losses[a] === losses[b] ? a < b : losses[a]! < losses[b]!;
    };
    const added: number[] = [];
    for (const id of changed) if (!Number.isNaN(losses[id]!)) added.push(id);
    changed.clear();
    this.merge(
      added.sort((a, b) => (before(a, b) ? -1 : 1)),
      before,
    );
  }

  /** Removes the trials; the order of all others still holds. */
  private remove(ids: ReadonlySet<number>): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const id = this.order[i]!;
      if (!ids.has(id)) this.order[kept++] = id;
    }
    this.count = kept;
    this.moved = false;
  }

  /** Merges from the end, so that each existing entry moves at most once. */
  private merge(sorted: readonly number[], before: (a: number, b: number) => boolean): void {
    const total = this.count + sorted.length;
    if (total > this.order.length) {
      const order = new Int32Array(2 * total);
      order.set(this.order);
      this.order = order;
    }
    const { order } = this;
    let end = this.count;
    for (let k = sorted.length - 1; k >= 0; k--) {
      const id = sorted[k]!;
      let [low, high] = [0, end];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (before(id, order[middle]!)) high = middle;
        else low = middle + 1;
      }
      order.copyWithin(low + k + 1, low, end);
      order[low + k] = id;
      end = low;
    }
    this.count = total;
  }
}
