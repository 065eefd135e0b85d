/** Plots of runs as SVG drawings: dots, lines across axes, bars. */
import type { PlotAxis } from './axes.js';
import { attribute, label, type SvgLook } from './svgParts.js';

export interface SvgDots {
  x: PlotAxis;
  y: PlotAxis;
  xTitle: string;
  yTitle: string;
  /** Places in [0, 1], y upwards. */
  dots: readonly { x: number; y: number; color: string; title: string }[];
  height: number;
}

export function dotsSvg({ x, y, xTitle, yTitle, dots, height }: SvgDots, look: SvgLook): string {
  const [left, right, top, bottom] = [80, 20, 14, 50];
  const [width, inner] = [look.width - left - right, height - top - bottom];
  const px = (at: number): string => (left + at * width).toFixed(1);
  const py = (at: number): string => (top + (1 - at) * inner).toFixed(1);
  const middle = top + inner / 2;
  return svg(height, look, [
    ...y.ticks.flatMap(({ at, text }) => [
      `<path d="M${left} ${py(at)}H${look.width - right}" stroke="${attribute(look.grid)}"/>`,
      label(left - 8, Number(py(at)) + 4, 'end', short(text, 12), look),
    ]),
    ...x.ticks.map(({ at, text }) => label(Number(px(at)), top + inner + 18, 'middle', short(text, 14), look)),
    `<path d="M${left} ${top + inner}H${look.width - right}" stroke="${attribute(look.axis)}"/>`,
    label(left + width / 2, height - 8, 'middle', xTitle, look, '', look.faint),
    label(14, middle, 'middle', yTitle, look, `transform="rotate(-90 14 ${middle})"`, look.faint),
    ...dots.map(
      (dot) =>
        `<circle cx="${px(dot.x)}" cy="${py(dot.y)}" r="4.5" fill="${attribute(dot.color)}" fill-opacity="0.85" stroke="${attribute(look.background)}" stroke-width="0.8"><title>${attribute(dot.title)}</title></circle>`,
    ),
  ]);
}

export interface SvgParallel {
  axes: readonly { title: string; axis: PlotAxis }[];
  /** Place on each axis in [0, 1]; null: the run has no value there. */
  lines: readonly { places: readonly (number | null)[]; color: string; title: string }[];
  height: number;
}

export function parallelSvg({ axes, lines, height }: SvgParallel, look: SvgLook): string {
  const [left, right, top, bottom] = [60, 60, 40, 24];
  const [width, inner] = [look.width - left - right, height - top - bottom];
  const px = (i: number): number => left + (axes.length > 1 ? i / (axes.length - 1) : 0.5) * width;
  // A line without a value passes below the axis.
  const py = (at: number | null): string => (top + (1 - (at ?? -0.06)) * inner).toFixed(1);
  const room = Math.max(8, Math.floor(width / Math.max(1, axes.length - 1) / 7));
  return svg(height, look, [
    ...lines.map(
      ({ places, color, title }) =>
        `<path fill="none" stroke="${attribute(color)}" stroke-opacity="0.65" stroke-width="1.2" d="${places
          .map((at, i) => `${i === 0 ? 'M' : 'L'}${px(i).toFixed(1)} ${py(at)}`)
          .join('')}"><title>${attribute(title)}</title></path>`,
    ),
    ...axes.flatMap(({ title, axis }, i) => {
      const isLast = i === axes.length - 1 && axes.length > 1;
      const at = px(i);
      return [
        `<path d="M${at.toFixed(1)} ${top}v${inner}" stroke="${attribute(look.axis)}"/>`,
        label(
          at,
          i % 2 === 0 || axes.length < 6 ? top - 12 : top - 26,
          'middle',
          short(title, room),
          look,
          'font-weight="bold"',
        ),
        ...axis.ticks
          .slice(0, 10)
          .map(({ at: y, text }) =>
            label(
              at + (isLast ? 7 : -7),
              Number(py(y)) + 4,
              isLast ? 'start' : 'end',
              short(text, 9),
              look,
              'font-size="11"',
              look.faint,
            ),
          ),
      ];
    }),
  ]);
}

export interface SvgBars {
  /** Shares in [0, 1] with an interval. */
  bars: readonly { name: string; share: number; low: number; high: number; text: string }[];
  color: string;
}

export function barsSvg({ bars, color }: SvgBars, look: SvgLook): string {
  const [left, right, line] = [210, 90, 26];
  const width = look.width - left - right;
  const height = bars.length * line + 12;
  const at = (share: number): number => left + share * width;
  return svg(
    height,
    look,
    bars.flatMap(({ name, share, low, high, text }, i) => {
      const y = 6 + i * line + line / 2;
      return [
        label(left - 10, y + 4, 'end', short(name, 28), look),
        `<rect x="${left}" y="${y - 8}" width="${Math.max(0, share * width).toFixed(1)}" height="16" rx="2" fill="${attribute(color)}" fill-opacity="0.85"/>`,
        `<path d="M${at(low).toFixed(1)} ${y}H${at(high).toFixed(1)}M${at(low).toFixed(1)} ${y - 4}v8M${at(high).toFixed(1)} ${y - 4}v8" stroke="${attribute(look.text)}" stroke-opacity="0.7"/>`,
        label(at(Math.max(share, high)) + 8, y + 4, 'start', text, look, '', look.faint),
      ];
    }),
  );
}

const short = (text: string, most: number): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);

function svg(height: number, look: SvgLook, parts: readonly string[]): string {
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${look.width} ${height}" width="${look.width}" height="${height}" font-family="${attribute(look.font)}" font-size="12">`;
  return `${head}\n<rect width="${look.width}" height="${height}" fill="${attribute(look.background)}"/>\n${parts.join('\n')}\n</svg>\n`;
}
