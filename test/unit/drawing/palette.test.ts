import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COLORS, look, Palette, SERIES } from '../../../src/drawing/palette.js';

describe('Palette', () => {
  it('keeps a run its look while others come and go', () => {
    const palette = new Palette();
    palette.assign(['a', 'b', 'c']);
    const c = palette.of('c');
    palette.assign(['b', 'c', 'd']);
    expect(palette.of('c')).toEqual(c);
    expect(palette.of('d')).toEqual(look(0));
  });

  it('gives runs their look back after a reload, in whatever order they come', () => {
    const palette = new Palette();
    palette.assign(['a', 'b']);
    palette.assign(['b', 'c']);
    const looks = ['b', 'c'].map((id) => palette.of(id));
    const reloaded = new Palette();
    reloaded.restore(palette.save());
    reloaded.assign(['b']);
    reloaded.assign(['b', 'd', 'c']);
    expect(['b', 'c'].map((id) => reloaded.of(id))).toEqual(looks);
  });

  it('gives fifty runs fifty looks', () => {
    const looks = Array.from({ length: 50 }, (_, i) => JSON.stringify(look(i)));
    expect(new Set(looks).size).toBe(50);
  });
});

/** WCAG contrast ratio. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r, g, bl] = [1, 3, 5].map((i) => {
      const c = parseInt(hex.slice(i, i + 2), 16) / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * bl!;
  };
  const [x, y] = [luminance(a), luminance(b)];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}

describe('series.css', () => {
  const css = readFileSync(new URL('../../../webview/styles/series.css', import.meta.url), 'utf8');
  const colors = [...css.matchAll(/--ts-series-\d: (#[0-9a-f]{6})/g)].map((match) => match[1]!);

  it('has ten colours for dark and ten for light themes, all apart from the background', () => {
    expect(colors).toHaveLength(COLORS * 2);
    for (const color of colors.slice(0, COLORS)) expect(contrast(color, '#1f1f1f'), color).toBeGreaterThan(4.5);
    for (const color of colors.slice(COLORS)) expect(contrast(color, '#ffffff'), color).toBeGreaterThan(3);
  });

  it('has the colours of drawings outside the panel', () => {
    expect([...SERIES.dark, ...SERIES.light]).toEqual(colors);
  });

  it('has no two colours alike, with full colour vision or without red or green', () => {
    // Simulations in linear RGB after Viénot, Brettel and Mollon (1999); distance in OKLab (Ottosson, 2020).
    const views: [number[], number][] = [
      [[1, 0, 0, 0, 1, 0, 0, 0, 1], 0.13],
      [[0.11238, 0.88762, 0, 0.11238, 0.88762, 0, 0.00401, -0.00401, 1], 0.06],
      [[0.29275, 0.70725, 0, 0.29275, 0.70725, 0, -0.02234, 0.02234, 1], 0.06],
    ];
    for (const set of [colors.slice(0, COLORS), colors.slice(COLORS)]) {
      for (const [view, least] of views) {
        set.forEach((a, i) =>
          set.slice(i + 1).forEach((b) => {
            const [x, y] = [oklab(seen(a, view)), oklab(seen(b, view))];
            const distance = Math.hypot(...x.map((value, k) => value - y[k]!));
            expect(distance, `${a} and ${b}`).toBeGreaterThan(least);
          }),
        );
      }
    }
  });
});

function seen(hex: string, m: number[]): number[] {
  const rgb = [1, 3, 5].map((i) => {
    const c = parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return [0, 3, 6].map((row) =>
    Math.min(1, Math.max(0, m[row]! * rgb[0]! + m[row + 1]! * rgb[1]! + m[row + 2]! * rgb[2]!)),
  );
}

function oklab([r, g, b]: number[]): number[] {
  const l = Math.cbrt(0.4122214708 * r! + 0.5363325363 * g! + 0.0514459929 * b!);
  const m = Math.cbrt(0.2119034982 * r! + 0.6806995451 * g! + 0.1073969566 * b!);
  const s = Math.cbrt(0.0883024619 * r! + 0.2817188376 * g! + 0.6299787005 * b!);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
