/** Numbers in ascending order; an insertion costs a binary search and a shift of the larger ones. */
export class SortedNumbers {
  private values = new Float64Array(16);
  length = 0;

  at(index: number): number {
    return this.values[index]!;
  }

  add(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(this.length * 2);
      larger.set(this.values);
      this.values = larger;
    }
    const place = this.countBelow(value);
    this.values.copyWithin(place + 1, place, this.length++);
    this.values[place] = value;
  }

  remove(value: number): void {
    const place = this.countBelow(value);
    if (place === this.length || this.values[place] !== value) return;
    this.values.copyWithin(place, place + 1, this.length--);
  }

  /** Replaces the contents by these values. */
  fill(values: Float64Array<ArrayBuffer>): void {
    this.values = values.sort();
    this.length = values.length;
    if (this.length === 0) this.values = new Float64Array(16);
  }

  countBelow(value: number): number {
    let [low, high] = [0, this.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.values[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Returns a percentile, interpolated linearly between the two nearest ranks. */
  percentile(percent: number): number {
    const rank = (percent / 100) * (this.length - 1);
    const below = this.at(Math.floor(rank));
    const above = this.at(Math.ceil(rank));
    return below === above ? below : below + (above - below) * (rank - Math.floor(rank));
  }
}
