/** Milliseconds after which work is done even if the page is never at rest. */
const LATEST = 500;

/** Resolves once the page is at rest: what nobody waits for lets the first chart go first. */
export const idle = (): Promise<void> => new Promise((resolve) => whenIdle(resolve));

function whenIdle(work: () => void): void {
  if (typeof requestIdleCallback === 'function') requestIdleCallback(work, { timeout: LATEST });
  else setTimeout(work, 0);
}
