import { expect, it } from 'vitest';
import { chartSvg, type SvgAxis, type SvgChart } from '../../../src/drawing/svg.js';
import type { SvgLook } from '../../../src/drawing/svgParts.js';

const look: SvgLook = {
  ...{
    text: '#fff',
    faint: '#aaa',
    grid: '#333',
    axis: '#777',
    background: '#000',
    font: 'sans-serif',
    id: 'a',
    width: 800,
  },
  series: ['#00f'],
};
const axis = (range: [number, number], change: Partial<SvgAxis> = {}): SvgAxis => ({
  ...{ range, side: 'left' as const, color: null, title: '' },
  ...change,
});
const chart = (change: Partial<SvgChart> = {}): SvgChart => ({
  ...{
    title: 'loss',
    xTitle: 'step',
    x: [0, 10],
    logX: false,
    logY: false,
    look,
  },
  curves: [
    {
      name: 'a',
      points: [
        { x: 0, y: 0 },
        { x: 5, y: NaN },
        { x: 10, y: 1 },
      ],
      color: 'red',
      dash: [4, 2],
      faint: false,
    },
  ],
  axes: [axis([0, 1])],
  formatX: String,
  ...change,
});

it('draws curves with gaps, axes and names, and escapes what programs say', () => {
  const svg = chartSvg(chart({ title: '<script>"&\u0000' }));
  expect(svg).toContain('d="M70.0 372.0M780.0 36.0"');
  expect(svg).toContain('stroke-dasharray="4 2"');
  expect(svg).toContain('&lt;script&gt;&quot;&amp; </text>');
  expect(svg).not.toContain('<script>');
  expect(svg.match(/<text/g)!.length).toBeGreaterThan(8);
});

it('places values on log axes', () => {
  const points = [1, 10, 100].map((x) => ({ x, y: x }));
  const curves = [{ name: 'a', points, color: 'red', dash: [], faint: true }];
  const svg = chartSvg(chart({ x: [1, 100], axes: [axis([1, 100])], logX: true, logY: true, curves }));
  expect(svg).toContain('d="M70.0 372.0L425.0 204.0L780.0 36.0"');
});

it('gives each vertical axis its side, colour, numbers and title, and draws each curve on its own', () => {
  const scales = [1, 100, 0.001, 1e6];
  const axes = scales.map((top, i) =>
    axis([0, top], { side: i % 2 ? 'right' : 'left', color: i > 0 ? `#00000${i}` : null, title: `axis ${i}` }),
  );
  const curves = scales.map((top, i) => ({
    ...{ name: `c${i}`, color: 'red', dash: [], faint: false, axis: i },
    points: [
      { x: 0, y: 0 },
      { x: 10, y: top },
    ],
  }));
  const svg = chartSvg(chart({ axes, curves }));
  // All of them reach from the bottom to the top, whatever their scale.
  expect(svg.match(/d="M132\.0 372\.0L668\.0 36\.0"/g)).toHaveLength(4);
  const xs = [...svg.matchAll(/rotate\(-90 ([\d.]+) /g)].map(([, x]) => Number(x));
  expect(xs).toEqual([78, 722, 16, 784]);
  for (const [i, { color, title }] of axes.entries()) {
    expect(svg).toContain(`>${title}</text>`);
    if (color) expect(svg.match(new RegExp(`fill="${color}"`, 'g'))!.length, `axis ${i}`).toBeGreaterThan(3);
  }
});

const numbersIn = (svg: string, pattern: RegExp): number[] => [...svg.matchAll(pattern)].map(([, at]) => Number(at));

it.each([
  ['three on each side in a narrow preview', 400, 6],
  ['twelve in a report', 800, 12],
])('is as wide as its axes need: %s', (_, width, count) => {
  const axes = Array.from({ length: count }, (_, i) =>
    axis([0, 1], { side: i % 2 ? 'right' : 'left', color: '#00ff00', title: `axis ${i}` }),
  );
  const svg = chartSvg(chart({ axes, look: { ...look, width } }));
  const whole = Number(/viewBox="0 0 ([\d.]+) /.exec(svg)![1]);
  expect(whole).toBeGreaterThan(width);
  const places = [...numbersIn(svg, /<text x="(-?[\d.]+)"/g), ...numbersIn(svg, /d="M(-?[\d.]+) /g)];
  expect(places.length).toBeGreaterThan(count * 6);
  expect(Math.min(...places)).toBeGreaterThan(0);
  expect(Math.max(...places)).toBeLessThan(whole);
  expect(svg).toContain(`<rect width="${whole}"`);
});

it('keeps the width of a drawing whose axes fit, and the names of curves below many axes on one side', () => {
  expect(chartSvg(chart())).toContain('viewBox="0 0 800 ');
  const svg = chartSvg(chart({ axes: Array.from({ length: 12 }, () => axis([0, 1])) }));
  expect(svg).toContain('<text x="98.0"');
});

it('goes through zero only on the log axes whose curves do, also where their ends do not', () => {
  const at = (y: number, zero: number | null, range: [number, number]): number => {
    const points = [
      { x: 0, y },
      { x: 10, y },
    ];
    const curves = [{ name: 'a', points, color: 'red', dash: [], faint: false, axis: 1 }];
    const axes = [axis([-1, 1], { zero: 0.01 }), axis(range, { zero })];
    return Number(/stroke-opacity="1" d="M132\.0 ([\d.]+)/.exec(chartSvg(chart({ logY: true, axes, curves })))![1]);
  };
  expect(at(10, null, [1, 100])).toBe(204);
  expect(at(0, 1, [-100, 100])).toBe(204);
  // A zoom above zero of an axis that goes through zero: symlog is steeper than log near its constant.
  expect(at(10, 1, [1, 100])).not.toBe(204);
});
