import { describe, expect, it } from 'vitest';
import type { Run } from '../../../src/protocol/engine/index.js';
import type { Drawings, PlotDrawing } from '../../../src/protocol/engine/drawings.js';
import { DrawingsOfRuns, HEIGHT, histogramBars, plotPicture, WIDTH } from '../../../webview/model/drawings.js';

const format = String;

describe('a histogram', () => {
  it('has a bar as high as its count for each bin with values, as wide as the bin', () => {
    const bars = histogramBars({ counts: [1, 0, 4], edges: [0, 1, 2, 4] }, format);
    expect(bars).toEqual([
      { x: 0, y: HEIGHT * 0.75, width: WIDTH / 4, height: HEIGHT / 4, title: '0 … 1: 1' },
      { x: WIDTH / 2, y: 0, width: WIDTH / 2, height: HEIGHT, title: '2 … 4: 4' },
    ]);
  });

  it('of nothing, or of one place, draws nothing odd', () => {
    expect(histogramBars({ counts: [0], edges: [0, 1] }, format)).toEqual([]);
    expect(histogramBars({ counts: [3], edges: [2, 2] }, format)).toMatchObject([{ x: 0, width: 0.5 }]);
  });
});

describe('a plot', () => {
  const plot = (kind: PlotDrawing['kind'], x: (number | null)[] | string[], y: (number | null)[]): PlotDrawing => ({
    ...{ kind, title: '', x: 'x', y: 'y', series: [{ name: 'a', x, y }] },
  });

  it('draws lines from corner to corner, with gaps at missing numbers', () => {
    const { lines, x, y } = plotPicture(plot('line', [0, 1, 2, 3, 4], [0, 1, null, 3, 4]), format);
    const half = `${(WIDTH / 4).toFixed(1)} ${(HEIGHT * 0.75).toFixed(1)}`;
    expect(lines[0]!.path).toBe(`M0.0 ${HEIGHT}.0L${half}M${(WIDTH * 0.75).toFixed(1)} ${HEIGHT / 4}.0L${WIDTH}.0 0.0`);
    expect([x, y]).toEqual([
      [0, 4],
      [0, 4],
    ]);
  });

  it('draws points and bars, and nothing without data', () => {
    expect(plotPicture(plot('scatter', [1], [5]), format).dots).toMatchObject([{ title: 'a: 1, 5' }]);
    const { bars } = plotPicture(plot('bar', ['up', 'down'], [2, -2]), format);
    expect(bars.map(({ y, height, title }) => ({ y, height, title }))).toEqual([
      { y: 0, height: HEIGHT / 2, title: 'up: 2' },
      { y: HEIGHT / 2, height: HEIGHT / 2, title: 'down: -2' },
    ]);
    expect(plotPicture(plot('line', [], []), format)).toMatchObject({ x: null, y: null });
  });
});

it('each drawing is asked for once, and again when the run has ended', async () => {
  const asked: object[] = [];
  const answer: Drawings = { names: [], shown: null };
  const drawings = new DrawingsOfRuns(
    async (query) => (asked.push(query), answer),
    () => undefined,
  );
  const run = (status: Run['status'], endedAt: number | null) => ({ id: 'r', status, endedAt }) as Run;
  expect(drawings.of(run('running', null))).toBeUndefined();
  await Promise.resolve();
  await new Promise((done) => setTimeout(done));
  expect(drawings.of(run('running', null))).toBe(answer);
  // The earlier answer stays on the screen meanwhile.
  expect(drawings.of(run('completed', 5))).toBe(answer);
  drawings.of(run('completed', 5), 'a', 3);
  expect(asked).toEqual([{ id: 'r' }, { id: 'r' }, { id: 'r', name: 'a', step: 3 }]);
});
