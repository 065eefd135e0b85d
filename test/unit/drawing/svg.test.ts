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
