import { expect, it } from 'vitest';
import { chartSvg, type SvgChart } from '../../../src/drawing/svg.js';
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
const chart = (change: Partial<SvgChart> = {}): SvgChart => ({
  ...{
    title: 'loss',
    xTitle: 'step',
    x: [0, 10],
    y: [0, 1],
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
  const svg = chartSvg(chart({ x: [1, 100], y: [1, 100], logX: true, logY: true, curves }));
  expect(svg).toContain('d="M70.0 372.0L425.0 204.0L780.0 36.0"');
});
