/** Milliseconds between two looks at the files of a run, and the share of its age after which they are looked at before. */
const EVERY_MS = 500;
const FIRST_MS = 20;
const SHARE = 0.1;

/** Calls `look` twice a second, and more often at first: nobody should wait for the first metrics of a run. */
export class EagerTimer {
  private readonly began = performance.now();
  private timer: NodeJS.Timeout;

  constructor(private readonly look: () => void) {
    this.timer = this.later();
  }

  stop(): void {
    clearTimeout(this.timer);
  }

  private later(): NodeJS.Timeout {
    const wait = Math.min(EVERY_MS, Math.max(FIRST_MS, SHARE * (performance.now() - this.began)));
    return setTimeout(() => {
      // An error in one look does not end the others, as with an interval.
      this.timer = this.later();
      this.look();
    }, wait);
  }
}
