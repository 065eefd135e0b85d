import { describe, expect, it } from 'vitest';
import { Raster } from '../../../../webview/charts/many/raster.js';

/** Opacity of each pixel in tenths, a line of text for each row. */
const picture = ({ width, height, pixels }: Raster): string[] =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => {
      const alpha = Math.round(pixels[(y * width + x) * 4 + 3]! / 25.5);
      return alpha === 0 ? '.' : alpha === 10 ? '#' : String(alpha);
    }).join(''),
  );

const drawn = (width: number, height: number, lines: (raster: Raster) => void, thickness = 1): string[] => {
  const raster = new Raster(width, height);
  raster.pen([255, 0, 0], 1, thickness);
  lines(raster);
  return picture(raster);
};

describe('Raster', () => {
  it('draws a level line in one row, and shares it between two rows when it runs between them', () => {
    expect(drawn(5, 3, (raster) => raster.line(1, 1.5, 4, 1.5))).toEqual(['.....', '.###.', '.....']);
    expect(drawn(5, 3, (raster) => raster.line(1, 1.7, 4, 1.7))).toEqual(['.....', '.888.', '.222.']);
  });

  it('draws steep lines without gaps, in both directions', () => {
    const down = drawn(3, 5, (raster) => raster.line(1.5, 0, 1.5, 5));
    expect(down).toEqual(Array(5).fill('.#.'));
    expect(drawn(3, 5, (raster) => raster.line(1.5, 4.9, 1.5, -0.1))).toEqual(down);
  });

  it('draws each pixel where two lines meet once', () => {
    const whole = drawn(6, 1, (raster) => raster.line(0, 0.75, 6, 0.75), 1);
    const parts = drawn(6, 1, (raster) => {
      raster.line(0, 0.75, 2.4, 0.75);
      raster.line(2.4, 0.75, 6, 0.75);
    });
    expect(parts).toEqual(whole);
  });

  it('leaves out what lies outside, however far', () => {
    expect(drawn(3, 1, (raster) => raster.line(-1e6, 0.5, 1e6, 0.5))).toEqual(['###']);
    expect(drawn(3, 2, (raster) => raster.line(0, -5, 3, -5))).toEqual(['...', '...']);
    expect(drawn(1, 3, (raster) => raster.line(0.5, 1e6, 0.5, -1e6))).toEqual(['#', '#', '#']);
  });

  it('draws dashes that continue from line to line', () => {
    const dashed = drawn(8, 1, (raster) => {
      raster.pen([255, 0, 0], 1, 1, [2, 2]);
      raster.line(0, 0.5, 3, 0.5, 0);
      raster.line(3, 0.5, 8, 0.5, 3);
    });
    expect(dashed).toEqual(['##..##..']);
  });

  it('shows a line below another one as far as that one lets it through', () => {
    const raster = new Raster(1, 1);
    raster.pen([0, 0, 255], 0.5, 1);
    raster.line(0, 0.5, 1, 0.5);
    raster.pen([255, 0, 0], 1, 1);
    raster.line(0, 0.5, 1, 0.5);
    expect([...raster.pixels].map((one) => Math.round(one / 8))).toEqual([16, 0, 16, 32]);
    // Nothing is seen below a covered pixel.
    raster.pen([0, 255, 0], 1, 1);
    raster.line(0, 0.5, 1, 0.5);
    expect(raster.pixels[1]).toBe(0);
  });
});
