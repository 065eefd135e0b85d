/** Number and bytes of a run's files that are taken from another program's logs; a log may name one file any number of times. */
const MOST_FILES = 10_000;
const MOST_BYTES = 2 ** 30;

export class MediaBudget {
  private files = 0;
  private bytes = 0;
  /** Files that didn't fit. */
  leftOut = 0;

  /** Returns whether a file of this size is taken. */
  takes(size: number): boolean {
    if (this.files >= MOST_FILES || this.bytes + size > MOST_BYTES) {
      this.leftOut++;
      return false;
    }
    this.files++;
    this.bytes += size;
    return true;
  }

  get isEmpty(): boolean {
    return this.files === 0;
  }
}
