/** The card or column that is being dragged to another place among its own kind, or out of the page. */
export class PlaceDrag {
  private key: string | null = null;

  /** Begins the drag, which ends wherever it is dropped, in another editor too: what is dragged afterwards is something else. */
  start(key: string, place: EventTarget): void {
    this.key = key;
    place.addEventListener('dragend', () => (this.key = null), { once: true });
  }

  /** Returns whether one of these is dragged. */
  isOf(keys: readonly string[]): boolean {
    return this.key !== null && keys.includes(this.key);
  }

  /** Ends the drag on one of these. Returns the dragged one that takes its place; null: something else is dropped. */
  drop(onto: string, keys: readonly string[]): string | null {
    const key = this.isOf(keys) && keys.includes(onto) ? this.key : null;
    this.key = null;
    return key === onto ? null : key;
  }
}
