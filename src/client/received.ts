/**
 * Records which of the parameters that nothing else passes to the program it has read, so that the person is told about
 * the others. Names read in one turn of the event loop make one record.
 */
export class Received {
  private readonly unread: Set<string>;
  private fresh: string[] = [];

  /** `unpassed`: see `RunSpec`. */
  constructor(
    unpassed: unknown,
    private readonly record: (names: string[]) => void,
  ) {
    this.unread = new Set(Array.isArray(unpassed) ? (unpassed as string[]) : []);
  }

  read(name: string): void {
    if (!this.unread.delete(name)) return;
    if (this.fresh.push(name) === 1) queueMicrotask(() => this.flush());
  }

  /** Records the names that were read. Call it before the last record. */
  flush(): void {
    const names = this.fresh;
    this.fresh = [];
    if (names.length > 0) this.record(names);
  }
}
