/** Parts that drawings in SVG share: escaped texts, the colours of a page, and legends. */

/** Colours and fonts of a drawing. In a page they may be variables of its style sheet, `var(--ts-series-0)`. */
export interface SvgLook {
  text: string;
  faint: string;
  grid: string;
  axis: string;
  background: string;
  /** Colours of curves, as many as `COLORS`. */
  series: readonly string[];
  font: string;
  /** Family of a text that `font` has no glyphs for; undefined: `font` has them, or nothing has. */
  fontFor?(text: string): string | undefined;
  /** Width of the drawing in pixels; `WIDTH` on a page that isn't narrow. */
  width: number;
  /** Makes ids unique among the drawings of a page. */
  id: string;
}

export const attribute = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    // Characters that XML does not have.
    .replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, ' ');

export function label(
  x: number,
  y: number,
  anchor: 'start' | 'middle' | 'end',
  content: string,
  look: SvgLook,
  more = '',
  fill = look.text,
): string {
  const family = look.fontFor?.(content);
  const font = family === undefined ? '' : ` font-family="${attribute(family)}"`;
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="${attribute(fill)}"${font}${more ? ` ${more}` : ''}>${attribute(content)}</text>`;
}

export interface LegendEntry {
  name: string;
  color: string;
  dash: readonly number[];
}

/** Approximate width of a character of 12 pixels; those of Chinese and the like are as wide as high. */
const widthOf = (text: string): number =>
  [...text].reduce((sum, sign) => sum + (sign.codePointAt(0)! >= 0x2e80 ? 12 : 6.6), 0);
const LINE = 18;
const MOST_COLUMNS = 4;
export const WIDTH = 800;

/** Names in as many columns as fit. `of`: all curves; a last line says how many it leaves out. */
export function legend(
  entries: readonly LegendEntry[],
  of: number,
  left: number,
  top: number,
  look: SvgLook,
): { svg: string; height: number } {
  if (entries.length === 0) return { svg: '', height: 0 };
  const longest = Math.max(...entries.map(({ name }) => widthOf(name)));
  const columns = Math.max(1, Math.min(MOST_COLUMNS, Math.floor((look.width - 20 - left) / (longest + 44))));
  const rows = Math.ceil(entries.length / columns);
  const step = (look.width - 20 - left) / columns;
  const parts = entries.flatMap(({ name, color, dash }, i) => {
    const [x, y] = [left + Math.floor(i / rows) * step, top + (i % rows) * LINE];
    const dashes = dash.length > 0 ? ` stroke-dasharray="${dash.join(' ')}"` : '';
    const line = `<path d="M${x.toFixed(1)} ${y}h20" stroke="${attribute(color)}" stroke-width="2"${dashes}/>`;
    return [line, label(x + 28, y + 4, 'start', name, look)];
  });
  const isCut = of > entries.length;
  if (isCut) parts.push(label(left, top + rows * LINE + 4, 'start', `+ ${of - entries.length}`, look, '', look.faint));
  return { svg: parts.join('\n'), height: (rows + (isCut ? 1 : 0)) * LINE + 12 };
}
