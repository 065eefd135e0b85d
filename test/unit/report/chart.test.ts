/** Charts of a report look as the same cards of the panel. */
import { expect, it } from 'vitest';
import { drawChart } from '../../../src/report/draw/chart.js';
import type { Ask } from '../../../src/report/draw/index.js';
import { pageLook } from '../../../src/report/html/block.js';

const VALUES: Record<string, number[]> = { loss: [4, 2, 1], gap: [-1, 0.1, 1], lr: [0.1, 0.1, 0.01] };

const summary = { last: 1, lastStep: 2, min: 0, max: 4, count: 3 };
const run = (id: string, metrics: string[]) => ({
  ...{ id, name: id, status: 'completed', params: {}, createdAt: Number(id), experiment: 'e', objective: null },
  metrics: Object.fromEntries(metrics.map((name) => [name, summary])),
});

/** Draws a block of these runs. */
async function draw(runs: ReturnType<typeof run>[], keys: object) {
  const ask = ((name: string, params: { queries: { run: string; metric: string }[] }) =>
    Promise.resolve(
      name === 'series/read'
        ? {
            series: params.queries.map((query) => ({
              ...{ run: query.run, metric: query.metric, mode: 'replace', total: 3, inRange: 3 },
              ...{ x: [0, 1, 2], y: VALUES[query.metric] },
            })),
          }
        : name === 'runs/list'
          ? { total: runs.length, runs }
          : { experiments: [{ name: 'e' }] },
    )) as unknown as Ask;
  const parts = { ask, views: () => Promise.reject(new Error()), now: 0, palettes: new Map<never, never>() };
  const drawn = await drawChart({ experiment: 'e', ...keys } as never, parts, '');
  return { svg: drawn.svg!(pageLook('b', 800)), curves: drawn.hover!(800).curves };
}

const axes = [
  { metrics: ['loss'], side: 'left', color: '#112233' },
  { metrics: ['gap'], side: 'right' },
  { metrics: ['lr'], side: 'right', color: '#445566' },
];
const metrics = ['loss', 'gap', 'lr'];

it('gives the curves of a single run the colours of their axes', async () => {
  const alone = await draw([run('1', metrics)], { metrics, axes });
  expect(alone.curves.map(({ css }) => css)).toEqual(['#112233', undefined, '#445566']);
  // Colours name the runs if there are several with one of the metrics.
  const several = await draw([run('1', metrics), run('2', ['loss'])], { metrics, axes });
  expect(several.curves.map(({ css }) => css)).toEqual([undefined, undefined, undefined, undefined]);
  const other = await draw([run('1', metrics), run('2', ['other'])], { metrics, axes });
  expect(other.curves.map(({ css }) => css)).toEqual(['#112233', undefined, '#445566']);
});

it('lets those log axes go through zero whose own curves do, and all curves begin where the first does', async () => {
  const { curves } = await draw([run('1', metrics)], { metrics, axes, logX: true, logY: true });
  const [loss, gap] = curves;
  for (const curve of curves) {
    expect([...curve.px, ...curve.py].every(Number.isFinite)).toBe(true);
    expect(curve.px[0]).toBe(loss!.px[0]);
  }
  // Powers of two are evenly placed on a log axis.
  expect(loss!.py[1]! - loss!.py[0]!).toBeCloseTo(loss!.py[2]! - loss!.py[1]!, 0);
  // −1 and 1 are as far from the middle on an axis through zero, with 0.1 just above it.
  const middle = (gap!.py[0]! + gap!.py[2]!) / 2;
  expect(gap!.py[1]!).toBeLessThan(middle);
  expect(middle - gap!.py[1]!).toBeGreaterThan(20);
});
