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
