/** Milliseconds of reading after which other requests are answered. */
const SLICE_MS = 8;

/** Does `work` for each item; small requests that come meanwhile are answered in between. */
export async function inSlices<T>(items: readonly T[], work: (item: T) => unknown): Promise<void> {
  let until = performance.now() + SLICE_MS;
  for (const item of items) {
    work(item);
    if (performance.now() < until) continue;
    await new Promise((resolve) => setImmediate(resolve));
    until = performance.now() + SLICE_MS;
  }
}

/** Does `work` from an item on, for as long as it is told, until all items are done; it returns the number of items done. */
export async function inTurns(count: number, work: (from: number, budgetMs: number) => number): Promise<void> {
  let until = performance.now() + SLICE_MS;
  for (let at = 0; at < count;) {
    at += work(at, Math.max(1, until - performance.now()));
    if (performance.now() < until) continue;
    await new Promise((resolve) => setImmediate(resolve));
    until = performance.now() + SLICE_MS;
  }
}
