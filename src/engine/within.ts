/** Resolves with the work, or after some milliseconds with what `late` returns. */
export async function within<T>(work: Promise<T>, ms: number, late: () => T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms).unref()));
  return Promise.race([work, over.then(late)]).finally(() => clearTimeout(timer));
}
