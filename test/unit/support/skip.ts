import type { TestContext } from 'vitest';

/** Skips the test; the reason stands in the summary of all tiers. */
export function skipBecause({ task, skip }: TestContext, why: string): void {
  Object.assign(task.meta, { skipReason: why });
  skip(why);
}
