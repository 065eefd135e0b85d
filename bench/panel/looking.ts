/** Measures of a page of the panel: times, frames, heap. */
import type { BrowserContext, CDPSession, Page } from 'playwright-core';

export async function openPanel(
  context: BrowserContext,
  base: string,
  query: { experiment: string; tab?: string; page?: object },
  view: object = {},
): Promise<Page> {
  const page = await context.newPage();
  const { page: shown, ...rest } = query;
  const search = new URLSearchParams({
    ...rest,
    view: JSON.stringify(view),
    ...(shown && { page: JSON.stringify(shown) }),
  });
  if (process.env.PROFILE) await profile(page);
  const session = await context.newCDPSession(page);
  // Times of the processor: those of a clock say little on a machine that others use.
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  clocks.set(page, session);
  await page.goto(`${base}/?${search}`);
  return page;
}

const clocks = new WeakMap<Page, CDPSession>();

/** Milliseconds of processor time that the main thread has taken so far. */
export async function busy(page: Page): Promise<number> {
  const { metrics } = await clocks.get(page)!.send('Performance.getMetrics');
  return 1000 * metrics.find(({ name }) => name === 'TaskDuration')!.value;
}

/** Milliseconds from when the panel's script has run until the condition is true on the page. */
export async function since(page: Page, condition: string): Promise<number> {
  return page.evaluate(
    (text) =>
      new Promise<number>((resolve) => {
        const is = new Function(`return ${text}`) as () => boolean;
        const start = performance.getEntriesByName('ran')[0]!.startTime;
        const look = (): void => {
          if (is()) resolve(performance.now() - start);
          else requestAnimationFrame(look);
        };
        look();
      }),
    condition,
  );
}

/** Prints when the page asked and got each answer, in milliseconds since its script has run. */
export async function timeline(page: Page): Promise<void> {
  const all = await page.evaluate(() => {
    const ran = performance.getEntriesByName('ran')[0]!.startTime;
    return performance
      .getEntries()
      .filter(({ name, entryType }) => name.startsWith('ask ') || name.startsWith('at ') || entryType === 'paint')
      .map(({ name, startTime, duration }) => [name, startTime - ran, startTime + duration - ran] as const);
  });
  for (const [name, from, to] of all.sort((a, b) => a[1] - b[1]))
    console.log(`    ${from.toFixed(0).padStart(6)} to ${to.toFixed(0).padStart(6)} ms  ${name}`);
}

/** Milliseconds in which the panel's script is fetched, compiled and run. */
export const scriptTime = (page: Page): Promise<number> =>
  page.evaluate(() => {
    const at = (name: string): number => performance.getEntriesByName(name)[0]!.startTime;
    return at('ran') - at('script');
  });

export interface Frames {
  /** Frames a second. */
  fps: number;
  /** Milliseconds of the longest one, and of processor time that the main thread takes for each. */
  longest: number;
  cost: number;
}

/** Counts frames while something happens. */
export async function frames(page: Page, act: () => Promise<unknown>): Promise<Frames> {
  const before = await busy(page);
  await page.evaluate(() => {
    const times: number[] = [];
    const tick = (now: number): void => {
      times.push(now);
      if (!(window as never as { done?: boolean }).done) requestAnimationFrame(tick);
    };
    Object.assign(window, { times, done: false });
    requestAnimationFrame(tick);
  });
  await act();
  const cost = (await busy(page)) - before;
  const found = await page.evaluate(() => {
    const { times } = window as never as { times: number[] };
    Object.assign(window, { done: true });
    const gaps = times.slice(1).map((time, i) => time - times[i]!);
    return { fps: (1000 * gaps.length) / (times.at(-1)! - times[0]!), longest: Math.max(...gaps), count: gaps.length };
  });
  return { ...found, cost: cost / found.count };
}

/** Mebibytes of JavaScript objects after a collection. */
export async function heap(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = (await session.send('Runtime.getHeapUsage')) as { usedSize: number };
  return usedSize / 2 ** 20;
}

/** The condition that a chart has drawn these runs with these points. */
export const DRAWN = (runs: number, points: number): string =>
  `[...document.querySelectorAll('ts-chart')].some((c) => Number(c.dataset.runs) >= ${runs} && Number(c.dataset.points) >= ${points})`;

/** Prints where the page spends its time until it is closed. */
async function profile(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Profiler.enable');
  await session.send('Profiler.setSamplingInterval', { interval: 500 });
  await session.send('Profiler.start');
  const close = page.close.bind(page);
  page.close = async () => {
    const { profile: taken } = await session.send('Profiler.stop');
    const own = new Map<string, number>();
    const byId = new Map(taken.nodes.map((node) => [node.id, node.callFrame]));
    taken.samples!.forEach((id, i) => {
      const { functionName, url, lineNumber } = byId.get(id)!;
      const key = `${functionName || '(anonymous)'} ${url.split('/').at(-1)}:${lineNumber + 1}`;
      own.set(key, (own.get(key) ?? 0) + taken.timeDeltas![i]! / 1000);
    });
    const top = [...own].sort((a, b) => b[1] - a[1]).slice(0, 25);
    for (const [key, ms] of top) console.log(`    ${ms.toFixed(0).padStart(6)} ms  ${key}`);
    await close();
  };
}
