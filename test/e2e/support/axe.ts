/** Looks for faults of accessibility in a page, or in a frame of one. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Frame, Locator, Page } from '@playwright/test';
import type { AxeResults, RunOptions } from 'axe-core';

export const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Returns each fault in one line. `part`: that part alone. The script is put into the place if it is not there. */
export async function violations(
  place: Page | Frame,
  options: RunOptions = {},
  part: Locator | null = null,
): Promise<string[]> {
  if (!(await place.evaluate(() => 'axe' in window))) await place.evaluate(axeSource);
  const results = await (part ?? place.locator('html')).evaluate(
    (root, given) =>
      (window as unknown as { axe: { run(where: unknown, options: RunOptions): Promise<AxeResults> } }).axe.run(
        root === document.documentElement ? document : root,
        given,
      ),
    { resultTypes: ['violations'], iframes: false, ...options } satisfies RunOptions,
  );
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.slice(0, 3).map(({ target, html }) => `${id}: ${target.join(' ')}: ${html.slice(0, 160)}`),
  );
}

/** The same for colours alone, once they no longer change: only they differ between themes. */
export async function contrastFaults(place: Page | Frame, part: Locator | null = null): Promise<string[]> {
  await place.evaluate(() =>
    Promise.all(
      document
        .getAnimations()
        .filter((one) => one instanceof CSSTransition)
        .map((one) => one.finished.catch(() => null)),
    ).then(() => null),
  );
  return violations(place, { runOnly: { type: 'rule', values: ['color-contrast'] } }, part);
}
