/** Times the cost of the last drawing that a chart rests before the next. */
const REST = 12;
/** Milliseconds that it rests at most. */
const LONGEST_REST = 2000;

/** Draws with the frames of the screen; many long curves less often, so that the page stays responsive. */
export class Pace {
  private frame = 0;
  private resting: ReturnType<typeof setTimeout> | null = null;
  private restUntil = 0;

  constructor(
    private readonly wanted: () => boolean,
    /** Returns whether its cost says what the next drawing costs: not so for an empty chart, or a new one. */
    private readonly draw: () => boolean,
  ) {}

  /** Draws soon. `isLast`: without a rest, because all of what was read in parts is here. */
  request(isLast = false): void {
    if (isLast) {
      this.restUntil = 0;
      if (this.resting !== null) clearTimeout(this.resting);
      this.resting = null;
    }
    if (!this.wanted() || this.frame !== 0 || this.resting !== null) return;
    const rest = this.restUntil - performance.now();
    if (rest > 0) {
      this.resting = setTimeout(() => {
        this.resting = null;
        this.request();
      }, rest);
      return;
    }
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      if (this.wanted()) this.atOnce();
    });
  }

  /** Draws without waiting for a frame. */
  atOnce(): void {
    const start = performance.now();
    const isTypical = this.draw();
    const cost = performance.now() - start;
    this.restUntil = isTypical ? start + cost + Math.min(LONGEST_REST, cost * REST) : 0;
  }
}
