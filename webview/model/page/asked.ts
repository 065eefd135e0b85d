/** A value that is read on first use. */
export class Asked<T> {
  /** Undefined until it is read. */
  value: T | undefined = undefined;
  /** Why it could not be read, in words; null if it could. */
  error: string | null = null;
  private turn = 0;
  private wanted = false;

  constructor(
    private readonly read: () => Promise<T>,
    private readonly onNews: () => void,
  ) {}

  get(): T | undefined {
    if (!this.wanted) void this.again();
    return this.value;
  }

  /** Reads it again; the former value stays until the new one has come. */
  async again(): Promise<void> {
    this.wanted = true;
    const turn = ++this.turn;
    try {
      const value = await this.read();
      if (turn !== this.turn) return;
      [this.value, this.error] = [value, null];
    } catch (error) {
      if (turn !== this.turn) return;
      this.error = error instanceof Error ? error.message : String(error);
    }
    this.onNews();
  }
}
